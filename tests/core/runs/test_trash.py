"""The trash: a deleted run comes back whole, also when whoever promised to undo it was killed, and never by mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.runs.folder import RunFolder, create_run, list_runs
from core.runs.request import Request
from core.runs.trash import empty_trash, recover_trash, restore_run, trash_run


def make(name: str) -> RunFolder:
    run = create_run(Request(name=name, data="/data/reviews.csv"))
    run.journal.write_text(name)
    return run


def trashed_by_a_process_that_died(run: RunFolder) -> None:
    script = "import sys; from pathlib import Path; from core.runs.folder import RunFolder; "
    script += "from core.runs.trash import trash_run; trash_run(RunFolder(Path(sys.argv[1])))"
    subprocess.run([sys.executable, "-c", script, str(run.path)], check=True)


def test_what_a_dead_process_trashed_is_brought_back_by_the_next() -> None:
    run, other = make("mistake"), make("other")
    trashed_by_a_process_that_died(run)
    assert list_runs() == [other]
    assert recover_trash() == [run] and run.journal.read_text() == "mistake"
    assert set(list_runs()) == {run, other} and recover_trash() == []


def test_what_a_living_process_trashed_is_left_to_it() -> None:
    run = make("mistake")
    trashed = trash_run(run)
    assert recover_trash() == [] and trashed.is_dir()
    assert restore_run(trashed) == run


def test_emptying_touches_only_ones_own_trash() -> None:
    run, other = make("mistake"), make("other")
    trashed_by_a_process_that_died(other)
    trash_run(run)
    empty_trash()
    assert recover_trash() == [other] and list_runs() == [other]


def test_strange_things_in_the_trash_are_no_runs(home: Path) -> None:
    assert recover_trash() == []
    for name in ("notes", str(2**80), "1x"):
        (home / "trash" / name / "20260101-000000-abcd").mkdir(parents=True)
    (home / "trash" / "4194305" / "private").mkdir(parents=True)
    found = recover_trash()
    assert [run.id for run in found] == ["20260101-000000-abcd"]
    assert {"notes", "1x"} <= set(os.listdir(home / "trash"))


def test_a_run_that_cannot_be_restored_stays_in_the_trash_until_it_can() -> None:
    run = make("chairs")
    trashed = trash_run(run)
    run.path.write_text("in the way")
    with pytest.raises(OSError):
        restore_run(trashed)
    assert trashed.is_dir()
    run.path.unlink()
    assert restore_run(trashed) == run and run.settings.is_file()
