"""What an open workbench tells: only what was asked for, to the terminal, and from the moment that it is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.notifications.preferences import Notifications, read_notifications, remember_notifications
from core.runs.folder import RunFolder
from tests.tui.frames import frame
from tests.tui.made_runs import append, hold, make_run
from tests.tui.screens.train.bench import open_train
from tui import telling
from tui.app import ReviewTui
from tui.formatting import run_title
from tui.telling import Telling
from tui.terminal.notification import KEEP_TITLE, RESTORE_TITLE, title

ALL = Notifications(("finished", "best"), ("bell", "title", "osc9", "osc777"))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to the terminal."""
    found: list[str] = []
    monkeypatch.setattr(Telling, "write", lambda self, sequences: found.append(sequences))
    monkeypatch.setattr(telling, "LOOK_SECONDS", 0.01)
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return found


@pytest.fixture
def run() -> Iterator[RunFolder]:
    """A run that trains."""
    made = make_run(1, name="lamps\x1b]0;owned\x07", steps=10, end=None)
    lock = hold(made)
    yield made
    lock.release()


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        await pilot.pause(0.01)
    pytest.fail(frame(pilot.app))


async def test_without_asking_the_terminal_is_sent_nothing(run: RunFolder, sent: list[str]) -> None:
    async with ReviewTui().run_test() as pilot:
        await open_train(pilot, run)
        append(run, "finished")
        await until(pilot, lambda: "✓ finished" in frame(pilot.app))
        await pilot.pause(0.1)
    assert sent == [] and not run.told.exists()


async def test_what_was_asked_for_is_told_once_and_the_title_goes_with_the_run(run: RunFolder, sent: list[str]) -> None:
    remember_notifications(ALL, time.time())
    async with ReviewTui().run_test() as pilot:
        await until(pilot, lambda: len(sent) == 1)
        name = "lamps␛]0;owned␇"
        assert sent == [KEEP_TITLE + title(f"● 25% {name}")]
        append(run, "finished")
        await until(pilot, lambda: len(sent) == 3)
        assert sent[1].count("\a") == 3 and sent[1].count("has finished") == 2 and name in sent[1]
        assert sent[2] == title(f"✓ {name} finished")
        await pilot.pause(0.1)
        assert len(sent) == 3
    assert sent[3:] == [RESTORE_TITLE]


async def test_the_key_asks_for_events_and_ways_and_keeps_them(run: RunFolder, sent: list[str]) -> None:
    async with ReviewTui().run_test(size=(100, 30)) as pilot:
        await open_train(pilot, run)
        await pilot.press("N")
        await until(pilot, lambda: "Tell me about runs" in frame(pilot.app))
        assert "[x]" not in frame(pilot.app), "nothing is told unless it is asked for"
        await pilot.press("space", *["down"] * 5, "space", "enter")
        await until(pilot, lambda: read_notifications().ways == ("bell",))
        assert read_notifications().events == ("finished",)
        append(run, "finished")
        await until(pilot, lambda: sent == ["\a"])
        await pilot.press("N")
        await until(pilot, lambda: frame(pilot.app).count("[x]") == 2)
        await pilot.press("x", "enter")
        await until(pilot, lambda: not read_notifications().wanted)
    assert sent == ["\a"]


async def test_a_command_is_shown_as_it_will_be_run_and_refused_if_there_is_no_such_program(
    run: RunFolder, sent: list[str], tmp_path: Path
) -> None:
    async with ReviewTui().run_test(size=(100, 30)) as pilot:
        await open_train(pilot, run)
        await pilot.press("N")
        await until(pilot, lambda: "a command of your own" in frame(pilot.app))
        await pilot.press("space", *["down"] * 9, "space", "enter")
        await until(pilot, lambda: "The command that tells you" in frame(pilot.app))
        await pilot.press(*"no-such-program $HOME", "enter")
        await until(pilot, lambda: "no program called" in frame(pilot.app))
        await until(pilot, lambda: "Run as:  no-such-program '$HOME'" in frame(pilot.app))
        assert read_notifications() == Notifications(), "nothing is kept before it can be run"
        await pilot.press("ctrl+u", *"true 'a b'", "enter")
        await until(pilot, lambda: read_notifications().command == "true 'a b'")


async def test_trying_it_out_tells_an_example_at_once(run: RunFolder, sent: list[str]) -> None:
    remember_notifications(Notifications(("failed",), ("bell", "osc9")), time.time())
    async with ReviewTui().run_test(size=(100, 30)) as pilot:
        await open_train(pilot, run)
        await pilot.press("N")
        await until(pilot, lambda: frame(pilot.app).count("[x]") == 3)
        await pilot.press("up", "space", "enter")
        await until(pilot, lambda: len(sent) == 1)
        assert sent[0].startswith("\a\x1b]9;reviewtui: ")


async def test_leaving_the_dialogs_changes_nothing(run: RunFolder, sent: list[str]) -> None:
    async with ReviewTui().run_test(size=(100, 30)) as pilot:
        await open_train(pilot, run)
        await pilot.press("N")
        await until(pilot, lambda: "Tell me about runs" in frame(pilot.app))
        await pilot.press("space", "escape")
        await until(pilot, lambda: "Tell me about runs" not in frame(pilot.app))
    assert read_notifications() == Notifications() and sent == []


def test_titles_say_how_far_a_run_is_and_how_it_ended() -> None:
    assert run_title("lamps", "running", 0.431) == "● 43% lamps"
    assert run_title("lamps", "running", None) == "● lamps running"
    assert run_title("lamps", "unresponsive", 0.4) == "? lamps unresponsive"
    assert run_title("lamps", "failed", 0.4) == "✗ lamps failed"
