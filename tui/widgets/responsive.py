"""Text that adapts to its width: tables, bars and wrapped passages without a widget for each line.

Text from data must be cleaned (`core.base.text`) before it is passed to these functions. All text is `Content`, so
markup is never interpreted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from textual.content import Content
from textual.css.styles import RulesMap
from textual.geometry import Size

from tui.widgets.measured import Measured

READABLE = 110
"""The most cells in a line of prose; longer lines are hard to read."""
Draw = Callable[[int], Content]
"""Returns what to show, given a width in cells."""


class Drawn(Measured):
    """A widget that shows the result of a function of its width, and is as high as that result; see `show`."""

    DEFAULT_CSS = """
    Drawn { height: auto; width: 1fr; }
    """

    def __init__(self, draw: Draw | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        self._draw: Draw = draw or (lambda width: Content(""))
        self._last: tuple[Draw, int, Content] | None = None
        self._about: object = None
        self._least = 0, 0
        """A width, and the least number of lines at that width."""
        super().__init__(id=id, classes=classes)

    def show(self, draw: Draw, about: object = None) -> None:
        """Draw with `draw` from now on. The screen is laid out again only if the height changes.

        Args:
            draw: Returns what to show, given a width in cells.
            about: The subject of what is shown. While it stays the same, the widget never shrinks, so that the widgets
                below do not move.
        """
        self._draw, last = draw, self._last
        kept = about is not None and about == self._about
        self._about = about
        if last is None:
            self.refresh(layout=self.display)
            return
        _, width, before = last
        now = self._drawn_at(width)
        high, least = self._lines(before, width), self._least
        self._least = width, high if kept else 0
        if not now.is_same(before) or least != self._least:
            self.refresh(layout=self._lines(now, width) != high)

    def show_text(self, text: str | Content) -> None:
        """Show `text`, wrapped to the width."""
        content = Content(text) if isinstance(text, str) else text
        self.show(lambda width: content)

    def render(self) -> Content:
        return self._drawn_at(max(self.content_size.width, 10))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._lines(self._drawn_at(width), width) if width else 0

    def _lines(self, content: Content, width: int) -> int:
        """Return the height of the widget with this content."""
        rules = cast(RulesMap, self.styles)  # as Textual's own widgets do
        least = self._least[1] if self._least[0] == width else 0
        return max(content.get_height(rules, width), least)

    def _drawn_at(self, width: int) -> Content:
        """Return what to show at a width. The last result is cached, because layout and painting both need it."""
        if self._last is None or self._last[:2] != (self._draw, width):
            self._last = (self._draw, width, self._draw(width))
        return self._last[2]


def lines(parts: Iterable[Content | str]) -> Content:
    """Return `parts` joined by line breaks."""
    return Content("\n").join([part if isinstance(part, Content) else Content(part) for part in parts])


def cell(text: str | Content, width: int) -> Content:
    """Return `text` cut or padded to exactly `width` cells. Cut text ends in `…`."""
    content = Content(text) if isinstance(text, str) else text
    return content.truncate(max(width, 1), ellipsis=True, pad=True)


def fitting(parts: Iterable[Content], width: int, between: str) -> Content:
    """Return as many of `parts` as fit on one line, separated by `between`. The most important part comes first.

    The first part is always shown. If it alone is too wide, it is cut and ends in `…`.
    """
    first, *rest = [*parts] or [Content("")]
    line = first
    for part in rest:
        longer = Content(between).join([line, part])
        if longer.cell_length > width:
            break
        line = longer
    return line.truncate(max(width, 1), ellipsis=True)


def row(*cells: tuple[str | Content, int, str]) -> Content:
    """Return cells joined into a row, given the text, width and style of each. A negative width aligns to the right."""
    parts: list[Content] = []
    for text, width, style in cells:
        content = Content(text) if isinstance(text, str) else text
        if width < 0 and content.cell_length < -width:
            content = content.pad_left(-width - content.cell_length)
        content = cell(content, abs(width))
        parts.append(content.stylize(style) if style else content)
    return Content("").join(parts)


def indented(text: str | Content, width: int, indent: int) -> Content:
    """Return `text` wrapped to `width`, including the indentation of every line by `indent` cells."""
    content = Content(text) if isinstance(text, str) else text
    wrapped = content.wrap(max(width - indent, 10))
    return lines([part.pad_left(indent) for part in wrapped])


def bar(share: float, width: int) -> str:
    """Return a bar of at most `width` cells, drawn in eighths of a cell. Any share above zero is visible."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    if share > 0:
        eighths = max(eighths, 1)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (" ▏▎▍▌▋▊▉"[rest] if rest else "")


def gauge(share: float | None, width: int) -> str:
    """Return a progress bar with its percentage; `…` if the share is unknown."""
    if share is None:
        return "…"
    done, left = track(share, width)
    return f"{done}{left} {share:4.0%}"


def track(share: float, width: int) -> tuple[str, str]:
    """Return the filled and the empty part of a bar of `width` whole cells."""
    done = round(max(0.0, min(share, 1.0)) * width)
    return "█" * done, "░" * (width - done)


def widest(texts: Sequence[str], at_most: int) -> int:
    """Return the width in cells of the widest of `texts`, but no more than `at_most`."""
    return min(max((Content(text).cell_length for text in texts), default=0), at_most)


def section(title: str, note: str = "") -> Content:
    """Return the heading of a section, with an optional muted note."""
    return Content.assemble((f" {title}", "bold $text-primary"), (f"  {note}" if note else "", "$foreground-muted"))
