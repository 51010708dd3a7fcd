"""Which checkpoints are kept: the newest, and what a longer run could go on from."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.runs.checkpoint_folders import STATE, WEIGHTS, fault, making, numbered, progress_of, retire


def make(folder: Path, step: int) -> Path:
    folder.mkdir(exist_ok=True)
    with making(folder / f"step-{step}") as beside:
        (beside / WEIGHTS).write_bytes(b"weights")
        (beside / STATE).write_text(f'{{"step": {step}, "steps": 40}}')
    return folder / f"step-{step}"


@given(st.sets(st.integers(0, 60), min_size=1, max_size=8), st.none() | st.integers(0, 60), st.integers(1, 2))
def test_the_newest_are_kept_and_the_newest_of_the_trunk(steps: set[int], trunk: int | None, newest: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "checkpoints"
        for step in sorted(steps):
            target = make(folder, step)
        retire(target, trunk, newest)
        expected = set(sorted(steps)[-newest:])
        if trunk is not None and (low := [step for step in steps if step <= trunk]):
            expected.add(max(low))
        assert {step for step, _ in numbered(folder)} == expected


def test_a_damaged_checkpoint_is_no_trunk(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    for step in (3, 5, 8, 9):
        target = make(folder, step)
    (folder / "step-5" / WEIGHTS).write_bytes(b"weighty")
    retire(target, 6)
    assert [step for step, _ in numbered(folder)] == [9, 8, 3]


def test_steps_after_the_one_just_written_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    make(folder, 9)
    retire(make(folder, 4), None)
    assert [step for step, _ in numbered(folder)] == [4]


def test_a_state_is_read_without_its_tensors_and_empty_where_it_cannot_be(tmp_path: Path) -> None:
    target = make(tmp_path / "checkpoints", 7)
    assert fault(target) is None and progress_of(target).steps == 40
    (target / STATE).write_text("[")
    assert fault(target) is not None and progress_of(target) is None
