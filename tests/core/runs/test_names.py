"""Every run has a name of its own, whoever named it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.options import ReadingOptions
from core.runs.folder import create_run, find_run
from core.runs.names import require_unused, suggested_name, taken_names, unused_name
from core.runs.start import plan_run
from core.settings.schema import Settings


def test_runs_started_alike_can_be_told_apart_by_name(tmp_path: Path) -> None:
    """The same command, again and again: `status NAME` finds each of them."""
    runs = [
        create_run(plan_run(str(tmp_path / "train.csv"), ReadingOptions(), "balanced", Settings())) for _ in range(4)
    ]
    names = [run.request().name for run in runs]
    assert names == ["train-balanced", "train-balanced-2", "train-balanced-3", "train-balanced-4"]
    assert [find_run(name).id for name in names] == [run.id for run in runs]


def test_a_name_that_was_given_is_refused_with_the_nearest_that_is_free() -> None:
    for name in ("mine", "mine-2"):
        create_run(plan_run("x.csv", ReadingOptions(), "quick", Settings(), name=name))
    with pytest.raises(InputError, match="already a run called 'mine'; 'mine-3' is free"):
        plan_run("x.csv", ReadingOptions(), "quick", Settings(), name="mine")
    for reserved in ("latest", "20261126-101010-00ff"):
        with pytest.raises(InputError, match="cannot be called"):
            require_unused(reserved)


@given(st.text(), st.sampled_from(["quick", "lab"]))
def test_a_suggested_name_is_plain(source: str, preset: str) -> None:
    name = suggested_name(source, preset)
    assert name.isascii() and "/" not in name and name.endswith(preset) and not name.startswith((".", "-"))


@given(st.frozensets(st.sampled_from([f"a-{number}" for number in range(2, 9)] + ["a"])))
def test_an_unused_name_is_unused(taken: frozenset[str]) -> None:
    free = unused_name("a", taken)
    assert free not in taken and (free == "a" or free.startswith("a-"))
    assert require_unused(free, taken) == free


def test_names_are_those_of_the_runs() -> None:
    assert taken_names() == frozenset()
    create_run(plan_run("x.csv", ReadingOptions(), "quick", Settings()))
    assert taken_names() == {"x-quick"}
