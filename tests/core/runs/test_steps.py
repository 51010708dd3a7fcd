"""Steps in columns are the records that came in, whatever they hold."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.runs.records import StepRecord
from core.runs.steps import Steps
from tests.core.runs.whole_records import WHOLE

COUNTS = st.integers(0, (1 << 53) - 1)
FIGURES = st.floats(allow_nan=False)
SECONDS = st.floats(0, 1e10)
RECORDS = st.lists(
    st.builds(
        StepRecord,
        time=SECONDS,
        step=st.integers(0, 60),
        epoch=SECONDS,
        loss=FIGURES,
        learning_rate=FIGURES,
        gradient_norm=FIGURES,
        reviews=COUNTS,
        tokens=COUNTS,
        seconds=SECONDS,
    ),
    max_size=40,
)


def step(number: int, **fields: Any) -> StepRecord:
    return StepRecord(**{**WHOLE["step"], "step": number, **fields})


@given(RECORDS, st.data())
def test_they_are_a_list_of_the_records(records: list[StepRecord], data: st.DataObject) -> None:
    steps = Steps(records)
    assert list(steps) == records and steps == records and len(steps) == len(records)
    places = st.integers(-len(records) - 2, len(records) + 2)
    part = slice(data.draw(places), data.draw(places), data.draw(st.sampled_from([1, 1, 1, 2, -1])))
    assert steps[part] == records[part]
    if records:
        place = data.draw(st.integers(-len(records), len(records) - 1))
        assert steps[place] == records[place]
    resumed = data.draw(st.integers(0, 60))
    assert steps.up_to(resumed) == [one for one in records if one.step <= resumed]


@given(RECORDS)
def test_derived_columns_follow_from_the_records(records: list[StepRecord]) -> None:
    steps = Steps(records)
    assert list(steps.column("reviews_so_far")) == list(accumulate(float(one.reviews) for one in records))
    for (before, after), speed in zip(pairwise(records), steps.column("reviews_per_second")[1:], strict=True):
        known = after.step == before.step + 1 and after.seconds > before.seconds
        assert speed == after.reviews / (after.seconds - before.seconds) if known else math.isnan(speed)


def test_a_column_grows_and_a_resumed_run_gets_another() -> None:
    steps = Steps([step(1), step(2)])
    held = steps.column("loss")
    steps.append(step(3, loss=0.25))
    assert held is steps.column("loss") and list(held) == [1.0, 1.0, 0.25]
    resumed = steps.up_to(1)
    resumed.append(step(2, loss=0.5))
    assert list(held) == [1.0, 1.0, 0.25] and list(resumed.column("loss")) == [1.0, 0.5]
    assert list(resumed.column("reviews_so_far")) == [16, 32]
