"""A review on the screen: cleaned, wrapped at words, scrollable. A line of 100 kB is drawn as fast as a short one.

Only visible lines are rendered. The width of emoji differs between terminals, so lines end a few columns before the
edge; on wide screens they stay short enough to read comfortably.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from core.base.text import clean

MARGIN = 4
MAX_WIDTH = 96
MAX_CHARACTERS = 400_000
"""The most characters of a review that are shown."""

_WORDS = re.compile(r"\S+\s*|\s+")


class ReviewText(ScrollView, can_focus=False):
    """Shows one text; `show` replaces it."""

    DEFAULT_CSS = """
    ReviewText { height: 1fr; padding: 0 1; overflow-x: hidden; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = ""
        self._lines: list[str] = []
        self._wrapped_at = 0

    def show(self, text: str) -> None:
        """Show `text` from its beginning."""
        shown = clean(text[:MAX_CHARACTERS])
        if len(text) > MAX_CHARACTERS:
            shown += (
                f"\n\n… {len(text) - MAX_CHARACTERS:,} more characters are not shown; the model is given all of them."
            )
        self._text = shown
        self._wrapped_at = 0
        self._wrap()
        self.scroll_home(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        self._wrap()

    def _wrap(self) -> None:
        width = min(max(self.scrollable_content_region.width - MARGIN, 8), MAX_WIDTH)
        if width != self._wrapped_at:
            self._wrapped_at = width
            self._lines = wrap(self._text, width)
            self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        line = self._lines[number] if number < len(self._lines) else ""
        style = self.rich_style
        return Strip([Segment(line, style)]).adjust_cell_length(self.size.width, style)


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` columns, broken at spaces where there are any."""
    lines: list[str] = []
    for paragraph in text.expandtabs(4).split("\n"):
        lines += [paragraph] if _columns(paragraph) <= width else _wrap_long(paragraph, width)
    return lines


def _wrap_long(paragraph: str, width: int) -> list[str]:
    lines: list[str] = []
    line, used = "", 0
    for match in _WORDS.finditer(paragraph):
        word = match[0]
        bare = word.rstrip()
        if used + _columns(bare) > width and line:
            lines.append(line.rstrip())
            line, used = "", 0
        if _columns(bare) > width:
            *full, word = _chop(bare, width)
            lines += full
            word += " "
        line += word
        used += _columns(word)
    return [*lines, line.rstrip()]


def _chop(word: str, width: int) -> list[str]:
    if word.isascii():
        return [word[start : start + width] for start in range(0, len(word), width)]
    return chop_cells(word, width)


def _columns(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
