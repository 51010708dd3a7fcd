"""Progress of commands: lines for logs, a bar for terminals, and nothing in either that steers a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.end_to_end.terminal import Terminal
from tui.commands import output

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
from tui.commands.output import progress_on_stderr
with progress_on_stderr() as progress:
    progress("note: continuing at row 4,097 of 10,000 \\x1b[2J", None)
    hostile = " \\x1b[31m[b]" + "x" * 99
    progress("classifying, 5,120 of 10,000 reviews, 512 reviews/s, about 10 s left (estimate)" + hostile, 0.512)
    input()
    progress("writing the file", 0.5)
    input()
"""


def test_plain_lines_come_every_five_seconds_and_notes_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    progress = output._plain_progress(lambda: now)
    for moment in (0.0, 1.0, 4.9, 5.0):
        now = moment
        progress(f"classifying, {moment:.0f},000 of 9,000 reviews, 1 reviews/s", moment / 10)
    progress("note: continuing at row 2 of 3 \x1b[2J", None)
    progress("note: and \u202eback", None)
    progress("writing the file", 0.25)
    progress("loading the model", None)
    assert capsys.readouterr().err.splitlines() == [
        "classifying 0%, 0,000 of 9,000 reviews, 1 reviews/s",
        "classifying 50%, 5,000 of 9,000 reviews, 1 reviews/s",
        "note: continuing at row 2 of 3 ␛[2J",
        "note: and ⟨RLO⟩back",
        "writing the file 25%",
        "loading the model",
    ]


def test_a_terminal_shows_a_bar_with_its_detail_below_and_keeps_the_notes() -> None:
    terminal = Terminal([sys.executable, "-c", SCRIPT], {"PYTHONPATH": str(ROOT)})
    terminal.process.setecho(False)
    try:
        shown = terminal.wait_for("note: continuing at row 4,097 of 10,000 ␛[2J", "classifying", "51 %", "(estimate)")
        lines = [line.rstrip() for line in shown.splitlines()]
        bar = next(line for line in lines if line.startswith("classifying"))
        detail = lines[lines.index(bar) + 1]
        assert detail.startswith("5,120 of 10,000 reviews, 512 reviews/s, about 10 s left (estimate) ␛")
        assert detail.endswith("…") and "51 %" in bar
        terminal.process.sendline("")
        shown = terminal.wait_for("writing the file", "50 %")
        assert "512 reviews/s" not in shown and "note: continuing" in shown
        terminal.process.sendline("")
        while terminal.read():
            pass
        assert "note: continuing" in terminal.text() and "writing" not in terminal.text()
        assert b"\x1b[2J" not in terminal.received and b"\x1b[31m[b]" not in terminal.received
    finally:
        terminal.process.close(force=True)
