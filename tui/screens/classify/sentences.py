"""Decisions and operations in words, safe to show. None of them says what a model predicted unless it is asked to."""

from __future__ import annotations

from collections.abc import Sequence

from core.base.text import clean_line
from core.triage.decision import Decision, State
from core.triage.history import History
from core.triage.operation import Operation
from tui.formatting import counted

STATES: dict[State, str] = {
    "label": "labelled",
    "skip": "skipped",
    "flag": "flagged",
    "ambiguous": "ambiguous",
    "undecided": "undecided",
}
MARKS: dict[State, str] = {"label": "✓", "skip": "»", "flag": "⚑", "ambiguous": "~", "undecided": " "}
"""What stands before a decision; readable without colour."""
STYLES: dict[State, str] = {
    "label": "bold $text-success",
    "skip": "bold $foreground-muted",
    "flag": "bold $text-warning",
    "ambiguous": "bold $text-warning",
    "undecided": "",
}
_SOURCES = {"copy": "with a copy", "model": "by the model", "import": "imported"}


def word(decision: Decision | None, width: int = 30) -> str:
    """Return a decision in a word: its label, or its state."""
    if decision is None:
        return STATES["undecided"]
    return clean_line(decision.verdict, width) if decision.labelled else STATES[decision.state]


def said(decision: Decision, width: int = 30, *, with_model: bool = True) -> str:
    """Return whose word a decision is, and how it compares with the model's: `you: positive · model: negative`.

    Args:
        width: The most characters of a label.
        with_model: Whether the model's answer may be told.
    """
    whose = _SOURCES.get(decision.source)
    yours = f"{word(decision, width)}, {whose}" if whose else f"you: {word(decision, width)}"
    if decision.agreed is None or not with_model:
        return yours
    return f"{yours} · model: {'the same' if decision.agreed else clean_line(decision.predicted or '', width)}"


def saved(operation: Operation) -> str:
    """Return what an operation that is on the disk has done: `Saved: review 12 and 2 copies, negative`."""
    decisions = operation.decisions
    if operation.why == "requeue" and len(decisions) > 1:
        return f"Saved: {counted(len(decisions), 'review')} undecided again."
    return f"Saved: {_reviews(decisions)}, {word(decisions[0])}."


def undone(operation: Operation, history: History) -> str:
    """Return what an undo has taken back: `Undone: review 12, negative → undecided`."""
    return f"Undone: {_change(operation, history, back=True)}."


def redone(operation: Operation, history: History) -> str:
    """Return what a redo has brought back: `Redone: review 12, undecided → negative`."""
    return f"Redone: {_change(operation, history, back=False)}."


def _change(operation: Operation, history: History, *, back: bool) -> str:
    """Return an operation and what it changed, given the history in which it is taken back or done again."""
    if operation.kind == "label":
        return f"the label “{clean_line(operation.label, 30)}” is {'gone' if back else 'back'}"
    if operation.kind == "note":
        note = clean_line(operation.notes[0].text, 30)
        what = f"note “{note}”" if note else "no note"
        return f"the note on {_review(operation.notes[0].row)}, {what}"
    decisions = operation.decisions
    if not decisions:
        return "nothing"
    if operation.why == "requeue" and len(decisions) > 1:
        return f"{counted(len(decisions), 'review')}, {'decided' if back else 'undecided'} again"
    if operation.why == "auto-label":
        return f"{counted(len(decisions), 'label')} that the model gave"
    if operation.why == "import":
        return f"{counted(len(decisions), 'imported decision')}"
    first = decisions[0]
    which = _reviews(decisions)
    others = word(history.decision(first.row, first.hash))
    this = word(first)
    return f"{which}, {this} → {others}" if back else f"{which} → {this}"


def copies(count: int) -> str:
    """Return `1 copy` or `2 copies`."""
    return "1 copy" if count == 1 else f"{count:,} copies"


def _reviews(decisions: Sequence[Decision]) -> str:
    first = _review(decisions[0].row)
    return f"{first} and {copies(len(decisions) - 1)}" if len(decisions) > 1 else first


def _review(row: int) -> str:
    return f"review {row + 1:,}" if row >= 0 else "a review that is no longer in the file"
