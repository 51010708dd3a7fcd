"""`Still`: a text of which only what has changed is drawn anew, so that a slow terminal is not sent what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Region
from textual.visual import VisualType
from textual.widgets import Static

from tui.widgets.changed import Cell, first_and_last
from tui.widgets.measured import Measured


class Still(Static, Measured):
    """A `Static` whose `update` does nothing for the text that is shown, and little for one that resembles it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._only: list[Region] | None = None
        """The parts to draw anew while the content is exchanged; None for all of it."""
        super().__init__(*args, **options)

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Show another content; see `Static.update`. A widget that keeps its size is not laid out again."""
        if _same(self.content, content):
            return
        self._only = self._changed(content)
        try:
            super().update(content, layout=layout and self._only is None and not self._is_fixed())
        finally:
            self._only = None

    def refresh(self, *regions: Region, layout: bool = False, **how: Any) -> Self:
        """See `Widget.refresh`."""
        if self._only is not None and not regions and not layout:
            return super().refresh(*self._only, **how) if self._only else self
        return super().refresh(*regions, layout=layout, **how)

    def _is_fixed(self) -> bool:
        width, height = self.styles.width, self.styles.height
        return width is not None and height is not None and not (width.is_auto or height.is_auto)

    def _changed(self, content: VisualType) -> list[Region] | None:
        """Return the parts in which another content differs; None if it may be laid out otherwise."""
        before, width = self.content, self.content_size.width
        if not (isinstance(before, Content) and isinstance(content, Content) and self.is_mounted and width):
            return None
        old, new = before.split("\n", allow_blank=True), content.split("\n", allow_blank=True)
        if len(old) != len(new) or any(line.cell_length > width for line in (*old, *new)):
            return None
        found = [
            (y, *first_and_last(_cells(one), _cells(other), width))
            for y, (one, other) in enumerate(zip(old, new, strict=True))
        ]
        return [Region(left, y, right - left, 1) for y, left, right in found if left < right]


def _cells(line: Content) -> Sequence[Cell] | None:
    """Return the characters of a line with their styles; None if some are not one cell wide."""
    text = line.plain
    if cell_len(text) != len(text):
        return None
    styles: list[list[str]] = [[] for _ in text]
    for span in line.spans:
        for place in range(max(span.start, 0), min(span.end, len(text))):
            styles[place].append(str(span.style))
    return list(zip(text, map(tuple, styles), strict=True))


def _same(one: VisualType, other: VisualType) -> bool:
    if not isinstance(one, Content | str) or not isinstance(other, Content | str):
        return False
    if not one and not other:
        return True
    if isinstance(one, Content) and isinstance(other, Content):
        return one.is_same(other)
    return isinstance(one, str) and isinstance(other, str) and one == other
