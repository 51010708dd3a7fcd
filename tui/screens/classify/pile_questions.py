"""What Classify asks in dialogs about a pile: which label, which review, what goes back, and what becomes of copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from core.base.text import clean_line
from core.triage.decision import Decision, State
from core.triage.history import History
from core.triage.review import Review
from tui.formatting import counted
from tui.keys.bindings import bindings
from tui.screens.classify import sentences
from tui.screens.classify.decision_list import DecisionList, Listed
from tui.screens.classify.keys import COPIES
from tui.screens.classify.label_bars import percent
from tui.widgets.dialogs import Ask, Choose, Find
from tui.workbench import Workbench

_LISTED = 4
"""The most copies that are shown."""


async def ask_label(
    app: Workbench, labels: Sequence[str], shares: Mapping[str, float], predicted: str | None
) -> str | None:
    """Ask for one of many labels by its letters, and return it; None if the dialog is cancelled.

    Args:
        shares: The model's probabilities, as far as they may be shown.
        predicted: The model's label, which is offered first; None if it may not be shown.
    """
    offered = sorted(labels, key=lambda label: label != predicted)

    def find(words: str) -> list[tuple[str, Content]]:
        return [
            (label, Content.assemble(clean_line(label, 40), f"  {percent(shares[label])}" if label in shares else ""))
            for label in matching(offered, words)
        ]

    return await app.push_screen_wait(Find("Which label? Type a few of its letters.", find))


def matching(labels: Sequence[str], words: str) -> list[str]:
    """Return the labels that have the letters of `words` in their order; those that begin with them come first."""
    wanted = "".join(words.casefold().split())
    ranked = [(rank, label) for label in labels if (rank := _rank("".join(label.casefold().split()), wanted)) < 3]
    return [label for _, label in sorted(ranked, key=lambda one: one[0])]


def _rank(name: str, wanted: str) -> int:
    if name.startswith(wanted):
        return 0
    if wanted in name:
        return 1
    letters = iter(name)
    return 2 if all(letter in letters for letter in wanted) else 3


async def ask_new_label(app: Workbench, labels: Sequence[str]) -> str | None:
    """Ask for the name of a new label, and return it; None if there is none, or it exists."""
    name = await app.push_screen_wait(Ask("A new label for this pile", help="What do you want to call it?"))
    name = " ".join((name or "").split())
    if not name:
        return None
    if name in labels:
        app.say(f"There is a label {clean_line(name, 40)} already.", "warning")
        return None
    return name


async def ask_number(app: Workbench, reviews: int) -> int | None:
    """Ask for the number of a review in its file, from 1; None if there is no such review."""
    typed = await app.push_screen_wait(Ask("Go to which review?", help=f"A number from 1 to {reviews:,}."))
    digits = (typed or "").strip().lstrip("#").replace(",", "")
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12 and 1 <= int(digits) <= reviews):
        app.say(f"There is no review {clean_line(digits, 20)}; they are numbered from 1 to {reviews:,}.", "warning")
        return None
    return int(digits)


async def ask_decision(app: Workbench, listed: Listed, source: str, hidden: str) -> int | None:
    """Show the decisions about a pile, and return the row of the chosen one; None if the list is closed.

    Args:
        hidden: Hash of a text whose prediction must not be told; empty for none.
    """
    if not any(listed.kinds.values()):
        app.say("Nothing is decided yet.")
        return None
    return await app.push_screen_wait(DecisionList(listed, source, hidden))


async def ask_requeue(app: Workbench, history: History, decision: Decision | None) -> Sequence[Decision]:
    """Ask what becomes undecided again: the review in view, or all in one state; return the decisions about them."""
    states: tuple[State, ...] = ("skip", "flag", "ambiguous")
    choices: list[tuple[str, Sequence[Decision]]] = []
    if decision is not None:
        choices.append((f"this review ({sentences.word(decision)})", [decision]))
    for state in states:
        if found := history.decided([state]):
            choices.append((f"all that are {sentences.STATES[state]}, {counted(len(found), 'review')}", found))
    if not choices:
        app.say("This review is undecided, and none is skipped, flagged or ambiguous.")
        return ()
    title = "Which reviews become undecided again?"
    chosen = await app.push_screen_wait(Choose(title, [Content(name) for name, _ in choices], help="u undoes it."))
    return choices[chosen][1] if chosen is not None else ()


async def ask_copies(app: Workbench, review: Review, copies: Sequence[Review]) -> str | None:
    """Ask whether copies are decided along with a review: `along`, `each`, or None if the dialog is cancelled."""
    return await app.push_screen_wait(CopiesDialog(review, copies))


class CopiesDialog(ModalScreen[str | None]):
    """Asks what becomes of copies, with what they say where that is not the same."""

    DEFAULT_CSS = """
    CopiesDialog > .box > Static { width: 68; max-width: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(COPIES)

    def __init__(self, review: Review, copies: Sequence[Review]) -> None:
        super().__init__()
        self._review, self._copies = review, copies

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        count = len(self._copies)
        parts: list[tuple[str, str]] = [
            (f"{sentences.copies(count).capitalize()} of this review {'waits' if count == 1 else 'wait'}.\n\n", "bold")
        ]
        for one in self._copies[:_LISTED]:
            same = one.hash == self._review.hash
            text = "the same text" if same else clean_line(one.text, 44)
            parts.append((f"  review {one.row + 1:,}: {text}\n", "$foreground-muted"))
        if count > _LISTED:
            parts.append((f"  … and {count - _LISTED:,} more\n", "$foreground-muted"))
        parts += [
            ("\nDecide copies along with a review?\n\n", ""),
            (" y ", "bold $text-primary"),
            ("yes, from now on; one undo takes all of them back\n", ""),
            (" n ", "bold $text-primary"),
            ("no, each by itself\n", ""),
            ("\nesc decides nothing · y on Classify changes the answer", "$foreground-muted"),
        ]
        with Vertical(classes="box"):
            yield Static(Content.assemble(*parts))
