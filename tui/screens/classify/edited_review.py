"""A copy of a review to edit, with the original beside it and what one or two models say of both as it is typed.

Nothing of it is kept: esc leads back to the review as it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Static, TextArea

from core.base.errors import ReviewtuiError
from core.base.text import clean
from core.engine.requests import ClassifiedByEach, ClassifyByEach
from core.inference.classification import Classification
from tui.keys.bindings import bindings
from tui.keys.names import shown
from tui.screens.classify.edited_text import line_of, waiting_line
from tui.screens.classify.keys import EDITED
from tui.screens.classify.model_choice import Candidate
from tui.screens.classify.review_editor import ReviewEditor
from tui.screens.classify.review_text import ReviewText
from tui.widgets.still import Still
from tui.workbench import Workbench

AskEach = Callable[[ClassifyByEach, Callable[[str, float | None], None]], Awaitable[ClassifiedByEach]]
ChooseModel = Callable[[Sequence[Candidate]], Awaitable[Candidate | None]]
_WIDE = 100
"""Columns from which on the original stands beside the copy, not above it."""

_HINTS = (
    ("edited.second", "ctrl+o", "second model"),
    ("edited.original", "ctrl+r", "original words"),
    ("edited.close", "escape", "back unchanged"),
)


class EditedReview(ModalScreen[tuple[Candidate, ...]]):
    """Returns the models in use, so that the next review is edited beside the same ones."""

    DEFAULT_CSS = """
    EditedReview #sides { height: 1fr; layout: vertical; }
    EditedReview.-wide #sides { layout: horizontal; }
    EditedReview #before {
        height: 2fr; scrollbar-gutter: stable;
        border: round $foreground 30%; border-title-color: $foreground-muted;
    }
    EditedReview #after { height: 3fr; border: round $primary; }
    EditedReview.-wide #before, EditedReview.-wide #after { width: 1fr; height: 1fr; }
    EditedReview #judged { height: auto; max-height: 6; margin: 0 1; }
    EditedReview .hint { height: 1; margin: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(EDITED)

    app = getters.app(Workbench)

    def __init__(self, text: str, models: Sequence[Candidate], ask: AskEach, choose: ChooseModel, pause: float) -> None:
        """Create the dialog.

        Args:
            text: The review.
            models: The model in use, and perhaps a second one.
            ask: Asks the engine.
            choose: Lets the user choose another model than those in use; None if they change their mind.
            pause: Seconds after the last key until the copy is classified.
        """
        super().__init__()
        self._text, self._models = text, tuple(models)
        self._ask, self._choose, self._pause = ask, choose, pause
        self._before: dict[str, Classification] = {}
        self._after: dict[str, Classification] = {}
        """Id of a run → what its model says of the original, and of the copy as it was classified last."""
        self._judged: tuple[str, tuple[Candidate, ...]] | None = None
        """The copy and the models of the latest answer."""
        self._doing = ""
        self._problem = ""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        self.add_class("dialog")
        with Vertical(classes="box"):
            with Container(id="sides"):
                original = ReviewText(id="before")
                original.border_title = "The review"
                yield original
                copy = ReviewEditor("", id="after", classes="-typing", highlight_cursor_line=False)
                copy.border_title = "A copy to edit"
                yield copy
            yield Still("", id="judged", markup=False)
            yield Static(self._hint(), classes="hint")

    def on_mount(self) -> None:
        self.query_one("#before", ReviewText).show(self._text)
        editor = self.query_one("#after", ReviewEditor)
        editor.load_text(self._text)
        self.set_focus(editor)
        self.draw()
        self._judge()

    def _hint(self) -> Content:
        changed = self.app.changed_keys
        parts = [(shown(changed.get(id, key).split(",")[0]), what) for id, key, what in _HINTS]
        return Content("   ".join(f"{key} {what}" for key, what in parts))

    def on_resize(self) -> None:
        self.set_class(self.size.width >= _WIDE, "-wide")
        self.call_after_refresh(self.draw)

    # What is typed

    @on(TextArea.Changed)
    def _typed_on(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(self._pause, self._judge)

    @work(exclusive=True, exit_on_error=False, group="edited")
    async def _judge(self) -> None:
        """Ask the models about the copy as it is now, and about the original where they have not been asked."""
        typed = self.query_one("#after", ReviewEditor).text
        text = self._text if typed == clean(self._text) else typed  # the editor cleans what it shows
        models = self._models
        if (text, models) == self._judged:
            return
        folders = tuple(str(model.run.model) for model in models)
        new = any(model.run.id not in self._before for model in models)
        try:
            answer = await self._ask(
                ClassifyByEach(folders=folders, texts=(text, self._text) if new else (text,)), self._say
            )
        except ReviewtuiError as error:
            self._problem, self._judged = str(error), None
        else:
            self._problem, self._judged = "", (text, models)
            for model, found in zip(models, answer.answers, strict=True):
                self._after[model.run.id] = found.classifications[0]
                if new:
                    self._before[model.run.id] = found.classifications[1]
        self._doing = ""
        self.draw()

    def _say(self, what: str, fraction: float | None) -> None:
        self._doing = what if what != "classifying" else ""
        self.draw()

    def draw(self) -> None:
        """Show what the models say of both texts."""
        if not self.is_mounted:
            return
        judged = self.query_one("#judged", Static)
        width = max(self.query_one("#sides").size.width - 2, 30)
        lines = []
        for model in self._models:
            before, after = self._before.get(model.run.id), self._after.get(model.run.id)
            if before is not None and after is not None and not self._problem:
                lines.append(line_of(model.summary.name, before, after, width))
            else:
                lines.append(waiting_line(model.summary.name, self._problem or self._doing, failed=bool(self._problem)))
        judged.update(Content("\n").join(lines))

    # Keys

    def action_original(self) -> None:
        """Take the words of the original again."""
        self.query_one("#after", ReviewEditor).load_text(self._text)

    @work(exit_on_error=False, group="dialog")
    async def action_second(self) -> None:
        """Choose the second model, or another one."""
        chosen = await self._choose(self._models)
        if chosen is not None and chosen.run.id != self._models[0].run.id:
            self._models = (self._models[0], chosen)
            self.draw()
            self._judge()

    def action_close(self) -> None:
        """Go back to the review."""
        self.dismiss(self._models)
