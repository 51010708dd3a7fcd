"""What tells what two labels mean, where their name does not: ratings beside them, the texts, other names.

A few hundred rows of each label are looked at, evenly spread over the source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np

from core.base.text import clean_line
from core.reviews.detect.evidence import Praise, Seen, lean_of, praise_in
from core.reviews.detect.label_columns import OF_ANOTHER
from core.reviews.detect.names import is_rating_name, words_of
from core.reviews.detect.polarity import other_question
from core.reviews.detect.ratings import rating_of
from core.reviews.detect.scales import find_scale
from core.reviews.label_codes import LabelCodes
from core.reviews.source_columns import PREFIX
from core.reviews.store import RowReader, numbers_of

_ROWS = 300


class LabelEvidence:
    """The stored rows of a source, asked about the labels in them."""

    def __init__(self, rows: RowReader, codes: LabelCodes, names: Sequence[str]) -> None:
        """Args:
        codes: The codes of the rows' labels.
        names: The name of the source, and of its columns other than the label.
        """
        self._rows, self._codes, self._names = rows, codes, names

    def compare(self, low: Collection[str], high: Collection[str]) -> Seen:
        """Return which of two groups of labels praises, by the ratings beside them, or else by their texts."""
        places = self._places(low), self._places(high)
        for column in self._ratings:
            lean = lean_of(*(self._rated(column, some) for some in places))
            if lean in ("higher", "lower"):
                return Seen(lean, f"the ratings in “{clean_line(column, 40)}”")
        return Seen(lean_of(*(praise_in(self._cells("text", some)) for some in places)), "the texts")

    def other_question(self) -> str | None:
        """Return the name that says that labels answer another question than whether a review praises, such as spam."""
        return next((clean_line(name, 40) for name in self._names if other_question(name)), None)

    @cached_property
    def _ratings(self) -> list[str]:
        stored = self._rows.source_columns
        return [name for name in stored if is_rating_name(name) and OF_ANOTHER.isdisjoint(words_of(name))]

    def _places(self, labels: Collection[str]) -> list[int]:
        """Return some stored rows with any of `labels`, evenly spread."""
        wanted = [code for raw, code in self._codes.raws.items() if raw in labels]
        total = sum(self._codes.counts[code] for code in wanted)
        spread = np.linspace(0, max(total - 1, 0), min(total, _ROWS)).astype(np.int64)
        places, passed = list[int](), 0
        for begin, batch in self._rows.batches() if total else ():
            found = np.flatnonzero(np.isin(numbers_of(batch, "label"), wanted))
            here = spread[(spread >= passed) & (spread < passed + len(found))]
            places += (begin + found[here - passed]).tolist()
            passed += len(found)
        return places

    def _cells(self, column: str, rows: Sequence[int]) -> list[str]:
        found = (self._rows.find(row) for row in rows)
        return [batch.column(column)[at].as_py() for batch, at in found]

    def _rated(self, column: str, rows: Sequence[int]) -> Praise:
        """Count high and low ratings in some rows as praise and blame."""
        cells = [cell for cell in self._cells(PREFIX + column, rows) if cell.strip()]
        scale = find_scale(Counter(cells), " ".join(words_of(column)), named=True)
        values = [rating.value for cell in cells if (rating := rating_of(cell)) is not None] if scale else []
        sides = [scale.polarity(value) for value in values] if scale else []
        return Praise(sides.count(1), sides.count(-1))
