"""Whatever a worker can write is read back equal, and what no worker writes never reaches a screen."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.checked_lines import encode
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.journal import JournalReader, JournalWriter, line_of, record_of
from core.runs.records import KINDS, NoticeRecord, PhaseRecord, Record, StepRecord, UnknownRecord, from_json, to_fields
from core.runs.request import Request
from core.runs.summary import summarize, summary_of
from tests.core.runs.whole_records import WHOLE, record
from tui.screens.train.log import Narrator
from tui.screens.train.memory_bar import memory_lines
from tui.screens.train.plan import plan_lines

_FIGURES = {"loss", "accuracy", "macro_f1", "gradient_norm", "precision", "recall", "f1"}
"""Fields that may hold NaN or an infinity, where they are numbers."""


def values(kind: Any, name: str = "") -> st.SearchStrategy[Any]:
    """All values of a declared type, from what msgspec says of it."""
    info, found = msgspec.inspect, None
    match kind:
        case info.IntType(ge=low, lt=high):
            found = st.integers(low, high - 1)
        case info.FloatType(ge=low, le=most, lt=high):
            free = name in _FIGURES and low is None
            top = high if most is None else most
            found = st.floats(low, top, exclude_max=high is not None, allow_nan=free, allow_infinity=free)
        case info.StrType():
            found = st.text()
        case info.BoolType():
            found = st.booleans()
        case info.NoneType():
            found = st.none()
        case info.LiteralType(values=words):
            found = st.sampled_from(words)
        case info.UnionType(types=types):
            found = st.one_of([values(one, name) for one in types])
        case info.VarTupleType(item_type=item):
            found = st.lists(values(item, name), max_size=3).map(tuple)
        case info.DictType(key_type=key, value_type=value):
            found = st.dictionaries(values(key), values(value), max_size=3)
        case info.StructType(cls=cls, fields=fields):
            parts = st.fixed_dictionaries({one.name: values(one.type, one.name) for one in fields})
            found = parts.map(lambda given: cls(**given))
    assert found is not None, f"no strategy for {kind}"
    return found


RECORDS = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: values(msgspec.inspect.type_info(KINDS[kind])))


@settings(max_examples=400)
@given(RECORDS)
def test_every_record_that_can_be_made_is_read_back_equal(made: Record) -> None:
    found = record_of(line_of(made)[:-1])
    assert type(found) is type(made)
    assert line_of(found) == line_of(made), "NaN does not equal itself; its line does"


def test_every_kind_is_made_by_the_tests() -> None:
    assert KINDS.keys() == WHOLE.keys()
    for kind in KINDS:
        assert record(kind).kind == kind


@pytest.mark.parametrize(
    "wrong",
    [
        StepRecord(**{**WHOLE["step"], "step": -1}),
        StepRecord(**{**WHOLE["step"], "reviews": None}),
        NoticeRecord(text=7),  # type: ignore[arg-type]
        PhaseRecord(name="reading", fraction=1.5),
        PhaseRecord(name="reading", fraction=math.nan),
    ],
)
def test_what_a_reader_would_refuse_cannot_be_written(wrong: Record, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "events.jsonl")
    with pytest.raises(ValueError, match="does not match its declaration"):
        writer.write(wrong)
    writer.close()
    assert (tmp_path / "events.jsonl").read_bytes() == b""


@pytest.mark.parametrize("what", ["larger", "again", "skipped"])
def test_events_that_name_no_number_of_reviews_are_records(what: str) -> None:
    """A checkpoint that did not fit has no micro-batch either."""
    made = record("out_of_memory", what=what, was=None, micro_batch_size=None)
    assert record_of(line_of(made)[:-1]) == made


def test_figures_that_json_lacks_are_floats_in_a_record_and_words_in_its_line() -> None:
    line = line_of(record("step", loss=math.nan, gradient_norm=math.inf))
    assert b'"loss": "nan"' in line and b'"gradient_norm": "inf"' in line
    found = record_of(line[:-1])
    assert isinstance(found, StepRecord) and math.isnan(found.loss) and found.gradient_norm == math.inf
    assert record("notice", text="nan") == NoticeRecord(text="nan"), "a text stays what it is"


def test_a_text_that_strict_json_cannot_hold_is_written_all_the_same() -> None:
    found = record_of(line_of(NoticeRecord(text="no file caf\udce9"))[:-1])
    assert found == NoticeRecord(text="no file caf\ufffd")


@pytest.mark.parametrize("fields", [None, [], "step", {}, {"kind": []}, {"kind": "step"}, {"kind": 3, "time": 1.0}])
def test_what_is_no_record_is_refused(fields: Any) -> None:
    with pytest.raises(ValueError):
        from_json(msgspec.json.encode(fields))


def test_unknown_kinds_and_fields_are_let_pass() -> None:
    later = record_of(encode({"kind": "merged", "time": 1.0, "with": {"run": "b"}})[:-1])
    assert later == UnknownRecord(kind="merged", time=1.0)
    notice = record_of(encode({"kind": "notice", "time": 1.0, "text": "so", "loudness": 11})[:-1])
    assert notice == NoticeRecord(time=1.0, text="so")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["nan", "larger", 10**400]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["loss", "index", "x"]), inner),
    max_leaves=4,
)


@st.composite
def forged(draw: st.DrawFn) -> dict[str, Any]:
    """The fields of a record in which one thing is another, or missing."""
    fields = to_fields(draw(RECORDS))
    name = draw(st.sampled_from([*fields, "limit", "awake"]))
    if draw(st.booleans()):
        return {**fields, name: draw(JSON)}
    if draw(st.booleans()):
        fields.pop(name, None)
    return fields


@settings(max_examples=300)
@given(st.lists(forged(), max_size=12))
def test_whatever_a_journal_says_with_right_checksums_is_shown_or_counted_as_damage(
    records: list[dict[str, Any]],
) -> None:
    run = _RUN[0]
    run.journal.write_bytes(b"".join(encode(fields) for fields in records))
    reader, history = JournalReader(run.journal), RunHistory()
    found = reader.read_new()
    assert len(found) + reader.damaged == len(records)
    history.update(found)
    summary = summary_of(run, history)
    summary.to_json()
    summarize(run)
    history.seconds_left(), history.reviews_per_second()
    assert all(line.plain for line in Narrator().lines(found))
    assert plan_lines("balanced", history.plan, 80) is not None
    for sample in history.memory:
        for device in ("cpu", "cuda:0"):
            assert memory_lines(sample, device, 1000, history.peak_bytes, 80).plain


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
