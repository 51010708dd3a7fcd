"""`reviewtui notify`, and `--bell` of commands that follow a run: what was asked for, and only on a terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from core.notifications.preferences import Notifications, read_notifications
from tests.core.notifications.bench import keeping, kept
from tests.tui.commands.test_hostile_commands import Printed, reviewtui
from tests.tui.made_runs import append, hold, make_run
from tui.commands import telling


def test_what_is_chosen_is_kept_changed_and_taken_back(capsys: Printed) -> None:
    assert reviewtui("notify") == 0
    assert "nothing" in capsys.readouterr().out and read_notifications() == Notifications()
    assert reviewtui("notify", "--when", "best, finished", "--by", "command,bell", "--command", "mail me") == 0
    first = read_notifications()
    assert (first.events, first.ways, first.command) == (("finished", "best"), ("bell", "command"), "mail me")
    assert reviewtui("notify", "--when", "all") == 0
    assert len(read_notifications().events) == 5 and read_notifications().ways == first.ways
    asked = read_notifications().asked
    capsys.readouterr()
    assert reviewtui("notify", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["command"] == "mail me" and printed["told"] is True
    assert read_notifications().asked == asked, "looking is no asking"
    assert reviewtui("notify", "--off") == 0
    assert not read_notifications().wanted and read_notifications().command == "mail me"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--when", "finished,done"), "'done' is none of them"),
        (("--by", "phone"), "'phone' is none of them"),
        (("--by", "command"), "needs a --command"),
        (("--by", "command", "--command", "'unclosed"), "That is no command"),
        (("--off", "--by", "bell"), "--off stands alone"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_changes_nothing(
    arguments: tuple[str, ...], said: str, capsys: Printed
) -> None:
    assert reviewtui("notify", *arguments) == 2
    assert said in capsys.readouterr().err and read_notifications() == Notifications()


def test_an_example_is_told_by_the_command_and_its_failure_is_the_status(tmp_path: Path, capsys: Printed) -> None:
    given = tmp_path / "given"
    asked = ("notify", "--when", "finished", "--by", "bell,command", "--test")
    assert reviewtui(*asked, "--command", keeping(given)) == 0
    assert [one["event"] for one in kept(given)] == ["example"]
    assert "\a" not in capsys.readouterr().err, "this is no terminal"
    assert reviewtui(*asked, "--command", "/no/such/program") == 1
    assert "could not be started" in capsys.readouterr().err


class _FakeTerminal:
    def __init__(self) -> None:
        self.written = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.written += text

    def flush(self) -> None:
        pass


@pytest.mark.parametrize(("bell", "rings"), [(True, 1), (False, 0)])
def test_a_followed_run_rings_only_if_asked(bell: bool, rings: int, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _FakeTerminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    run = make_run(1, name="lamps", steps=10, end=None)
    lock = hold(run)
    with telling.telling(run, 0.0, bell=bell) as look:
        look()
        append(run, "evaluation", best=True, tie_margin=None)
        append(run, "finished")
        look()
        look()
    lock.release()
    assert terminal.written.count("\a") == rings
    assert "\x1b" not in terminal.written and (bell or terminal.written == "")
