"""A text file with one review per line, whose labels are the lines of another file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.table import CHUNK_ROWS, Chunk
from core.reviews.formats.text import TextTable


class LabelsBeside(TextTable):
    """The `Table` of lines of text, with the line of the same number of another file as their label."""

    def __init__(self, file: InputFile, labels: InputFile, column: str) -> None:
        """Args: column: The name of the column of labels."""
        super().__init__(file)
        self._labels = labels
        self.columns = [*self.columns, column]

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Yield the rows.

        Raises:
            InputError: The files have different numbers of lines.
        """
        alone, read = False, 0
        with self._labels.open() as stream:
            for chunk in super().chunks(rows):
                [texts] = chunk.columns
                labels = [line.strip() for line in islice(stream, len(texts))]
                read += len(labels)
                alone = alone or any(text.strip() for text in texts[len(labels) :])
                chunk.columns = [texts, labels + [""] * (len(texts) - len(labels))]
                yield chunk
            more = sum(1 for line in stream if line.strip())
        if alone or more:
            raise InputError(
                f"{clean_line(self.name)} has {self.tally.total:,} lines and {clean_line(self._labels.name)} "
                f"{read + more:,}, but each line of one belongs to a line of the other; check that both are whole."
            )
