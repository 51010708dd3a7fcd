"""Groups: seeds, models against each other, sweeps: how far they are, and what they found."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.worker import Worker

from core.base.errors import ReviewtuiError
from core.experiments.continuing import resume_group, stop_group
from core.experiments.state import read_result, read_state
from core.runs.folder import RunFolder
from core.runs.group import list_groups
from tui.keys.bindings import bindings
from tui.navigation.place import Place
from tui.screens.groups import views
from tui.screens.groups.keys import GROUPS
from tui.screens.groups.views import Shown
from tui.widgets.dialogs import Find
from tui.widgets.marked_list import MarkedList
from tui.widgets.responsive import Drawn

_POLL_SECONDS = 1.0


class GroupsScreen(Place):
    """Every group in a list, and the chosen one in full below."""

    PLACE = "groups"
    CSS_PATH = "screen.tcss"
    HELP = """\
Groups: runs that answer one question together.

Seeds are one setting, trained several times: their mean and spread say how much of a score is chance. Models against \
each other train on the same rows with the same seeds. A sweep varies settings; its winner is the luckiest of many, so \
the screen says by how much its score is probably too high, and how it does on test reviews or with fresh seeds.

An effect is what changing one setting alone does to the score. If its interval includes 0 (┊), these runs do not say \
whether the setting matters."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(GROUPS)

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[Shown] | None = None
        """Every group, the newest first; None before they are first read."""
        self._problem = ""
        self._ids: list[str] = []
        """Ids of the groups in the list."""

    def body(self) -> ComposeResult:
        yield MarkedList(id="groups-list")
        with VerticalScroll(id="groups-facts", can_focus=False):
            yield Drawn(id="groups-body")
        yield Drawn(id="groups-empty")

    def on_mount(self) -> None:
        self.draw()

    def on_screen_resume(self) -> None:
        self.look()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._list()
        self.draw()

    @work(exclusive=True, exit_on_error=False, group="poll")
    async def look(self) -> None:
        """Read the groups about once per second while this screen is shown."""
        while self.is_current:
            try:
                found = await asyncio.to_thread(_read)
            except (OSError, ReviewtuiError) as error:
                self._problem, self.groups = f"The groups cannot be read: {error}", None
                self.draw()
            else:
                if found != self.groups or self._problem or self.app.group_in_view:
                    self._problem, before, self.groups = "", self.groups, found
                    self._list(first=not before)
                    self.draw()
            await asyncio.sleep(_POLL_SECONDS)

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        if worker.group != "poll":
            return False
        self._problem = f"Not up to date: {sentence}"
        self.draw()
        return True

    # What is shown

    def _list(self, *, first: bool = False) -> None:
        """Fill the list; the cursor stays on its group."""
        chosen, shown = self.chosen(), self.query_one(MarkedList)
        at = chosen.state.group.id if chosen is not None else ""
        width = max(self.size.width - 3, 40)
        shown.show([views.choice(one, time.time(), width) for one in self.groups or ()])
        ids = [one.state.group.id for one in self.groups or ()]
        if self.groups is not None:
            at, self.app.group_in_view = self.app.group_in_view or at, ""
        if at in ids:
            shown.highlighted = ids.index(at)
        self._ids = ids
        if first and ids:
            self.call_after_refresh(shown.focus)

    def chosen(self) -> Shown | None:
        """Return the group under the cursor."""
        at = self.query_one(MarkedList).highlighted if self.is_mounted else None
        if at is None or not self.groups or at >= len(self._ids):
            return None
        return next((one for one in self.groups if one.state.group.id == self._ids[at]), None)

    def draw(self) -> None:
        """Show the state as it is now."""
        there = bool(self.groups)
        self.query_one(MarkedList).display = self.query_one("#groups-facts").display = there
        nothing = self.query_one("#groups-empty", Drawn)
        nothing.display = not there
        if self._problem:
            nothing.show_text(Content.styled(self._problem, "$text-error"))
        else:
            nothing.show(views.empty if self.groups is not None else lambda width: Content("Reading the groups…"))
        chosen = self.chosen()
        if chosen is not None:
            self.query_one("#groups-body", Drawn).show(partial(views.body, chosen))
        self.refresh_bindings()

    def on_option_list_option_highlighted(self) -> None:
        self.query_one("#groups-facts", VerticalScroll).scroll_home(animate=False)
        self.draw()

    def on_option_list_option_selected(self) -> None:
        self.action_open()

    # What the user does

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action would do something now."""
        chosen = self.chosen() if self.is_mounted else None
        if action in ("open", "choose", "compare", "copy"):
            return chosen is not None and (action == "copy" or any(one.run for one in chosen.state.members))
        if action == "stop":
            return chosen is not None and chosen.state.is_unfinished
        if action == "resume":
            return chosen is not None and chosen.word in ("stopped", "interrupted")
        return True

    def why_not(self, action: str) -> str:
        chosen = self.chosen()
        if chosen is None:
            return "There is no group yet."
        if action == "resume":
            return f"This group is {chosen.word}: only a stopped or interrupted one can be resumed."
        return f"This group is {chosen.word}." if action == "stop" else "None of its runs has been made yet."

    def action_open(self) -> None:
        """Open the run that trains, or else the best one."""
        if (chosen := self.chosen()) is None:
            return
        made = [one for one in chosen.state.members if one.run is not None]
        training = [one for one in made if one.summary is not None and one.summary.pid is not None]
        best = ((chosen.result or {}).get("winner") or {}).get("number")
        at = next(iter([*training, *(one for one in made if one.number == best), *made]), None)
        if at is not None and at.run is not None:
            self.app.open_run(at.run)

    @work(exit_on_error=False, group="dialog")
    async def action_choose(self) -> None:
        """Open one of the runs."""
        if (chosen := self.chosen()) is None:
            return
        made = {one.member.run: one for one in chosen.state.members if one.member.run is not None and one.run}

        def matching(typed: str) -> list[tuple[str, Content]]:
            words = typed.casefold().split()
            named = [(id, one, f"{one.member.name} {one.member.settings}".casefold()) for id, one in made.items()]
            return [(id, views.member_choice(one)) for id, one, name in named if all(word in name for word in words)]

        found = await self.app.push_screen_wait(Find("Open which run?", matching))
        if found is not None and (run := made[found].run) is not None:
            self.app.open_run(run)

    def action_compare(self) -> None:
        """Compare the runs of the group."""
        if (chosen := self.chosen()) is not None:
            runs: list[RunFolder] = [one.run for one in chosen.state.members if one.run is not None]
            self.app.open_compare(runs)

    def action_copy(self) -> None:
        """Copy what the group found."""
        if (chosen := self.chosen()) is not None:
            self.app.copy_to_clipboard(views.plain(chosen))
            self.app.say("Copied.")

    def action_scroll_by(self, rows: int) -> None:
        """Scroll what is below the list."""
        self.query_one("#groups-facts", VerticalScroll).scroll_relative(y=rows, animate=False)

    @work(exit_on_error=False, group="act")
    async def action_stop(self) -> None:
        """Stop the group."""
        if (chosen := self.chosen()) is not None:
            await self._act(f"Stopping {chosen.state.outline.name}.", stop_group, chosen)

    @work(exit_on_error=False, group="act")
    async def action_resume(self) -> None:
        """Continue a group that was stopped or killed."""
        if (chosen := self.chosen()) is None:
            return
        await self._act(f"{chosen.state.outline.name} continues.", lambda _: resume_group(chosen.state), chosen)

    async def _act(self, done: str, act: Any, chosen: Shown) -> None:
        try:
            await asyncio.to_thread(act, chosen.state.group)
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
        else:
            self.app.say(done)
        self.look()


def _read() -> list[Shown]:
    """Return every group whose declaration can be read, the newest first. Reads the disk."""
    found = []
    for group in list_groups():
        try:
            found.append(Shown(read_state(group), read_result(group)))
        except ReviewtuiError:
            continue
    return found
