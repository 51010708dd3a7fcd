"""Draws a line that is being typed. The cursor and the ends of the field are visible without colour."""

from __future__ import annotations

from textual.content import Content

from tui.widgets.line_buffer import LineBuffer


def line_view(line: LineBuffer, width: int, suggestion: str = "") -> Content:
    """Draw `line` in `width` cells, between brackets; the part around the cursor where it is longer.

    Args:
        line: What is typed.
        width: Cells, at least 4.
        suggestion: How the line might go on, shown behind the cursor.
    """
    room = max(width - 2, 2)
    before, after = line.text[: line.cursor], line.text[line.cursor :]
    while Content(before).cell_length > room - 1:
        before = before[1:]
    if line.selected:
        parts = [Content.styled(before, "reverse")]
    elif after:
        parts = [Content(before), Content.styled(after[0], "reverse"), Content(after[1:])]
    else:
        parts = [Content(before), Content("█"), Content.styled(suggestion, "$foreground-muted")]
    text = Content("").join(parts).truncate(room, ellipsis=False, pad=True)
    return Content.assemble("[", text, "]")
