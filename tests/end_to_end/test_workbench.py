"""The workbench in a real terminal: a run that outlives it, its exits, and hostile bytes that stay inert."""

from __future__ import annotations

import csv
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.runs.folder import list_runs
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.lock import living_worker
from core.runs.summary import summarize
from tests.end_to_end.conftest import SAMPLES, WORKBENCH, Open
from tests.end_to_end.emitted import KNOWN, raw_among, shapes
from tests.end_to_end.hostile_place import lay_out
from tests.end_to_end.hostile_walk import Walk
from tests.end_to_end.sockets import open_to_others
from tests.hostile import CORPUS, mark


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A hundred short sample reviews."""
    with (SAMPLES / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row[0].split()) < 25][:101]
    with (tmp_path / "small.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return tmp_path / "small.csv"


@pytest.mark.starter
@pytest.mark.parametrize("end", [signal.SIGHUP])
def test_a_run_started_in_the_workbench_outlives_it(
    opened: Open, small: Path, until: Callable[..., Any], end: signal.Signals
) -> None:
    first = opened("open", str(small))
    first.wait_for("Ready")
    first.press("c")
    first.wait_for("Start training")
    first.press("\x13")  # ctrl+s
    first.wait_for("step", "● running", seconds=90)
    worker = living_worker(list_runs()[0].lock)
    assert worker is not None
    assert open_to_others(first.process.pid, worker.pid) == [], "no port is ever opened"
    first.kill(end)
    run = list_runs()[0]
    assert summarize(run).state == "running", "killing the workbench must leave the run alone"
    until(lambda: summarize(run).state == "finished", seconds=150)

    history = RunHistory()
    history.update(JournalReader(run.journal).read_new())
    assert [record.step for record in history.steps] == list(range(1, history.planned_steps + 1))
    assert history.workers == 1

    second = opened()
    second.wait_for("finished", "small")
    second.press("\r")
    second.wait_for("[Train]", "finished", "100%", f"step {history.planned_steps}", seconds=20)
    second.press("c")
    second.wait_for("[Classify]")
    second.press("\x11")  # ctrl+q
    assert second.wait_for_end() == 0


def test_the_first_screen_says_what_to_do_and_quits_cleanly(opened: Open) -> None:
    terminal = opened()
    terminal.wait_for("No run yet", "n ")
    terminal.press("?")
    terminal.wait_for("A run works in its own", "Choose data and start a new run")
    terminal.press("\x1b")
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0
    assert b"\x1b[?1049l" in terminal.received, "the terminal is given back as it was"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ending_the_workbench_by_signal_or_ctrl_c_never_leaves_a_traceback(
    opened: Open, number: signal.Signals
) -> None:
    terminal = opened()
    terminal.wait_for("No run yet")
    if number == signal.SIGINT:
        terminal.press("\x03")
        terminal.wait_for("ctrl+q quits")
        terminal.press("\x11")
    else:
        terminal.kill(number)
    terminal.wait_for_end()
    assert b"Traceback" not in terminal.received
    assert b"\x1b[?1049l" in terminal.received, "the terminal is given back as it was"


def test_a_closed_terminal_ends_the_workbench_even_where_hang_ups_are_ignored(
    opened: Open, until: Callable[..., Any]
) -> None:
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"
    )
    terminal = opened(command=(sys.executable, "-c", ignoring, *WORKBENCH))
    terminal.wait_for("No run yet")
    terminal.hang_up()
    until(lambda: _ended(terminal.process.pid), seconds=20)


def _ended(process: int) -> bool:
    return os.waitpid(process, os.WNOHANG)[0] == process


def test_hostile_names_and_texts_are_inert_on_a_real_terminal(
    opened: Open, tmp_path: Path, tiny_classifier: Path
) -> None:
    """A short way with a part of the corpus; tests/proofs/test_hostile_terminal.py goes everywhere with all of it."""
    texts = CORPUS[::11]
    place = lay_out(tmp_path, tiny_classifier, texts)
    seen: set[str] = set()
    terminal = opened("open", str(place.data))
    walk = Walk(terminal, place, lambda shown: seen.update(text for text in texts if mark(text) in shown))
    terminal.wait_for("[Data]", "Ready", seconds=90)
    for key in "245":
        walk.press(key, f"[{key} ")
    walk.press("w", "[Classify]", "‹p 1 of")
    walk.press("n", "‹p 2 of")
    walk.go("Runs")
    walk.press("\r", "[Train]")
    walk.leave()
    assert set(shapes(terminal.received)) <= KNOWN
    assert raw_among(terminal.received, texts) == []
    assert len(seen) >= 10


@pytest.mark.parametrize(("env", "status"), [({"TERM": "dumb"}, 2), ({"TERM": ""}, 2)])
def test_a_terminal_that_cannot_place_text_is_refused(opened: Open, env: dict[str, str], status: int) -> None:
    terminal = opened(env=env)
    assert terminal.wait_for_end() == status
    assert b"cannot position text" in terminal.received


def test_no_color_means_no_colour_codes(opened: Open) -> None:
    terminal = opened(env={"NO_COLOR": "1"})
    terminal.wait_for("No run yet")
    terminal.press("\x11")
    terminal.wait_for_end()
    for code in (b"38;2;", b"48;2;", b"38;5;", b"48;5;"):
        assert code not in terminal.received


def test_an_idle_workbench_is_silent(opened: Open) -> None:
    terminal = opened()
    terminal.wait_for("No run yet")
    quiet_from = -1
    while quiet_from != len(terminal.received):  # until a second brought nothing
        quiet_from = len(terminal.received)
        terminal.read(1.0)
    terminal.read(3.0)
    assert len(terminal.received) == quiet_from


def test_a_terminal_that_is_too_small_says_so(opened: Open) -> None:
    terminal = opened(columns=50, rows=12)
    terminal.wait_for("too small")
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0
