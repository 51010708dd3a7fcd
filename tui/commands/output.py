"""What commands print: results on standard output, progress and errors on standard error.

With `--json`, standard output holds one JSON object, or one per line, and nothing else. Progress is a bar in a terminal
and a plain line every few seconds elsewhere. Text from data is cleaned before it is printed, and what the encoding of
the terminal does not have is replaced.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.base.text import clean, clean_line

Progress = Callable[[str, float | None], None]

_PLAIN_SECONDS = 5.0
"""Seconds between two plain lines of progress."""
_NOTE = "note: "


def replace_what_cannot_be_shown() -> None:
    """Make standard output and standard error write `?` for characters that their encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(text: object = "") -> None:
    """Print one line of a result. Line breaks in `text` are replaced by visible symbols."""
    print(_one_line(text))


def say_json(value: Any) -> None:
    """Print one JSON object on one line, in ASCII, so that nothing in it can control a terminal."""
    print(json.dumps(value))


def complain(text: object) -> None:
    """Print one line on standard error."""
    print(_one_line(text), file=sys.stderr)


def _one_line(text: object) -> str:
    return clean(text).replace("\n", "␊").replace("\t", "␉")


def facts(pairs: list[tuple[str, object]]) -> None:
    """Print names and values, aligned. Values that are None are left out."""
    width = max((len(name) for name, value in pairs if value is not None), default=0)
    for name, value in pairs:
        if value is not None:
            say(f"{name:<{width}}  {value}")


def table(heads: list[str], rows: list[list[object]]) -> None:
    """Print rows below their headings, in aligned columns."""
    from rich.cells import cell_len

    lines: list[list[object]] = [[*heads], *rows]
    cells = [[_one_line(cell) for cell in line] for line in lines]
    widths = [max(cell_len(row[column]) for row in cells) for column in range(len(heads))]
    for row in cells:
        padded = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(padded).rstrip())


@contextmanager
def progress_on_stderr() -> Iterator[Progress]:
    """Yield a progress function: a bar in a terminal, otherwise a plain line every few seconds.

    What follows the first comma is detail: it goes below the bar, or after the percentage. A `note: …` stays on screen.
    """
    if not sys.stderr.isatty():
        yield _plain_progress()
        return
    from rich.console import Console, RenderableType
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Detailed(Bars):
        detail = ""

        def get_renderables(self) -> Iterator[RenderableType]:
            yield from super().get_renderables()
            if self.detail:
                yield Text(self.detail, no_wrap=True, overflow="ellipsis")

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Detailed(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=None)

        def progress(what: str, fraction: float | None) -> None:
            if what.startswith(_NOTE):
                bars.console.print(Text(_one_line(what)))
                return
            head, _, detail = clean_line(what).partition(", ")
            bars.detail = detail
            bars.update(task, description=head, total=None if fraction is None else 1.0, completed=fraction or 0.0)

        yield progress


def _plain_progress(clock: Callable[[], float] = time.monotonic) -> Progress:
    last_what, last_time = "", -_PLAIN_SECONDS

    def progress(what: str, fraction: float | None) -> None:
        nonlocal last_what, last_time
        if what.startswith(_NOTE):
            complain(what)
            return
        head, comma, detail = what.partition(",")
        now = clock()
        if head == last_what and now - last_time < _PLAIN_SECONDS:
            return
        last_what, last_time = head, now
        complain(what if fraction is None else f"{head} {fraction:.0%}{comma}{detail}")

    return progress
