"""The tables of a source as they are, row by row with all columns, for those who write the source anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.hub import HubTable
from core.reviews.formats.table import Table
from core.reviews.opening import opened, storable
from core.reviews.options import ReadingOptions
from core.reviews.reading import hub_of
from core.reviews.sources import find_sources


@contextmanager
def tables_of(source: str, options: ReadingOptions, progress: Callable[[float], None]) -> Iterator[list[Table]]:
    """Yield the tables that `read_reviews` reads of a source, from their first rows on.

    Args:
        progress: Called while packed files are unpacked, with the share that has been read.

    Raises:
        InputError: The source cannot be read.
    """
    hub = hub_of(source)
    if hub is not None:
        yield [HubTable(*hub)]
        return
    try:
        with opened(storable(source), find_sources(source), "train", options, progress) as given:
            yield given.tables
    except OSError as error:
        reason = clean_line(error.strerror or error, 120)
        raise InputError(f"Cannot read {clean_line(source)} ({reason}); check the file.") from error
