"""What a worker never wrote never reaches a screen, whatever its checksum says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.runs.folder import RunFolder, create_run
from core.runs.journal import JournalReader, encode, record_of
from core.runs.records import KINDS, fits_its_kind
from core.runs.request import Request
from core.runs.summary import RunHistory, summarize, summary_of
from tests.core.runs.whole_records import WHOLE
from tui.screens.train.log import log_lines
from tui.screens.train.memory_bar import memory_lines
from tui.screens.train.plan import plan_lines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["nan", "larger", 10**400]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["loss", "index", "x"]), inner),
    max_leaves=4,
)


def test_every_kind_has_a_shape_that_its_whole_record_fits() -> None:
    assert KINDS.keys() == WHOLE.keys()
    for kind, fields in WHOLE.items():
        assert fits_its_kind({"kind": kind, "time": 1.79e9, **fields}), kind


@pytest.mark.parametrize("record", [None, [], "step", {}, {"kind": []}, {"kind": "step"}, {"kind": "later"}])
def test_what_has_no_kind_and_no_time_is_no_record(record: Any) -> None:
    assert not fits_its_kind(record)


def test_kinds_and_words_of_later_versions_are_let_pass() -> None:
    assert fits_its_kind({"kind": "merged", "time": 1.0, "with": {"run": "b"}})
    assert fits_its_kind({"kind": "notice", "time": 1.0, "text": "so", "loudness": 11})


@st.composite
def forged(draw: st.DrawFn) -> dict[str, Any]:
    """A record in which one thing is another, or missing."""
    kind = draw(st.sampled_from(["plan", "step", "step", *sorted(WHOLE)]))
    record = {"kind": kind, "time": draw(st.floats(0, 1e11, exclude_max=True)), **WHOLE[kind]}
    for name, value in record.items():  # numbers of a right type may still be any
        if isinstance(value, int) and not isinstance(value, bool) and draw(st.booleans()):
            record[name] = draw(st.integers(0, 40) | st.integers(0, (1 << 53) - 1))
        elif isinstance(value, float) and name != "time" and draw(st.booleans()):
            record[name] = draw(st.floats(0, 1e10))
    name = draw(st.sampled_from([*record, "limit", "awake"]))
    if draw(st.booleans()):
        return {**record, name: draw(JSON)}
    if draw(st.booleans()):
        record.pop(name, None)
    return record


@settings(max_examples=300)
@given(st.lists(forged(), max_size=12))
def test_whatever_a_journal_says_with_right_checksums_is_shown_or_counted_as_damage(
    records: list[dict[str, Any]],
) -> None:
    run = _RUN[0]
    run.journal.write_bytes(b"".join(encode(record) for record in records))
    reader, history = JournalReader(run.journal), RunHistory()
    found = reader.read_new()
    assert len(found) + reader.damaged == len(records)
    history.update(found)
    summary = summary_of(run, history)
    assert summary.to_json()["steps"] == history.planned_steps
    assert all(isinstance(figure, float | int) for figure in (summary.validation or {}).values())
    summarize(run)
    history.seconds_left(), history.reviews_per_second()
    assert all(line.plain for line in log_lines(found))
    assert plan_lines(history.plan, 80) is not None
    for sample in history.memory:
        for device in ("cpu", "cuda:0"):
            assert memory_lines(sample, device, 1000, 80).plain


_RUN: list[RunFolder] = []


@pytest.fixture(autouse=True)
def run() -> RunFolder:
    """One folder for all that a test draws."""
    _RUN[:] = [create_run(Request(name="chairs", data="/data/reviews.csv"))]
    return _RUN[0]


def test_a_forged_record_is_none() -> None:
    whole = {"kind": "step", "time": 1.0, **WHOLE["step"]}
    assert record_of(encode({**whole, "step": "1"}).rstrip()) is None
    assert record_of(encode(whole).rstrip()) is not None
