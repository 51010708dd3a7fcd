"""Runs: the list of all runs, and what can be done with each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from core.base.errors import ReviewtuiError
from core.base.text import clean, clean_line
from core.runs.control import send
from core.runs.folder import RunFolder
from core.runs.resume import resume_run
from core.runs.status import OVER
from core.runs.summary import RunSummary
from core.runs.trash import recover_trash, restore_run, trash_run
from tui.formatting import in_bytes
from tui.keys.bindings import bindings
from tui.screens.base import Place
from tui.screens.runs.details import run_details
from tui.screens.runs.keys import RUNS
from tui.screens.runs.listing import RunListing, RunRow
from tui.screens.runs.table import RunTable

if TYPE_CHECKING:
    pass

_POLL_SECONDS = 1.0

_EMPTY = """\
No run yet.

  n   start one on a file of your own
  s   try the sample reviews first: a model in about a minute
  ?   what this is, and every key"""


class RunsScreen(Place):
    """The list of runs."""

    PLACE = "runs"
    CSS_PATH = "screen.tcss"
    HELP = """\
Runs: every fine-tuning run on this machine, newest first. Branches stand below the run they come from, and a new \
branch brings that run to the top. A run works in its own process: it continues when you close the workbench, the \
terminal or the connection. Open a run to watch it, stop or resume it, classify reviews with its model, or start a \
new one. A deleted run can be restored until you quit. A run is interrupted if its worker died without a word, as in \
a power cut: r resumes it from its last checkpoint, R resumes all of them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(RUNS)

    def __init__(self) -> None:
        super().__init__()
        self._listing = RunListing()
        self._rows: list[RunRow] | None = None
        """What the table shows, in its order; None before the first look."""
        self._trashed: list[Path] = []
        """Deleted runs that can be restored, the latest last."""
        self._busy: set[str] = set()
        """Ids of runs that are being deleted or restored."""
        self._restored: str | None = None
        """Id of a run that the cursor goes to when it is listed again."""

    def body(self) -> ComposeResult:
        yield Static("Looking for runs…", id="runs-empty", markup=False)
        yield Static("", id="runs-interrupted", markup=False)
        yield RunTable(id="runs-table")
        yield Static("", id="runs-details", markup=False)

    def on_screen_resume(self) -> None:
        self._poll()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.query_one(RunTable).lay_out(event.size.width, time.time())
        if self.focused is None:
            self._focus_table()  # a screen that was too small had hidden it

    def _focus_table(self) -> None:
        self.call_after_refresh(self.query_one(RunTable).focus)

    # What is shown

    @work(exclusive=True, exit_on_error=False, group="poll")
    async def _poll(self) -> None:
        """Look at the runs' folders about once a second while this screen is shown."""
        try:
            for run in await asyncio.to_thread(recover_trash):
                self.app.say(f"Restored {run.id}: its deletion was never completed.")
        except (OSError, ReviewtuiError):
            pass  # the list below meets the same trouble, and says so
        while self.is_current:
            try:
                rows = await asyncio.to_thread(self._listing.read)
            except (OSError, ReviewtuiError) as error:
                self._show_notice(f"The runs cannot be read: {error}")
            else:
                self._show(rows)
            await asyncio.sleep(_POLL_SECONDS)

    def _show_notice(self, text: str) -> None:
        self.query_one("#runs-empty", Static).update(Content(clean(text)))
        self.remove_class("-listed", "-interrupted")

    def _show(self, rows: list[RunRow]) -> None:
        changed, self._rows = rows != self._rows, rows
        if not rows:
            self._show_notice(_EMPTY)
            self.refresh_bindings()
            return
        if not self.has_class("-listed"):
            self.add_class("-listed")
            self._focus_table()
        restored = self._restored if any(row.summary.id == self._restored for row in rows) else None
        self._restored = None if restored else self._restored
        self.query_one(RunTable).show(rows, time.time(), choose=restored)
        if changed:
            self._show_interrupted()
            self._show_details()
            self.refresh_bindings()

    def _interrupted(self) -> list[RunSummary]:
        return [row.summary for row in self._rows or () if row.summary.state == "interrupted"]

    def _show_interrupted(self) -> None:
        """Say above the list how many runs were interrupted, and which."""
        found = sorted(self._interrupted(), key=lambda summary: summary.id, reverse=True)
        self.set_class(bool(found), "-interrupted")
        names = ", ".join(clean_line(summary.name, 30) for summary in found)
        what = "1 run was" if len(found) == 1 else f"{len(found)} runs were"
        how = "R resumes it" if len(found) == 1 else "R resumes all"
        self.query_one("#runs-interrupted", Static).update(Content(f"{what} interrupted; {how}: {names}"))

    def _show_details(self) -> None:
        """Show the chosen run in some lines below the list, and above them how many runs there are."""
        rows = self._rows or []
        chosen = self._chosen_row()
        if chosen is None:
            return
        details = self.query_one("#runs-details", Static)
        total = sum(row.bytes_on_disk for row in rows)
        details.border_title = f"{len(rows)} run{'s' * (len(rows) != 1)} · {in_bytes(total)} on disk"
        details.update(run_details(chosen, time.time()))

    def _chosen_row(self) -> RunRow | None:
        """The run under the cursor."""
        key = self.query_one(RunTable).chosen_id
        return next((row for row in self._rows or () if row.summary.id == key), None)

    def _chosen(self) -> RunSummary | None:
        row = self._chosen_row()
        return row.summary if row is not None else None

    def on_data_table_row_highlighted(self) -> None:
        self._show_details()
        self.refresh_bindings()

    def on_data_table_row_selected(self) -> None:
        self.action_open()

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only keys that would do something."""
        chosen = self._chosen() if self.is_mounted else None
        state = chosen.state if chosen is not None else None
        allowed: dict[str, Callable[[], bool]] = {
            "open": lambda: state is not None,
            "settings": lambda: state is not None,
            "classify": lambda: chosen is not None and chosen.has_model,
            "stop": lambda: state is not None and state not in OVER,
            "resume": lambda: state in ("stopped", "failed", "interrupted"),
            "resume_all": lambda: bool(self._interrupted()),
            "delete": lambda: state in OVER,
            "undo": lambda: bool(self._trashed),
        }
        return allowed[action]() if action in allowed else True

    def why_not(self, action: str) -> str:
        chosen = self._chosen()
        if action == "undo":
            return "No run was deleted since the workbench opened."
        if action == "resume_all":
            return "No run was interrupted."
        if chosen is None:
            return "There is no run yet: n starts one, s starts one on the sample reviews."
        return {
            "classify": f"{chosen.name} has no model yet: a run writes it when it finishes, or when it is stopped.",
            "stop": f"{chosen.name} is over: nothing is left to stop.",
            "resume": f"{chosen.name} is {chosen.state}: only a stopped, failed or interrupted run can be resumed.",
            "delete": f"{chosen.name} is {chosen.state}: stop it first, then delete it.",
        }.get(action, "")

    def action_new(self) -> None:
        """Start a new run: choose data first."""
        self.app.open_data("")

    def action_samples(self) -> None:
        """Start a new run on the sample reviews."""
        from tui.workbench import sample_folder

        self.app.open_data(str(sample_folder()))

    def action_open(self) -> None:
        """Watch the chosen run, or look back at it."""
        if (chosen := self._chosen()) is not None:
            self.app.open_run(_folder(chosen))

    def action_classify(self) -> None:
        """Classify reviews with the chosen run's model."""
        if (chosen := self._chosen()) is not None:
            self.app.open_classify(_folder(chosen))

    @work(exit_on_error=False, group="settings", exclusive=True)
    async def action_settings(self) -> None:
        """Show all settings of the chosen run."""
        if (chosen := self._chosen()) is None:
            return
        from tui.screens.run_settings import RunSettings

        try:
            request = await asyncio.to_thread(_folder(chosen).request)
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self.app.push_screen(RunSettings(request))

    def action_stop(self) -> None:
        """Ask the chosen run to stop and save."""
        if (chosen := self._chosen()) is not None:
            said = f"Stopping {chosen.name} after this step and saving its model."
            self._do(said, send, _folder(chosen).control, "stop_and_save")

    def action_resume(self) -> None:
        """Resume the chosen run from its last checkpoint."""
        if (chosen := self._chosen()) is not None:
            self._do(f"Resumed {chosen.name}.", resume_run, _folder(chosen))

    @work(exit_on_error=False, group="resume all", exclusive=True)
    async def action_resume_all(self) -> None:
        """Resume every interrupted run from its last checkpoint, the oldest first."""
        resumed: list[str] = []
        for summary in sorted(self._interrupted(), key=lambda summary: summary.id):
            try:
                await asyncio.to_thread(resume_run, _folder(summary))
            except (OSError, ReviewtuiError) as error:
                self.app.say(f"{summary.name} was not resumed: {error}", "error")
            else:
                resumed.append(summary.name)
        if resumed:
            self.app.say(f"Resumed {', '.join(resumed)}.")
        self._poll()

    @work(exit_on_error=False)
    async def action_delete(self) -> None:
        """Delete the chosen run; `u` restores it until the workbench is closed."""
        chosen = self._chosen()
        if chosen is None or chosen.id in self._busy:
            return
        self._busy.add(chosen.id)
        try:
            trashed = await asyncio.to_thread(trash_run, _folder(chosen))
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
        else:
            self._trashed.append(trashed)
            self._show([row for row in self._rows or () if row.summary.id != chosen.id])
            self.app.say(f"Deleted {chosen.name}. u restores it.")
        finally:
            self._busy.discard(chosen.id)
        self._poll()

    @work(exit_on_error=False)
    async def action_undo(self) -> None:
        """Restore the run that was deleted last. If that fails, it can be tried again."""
        trashed = next((one for one in reversed(self._trashed) if one.name not in self._busy), None)
        if trashed is None:
            return
        self._busy.add(trashed.name)
        try:
            await asyncio.to_thread(restore_run, trashed)
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
        else:
            self._trashed.remove(trashed)
            self._restored = trashed.name
            self.app.say("Run restored.")
        finally:
            self._busy.discard(trashed.name)
        self._poll()

    @work(exit_on_error=False)
    async def _do(self, done: str, act: Callable[..., Any], *arguments: Any) -> None:
        """Do something to a run's folder in a thread, say how it went, and look again."""
        try:
            await asyncio.to_thread(act, *arguments)
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
        else:
            self.app.say(done)
        self._poll()


def _folder(summary: RunSummary) -> RunFolder:
    return RunFolder(Path(summary.folder))
