"""The last guard before the terminal: every line that is drawn, with nothing left in it that a terminal obeys.

Text from data is cleaned where it becomes something to show (`core.base.text`), so that a person sees what is in it.
Whatever a widget forgot to clean ends here: this stands behind all of them. The cells of a line are
counted by then, so a character is dropped, or takes the cells that it was counted with; none is added.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from core.base.text import REPLACEMENT, STEERING


def _replacements() -> dict[int, str]:
    surrogates = {code: REPLACEMENT for code in STEERING if 0xD800 <= code < 0xE000}
    return {code: " " * cell_len(chr(code)) for code in (*STEERING, 0x09, 0x0A)} | surrogates


_REPLACEMENTS = _replacements()


class OutputFilter(LineFilter):
    """Lets lines of nothing but printable characters pass as they are: nearly all, at the price of a look."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(text.isprintable() for text, _, _ in segments):
            return segments
        return [Segment(text.translate(_REPLACEMENTS), style, control) for text, style, control in segments]
