"""Plain text with one review per line."""

from __future__ import annotations

from collections.abc import Iterator

from core.reviews.detect.names import TRUTH_VALUES, stars_of
from core.reviews.formats.delimited import open_tsv
from core.reviews.formats.dialect import head_records
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.table import CHUNK_ROWS, Chunk, Table
from core.reviews.options import ReadingOptions


def open_plain_text(file: InputFile, options: ReadingOptions) -> Table:
    """Open a text file: lines of `review<tab>label` as TSV, any other with one review per line."""
    return open_tsv(file, options) if is_labelled_text(file) else TextTable(file)


class TextTable:
    """The `Table` of a plain text file; its only column is `text`."""

    format = "text"

    def __init__(self, file: InputFile) -> None:
        self._file, self.name = file, file.name
        self.columns, self.notices = ["text"], list[str]()
        self.delimiter: str | None = None
        self.header: bool | None = None
        self.encoding: str | None = file.encoding

    def fraction(self) -> float:
        return self._file.fraction()

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        with self._file.open() as stream:
            first, texts = 1, list[str]()
            for line in stream:
                texts.append(line.rstrip("\r\n"))
                if len(texts) >= rows:
                    yield Chunk(range(first, first + len(texts)), [texts])
                    first, texts = first + len(texts), []
            yield Chunk(range(first, first + len(texts)), [texts])


def is_labelled_text(file: InputFile) -> bool:
    """Return whether the lines of a text file are `review<tab>label`, as in the UCI archive's sentence datasets."""
    records = head_records(file.head, file.complete, "\t")
    if len(records) < 3 or {len(record) for record in records} != {2}:
        return False
    labels = [record[1].strip().casefold() for record in records[1:]]
    return all(label in TRUTH_VALUES or stars_of(label) is not None for label in labels)
