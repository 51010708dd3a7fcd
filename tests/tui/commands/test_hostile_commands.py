"""What commands print, with the whole hostile corpus in it: one line stays one line, and nothing steers."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import CORPUS, SHORT, SOUND, file_names, mark, steering
from tests.tui.made_runs import append, make_run
from tui.commands import main as command_line
from tui.commands import output

Printed = pytest.CaptureFixture[str]


def lines_of(capsys: Printed) -> list[str]:
    """The lines printed, on either stream; nothing in them steers."""
    printed = capsys.readouterr()
    said = printed.out + printed.err
    assert not steering(said), sorted(map(repr, steering(said)))
    return said.split("\n")[:-1]


def reviewtui(*arguments: str) -> int:
    """Run the command line in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["reviewtui", *arguments])
        return command_line._status()


@pytest.mark.parametrize("show", [output.say, output.complain, lambda text: output.facts([("name", text)])])
def test_a_line_stays_one_line(show: Callable[[str], None], capsys: Printed) -> None:
    for text in CORPUS:
        show(text)
        (line,) = lines_of(capsys)
        assert re.search(r"q\d{3}", text)[0] in line  # type: ignore[index]


def test_a_table_keeps_its_lines_whatever_its_heads_and_cells_say(capsys: Printed) -> None:
    output.table(CORPUS[:300], [CORPUS[start : start + 300] for start in range(0, 240, 20)])  # type: ignore[arg-type, misc]
    output.table(CORPUS[-300:], [])  # type: ignore[arg-type]
    assert len(lines_of(capsys)) == 1 + 12 + 1


def test_progress_that_quotes_data_stays_one_line(capsys: Printed) -> None:
    for text in CORPUS:
        progress = output._plain_progress()
        progress(f"reading {text}", 0.5)
        progress(f"note: {text}", None)
        assert len(lines_of(capsys)) == 2


@given(st.text(st.characters()))
def test_any_string_at_all_stays_one_line(text: str) -> None:
    assert not steering(output._one_line(text)) and "\n" not in output._one_line(text)


def test_the_list_of_runs_and_the_state_of_one(capsys: Printed) -> None:
    runs = []
    some = iter(SOUND)
    for number in range(50):
        runs.append(
            make_run(
                number, name=next(some), data=next(some), message=next(some), model=next(some), steps=0, end="failed"
            )
        )
    for text in CORPUS:
        append(runs[0], "notice", text=text)
    assert reviewtui("runs") == 0
    listed = lines_of(capsys)
    assert len(listed) == 1 + 50 + 1, "a heading, the runs, and what they take together"
    assert all(mark(text) in "\n".join(listed) for text in SOUND[:200:4])
    assert reviewtui("status", runs[0].id, "--plain") == 0
    lines = lines_of(capsys)
    assert sum(line.startswith("note: ") for line in lines) == len(CORPUS)
    assert sum(line.startswith("state: ") for line in lines) == 1
    assert reviewtui("status", runs[0].id) == 0
    lines_of(capsys)
    for run in runs[1::16]:
        assert reviewtui("status", run.id, "--json") == 0
        (line,) = lines_of(capsys)
        assert line.isascii()


def test_every_sentence_about_a_word_that_means_nothing(capsys: Printed, tmp_path: Path) -> None:
    make_run(1, steps=0)
    good = tmp_path / "good.csv"
    good.write_text("review,label\n")
    for text in [text for text in SHORT if "\x00" not in text][::45]:
        train = ("train", str(good))
        for arguments in (
            ("status", text), ("stop", text), ("resume", text), (text,), ("runs", f"--{text}"), ("evaluate", text, "x"),
            ("classify", "x", "--run", text), (*train, "--preset", text), (*train, "--set", text),
            (*train, "--labels", text), (*train, "--settings", text), (*train, "--set", f"epochs={text}"),
        ):  # fmt: skip
            with contextlib.suppress(SystemExit):
                status = reviewtui(*arguments)
                assert status in (0, 2), arguments
            assert len(lines_of(capsys)) <= 1 or status == 0, arguments
            assert not (tmp_path / "home" / "crash.log").exists(), arguments


def test_a_crash_log_can_be_read_in_a_terminal(capsys: Printed, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    def fail() -> None:
        raise RuntimeError("".join(CORPUS))

    monkeypatch.setattr(command_line, "app", lambda **_: fail())
    assert reviewtui() == 1
    lines_of(capsys)
    assert not steering((home / "crash.log").read_text(encoding="utf-8").replace("\t", " "))


PATHS = ("../../../etc", "../..", "..", ".", "/", "/etc", "", "runs", "x/../../..", "~", "~root", "*", "latest/../..")


@pytest.mark.parametrize("command", ["status", "stop", "resume"])
def test_a_run_is_never_looked_for_outside_of_the_runs(command: str, capsys: Printed, home: Path) -> None:
    run = make_run(1, name="first", steps=0, end="failed")
    (home / "evil").mkdir()
    (home / "evil" / "settings.toml").write_text('name = "evil"\n')
    (home / "runs" / "20260901-100002-0002").symlink_to(home / "evil")
    for word in (*PATHS, "../evil", str(home / "evil"), "20260901-100002-0002", f"{run.id}/", f"../runs/{run.id}"):
        assert reviewtui(command, word) == 2
        (line,) = lines_of(capsys)
        assert "No run is called" in line or "Missing" in line, line
    assert sorted(entry.name for entry in (home / "evil").iterdir()) == ["settings.toml"]


def test_file_names_make_run_names_that_are_no_paths() -> None:
    from core.runs.names import suggested_name

    for name in (*file_names(), "../../x", "/", "..", "~", ".."):
        made = suggested_name(name, "quick")
        assert "/" not in made and not made.startswith((".", "-")) and not steering(made) and len(made) < 60
