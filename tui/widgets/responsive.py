"""Text that is laid out anew for the width it gets: tables, bars and wrapped passages without a widget for each line.

What is drawn from data must have gone through `core.base.text`; everything here is `Content`, so markup is never read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from textual.content import Content
from textual.css.styles import RulesMap
from textual.geometry import Size
from textual.widget import Widget

Draw = Callable[[int], Content]
"""From the width in cells to what is shown."""


class Drawn(Widget):
    """Shows what a function draws; as high as that is, or was while the same thing was shown (see `show`)."""

    DEFAULT_CSS = """
    Drawn { height: auto; width: 1fr; }
    """

    def __init__(self, draw: Draw | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        self._draw: Draw = draw or (lambda width: Content(""))
        self._last: tuple[Draw, int, Content] | None = None
        self._about: object = None
        self._least = 0, 0
        """At which width it keeps how many lines."""
        super().__init__(id=id, classes=classes)

    def show(self, draw: Draw, about: object = None) -> None:
        """Draw something else from now on; the screen is laid out anew only where the height is another.

        Args:
            about: what it is about, if that is said: while it is the same, lines that were needed once are kept, so
                that what stands below stays where it is.
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
        """Show words as they are, wrapped."""
        content = Content(text) if isinstance(text, str) else text
        self.show(lambda width: content)

    def render(self) -> Content:
        return self._drawn_at(max(self.content_size.width, 10))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._lines(self._drawn_at(width), width) if width else 0

    def _lines(self, content: Content, width: int) -> int:
        """Its height with this content."""
        rules = cast(RulesMap, self.styles)  # as Textual's own widgets hand them over
        least = self._least[1] if self._least[0] == width else 0
        return max(content.get_height(rules, width), least)

    def _drawn_at(self, width: int) -> Content:
        """What is drawn at a width; the last is kept, for layout and painting both ask."""
        if self._last is None or self._last[:2] != (self._draw, width):
            self._last = (self._draw, width, self._draw(width))
        return self._last[2]


def lines(parts: Iterable[Content | str]) -> Content:
    """One line under the other."""
    return Content("\n").join([part if isinstance(part, Content) else Content(part) for part in parts])


def cell(text: str | Content, width: int) -> Content:
    """`text` cut or filled to exactly `width` cells; what is cut ends in `…`."""
    content = Content(text) if isinstance(text, str) else text
    return content.truncate(max(width, 1), ellipsis=True, pad=True)


def fitting(parts: Iterable[Content], width: int, between: str) -> Content:
    """As many of `parts`, the most important first, as stand whole on one line, with `between` between them.

    The first is always there: where it alone is too wide, it is cut and ends in `…`.
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
    """Cells of a line: text, width, style; a negative width sets the text to the right."""
    parts: list[Content] = []
    for text, width, style in cells:
        content = Content(text) if isinstance(text, str) else text
        if width < 0 and content.cell_length < -width:
            content = content.pad_left(-width - content.cell_length)
        content = cell(content, abs(width))
        parts.append(content.stylize(style) if style else content)
    return Content("").join(parts)


def indented(text: str | Content, width: int, indent: int) -> Content:
    """`text` wrapped to `width`, every line moved in by `indent`."""
    content = Content(text) if isinstance(text, str) else text
    wrapped = content.wrap(max(width - indent, 10))
    return lines([part.pad_left(indent) for part in wrapped])


def bar(share: float, width: int) -> str:
    """A bar of eighths, at most `width` cells; anything above nothing shows at least a sliver."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    if share > 0:
        eighths = max(eighths, 1)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (" ▏▎▍▌▋▊▉"[rest] if rest else "")


def gauge(share: float | None, width: int) -> str:
    """How much is done: a bar on its track with the percentage, or dots where nobody knows."""
    if share is None:
        return "…"
    done, left = track(share, width)
    return f"{done}{left} {share:4.0%}"


def track(share: float, width: int) -> tuple[str, str]:
    """A bar of whole cells, and the rest of its track; together `width` cells."""
    done = round(max(0.0, min(share, 1.0)) * width)
    return "█" * done, "░" * (width - done)


def widest(texts: Sequence[str], at_most: int) -> int:
    """Cells that the longest of `texts` needs, within `at_most`."""
    return min(max((Content(text).cell_length for text in texts), default=0), at_most)


def section(title: str, note: str = "") -> Content:
    """The heading of a part."""
    return Content.assemble((f" {title}", "bold $text-primary"), (f"  {note}" if note else "", "$foreground-muted"))
