"""What each column contains: values are counted while the source is read, and described when all of it is known.

A description does not depend on the order of rows, as long as a column has at most 10,000 different values; after that,
the values seen so far stand for all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.base.text import clean_line
from core.reviews.detect.names import is_date, is_number, is_truth_value, plain, words_of
from core.reviews.detect.words import is_missing, is_placeholder
from core.reviews.report import Column

_COUNTED = 10_000
_LONG = 200
"""Characters of a value that are kept."""
_EXAMPLES = 5
_MOSTLY = 0.8
_URL = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
_JSON = re.compile(r"[\[{].*[\]}…]|\[[\"'{].*|\{[\"'].*", re.DOTALL)
_FILE = re.compile(
    r"(?:[\w. -]{0,60}[/\\])*[\w.-]{1,60}\.(?:txt|html?|xml|json|docx?|pdf|jpe?g|png|wav|mp3|mp4)", re.IGNORECASE
)
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_PIECES = re.compile(r"\s*[,;|>]\s*")


@dataclass(frozen=True)
class Facts:
    """A column, as far as it has been read."""

    name: str
    filled: int
    """Rows with a value."""
    distinct: int | None
    """Different values; None if they are too many to count."""
    counts: Mapping[str, int]
    """Value without blanks around it → rows; long values are cut. Values that say there is none are not here."""
    mean_length: float
    """Characters, over the values that were counted."""

    @property
    def key(self) -> str:
        return plain(self.name)

    @property
    def last(self) -> str:
        """The last segment of a dotted name."""
        return plain(self.name.rpartition(".")[2])

    @cached_property
    def words(self) -> tuple[str, ...]:
        return words_of(self.name)

    @cached_property
    def rows(self) -> int:
        """Rows with a counted value that says something."""
        return sum(self.counts.values())

    def share(self, test: Callable[[str], bool]) -> float:
        """Return the share of rows whose value passes."""
        return sum(n for value, n in self.counts.items() if test(value)) / max(self.rows, 1)

    def mostly(self, test: Callable[[str], bool]) -> bool:
        """Return whether four values in five pass; a few others are rows to leave out."""
        return bool(self.counts) and self.share(test) >= _MOSTLY

    def all(self, test: Callable[[str], bool]) -> bool:
        return bool(self.counts) and all(map(test, self.counts))

    @cached_property
    def kind(self) -> str:
        """See `Column.kind`."""
        if not self.counts:
            return "empty"
        for kind, test in (("boolean", is_truth_value), ("number", is_number), ("date", is_date), ("other", _is_url)):
            if self.all(test):
                return kind
        if self.mostly(_is_json):
            return "nested"
        repeated = len(self.counts) <= min(50, self.rows / 2)
        words = sum(_word_count(value) * n for value, n in self.counts.items()) / self.rows
        if words >= 3 and (not repeated or self.mean_length >= 60):
            return "text"
        return "category" if repeated else "text" if words >= 2 and self.mean_length >= 12 else "other"

    @cached_property
    def variety(self) -> float:
        """Different values per row, 0 to 1; 1 if they are too many to count."""
        return 1.0 if self.distinct is None else min(len(self.counts) / max(self.rows, 1), 1.0)

    @cached_property
    def is_constant(self) -> bool:
        return self.distinct is not None and len(self.counts) == 1 and self.rows > 2

    @cached_property
    def names_files(self) -> bool:
        """Whether values are names of files, which hold the texts or belong to them."""
        return self.mostly(lambda value: _FILE.fullmatch(value) is not None)

    @cached_property
    def lists_tags(self) -> bool:
        """Whether values are lists of short terms, as of tags or categories, and no sentences."""
        return self.mostly(_is_list_of_terms)


class ColumnCounter:
    """Counts the values of one column, at most 10,000 different ones."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._filled = self._characters = self._counted = 0
        self._counts: Counter[str] = Counter()
        self._long: set[int] = set()
        self._full = False

    def add(self, values: Sequence[str]) -> None:
        """Count the cells of a chunk."""
        self._filled += len(values) - values.count("")
        if self._full:
            return
        counts, long = self._counts, self._long
        for value, n in Counter(values).items():
            self._characters += len(value) * n
            if len(value) <= _LONG:
                counts[value] += n
            else:
                counts[value[:_LONG]] += n
                long.add(hash(value))
        self._counted += len(values) - values.count("")
        self._full = len(counts) + len(long) > _COUNTED

    def facts(self) -> Facts:
        """Return what is known about the column."""
        counts: Counter[str] = Counter()
        signs = "+" in self._counts
        for value, n in self._counts.items():
            if value and not is_placeholder(value, signs=signs) and not is_missing(value, signs=signs):
                counts[value.strip()] += n
        distinct = None if self._full else sum(len(value) < _LONG for value in counts) + len(self._long)
        return Facts(self._name, self._filled, distinct, counts, self._characters / max(self._counted, 1))

    def column(self) -> Column:
        """Return the column for the report."""
        found = self.facts()
        distinct = None if self._full else len({value for value in self._counts if value.strip()} - {""})
        shown = [value for value in self._counts if value.strip()]
        examples = [clean_line(value, 80) for value in _spread(shown)]
        kind = "other" if found.kind == "empty" and self._filled else found.kind
        return Column(name=self._name, kind=kind, filled=self._filled, distinct=distinct, examples=examples)


def facts_of(name: str, cells: Sequence[str]) -> Facts:
    """Return the facts of some cells."""
    counter = ColumnCounter(name)
    counter.add(cells)
    return counter.facts()


def _spread(values: Iterable[str]) -> list[str]:
    return list(values)[:_EXAMPLES]


def _word_count(value: str) -> int:
    """Return how many words a value has; where none is set off by blanks, two characters count as one."""
    return len(value.split()) + (0 if value.isascii() else len(_UNSPACED.findall(value)) // 2)


def _is_url(value: str) -> bool:
    return _URL.fullmatch(value) is not None


def _is_json(value: str) -> bool:
    return value[0] in "[{" and _JSON.fullmatch(value) is not None


def _is_list_of_terms(value: str) -> bool:
    pieces = [piece for piece in _PIECES.split(value) if piece]
    return (
        len(pieces) >= 3 and sum(len(piece.split()) for piece in pieces) / len(pieces) <= 2.5 and value[-1] not in ".!?"
    )
