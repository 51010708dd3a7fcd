"""What each column contains, and which columns are the review, its title and its label.

A known name decides; otherwise the values do. A label is never an id, a date, a count or a person. An explicit label
(0/1, a sentiment) takes precedence over a rating, and both over categories.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.detect.names import (
    CLASS_NAMES,
    LABEL_NAMES,
    RATING_NAMES,
    SENTIMENT_RANKS,
    TEXT_NAMES,
    TITLE_NAMES,
    TRUTH_VALUES,
    is_date,
    is_never_a_label,
    is_number,
    is_truth_value,
    plain,
    stars_of,
)
from core.reviews.options import ReadingOptions
from core.reviews.report import Column

_COUNTED = 10_000


@dataclass
class Roles:
    """The names of the columns to use."""

    text: str
    title: str | None
    label: str | None


@dataclass
class Sample:
    """A column in the first rows of a source: its name, its kind, and its values that are not blank."""

    name: str
    kind: str
    values: list[str]
    mean_length: float

    @property
    def key(self) -> str:
        return plain(self.name)

    def mostly(self, test: Callable[[str], bool]) -> bool:
        """Return whether four values in five pass; a few others are rows to leave out."""
        return bool(self.values) and sum(map(test, self.values)) >= 0.8 * len(self.values)

    def all(self, test: Callable[[str], bool]) -> bool:
        return bool(self.values) and all(map(test, self.values))


class ColumnCounter:
    """Statistics of one column, collected while the source is read; distinct values are counted by their hashes."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._filled = 0
        self._seen: set[int] | None = set()

    def add(self, values: Sequence[str]) -> None:
        """Count the cells of a chunk."""
        self._filled += len(values) - values.count("")
        if self._seen is not None:
            self._seen.update(map(hash, values))
            if len(self._seen) > _COUNTED:
                self._seen = None

    def column(self) -> Column:
        """Return the column for the report."""
        distinct = None if self._seen is None else len(self._seen - {hash("")})
        examples = [clean_line(value[:400], 80) for value in dict.fromkeys(self._sample.values[:200])][:5]
        kind = "other" if self._sample.kind == "empty" and self._filled else self._sample.kind
        return Column(name=self._sample.name, kind=kind, filled=self._filled, distinct=distinct, examples=examples)


def sample_column(name: str, cells: Sequence[str]) -> Sample:
    """Return the sample of the column `name`, given some of its cells."""
    values = [value for value in cells if value.strip()]
    mean_length = sum(map(len, values)) / max(len(values), 1)
    return Sample(name, _kind(values, mean_length), values, mean_length)


def find_roles(samples: Sequence[Sample], options: ReadingOptions, headed: bool, shown: str) -> Roles:
    """Return which columns are the review, its title and its label.

    Args:
        headed: Whether the names of the columns come from the source.
        shown: What messages call the source.

    Raises:
        InputError: A column named in `options` does not exist, or no column can be the text.
    """
    names = [sample.name for sample in samples]
    text = _named(options.text or None, names, "--text", shown)
    label = _named(options.label, names, "--label", shown)
    title = _named(options.title, names, "--title", shown)
    chosen = [name for name in (text, label, title) if name]
    if len(set(chosen)) < len(chosen):
        raise InputError("Text, title and label must be different columns; change --text, --title or --label.")
    free = [sample for sample in samples if sample.name not in (label, title)]
    if text is None:
        found = _find_text(free)
        if found is None:
            raise InputError(f"None of the columns of {shown} ({_list(names)}) is text; name one with --text COLUMN.")
        text = found.name
    free = [sample for sample in free if sample.name != text]
    if title is None and options.title is None:
        title = next((s.name for s in _by_name(free, TITLE_NAMES) if s.kind not in ("number", "date", "empty")), None)
    if label is None and options.label is None:
        found = _find_label([sample for sample in free if sample.name != title], headed)
        label = found.name if found else None
    return Roles(text, title or None, label or None)


def _named(wanted: str | None, names: Sequence[str], option: str, shown: str) -> str | None:
    """Return the column that the user named, as the source spells it; empty if the user wants none."""
    if not wanted or wanted in names:
        return wanted
    for name in names:
        if plain(name) == plain(wanted) != "":
            return name
    asked = clean_line(wanted, 60)
    raise InputError(f"{shown} has no column “{asked}”; it has {_list(names)}. Change {option}.")


def _list(names: Sequence[str]) -> str:
    listed = ", ".join(clean_line(name, 40) for name in names[:20])
    return f"{listed}, … ({len(names)} in all)" if len(names) > 20 else listed


def _by_name(samples: Sequence[Sample], known: Sequence[str]) -> list[Sample]:
    """Return the samples with one of the `known` names, best name first."""
    return sorted((sample for sample in samples if sample.key in known), key=lambda sample: known.index(sample.key))


def _find_text(samples: Sequence[Sample]) -> Sample | None:
    named = _by_name(samples, TEXT_NAMES)
    elsewhere = (*TITLE_NAMES, *LABEL_NAMES, *RATING_NAMES, *CLASS_NAMES)
    unnamed = sorted((s for s in samples if s.key not in elsewhere), key=lambda s: -s.mean_length)
    candidates = [
        *(sample for sample in named if sample.kind == "text"),
        *(sample for sample in named if sample.kind in ("category", "other")),
        *(sample for sample in unnamed if sample.kind == "text"),
        *named,
        *(sample for sample in unnamed if sample.kind in ("category", "other") and not is_never_a_label(sample.name)),
        *(sample for sample in _by_name(samples, TITLE_NAMES) if sample.kind in ("text", "category", "other")),
    ]
    return candidates[0] if candidates else None


def _find_label(samples: Sequence[Sample], headed: bool) -> Sample | None:
    free = [sample for sample in samples if sample.values and not is_never_a_label(sample.name)]
    classes = [sample for sample in _by_name(free, CLASS_NAMES) if _is_plausible(sample)]
    telling = [sample for sample in free if _says_sentiment(sample)]
    unknown = [sample for sample in free if not headed or sample.key not in RATING_NAMES]
    candidates = [
        *(sample for sample in _by_name(free, LABEL_NAMES) if _is_plausible(sample)),
        *(sample for sample in classes if _says_sentiment(sample) or _is_binary(sample)),
        *(sample for sample in _by_name(free, RATING_NAMES) if sample.mostly(_is_rating)),
        *telling,
        *(sample for sample in unknown if _is_binary(sample)),
        *classes,
        *(sample for sample in free if not headed and sample.all(_is_rating)),
        *(sample for sample in free if not headed and sample.kind == "category"),
    ]
    return candidates[0] if candidates else None


def _is_plausible(sample: Sample) -> bool:
    """Return whether a column with the name of a label can be one: its values are not dates or measurements."""
    measured = sample.kind == "number" and not sample.all(lambda value: float(value).is_integer())
    return sample.kind not in ("date", "empty", "nested") and not (measured and not sample.all(_is_rating))


def _says_sentiment(sample: Sample) -> bool:
    return sample.all(lambda value: value.strip().casefold() in SENTIMENT_RANKS)


def _is_binary(sample: Sample) -> bool:
    return sample.all(lambda value: value.strip().casefold() in TRUTH_VALUES)


def _is_rating(value: str) -> bool:
    return stars_of(value) is not None


def _kind(values: Sequence[str], mean_length: float) -> str:
    if not values:
        return "empty"
    if all(map(is_truth_value, values)):
        return "boolean"
    if all(map(is_number, values)):
        return "number"
    if all(map(is_date, values)):
        return "date"
    if all(value == "[…]" for value in values):
        return "nested"
    distinct = Counter(values)
    repeated = len(distinct) <= min(50, len(values) / 2)
    words = sum(len(value.split()) for value in values) / len(values)
    if words >= 3 and (not repeated or mean_length >= 60):
        return "text"
    return "category" if repeated else "text" if words >= 2 and mean_length >= 12 else "other"
