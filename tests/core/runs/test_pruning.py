"""What is offered to be freed serves no run that goes on, and comes back as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.errors import InputError, ReviewtuiError
from core.runs.extension import plan_extension
from core.runs.folder import RunFolder, list_runs
from core.runs.notes import change_tags
from core.runs.pruning import Part, find_parts, prune
from core.runs.queue import enqueue
from core.runs.summary import summarize
from core.runs.trash import empty_trash, recover_trash, restore_part, trash_part, trash_run
from tests.tui.made_runs import hold, make_run


def filled(number: int, **facts: object) -> RunFolder:
    """A run with a checkpoint of 8 kB, and the model and predictions of an earlier end."""
    run = make_run(number, name=f"run{number}", **facts)  # type: ignore[arg-type]
    for folder in (run.checkpoints / "step-40", run.earlier / "epochs-1" / "model", run.model):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "weights").write_bytes(os.urandom(8 << 10))
    return run


def offered() -> list[Part]:
    return find_parts([summarize(run) for run in list_runs()])


def kinds(run: RunFolder) -> set[str]:
    return {part.kind for part in offered() if part.run == run.id}


def test_only_what_serves_no_run_is_offered(home: Path) -> None:
    worse, best = filled(1), filled(2)
    elsewhere, stopped = filled(3, data="/data/other.csv"), filled(4, end="stopped")
    kept = filled(5)
    change_tags(kept.notes, ["keep"])
    store = home / "data" / "ab" / "features-0123456789abcdef"
    store.mkdir(parents=True)
    (store / "features.bin").write_bytes(bytes(9000))
    assert kinds(worse) == {"checkpoints", "earlier", "models"}
    assert kinds(best) == {"checkpoints", "earlier", "models"}, "the kept run is the newest of the best"
    assert kinds(elsewhere) == {"checkpoints", "earlier"}, "it is the best of its data"
    assert kinds(stopped) == {"earlier"}, "its checkpoint is what it can be resumed from"
    assert kinds(kept) == set()
    assert [part.path for part in offered() if part.kind == "features"] == [store]
    lock = hold(make_run(6, end=None))
    assert not [part for part in offered() if part.kind == "features"]
    lock.release()
    enqueue([worse], extend=9)
    assert kinds(worse) == set()
    assert prune([part for part in offered() if part.run == best.id])
    assert kinds(best) == set()


def test_what_a_run_needs_since_it_was_offered_stays() -> None:
    run = filled(1)
    parts = offered()
    enqueue([run], extend=9)
    assert prune(parts) == [] and (run.checkpoints / "step-40").is_dir()


def test_a_pruned_part_comes_back_as_it_was_also_after_a_kill() -> None:
    run = filled(1)
    before = (run.checkpoints / "step-40" / "weights").read_bytes()
    (place,) = prune([part for part in offered() if part.kind == "checkpoints"])
    assert not (run.checkpoints / "step-40").exists()
    with pytest.raises(InputError, match="has 2 epochs already"):
        plan_extension(run, 2)
    assert "starts over" in plan_extension(run, 4).about_rate
    assert restore_part(place) == run.checkpoints / "step-40"
    assert (run.checkpoints / "step-40" / "weights").read_bytes() == before
    script = (
        "import sys; from pathlib import Path; from core.runs.trash import trash_part; trash_part(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", script, str(run.checkpoints / "step-40")], check=True)
    assert not (run.checkpoints / "step-40").exists()
    recover_trash()
    assert (run.checkpoints / "step-40" / "weights").read_bytes() == before


def test_nothing_is_put_where_something_new_or_nothing_is(home: Path) -> None:
    run = filled(1)
    place = trash_part(run.model)
    run.model.mkdir()
    with pytest.raises(ReviewtuiError, match="something new"):
        restore_part(place)
    run.model.rmdir()
    gone = trash_run(run)
    with pytest.raises(ReviewtuiError, match="is gone"):
        restore_part(place)
    gone.rename(run.path)
    assert restore_part(place) == run.model
    place = trash_part(run.model)
    (place / "origin.json").write_text('{"path": "../outside"}')
    with pytest.raises(ReviewtuiError):
        restore_part(place)
    empty_trash()
    assert not place.exists() and not (home.parent / "outside").exists()
