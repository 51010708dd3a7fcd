"""What a model says of a review and of an edited copy of it, in a line."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from core.base.text import clean_line
from core.inference.classification import Classification

_NAME = 20
"""Cells of the name of a model."""


def line_of(name: str, before: Classification, after: Classification, width: int) -> Content:
    """`first   negative 0.94 → 0.61   −0.33`, and `now positive 0.52` where the label is another.

    Args:
        name: The name of the model.
        before: Its answer about the original, whose label the change is about.
        after: Its answer about the copy.
        width: Columns.
    """
    was, now = before.probability, after.probabilities.get(before.label, 0.0)
    change = now - was
    shown = "±0.00" if abs(change) < 0.005 else f"{change:+.2f}".replace("-", "−")
    style = "$foreground-muted" if abs(change) < 0.005 else "bold $text-primary" if change > 0 else "bold $text-warning"
    flips = after.label != before.label
    then = f"   now {clean_line(after.label, 16)} {after.probability:.2f}" if flips else ""
    said = f"{clean_line(before.label, 16)} {was:.2f} → {now:.2f}"
    room = max(min(_NAME, width - cell_len(said) - cell_len(then) - 12), 6)
    return Content.assemble(
        (_fit(name, room), "bold"), f"  {said}", (f"   {shown}", style), (then, "bold $text-accent")
    )


def waiting_line(name: str, what: str, *, failed: bool) -> Content:
    """Return the line of a model that has not answered: what it does, or why it failed."""
    said = clean_line(what) or "…"
    return Content.assemble(
        (_fit(name, _NAME), "bold"), (f"  {said}", "bold $text-error" if failed else "$foreground-muted")
    )


def _fit(name: str, cells: int) -> str:
    line = clean_line(name)
    return set_cell_size(line, cells - 1) + "…" if cell_len(line) > cells else set_cell_size(line, cells)
