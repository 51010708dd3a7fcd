"""Compare: two models or two settings on identical reviews, with a verdict, its price, and what differs."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.comparison.arms import Arm, arm_of_run, arms_of_group, has_answers
from core.comparison.kept import write_pile
from core.comparison.report import DEFAULT_MARGIN, ComparisonReport, PairReport
from core.engine.data_requests import Compare
from core.reviews.options import ReadingOptions
from core.runs.folder import list_runs
from core.runs.group import list_groups, read_group
from tui.keys.bindings import bindings
from tui.navigation.place import Place
from tui.screens.compare import views
from tui.screens.compare.keys import COMPARE
from tui.widgets.dialogs import Ask, Choose, Find
from tui.widgets.responsive import Drawn

_OF_REPORT = frozenset(("pair", "classify", "again", "margin", "data"))


class CompareScreen(Place):
    """Runs side by side."""

    PLACE = "compare"
    CSS_PATH = "screen.tcss"
    HELP = """\
Compare: which of two models is better, how sure that is, and what it costs.

Both models answer the same reviews: the validation rows that both runs share, or those of a file. Reviews that one of \
them was trained on are left out. The line below the verdict draws the 95 % interval of the difference in accuracy; ┊ \
is the margin, a difference that counts as none. "Not distinguishable" says that these reviews are too few to decide, \
not that the models are equal.

Speeds are measured here and now, in turns. Two groups of seeds are compared as settings: that asks which setting \
trains better models, not which of two models is better."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(COMPARE)

    def __init__(self) -> None:
        super().__init__()
        self.arms: list[Arm] = []
        self.report: ComparisonReport | None = None
        self.number = 0
        """Which pair is shown."""
        self.source: str | None = None
        """The file to compare on; None for the validation rows."""
        self.margin = DEFAULT_MARGIN
        self._problem = ""
        self._doing: tuple[str, float | None] | None = None
        """What the engine is doing for the comparison; None if it is not comparing."""

    def body(self) -> ComposeResult:
        yield Drawn(id="verdict")
        with VerticalScroll(id="facts", can_focus=False):
            yield Drawn(id="body")

    def on_mount(self) -> None:
        self._take_over()
        self.draw()

    def on_screen_resume(self) -> None:
        self._take_over()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.draw()

    def _take_over(self) -> None:
        """Compare the runs that another screen has chosen; the first time, take the run in view."""
        app = self.app
        chosen, app.runs_to_compare = app.runs_to_compare, None
        if chosen is None and not self.arms and app.run_in_view is not None and has_answers(app.run_in_view):
            chosen = [app.run_in_view]
        if chosen is not None:
            self._choose([arm_of_run(run) for run in chosen])

    def _choose(self, arms: list[Arm]) -> None:
        self.arms = list({arm.id: arm for arm in arms}.values())
        self.report, self.number, self._problem = None, 0, ""
        if len(self.arms) > 1:
            self.compare()
        else:
            self.workers.cancel_group(self, "compare")
            self.draw()

    # The comparison

    @work(exclusive=True, exit_on_error=False, group="compare")
    async def compare(self) -> None:
        """Have the engine compare what is chosen."""
        self._doing, self._problem = ("starting", None), ""
        self.draw()
        request = Compare(arms=tuple(self.arms), source=self.source, margin=self.margin)
        try:
            self.report = await self.app.ask(request, self._tell)
            self.number = min(self.number, views.verdict_count(self.report) - 1)
        except ReviewtuiError as error:
            self.report, self._problem = None, str(error)
        finally:
            self._doing = None
            if self.is_mounted:
                self.draw()

    def _tell(self, what: str, fraction: float | None) -> None:
        if self._doing is not None:
            self._doing = what, fraction
            self.draw()

    # What is shown

    def draw(self) -> None:
        """Show the state as it is now."""
        names = [arm.name for arm in self.arms]
        rest: partial[Content] | None = None
        if self._doing is not None:
            top = partial(views.waiting, names, *self._doing)
        elif self._problem:
            top = partial(views.failed, names, self._problem)
        elif self.report is None or not views.verdict_count(self.report):
            top = partial(views.empty, names, self.key)
        else:
            keys = f"‹{self.key('compare.previous')} {self.key('compare.next')}›"
            top = partial(views.verdict, self.report, self.number, keys)
            rest = partial(views.body, self.report, self.number, self.key)
        self.query_one("#verdict", Drawn).show(top)
        self.query_one("#body", Drawn).show(rest or (lambda width: Content("")))
        self.say_subject(f"on {Path(self.source).name}" if self.source else "")
        self.refresh_bindings()

    # What the user does

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action would do something now."""
        report = self.report if self._doing is None else None
        if action == "pair":
            return report is not None and views.verdict_count(report) > 1
        if action == "classify":
            return report is not None and self._disagreeing() is not None
        if action in _OF_REPORT:
            return len(self.arms) > 1 and self._doing is None
        return bool(self.arms) if action == "remove" else True

    def why_not(self, action: str) -> str:
        if self._doing is not None:
            return "The comparison is being made."
        if len(self.arms) < 2:
            return "A comparison needs two runs: a adds one."
        if action == "pair":
            return "There is only one pair."
        if action == "classify":
            return "There are no reviews that these two answer differently, or their texts are gone."
        return ""

    def _disagreeing(self) -> PairReport | None:
        """Return the pair in view if there are reviews that it answers differently."""
        if self.report is None or not views.verdict_count(self.report):
            return None
        one = views.verdict_at(self.report, self.number)
        return one if isinstance(one, PairReport) and one.answered_differently else None

    def action_pair(self, step: int) -> None:
        """Show the next pair, or the previous one."""
        if self.report is not None:
            self.number = (self.number + step) % views.verdict_count(self.report)
            self.query_one("#facts", VerticalScroll).scroll_home(animate=False)
            self.draw()

    def action_scroll_by(self, rows: int) -> None:
        """Scroll what is below the verdict."""
        self.query_one("#facts", VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_again(self) -> None:
        """Compare anew."""
        self.compare()

    @work(exit_on_error=False, group="dialog")
    async def action_add(self) -> None:
        """Add a run, or a group of seeds."""
        taken = {arm.id for arm in self.arms}
        found = {arm.id: arm for arm in await asyncio.to_thread(_choices) if arm.id not in taken}
        if not found:
            self.app.say("No other run has a model yet.")
            return

        def matching(typed: str) -> list[tuple[str, Content]]:
            words = typed.casefold().split()
            return [
                (id, _choice(arm)) for id, arm in found.items() if all(word in arm.name.casefold() for word in words)
            ]

        chosen = await self.app.push_screen_wait(Find("Compare with", matching))
        if chosen is not None:
            self._choose([*self.arms, found[chosen]])

    @work(exit_on_error=False, group="dialog")
    async def action_remove(self) -> None:
        """Leave a run out."""
        chosen = await self.app.push_screen_wait(Choose("Take out", [_choice(arm) for arm in self.arms]))
        if chosen is not None:
            self._choose([arm for number, arm in enumerate(self.arms) if number != chosen])

    @work(exit_on_error=False, group="dialog")
    async def action_data(self) -> None:
        """Choose the reviews to compare on."""
        help = "A file of labelled reviews; empty for the validation rows that all runs share."
        typed = await self.app.push_screen_wait(Ask("Compare on", self.source or "", help))
        if typed is not None:
            self.source = str(Path(typed.strip()).expanduser().absolute()) if typed.strip() else None
            self.compare()

    @work(exit_on_error=False, group="dialog")
    async def action_margin(self) -> None:
        """Choose the difference that counts as none."""
        help = "In points of accuracy; 0 if every difference counts."
        typed = await self.app.push_screen_wait(Ask("Margin", f"{100 * self.margin:g}", help))
        if typed is None:
            return
        try:
            margin = float(typed.replace(",", ".")) / 100
        except ValueError:
            margin = -1.0
        if 0 <= margin < 1:
            self.margin = margin
            self.compare()
        else:
            self.app.say("The margin is a number of points from 0 to below 100.", "warning")

    @work(exit_on_error=False, group="pile")
    async def action_classify(self) -> None:
        """Open the reviews that both answer differently as a pile in Classify."""
        pair = self._disagreeing()
        if self.report is None or pair is None:
            return
        try:
            pile = await asyncio.to_thread(write_pile, self.report, pair.a, pair.b)
        except ReviewtuiError as error:
            self.app.say(error, "error")
            return
        if pile is None:
            self.app.say("The texts of these reviews were not kept, because they are gone.", "warning")
            return
        run = next(run for arm in self.arms for run in arm.folders if run.id == pair.a)
        reading = ReadingOptions(text="text", title="", label="label", scheme="as_is")
        self.app.open_classify(run, str(pile), reading)

    def action_back(self) -> None:
        """Leave a comparison in progress, or go back to the list of runs."""
        if self._doing is not None:
            self.workers.cancel_group(self, "compare")
            self.app.say("The comparison was left.")
        else:
            super().action_back()


def _choices() -> list[Arm]:
    """Return every group of seeds and every run that can be compared, the newest first. Reads the disk."""
    found: list[Arm] = []
    for group in list_groups():
        outline = read_group(group)
        if outline is not None and outline.kind in ("seeds", "versus"):
            try:
                found += arms_of_group(group)
            except InputError:  # none of its runs has a model
                continue
    return [*found, *(arm_of_run(run) for run in list_runs() if has_answers(run))]


def _choice(arm: Arm) -> Content:
    what = f"{len(arm.runs)} seeds" if arm.seeds else arm.id
    return Content.assemble((clean_line(arm.name, 44), "bold"), (f"  {what}", "$foreground-muted"))
