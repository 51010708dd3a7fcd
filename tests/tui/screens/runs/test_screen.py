"""The Runs screen: what the folders say, and what can be done with a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.base.errors import ReviewtuiError
from core.runs import queue, run_list
from core.runs.folder import RunFolder, list_runs, runs_home
from core.runs.launch import Launched
from core.runs.lock import RunLock
from core.runs.logout import Detachment
from core.runs.outline import Outline
from core.runs.queue import enqueue, read_queue
from core.runs.run_list import RunList
from core.runs.summary import summarize
from core.runs.trash import restore_run
from tests.tui.frames import frame
from tests.tui.made_runs import append, files_of, hold, make_run, memory
from tests.tui.rest import until
from tui.app import ReviewTui
from tui.screens.runs import actions as runs_module
from tui.screens.runs.table import RunTable

SIZES = [(80, 24), (120, 40), (200, 60)]
HOSTILE = "\x1b]52;c;eA==\x07[bold]x[/ \u202eevil\x9b31m"


async def settled(pilot: Pilot[None], *words: str) -> str:
    """Wait until the screen shows all of `words`."""
    shown = ""
    for _ in range(400):
        await pilot.pause(0.01)
        shown = frame(pilot.app)
        if all(word in shown for word in words):
            return shown
    raise AssertionError(f"{words} did not appear:\n{shown}")


@pytest.mark.parametrize("size", SIZES)
async def test_without_runs_it_says_how_to_begin(size: tuple[int, int]) -> None:
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        shown = await settled(pilot, "No run yet", "n   start one", "n New")
        assert "n New" in shown.splitlines()[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_each_run_shows_state_figures_and_what_can_be_done(size: tuple[int, int]) -> None:
    make_run(1, name="older", end="failed", message="The loss is not a number at step 12.")
    make_run(2, name="newer")
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        shown = await settled(pilot, "newer", "older", "0.900", "c Classify")
        lines = shown.splitlines()
        newer = next(line for line in lines if "newer" in line)
        assert "✓ finished" in newer and "40/40" in newer
        assert next(i for i, line in enumerate(lines) if "newer" in line) < next(
            i for i, line in enumerate(lines) if "older" in line
        )
        await pilot.press("down")
        shown = await settled(pilot, "The loss is not a number at step 12.", "r Resume")
        assert "c Classify" not in shown.splitlines()[-1]


async def test_a_run_whose_worker_died_is_interrupted_and_one_whose_worker_lives_is_not() -> None:
    make_run(1, name="dead", end=None)
    alive = make_run(2, name="alive", steps=10, end=None)
    lock = hold(alive)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        shown = await settled(pilot, "dead", "alive")
        assert any("! interrupted" in line and "dead" in line for line in shown.splitlines())
        assert any("● running" in line and "alive" in line for line in shown.splitlines())
        lock.release()


async def test_stop_asks_the_worker_and_touches_nothing_else() -> None:
    run = make_run(1, steps=10, end=None)
    lock = hold(run)
    before = run.journal.read_bytes()
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "running", "Stop")
        await pilot.press("x")
        await settled(pilot, "Stopping first after this step")
    assert [json.loads(line)["request"] for line in run.control.read_text().splitlines()] == ["stop_and_save"]
    assert run.journal.read_bytes() == before
    lock.release()


async def test_a_deleted_run_comes_back_on_undo_and_goes_for_good_on_exit(home: Path) -> None:
    kept, gone = make_run(1, name="kept"), make_run(2, name="gone")
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "gone")
        await pilot.press("d")
        await settled(pilot, "Deleted gone. u restores it.")
        assert [run.id for run in list_runs()] == [kept.id]
        await pilot.press("u")
        await settled(pilot, "Run restored.")
        assert [run.id for run in list_runs()] == [gone.id, kept.id]
        await pilot.press("d")
        await pilot.pause()
        for _ in range(400):
            if not gone.path.exists():
                break
            await pilot.pause(0.01)
    assert files_of(runs_home()) == {kept.id}
    assert not list((home / "trash").glob("*/*"))


async def test_what_a_killed_workbench_had_deleted_is_brought_back(home: Path) -> None:
    run = make_run(1, name="promised")
    trash = home / "trash" / "4194304999"  # no process has this number
    trash.mkdir(parents=True)
    run.path.rename(trash / run.id)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "promised", "Restored")
    assert [found.id for found in list_runs()] == [run.id]


async def test_a_living_run_cannot_be_deleted() -> None:
    run = make_run(1, steps=10, end=None)
    lock = hold(run)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        shown = await settled(pilot, "running")
        assert "Delete" not in shown.splitlines()[-1]
        await pilot.press("d")
        await pilot.pause()
    assert run.path.exists()
    lock.release()


async def test_resume_starts_a_worker_that_resumes(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(1, steps=10, end="stopped", message="stopped")
    started: list[str] = []
    monkeypatch.setattr(runs_module, "begin", lambda folder, wait, resume: started.append(folder.id))
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "stopped", "Resume")
        await pilot.press("r")
        await settled(pilot, "Resumed first.")
    assert started == [run.id]


async def test_what_was_interrupted_is_said_by_name_and_goes_on_on_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_run(1, name="monday", steps=25, end=None), make_run(2, name="tuesday", steps=9, end=None)
    make_run(3, name="wednesday")
    (first.checkpoints / "step-20").mkdir()
    locks: list[RunLock] = []

    def launch(run: RunFolder, *, resume: bool, extend: int | None) -> Launched:
        if run.id == first.id:
            raise ReviewtuiError("No room [/ on the disk.")
        locks.append(hold(run))
        append(run, "started", pid=1, host="box")
        return Launched(1, Detachment("session", True, "for a test"))

    monkeypatch.setattr(queue, "launch_worker", launch)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        shown = await settled(pilot, "2 runs were interrupted; R resumes all: tuesday, monday")
        assert "r Resume" not in shown.splitlines()[-1], "the run under the cursor is finished"
        await pilot.press("down", "down")
        await settled(pilot, "its worker died at step 25; it can go on from step 20: r resumes", "r Resume")
        await pilot.press("R")
        await settled(pilot, "In the queue: monday, tuesday.", "✗ failed", "● running")
        for _ in range(400):
            await pilot.pause(0.01)
            if "interrupted" not in (shown := frame(pilot.app)):
                break
        assert "interrupted" not in shown and "Resume all" not in shown
    assert [summarize(run).state for run in (first, second)] == ["failed", "running"]
    for lock in locks:
        lock.release()


async def test_a_waiting_run_is_taken_out_and_put_back_and_another_is_asked_whether_it_waits() -> None:
    at_work, later = make_run(1, name="monday", end=None), make_run(2, name="tuesday", end="stopped")
    other = make_run(3, name="wednesday", end="stopped")
    lock = hold(at_work)
    enqueue([later])
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "… queued", "■ stopped", "● running")
        await pilot.press("r")
        await settled(pilot, "monday trains now", "it starts by itself after 2 runs", "Start now")
        await pilot.press("1")
        await settled(pilot, "wednesday waits in the queue.")
        assert [one.run.id for one in read_queue().waiting] == [later.id, other.id]
        await pilot.press("x")
        await settled(pilot, "Took wednesday out of the queue.", "■ stopped")
        assert [one.run.id for one in read_queue().waiting] == [later.id]
    lock.release()


async def test_a_worker_that_gives_no_sign_is_unresponsive_until_it_gives_one() -> None:
    run = make_run(1, steps=10, end=None)
    lock = hold(run)
    append(run, "memory", **{**memory(10), "idle": 95.0})
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        words = f": wait, or `kill -9 {os.getpid()}`, then r resumes"
        shown = await settled(pilot, "? unresponsive", "since ", words, "x Stop")
        assert "Resume" not in shown.splitlines()[-1] and "Delete" not in shown.splitlines()[-1]
        append(run, "memory", **{**memory(11), "idle": 0.1})
        await settled(pilot, "● running")
    lock.release()


async def test_a_run_folder_in_ruins_breaks_nothing() -> None:
    ruined = make_run(1, name="ruined")
    ruined.settings.write_bytes(b"\xff not toml")
    ruined.journal.write_bytes(b'garbage\n{"kind": "step"}\n\x00\x01')
    make_run(2, name="sound")
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "sound", ruined.id)


def chosen(pilot: Pilot[None]) -> str | None:
    """Id of the run under the cursor."""
    return pilot.app.screen.query_one(RunTable).chosen_id


async def chosen_is(pilot: Pilot[None], run: RunFolder) -> None:
    """Wait until the cursor is on `run`."""
    for _ in range(400):
        if chosen(pilot) == run.id:
            return
        await pilot.pause(0.01)
    raise AssertionError(f"the cursor is on {chosen(pilot)}, not on {run.id}")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (60, 16), (30, 10)])
async def test_a_resize_leaves_the_cursor_on_its_run_and_delete_hits_that_run(size: tuple[int, int]) -> None:
    runs = [make_run(number, name=f"run{number}") for number in range(1, 6)]
    async with ReviewTui().run_test(notifications=True, size=(100, 30)) as pilot:
        await settled(pilot, "run5", "run1")
        await pilot.press("down", "down", "down")
        assert chosen(pilot) == runs[1].id
        await pilot.resize_terminal(*size)
        await pilot.resize_terminal(*size[::-1])
        await pilot.resize_terminal(80, 24)
        await settled(pilot, "run5", "run1", "d Delete")
        assert chosen(pilot) == runs[1].id
        await pilot.press("d")
        await settled(pilot, "Deleted run2")
        assert [run.id for run in list_runs()] == [run.id for run in reversed(runs) if run is not runs[1]]


async def test_a_new_run_above_moves_the_row_but_not_the_cursor() -> None:
    first = make_run(1, name="one")
    make_run(2, name="two")
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "two", "one")
        await pilot.press("down")
        make_run(3, name="three")
        await settled(pilot, "three")
        assert chosen(pilot) == first.id


@pytest.mark.parametrize(("row", "beside"), [(0, 1), (2, 3), (4, 3)])
async def test_after_a_delete_the_cursor_stands_beside_and_undo_brings_it_back(row: int, beside: int) -> None:
    runs = [make_run(number, name=f"run{number}") for number in range(5, 0, -1)]
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "run5", "run1")
        await pilot.press(*["down"] * row, "d")
        await settled(pilot, "Deleted")
        await chosen_is(pilot, runs[beside])
        await pilot.press("u")
        await settled(pilot, "Run restored.")
        await chosen_is(pilot, runs[row])


async def test_an_undo_that_fails_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(1, name="precious")
    failures = [OSError(28, "No space left on device")]
    restore = restore_run

    def restore_or_fail(trashed: Path) -> RunFolder:
        if failures:
            raise failures.pop()
        return restore(trashed)

    monkeypatch.setattr(runs_module, "restore_run", restore_or_fail)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "precious")
        await pilot.press("d")
        await settled(pilot, "Deleted precious")
        await pilot.press("u")
        await settled(pilot, "No space left on device", "u Undo")
        await pilot.press("u")
        await settled(pilot, "Run restored.")
    assert [found.id for found in list_runs()] == [run.id]


@pytest.mark.parametrize("size", [(80, 24), (80, 16), (100, 30), (120, 24)])
async def test_many_runs_scroll_down_and_never_sideways(size: tuple[int, int]) -> None:
    runs = [make_run(number, name=f"run{number:02}") for number in range(1, 41)]
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await settled(pilot, "run40", "2026-09-")
        table = pilot.app.screen.query_one(RunTable)
        await until(pilot, lambda: table.max_scroll_y > 0)  # the rows are there, and laid out next
        assert table.max_scroll_x == 0
        began = next(column for column in table.shown_columns if column.name == "began")
        assert began.width >= len("10 min ago")
        await pilot.press("end")
        assert chosen(pilot) == runs[0].id
        await settled(pilot, "run01")
        await pilot.press("home")
        assert chosen(pilot) == runs[-1].id
        await settled(pilot, "run40")


async def test_the_chosen_runs_settings_and_the_disk_space_are_shown() -> None:
    run = make_run(1, name="plain")
    (run.path / "weights").write_bytes(os.urandom(3 << 20))
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        shown = await settled(pilot, "settings balanced, but epochs 2", "1 run · 3.")
        assert "the run takes 3." in shown and shown.count("MiB on disk") == 2
        await pilot.press("i")
        shown = await settled(pilot, "Settings of plain", "• epochs", "balanced: 4")
        assert "• max_length" not in shown
        await pilot.press("escape")
        await settled(pilot, "[Runs]", "n New")


async def test_the_age_of_a_run_grows_while_it_is_looked_at() -> None:
    make_run(1, name="aging")
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "aging")
        table = pilot.app.screen.query_one(RunTable)
        rows = pilot.app.screen.rows  # type: ignore[attr-defined]
        began = rows[0].summary.began
        for seconds, words in ((1, "just now"), (130, "2 min ago"), (7300, "2 h ago")):
            table.show(rows, table.shown_columns, began + seconds)
            assert words in [column.text(rows[0], began + seconds) for column in table.shown_columns]


async def test_no_key_acts_on_a_run_that_is_not_seen() -> None:
    run = make_run(1, name="unseen")
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "unseen")
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        shown = frame(pilot.app)
        assert "too small" in shown and "unseen" not in shown and "on disk" not in shown
        await pilot.press("d", "enter", "r", "x", "i")
        await pilot.pause()
        await pilot.resize_terminal(80, 24)
        await settled(pilot, "[Runs]", "unseen")
    assert [found.id for found in list_runs()] == [run.id]


@pytest.mark.parametrize("size", SIZES)
async def test_a_crash_in_drawing_is_told_and_stays_told(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(1)

    def crash(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("nothing [/ to divide")

    monkeypatch.setattr(RunTable, "show", crash)
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await settled(pilot, "ZeroDivisionError", "[/ to divide")


def test_the_first_frame_loads_no_pydantic() -> None:
    script = "import sys, tui.app, tui.screens.runs.screen; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_first_list_waits_for_neither_settings_nor_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(1, name="quick")

    def slow(*arguments: object) -> int:
        raise AssertionError("the first list is not to wait for this")

    monkeypatch.setattr(run_list, "bytes_on_disk", slow)
    monkeypatch.setattr(Outline, "changed_settings", slow)
    (row,) = RunList().read(quick=True)
    assert (row.summary.name, row.changed, row.bytes_on_disk) == ("quick", None, None)
