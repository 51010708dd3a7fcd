"""The dialogs of learning: what the next model would learn from, how far it is, and what it has gained."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from rich.cells import cell_len
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from core.base.errors import ReviewtuiError
from core.base.text import clean, clean_line
from tui.keys.bindings import bindings
from tui.learning_text import flips_text, measured_rows, stability_rows
from tui.screens.classify.keys import LEARN, LEARNED, LEARNING
from tui.widgets.still import Still

if TYPE_CHECKING:
    from core.learning.outcome_report import LessonOutcome
    from tui.screens.classify.model import Progress

Judge: TypeAlias = "Callable[[bool, Progress], Awaitable[LessonOutcome]]"
"""Compares the new model with the one before; with True, once both have scored the whole pile."""
Answer: TypeAlias = Literal["switch", "next", "changed"]


class LearnDialog(ModalScreen[bool]):
    """Shows what the next model would learn from, and returns whether it is to be trained."""

    DEFAULT_CSS = """
    LearnDialog > .box { width: 76; max-width: 100%; }
    LearnDialog > .box > * { margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(LEARN)

    def __init__(self, name: str, rows: Sequence[tuple[str, str]]) -> None:
        """Args: name: Of the run whose data and settings are taken; rows: What is learned, as names and values."""
        super().__init__()
        self._name, self._rows = name, rows

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(classes="box"):
            yield Static(Content(f"Train the next model after {clean_line(self._name, 40)}?"), classes="section")
            yield Static(_table(self._rows), markup=False)
            yield Static(Content("enter trains it in the background · esc cancels"), classes="hint")


class LearningDialog(ModalScreen[None]):
    """Shows how far the next model is."""

    DEFAULT_CSS = """
    LearningDialog > .box { width: 66; max-width: 100%; }
    LearningDialog > .box > * { margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(LEARNING)

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self._sentence = sentence

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(classes="box"):
            yield Static(Content("The next model"), classes="section")
            yield Static(Content(clean(self._sentence)), markup=False)
            yield Static(Content("esc closes · g t shows the run"), classes="hint")


class LearnedDialog(ModalScreen[Answer | None]):
    """Shows what a model has gained, as far as it is known, and returns what is to be done with it."""

    DEFAULT_CSS = """
    LearnedDialog > .box { width: 76; max-width: 100%; }
    LearnedDialog > .box > * { margin-bottom: 1; }
    LearnedDialog .found { height: auto; max-height: 14; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(LEARNED)

    def __init__(self, name: str, parent: str, judge: Judge) -> None:
        """Args: name, parent: Of the new model and of the one before."""
        super().__init__()
        self._name, self._parent_name, self._judge = name, parent, judge
        self.outcome: LessonOutcome | None = None
        self._doing = "comparing the two models…"
        self._problem = ""

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        name, before = clean_line(self._name, 30), clean_line(self._parent_name, 30)
        with Vertical(classes="box"):
            yield Static(Content(f"{name} has learned from your decisions"), classes="section")
            with VerticalScroll(classes="found"):
                yield Still("", id="found", markup=False)
            yield Static(
                Content(f"enter switches to {name} · esc stays with {before}\nt trains the next one · o what changed"),
                classes="hint",
            )

    def on_mount(self) -> None:
        self._show()
        self._find()

    @work(exclusive=True, exit_on_error=False, group="judge")
    async def _find(self) -> None:
        try:
            self.outcome = await self._judge(False, self._tell)
            self._tell("scoring the pile with both models", None)
            if self.outcome.flips is None:
                self.outcome = await self._judge(True, self._tell)
        except ReviewtuiError as error:
            self._problem = str(error)
        self._doing = ""
        self._show()

    def _tell(self, what: str, fraction: float | None) -> None:
        self._doing = f"{clean_line(what, 60)}{f' {fraction:.0%}' if fraction is not None else ''}…"
        self._show()

    def _show(self) -> None:
        if self.is_mounted:
            self.query_one("#found", Static).update(self._found())

    def _found(self) -> Content:
        parts: list[Content | tuple[str, str]] = []
        if self.outcome is not None:
            for basis, words in measured_rows(self.outcome.measured):
                parts += [(f"on {basis.strip()}\n", "bold"), (f"  {words}\n", "")]
            if self.outcome.flips is not None:
                parts += [("what changes in the pile\n", "bold"), (f"  {flips_text(self.outcome.flips)}\n", "")]
            if (stability := self.outcome.stability) is not None:
                parts += [("when to stop\n", "bold"), (f"  {stability.sentence}\n", "")]
                parts.append(_table([(row[0], "  ".join(row[1:])) for row in stability_rows(stability)][1:]))
        if self._problem:
            parts.append((clean(self._problem), "$text-error"))
        elif self._doing:
            parts.append((self._doing, "$foreground-muted"))
        return Content.assemble(*parts)

    def action_changed(self) -> None:
        """Open the reviews to which the new model gives another label."""
        flips = self.outcome.flips if self.outcome is not None else None
        if flips is not None and flips.file is not None:
            self.dismiss("changed")
        elif flips is None:
            self.app.notify("The pile is still being scored with both models.", markup=False)
        else:
            self.app.notify("No undecided review gets another label.", markup=False)


def _table(rows: Sequence[tuple[str, str]]) -> Content:
    """Return names and values, the values aligned."""
    cells = [(clean_line(name), clean_line(value)) for name, value in rows]
    width = max((cell_len(name) for name, _ in cells), default=0)
    parts: list[tuple[str, str]] = []
    for name, value in cells:
        parts += [(f"{name}{' ' * (width - cell_len(name))}  ", "$foreground-muted"), (f"{value}\n", "")]
    return Content.assemble(*parts)
