"""Damage to any file of a run's folder, and disks that take nothing: a run goes on, or says in a sentence why not."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.runs.fingerprint import fingerprint
from core.runs.folder import RunFolder, create_run
from core.runs.summary import summarize
from tests.core.made import ROWS, history_of, notices_of, request
from tests.proofs.workers import Nursery

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1200)]


def flip(file: Path, chance: random.Random) -> None:
    content = bytearray(file.read_bytes())
    for _ in range(3):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


DAMAGES: dict[str, Callable[[Path, random.Random], Any]] = {
    "bits flipped": flip,
    "cut short": lambda file, chance: os.truncate(file, chance.randrange(file.stat().st_size)),
    "missing": lambda file, chance: file.unlink(),
    "a folder": lambda file, chance: (file.unlink(), file.mkdir()),
}


@pytest.fixture
def interrupted(nursery: Nursery, reviews_csv: Callable[..., Path], tiny_model: Path) -> tuple[RunFolder, RunFolder]:
    """A finished run, and one like it whose end was taken away: it can be resumed."""
    asked = request(reviews_csv(ROWS), tiny_model, epochs=1, dropout=0.1)
    runs = create_run(asked), create_run(asked)
    for run in runs:
        assert nursery.work(run) == 0, run.log.read_text()
    lines = runs[1].journal.read_bytes().splitlines(keepends=True)
    runs[1].journal.write_bytes(b"".join(line for line in lines if b'{"kind": "finished"' not in line))
    for older in (4, 6):  # as it stands in the middle of a run: two checkpoints
        shutil.rmtree(runs[1].checkpoints / f"step-{older}", ignore_errors=True)
    assert summarize(runs[1]).state == "interrupted"
    return runs


def test_damage_to_any_file_is_survived_or_said(nursery: Nursery, interrupted: tuple[RunFolder, RunFolder]) -> None:
    control, run = interrupted
    chance = random.Random(3)
    whole = run.path.with_name("whole")
    shutil.copytree(run.path, whole)
    expected = fingerprint(control)
    files = sorted(file.relative_to(run.path) for file in run.path.rglob("*") if file.is_file())
    assert {"settings.toml", "events.jsonl", "provenance.json", "lock"} <= {str(file) for file in files}
    equal, said, tried = 0, 0, 0
    for file in files:
        for name, damage in DAMAGES.items():
            shutil.rmtree(run.path)
            shutil.copytree(whole, run.path)
            if (run.path / file).stat().st_size == 0:
                continue
            damage(run.path / file, chance)
            tried += 1
            summarize(run)  # a list of runs shows it, whatever it is
            before = len(notices_of(run)) if run.journal.is_file() else 0
            status = nursery.work(run, resume=True)
            log = run.log.read_text(errors="replace") if run.log.is_file() else ""
            if status == 0:
                ours = fingerprint(run)
                same = all(ours[key] == expected[key] for key in ("weights", "optimizer", "model", "predictions"))
                assert same or len(notices_of(run)) > before, f"{file}, {name}: another outcome, and not a word"
                equal += same
            else:
                last = log.strip().splitlines()[-1] if log.strip() else ""
                assert "core.base.errors." in last or name == "a folder", f"{file}, {name}: {log[-600:]}"
                said += 1
    print(f"\n  {tried} damages to {len(files)} files: {equal} ended with the same bits, {said} ended in a sentence")
    assert tried > 40 and equal > tried / 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if os.geteuid() != 0 or made.returncode:
        pytest.skip("no file system of one's own can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_run_on_a_disk_that_fills_up_goes_on_without_checkpoints_and_ends_well(
    nursery: Nursery,
    small_disk: Path,
    reviews_csv: Callable[..., Path],
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = request(reviews_csv(ROWS), tiny_model, epochs=8, dropout=0.1)
    control = create_run(asked)
    assert nursery.work(control) == 0
    monkeypatch.setenv("REVIEWTUI_HOME", str(small_disk / "home"))
    run = create_run(asked)

    status = nursery.work(run, fill_disk=str(small_disk))
    assert status == 0 and summarize(run).state == "finished", run.log.read_text()
    assert fingerprint(run) == fingerprint(control)
    said = [text for text in notices_of(run) if "heckpoint" in text]
    assert any("No space left" in text for text in said) and said[-1] == "Checkpoints are written again."
    steps = [step.step for step in history_of(run).steps]
    assert steps == list(range(1, 57)), "what the journal could not take was held, and written later"
    print(f"\n  full disk from step 20 to 30: {len(steps)} steps recorded, equal to the control; said: {said}")


def test_a_folder_that_becomes_read_only_costs_checkpoints_and_not_the_run(
    nursery: Nursery,
    small_disk: Path,
    reviews_csv: Callable[..., Path],
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = request(reviews_csv(ROWS), tiny_model, epochs=4, dropout=0.1)
    monkeypatch.setenv("REVIEWTUI_HOME", str(small_disk / "home"))
    run = create_run(asked)

    try:
        assert nursery.work(run, close_folder=str(run.checkpoints)) == 0, run.log.read_text()
    finally:
        subprocess.run(["umount", str(run.checkpoints)], check=False)
    summary = summarize(run)
    assert summary.state == "finished" and summary.has_model and "no checkpoint of its end" in summary.message
    assert "Read-only file system" in summary.no_checkpoint
    newest = max(int(entry.name.removeprefix("step-")) for entry in run.checkpoints.glob("step-*"))
    assert newest == 9, "the last checkpoint before it is whole and there"
    print(f"\n  checkpoints read-only from step 10: {summary.state}, model saved, '{summary.no_checkpoint}'")
