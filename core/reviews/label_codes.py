"""Raw labels as small numbers while a source is read; they become classes when all of them are known.

A code of 0 or more is a raw label. Those below say why a row has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from core.reviews.detect.labels import MISSING
from core.reviews.formats.table import UNDECODABLE, is_lone

MAX_LABELS = 10_000
"""A column with more distinct values is not a label, and its rows are read without labels."""
NO_LABEL, MISSING_CODE, UNDECODABLE_CODE = -1, -2, -3
"""There is no column of labels, or too many labels; the cell is empty; it is no text."""
WITHOUT_LABEL = {MISSING_CODE: MISSING, UNDECODABLE_CODE: "undecodable bytes"}
_FIRST_PART = -10
"""The code of rows of another part of the data; lower ones are of further parts."""
LEFT_OUT = -2
"""The class of rows that are not kept."""
Numbers = np.ndarray[Any, np.dtype[np.int64]]


class LabelCodes:
    """The codes of a source.

    Attributes:
        raws: Raw label → code, in order.
        parts: Reason for which rows of another part are left out → code.
        counts: Code → rows that are stored with it.
        too_many: Whether there are too many labels to be classes.
    """

    def __init__(self) -> None:
        self.raws: dict[str, int] = {}
        self.parts: dict[str, int] = {}
        self.counts: Counter[int] = Counter()
        self.too_many = False

    def of(self, cells: Sequence[str], others: Mapping[int, str]) -> list[int]:
        """Return the code of each row of a chunk.

        Args:
            cells: The raw labels.
            others: Index of a row of another part → why it is left out.
        """
        if others:
            rows = enumerate(cells)
            return [self._part(others[row]) if row in others else self._code(cell) for row, cell in rows]
        codes, known = list[int](), self.raws
        for cell in cells:
            code = known.get(cell)
            codes.append(self._code(cell) if code is None else code)
        return codes

    def without_labels(self, code: int, rows: int, others: Mapping[int, str]) -> list[int]:
        """Return `code` for each row of a chunk that is not of another part."""
        codes = [code] * rows
        for index, reason in others.items():
            codes[index] = self._part(reason)
        return codes

    def counted(self) -> dict[str, int]:
        """Return how many rows are stored with each raw label; labels only of rows without a text are none."""
        return {raw: self.counts[code] for raw, code in self.raws.items() if self.counts[code]}

    def _part(self, reason: str) -> int:
        return self.parts.setdefault(reason, _FIRST_PART - len(self.parts))

    def _code(self, cell: str) -> int:
        if not cell or cell.isspace():
            return MISSING_CODE
        if UNDECODABLE in cell or (not cell.isascii() and is_lone(cell)):
            return UNDECODABLE_CODE
        raw = cell.strip()
        code = self.raws.get(raw)
        if code is None:
            if len(self.raws) >= MAX_LABELS:
                self.too_many = True
                return NO_LABEL
            code = self.raws[raw] = len(self.raws)
        return code


class Verdicts:
    """What becomes of stored rows, by their codes: a class, no class (`NO_LABEL`), or none at all (`LEFT_OUT`)."""

    def __init__(self, by_code: Mapping[int, int], otherwise: int) -> None:
        """Args: by_code: Code → class. `otherwise` is that of all other codes."""
        self._otherwise = otherwise
        self._lowest = min(by_code, default=0)
        self._classes = np.full(max(by_code, default=0) - self._lowest + 3, otherwise, dtype=np.int64)
        for code, label in by_code.items():
            self._classes[code - self._lowest + 1] = label

    def of(self, codes: np.ndarray[Any, Any]) -> Numbers:
        """Return the class of rows with these codes [N]."""
        places = np.clip(codes.astype(np.int64) - self._lowest + 1, 0, len(self._classes) - 1)
        classes: Numbers = self._classes[places]
        return classes

    def kept(self, counts: Mapping[int, int]) -> int:
        """Return how many of the rows with each code are kept."""
        codes: Iterable[int] = counts.keys()
        classes = self.of(np.fromiter(codes, dtype=np.int64, count=len(counts)))
        return sum(count for count, label in zip(counts.values(), classes.tolist(), strict=True) if label != LEFT_OUT)
