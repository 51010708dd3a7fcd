"""Lines that carry their label: fastText's `__label__1 text`, `1 text` with a number before each, and the trees of the
Stanford Sentiment Treebank.

A tree, `(3 (2 It) (4 works))`, is one review: its words in order, labelled by the number at its root.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from core.reviews.formats.delimited.detection import is_delimited
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.line_table import LineTable, Taken
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, excerpt
from core.reviews.options import ReadingOptions

_LABEL = re.compile(r"(?:^|(?<=[\s,]))__label__([^\s,]+)")
_LABELS = re.compile(r"\s*(?:__label__[^\s,]+(?:[\s,]+|$))+")
_LABELLED = re.compile(r"\s*__label__\S|.*\s__label__[^\s,]+\s*$", re.DOTALL)
_TREE = re.compile(r"\s*\((\d+) .*\)\s*", re.DOTALL)
_LEAF = re.compile(r"\(\d+ ([^()\s]+)\)")
_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}
_NUMBERED = re.compile(r"\s*([+-]?\d)[ \t]+(?=\S)")
_TABLES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson")
_SAMPLED = 50
_MIN_NUMBERED, _MAX_NUMBERS, _MIN_SHARE = 20, 6, 0.02
"""A number before each line is its label if there are at least this many lines, at most this many different numbers,
and at least this share of the lines with each of them."""
_MOST = 0.8
SEVERAL = "several labels"

Parsed = tuple[str, str] | str
"""Text and label, or the reason why there are none."""


def open_fasttext(file: InputFile, _: ReadingOptions) -> LabelledLines:
    """Open a file in fastText's format."""
    return LabelledLines(file, "fasttext", _fasttext)


def open_trees(file: InputFile, _: ReadingOptions) -> LabelledLines:
    """Open a file of trees."""
    return LabelledLines(file, "trees", _tree)


def open_numbered_lines(file: InputFile, _: ReadingOptions) -> LabelledLines:
    """Open a file of lines that begin with a number, their label."""
    return LabelledLines(file, "numbered", _numbered)


def is_numbered_lines(file: InputFile) -> bool:
    """Return whether all lines of a file begin with one of a few numbers, as often as labels do and dates do not."""
    if file.path.suffix.lower() in _TABLES:
        return False
    lines = [line for line in file.head.split("\n") if line.strip()]
    if not file.complete and lines:
        lines.pop()
    found = [match[1] if (match := _NUMBERED.match(line)) is not None else "" for line in lines]
    counts = Counter(found)
    return (
        len(lines) >= _MIN_NUMBERED
        and "" not in counts
        and 1 < len(counts) <= _MAX_NUMBERS
        and min(counts.values()) >= _MIN_SHARE * len(lines)
        and not any("\t" in line for line in lines)
        and not is_delimited(file.head, file.complete)
    )


def is_fasttext(file: InputFile) -> bool:
    """Return whether most lines of a file start or end with a label of fastText."""
    return _most(file, _LABELLED)


def is_trees(file: InputFile) -> bool:
    """Return whether most lines of a file are trees."""
    return _most(file, _TREE) and file.head.count("(") > file.head.count("\n") * 2


def _most(file: InputFile, pattern: re.Pattern[str]) -> bool:
    lines = [line for line in file.head.split("\n")[: _SAMPLED + 1] if line.strip()][:_SAMPLED]
    return bool(lines) and sum(pattern.match(line) is not None for line in lines) >= _MOST * len(lines)


class LabelledLines(LineTable):
    """The `Table` of a file with one review per line, which carries its label."""

    def __init__(self, file: InputFile, format: str, parse: Callable[[str], Parsed]) -> None:
        super().__init__(file, ["text", "label"])
        self.format, self._parse = format, parse

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        return self.rows_of_lines(self._taken, rows)

    def _taken(self, number: int, line: str) -> Taken:
        parsed = self._parse(line)
        return BadRow(number, parsed, excerpt(line)) if isinstance(parsed, str) else parsed


def _fasttext(line: str) -> Parsed:
    """Take the labels out of a line, wherever they are, as fastText does."""
    labels = list(dict.fromkeys(_LABEL.findall(line)))
    if len(labels) > 1:
        return SEVERAL
    match = _LABELS.match(line)
    rest = line[match.end() :] if match is not None else line
    return (_LABEL.sub("", rest).rstrip() if "__label__" in rest else rest), (labels[0] if labels else "")


def _numbered(line: str) -> Parsed:
    match = _NUMBERED.match(line)
    return (line, "") if match is None else (line[match.end() :], match[1])


def _tree(line: str) -> Parsed:
    match = _TREE.fullmatch(line)
    if match is None or line.count("(") != line.count(")"):
        return "broken tree"
    return " ".join(_BRACKETS.get(word, word) for word in _LEAF.findall(line)), match[1]
