"""A list to choose from, whose cursor is visible without colour."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.widgets import OptionList

_MARK, _BLANK = "▸ ", "  "


class MarkedList(OptionList):
    """An `OptionList` that marks the choice under the cursor with `▸`, and shows it in reverse."""

    DEFAULT_CSS = """
    MarkedList > .option-list--option-highlighted, MarkedList:focus > .option-list--option-highlighted {
        color: $foreground; background: $surface; text-style: reverse;
    }
    """

    def __init__(self, choices: Sequence[Content] = (), *, id: str | None = None) -> None:
        """Args: choices: As they are shown, cleaned."""
        super().__init__(*choices, markup=False, id=id)

    def show(self, choices: Sequence[Content]) -> None:
        """Replace the choices; the cursor is on the first."""
        self.clear_options()
        self.add_options(choices)
        self.highlighted = 0 if choices else None

    def _get_left_gutter_width(self) -> int:
        return len(_MARK)

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        line = self.scroll_offset.y + y
        at, within = self._lines[line] if line < len(self._lines) else (None, 0)
        mark = _MARK if within == 0 and at is not None and at == self.highlighted else _BLANK
        style = next((segment.style for segment in strip), None)
        return Strip([Segment(mark, style), *strip])
