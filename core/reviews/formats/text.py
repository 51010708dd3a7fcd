"""Plain text with one review per line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from core.base.text import clean_line
from core.reviews.formats.delimited.detection import find_dialect, has_classes
from core.reviews.formats.delimited.dialect import NEVER_IN_TEXT, NO_DELIMITER
from core.reviews.formats.delimited.table import open_tsv
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.line_table import LineTable
from core.reviews.formats.lines import Lines, line_ends
from core.reviews.formats.table import CHUNK_ROWS, Chunk, Table
from core.reviews.options import ReadingOptions

_STRAYS, _BLOCKS = 0.1, 3


def open_plain_text(file: InputFile, options: ReadingOptions) -> Table:
    """Open a text file: lines of `review<tab>label` and the like as a table, any other with one review per line."""
    return open_tsv(file, options) if is_table(file, options) else TextTable(file)


def open_text_of_a_class(file: InputFile, options: ReadingOptions) -> Table:
    """Open a text file whose name says the class of its lines: a comma in each does not make it a table."""
    return open_tsv(file, options) if is_table(file, options, classes=False) else TextTable(file)


class TextTable(LineTable):
    """The `Table` of a plain text file; its only column is `text`."""

    format = "text"

    def __init__(self, file: InputFile) -> None:
        super().__init__(file, ["text"])
        blocks = [block for block in re.split(r"\n[ \t\r]*\n", file.head) if block.strip()]
        if sum("\n" in block.strip() for block in blocks) * 2 > len(blocks) >= _BLOCKS:
            self.notices.append(
                f"Blank lines divide {clean_line(self.name)} into blocks of lines; each line is read as a review, and "
                "no block as a whole."
            )

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self.tally.reset()
        newline = line_ends(self._file.head)[-1]
        with self._file.open(newline) as stream:
            lines = Lines(stream, newline)
            first, texts = 1, list[str]()
            for line in chain.from_iterable(lines.blocks()):
                texts.append(line.rstrip("\r\n"))
                if len(texts) >= rows:
                    yield Chunk(range(first, first + len(texts)), [texts])
                    first, texts = first + len(texts), []
            self.tally.total = lines.counted
            yield Chunk(range(first, first + len(texts)), [texts])


def is_table(file: InputFile, options: ReadingOptions, *, classes: bool = True) -> bool:
    """Return whether the lines of a text file have the same fields, between tabs or below a header with known names.

    Only where that is sure may a few of them have others.

    Args:
        classes: Whether fields that look like classes are another sign of a table.
    """
    choice = find_dialect(file.head, file.complete, options, preferred="\t")
    if choice is None or choice.dialect.delimiter == NO_DELIMITER:
        return False
    strays = _STRAYS if choice.layout.named or choice.dialect.delimiter in (" ", *NEVER_IN_TEXT) else 0
    if choice.loss > strays * choice.fit.records:
        return False
    sure = (
        choice.layout.named
        or choice.dialect.delimiter not in (",", ";", "|")
        or (classes and has_classes(choice.layout))
    )
    return sure and choice.fit.records > 2
