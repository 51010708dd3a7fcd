"""The last filter before the terminal: removes every control character from every line that is drawn.

Text from data is cleaned where it becomes something to show (`core.base.text`), so that the user sees what is in it.
This filter catches whatever a widget failed to clean. The cells of a line have been counted by then, so a character
is replaced by as many blanks as it was counted with.
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
    """Passes lines of printable characters, nearly all of them, unchanged."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(text.isprintable() for text, _, _ in segments):
            return segments
        return [Segment(text.translate(_REPLACEMENTS), style, control) for text, style, control in segments]
