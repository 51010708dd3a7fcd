"""Many lines at once give the same records as lines taken one by one, whatever the quotes and the blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.reviews.formats.delimited import records as module
from core.reviews.formats.delimited.dialect import Dialect
from core.reviews.formats.delimited.records import RecordReader
from core.reviews.formats.lines import split_lines

pieces = ["a", "b", ",", '"', '""', "\\", '\\"', " ", "\n", "\n", "\r\n", 'x,"y\nz"\n', "1,2\n", '3,"4"\n', "\n\n"]
texts = st.lists(st.sampled_from(pieces), max_size=60).map("".join)
dialects = [
    Dialect(","),
    Dialect(",", spaced=True),
    Dialect(",", "none"),
    Dialect(",", "backslash"),
    Dialect("a,"),
    Dialect(",", "none", joined="tail", width=2),
]


def found(lines: Sequence[str], dialect: Dialect, width: int | None, size: int, block: int, **how: Any) -> object:
    """Everything that a reader finds, wherever its batches end."""
    single = how.pop("single", False)
    blocks = [lines[start : start + block] for start in range(0, len(lines), block)]
    reader = RecordReader(blocks, dialect, width, **how)
    if single:
        reader._singly = 1 << 60
    rows, spans, broken, blanks = list[object](), dict[int, int](), list[object](), list[int]()
    for batch in reader.batches(size):
        spans |= {batch.starts[index]: span for index, span in batch.spans.items()}
        rows += zip(batch.starts, batch.rows, strict=True)
        broken += [(one.line, one.reason, one.text) for one in batch.broken]
        blanks += batch.blanks
    return rows, spans, broken, blanks, reader.stray, reader.swallowed, reader.doubtful, reader.taken


@settings(max_examples=300, deadline=None)
@given(
    text=texts,
    dialect=st.sampled_from(dialects),
    width=st.sampled_from([None, 1, 2, 3]),
    size=st.integers(1, 12),
    block=st.integers(1, 12),
    cut=st.booleans(),
)
@example(text='1,"2\n' * 5, dialect=dialects[0], width=2, size=3, block=2, cut=False)
@example(text='1,2\n"' + "a\n" * 20, dialect=dialects[0], width=2, size=5, block=30, cut=True)
def test_many_at_once_are_the_same_records(
    text: str, dialect: Dialect, width: int | None, size: int, block: int, cut: bool
) -> None:
    lines = split_lines(text, dialect.newline)
    one_by_one = found(lines, dialect, width, 5, len(lines) or 1, single=True, cut=cut)
    assert found(lines, dialect, width, size, block, cut=cut) == one_by_one


@pytest.mark.parametrize("size", [10, 1_000])
def test_lines_are_taken_at_once_again_after_a_failure(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_PATIENCE", 64)
    lines = ['1,"never closed\n', *["1,2\n"] * 5_000, '3,"a\n', 'b"\n', *["1,2\n"] * 5_000]
    reader = RecordReader([lines], Dialect(","), 2)
    taken = list[str]()
    given = reader._feed

    def feed() -> Any:
        for line in given():
            taken.append(line)
            yield line

    monkeypatch.setattr(reader, "_feed", feed)
    kept = sum(len(batch.rows) for batch in reader.batches(size))
    assert kept == 10_001 and len(taken) < 6_000  # an unclosed quote is looked for up to where quotes make no sense
