"""Lines that say their label in words or stars, before or after the text: `[negative] text`, `4 stars - text`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from core.reviews.detect.ratings import rating_of
from core.reviews.detect.words import sentiment_of
from core.reviews.formats.delimited.detection import is_delimited
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.line_table import LineTable, Taken
from core.reviews.formats.table import CHUNK_ROWS, Chunk
from core.reviews.options import ReadingOptions

_BEFORE = re.compile(
    r"\s*(?:[\[(<{](?P<held>[^\])>}\n]{1,24})[\])>}]\s*[:|–—-]?"
    r"|(?P<told>[^\s:|][^:|\t\n]{0,23}?)\s*(?:[:|]|\s[–—-]+>?\s)"
    r"|(?P<stars>[★☆⭐]{1,5}|\d(?:[.,]\d)?\s?(?:/\s?\d{1,2}|stars?|sterne?|★|⭐)))[\s:–—-]*(?=\S)",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?P<text>.*\S)\s*(?:[\[(<{](?P<held>[^\])>}\n]{1,24})[\])>}]"
    r"|(?:[,;|:=]|\s[–—-]+>?\s)\s*(?P<told>[^,;|:=\t\n]{1,24}))\s*"
)
_TABLES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson")
_FEWEST, _MOST_LABELS, _NEARLY_ALL = 8, 11, 0.95
_SAMPLED = 2_000

Split = tuple[str, str] | None
"""Text and label of a line; None if it says no label."""


def open_said_labels(file: InputFile, _: ReadingOptions) -> SaidLabels:
    """Open a file of such lines."""
    return SaidLabels(file)


def are_labels_said(file: InputFile) -> bool:
    """Return whether nearly all lines of a file say one of a few labels, in the same place, and it is no table."""
    if file.path.suffix.lower() in _TABLES or "\t" in file.head[:4096]:
        return False
    return _way(file) is not None and not is_delimited(file.head, file.complete)


def _way(file: InputFile) -> Callable[[str], Split] | None:
    lines = [line for line in file.head.split("\n") if line.strip()]
    lines = (lines if file.complete else lines[:-1])[:_SAMPLED]
    for way in (_before, _after):
        found = Counter(split[1].casefold() for line in lines if (split := way(line.rstrip("\r"))) is not None)
        if found.total() >= max(_NEARLY_ALL * len(lines), _FEWEST) and 1 < len(found) <= _MOST_LABELS:
            return way
    return None


def _before(line: str) -> Split:
    match = _BEFORE.match(line)
    label = next(filter(None, match.groups()), "").strip() if match is not None else ""
    return (line[match.end() :], label) if match is not None and _is_label(label) else None


def _after(line: str) -> Split:
    match = _AFTER.fullmatch(line)
    label = (match["held"] or match["told"]).strip() if match is not None else ""
    return (match["text"], label) if match is not None and _is_label(label) else None


def _is_label(said: str) -> bool:
    """Return whether a few words are an opinion or stars. A number alone is neither."""
    rating = rating_of(said)
    return sentiment_of(said) is not None or (rating is not None and rating.form not in ("number", "word"))


class SaidLabels(LineTable):
    """The `Table` of a file with one review per line, which says its label. Lines that say none have none."""

    format = "said"

    def __init__(self, file: InputFile) -> None:
        super().__init__(file, ["text", "label"])
        self._split = _way(file) or _before

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        return self.rows_of_lines(self._taken, rows)

    def _taken(self, _: int, line: str) -> Taken:
        return self._split(line) or (line, "")
