"""Reasons on Classify: asked for with a key, computed by the engine in the background, and dropped when the user moves
on, which also ends the engine's work on them. In blind mode there are none before the label."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.widget import Widget
from textual.widgets import Static

from core.base.errors import ReviewtuiError
from core.engine.requests import Explain
from core.inference.explanation import Explanation
from tui.keys.names import shown
from tui.screens.classify import reasons_text
from tui.screens.classify.deciding import Deciding
from tui.screens.classify.edited_review import EditedReview
from tui.screens.classify.model_choice import Candidate
from tui.screens.classify.questions import ask_model
from tui.screens.classify.reasons_marks import reason_marks
from tui.widgets.marked_text import Mark

_KEPT = 200
"""Explanations that are kept, so that a second look costs nothing."""
_GROUP = "reasons"
_FEW_LABELS = 3
"""Labels that a small screen shows beside reasons."""

Asked = tuple[str, str]
"""The id of a run, and a text."""


@dataclass
class Reasons:
    """The reasons that are in view, or on their way."""

    asked: Asked
    found: Explanation | None = None
    done: float | None = None
    """The share of the work that is done; None if that is not known."""
    problem: str = ""


class ReasonsWork(Deciding):
    """Shows what carries the answer about the review in view."""

    TYPING_PAUSE: ClassVar[float] = 0.3
    """Seconds after the last key until a typed review is classified."""

    def __init__(self) -> None:
        super().__init__()
        self._reasons: Reasons | None = None
        self._explained: OrderedDict[Asked, Explanation] = OrderedDict()
        self._second_model: tuple[Candidate, ...] = ()
        """The model that edited copies were also judged by last; none, or one."""

    @property
    def reasons(self) -> Reasons | None:
        """The reasons to show now: those of another review, another model or a hidden answer are dropped."""
        if self._reasons is not None and self._reasons.asked != self._to_explain():
            self._drop()
        return self._reasons

    def _to_explain(self) -> Asked | None:
        """Return what the key would ask for now; None if there is nothing that it may show."""
        if self.label_first or self.model.candidate is None or self.model.run_id is None:
            return None
        review = self._review()
        text = self._typed_text if self.typed else review.text if review is not None else ""
        return (self.model.run_id, text) if text.strip() else None

    @property
    def can_explain(self) -> bool:
        """Whether there is an answer that may be explained now."""
        return self._to_explain() is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the keys of reasons where there is nothing that they may show."""
        if action not in ("reasons", "edit"):
            return super().check_action(action, parameters)
        typing = self.focused is not None and self.focused.has_class("-typing")
        return self.can_explain and not typing and not (self.typed and action == "edit")

    def why_not(self, action: str) -> str:
        if action not in ("reasons", "edit"):
            return super().why_not(action)
        if self.typed and action == "edit":
            return "This review can be edited as it is."
        if self.label_first:
            return "Label first: reasons would show the model's answer."
        if self.model.candidate is None:
            return "There is no model whose answer could be explained: m chooses one."
        return "There is no review in view."

    def action_reasons(self) -> None:
        """Show the reasons of the answer, or the review without them again."""
        if self.reasons is not None:
            self.leave_reasons()
        elif (asked := self._to_explain()) is not None:
            self._reasons = Reasons(asked, self._explained.get(asked))
            if self._reasons.found is None:
                self._explain(self._reasons)
            self.draw()

    def action_back(self) -> None:
        """Show the review without reasons again; without reasons in view, go back as everywhere."""
        if self.reasons is None:
            super().action_back()
        else:
            self.leave_reasons()

    def leave_reasons(self) -> None:
        """Show the review without reasons."""
        if self._reasons is not None:
            self._drop()
            self.draw()

    def _drop(self) -> None:
        """Forget the reasons in view, and end the engine's work on them."""
        if self._reasons is not None and self._reasons.found is None:
            self.workers.cancel_group(self, _GROUP)
        self._reasons = None

    @work(exclusive=True, exit_on_error=False, group=_GROUP)
    async def _explain(self, wanted: Reasons) -> None:
        candidate = self.model.candidate
        if candidate is None:
            return

        def progress(what: str, fraction: float | None) -> None:
            wanted.done = fraction if what == "explaining" else None
            if self._reasons is wanted:
                self.show_reasons()

        try:
            answer = await self._ask(Explain(folder=str(candidate.run.model), text=wanted.asked[1]), progress)
        except ReviewtuiError as error:
            wanted.problem = str(error)
        else:
            wanted.found = self._explained[wanted.asked] = answer.explanation
            while len(self._explained) > _KEPT:
                self._explained.popitem(last=False)
        self.draw()

    @work(exit_on_error=False, group="dialog")
    async def action_edit(self) -> None:
        """Edit a copy of the review, and watch what one or two models say of it."""
        review, model = self._review(), self.model.candidate
        if review is None or model is None or not self.can_explain:
            return
        self._answer_seen()
        models = (model, *(one for one in self._second_model if one.run.id != model.run.id))
        dialog = EditedReview(review.text, models, self._ask, self._choose_second, self.TYPING_PAUSE)
        self._second_model = (await self.app.push_screen_wait(dialog))[1:]

    async def _choose_second(self, models: Sequence[Candidate]) -> Candidate | None:
        return await ask_model(self.app, models[-1].run.id)

    def _answer_seen(self) -> None:
        """Note that the model's answer about the review in view is shown: a decision is no longer blind."""
        if not self.typed and (review := self._review()) is not None:
            self._answers_seen.add(review.hash)

    # What is shown

    def reason_marks(self) -> tuple[Mark, ...]:
        """Return the marks of the reasons in view."""
        reasons = self.reasons
        if reasons is None or reasons.found is None:
            return ()
        return reason_marks(reasons.found, colour=not self.app.no_color)

    def show_reasons(self) -> None:
        """Show the reasons in view in the panel."""
        reasons, beside = self.reasons, self.query_one("#reasons", Static)
        self.set_class(reasons is not None, "-reasons")
        self.set_class(len(self.labels) > _FEW_LABELS, "-many-labels")
        if reasons is None:
            return
        if self.has_class("-short"):
            self.query_one("#tally").display = False
        key = shown(self.app.changed_keys.get("screen.back", "escape").split(",")[0])
        if reasons.found is not None:
            self._answer_seen()
            width = max(beside.parent.content_region.width, 20) if isinstance(beside.parent, Widget) else 20
            beside.update(reasons_text.reasons(reasons.found, width, key, alone=self.has_class("-short")))
        elif reasons.problem:
            beside.update(reasons_text.failed(reasons.problem))
        else:
            beside.update(reasons_text.waiting(reasons.done, key))
