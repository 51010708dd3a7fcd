"""Runs: every run there is, what it came to, and what can be done with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import DataTable, Static

from core.base.errors import ReviewtuiError
from core.base.text import clean, clean_line
from core.runs.control import send
from core.runs.folder import RunFolder, list_runs
from core.runs.launch import launch_worker
from core.runs.resume import resume_run
from core.runs.status import OVER
from core.runs.summary import RunSummary, summarize
from core.runs.trash import recover_trash, restore_run, trash_run
from core.runs.tree import as_tree, indented
from tui.formatting import STATE_MARKS, ago, trouble
from tui.keys.bindings import bindings
from tui.screens.base import Place
from tui.screens.runs.keys import RUNS

if TYPE_CHECKING:
    from tui.workbench import Workbench

_FIGURES = {"accuracy": 8, "F1": 5, "steps": 9, "began": 10}
_STATE, _NAME, _LONGEST_NAME, _MODEL, _PADDING = 14, 20, 60, 26, 2
"""Widths in cells; the name takes what is left, the model a column only where there is room for one."""
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
Runs: every fine-tuning run on this machine, the newest first. A run works in a process of its own: it goes on when \
you close the workbench, the terminal or the connection. Open one to watch it, stop or resume it, classify reviews \
with its model, or start a new one. A deleted run can be brought back until you quit. A run is interrupted when its \
worker died without a word, as at a power cut: r goes on with one, R with all of them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(RUNS)

    app: Workbench

    def __init__(self) -> None:
        super().__init__()
        self._summaries: list[RunSummary] | None = None
        self._trashed: list[Path] = []
        self._with_model = False
        self._brought_back: str | None = None
        """Id of a run that the cursor shall stand on when it is listed again."""

    def body(self) -> ComposeResult:
        yield Static("Looking for runs…", id="runs-empty", markup=False)
        yield Static("", id="runs-interrupted", markup=False)
        yield DataTable[Text](id="runs-table", cursor_type="row", zebra_stripes=False)
        yield Static("", id="runs-details", markup=False)

    def on_mount(self) -> None:
        self.query_one("#runs-table").display = self.query_one("#runs-interrupted").display = False

    def on_screen_resume(self) -> None:
        self._poll()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._lay_columns(event.size.width)

    def _lay_columns(self, width: int) -> None:
        """Columns that fill `width` cells, and the rows in them."""
        columns = {"state": _STATE, "name": 0, **_FIGURES}
        fixed = sum(columns.values()) + _PADDING * len(columns)
        self._with_model = width - fixed >= _NAME + _MODEL + _PADDING
        if self._with_model:
            columns["model"] = _MODEL
            fixed += _MODEL + _PADDING
        columns["name"] = min(max(width - fixed, _NAME), _LONGEST_NAME)
        table = self.query_one("#runs-table", DataTable)
        table.clear(columns=True)
        for title, cells in columns.items():
            table.add_column(title, width=cells, key=title)
        summaries, self._summaries = self._summaries, None
        if summaries is not None:
            self._show(summaries)

    @work(exclusive=True, exit_on_error=False, group="poll")
    async def _poll(self) -> None:
        """Look at the runs' folders about once a second while this screen is shown."""
        try:
            for run in await asyncio.to_thread(recover_trash):
                self.app.say(f"{run.id} is back: its deletion was never completed.")
        except (OSError, ReviewtuiError):
            pass  # the list below meets the same trouble, and says so
        while self.is_current:
            try:
                summaries = await asyncio.to_thread(lambda: [summarize(run) for run in list_runs()])
            except (OSError, ReviewtuiError) as error:
                self._say_empty(f"The runs cannot be read: {error}")
            else:
                self._show(summaries)
            await asyncio.sleep(_POLL_SECONDS)

    def _say_empty(self, text: str) -> None:
        notice = self.query_one("#runs-empty", Static)
        notice.update(Content(clean(text)))
        notice.display = True
        self.query_one("#runs-table").display = self.query_one("#runs-interrupted").display = False
        self.query_one("#runs-details").display = False

    def _show(self, summaries: list[RunSummary]) -> None:
        if summaries == self._summaries:
            return
        before, self._summaries = self._summaries, summaries
        tree = as_tree(summaries)
        if not summaries:
            self._say_empty(_EMPTY)
            self.refresh_bindings()
            return
        table = self.query_one("#runs-table", DataTable)
        self.query_one("#runs-empty").display = False
        table.display = self.query_one("#runs-details").display = True
        if [one.id for one, _ in as_tree(before or ())] == [one.id for one, _ in tree]:
            for row, (summary, depth) in enumerate(tree):
                for column, cell in enumerate(self._cells(summary, depth)):
                    table.update_cell_at((row, column), cell)  # type: ignore[arg-type]
        else:
            chosen = self._brought_back or self._chosen_id()
            self._brought_back = None
            table.clear()
            for summary, depth in tree:
                table.add_row(*self._cells(summary, depth), key=summary.id)
            ids = [summary.id for summary, _ in tree]
            table.move_cursor(row=ids.index(chosen) if chosen in ids else 0)
            table.focus()
        self._show_interrupted()
        self._show_details()
        self.refresh_bindings()

    def _interrupted(self) -> list[RunSummary]:
        return [summary for summary in self._summaries or () if summary.state == "interrupted"]

    def _show_interrupted(self) -> None:
        """Above the list, how many runs were interrupted, and which."""
        found = self._interrupted()
        notice = self.query_one("#runs-interrupted", Static)
        notice.display = bool(found)
        names = ", ".join(clean_line(summary.name, 30) for summary in found)
        what = "1 run was" if len(found) == 1 else f"{len(found)} runs were"
        how = "R resumes it" if len(found) == 1 else "R resumes all"
        notice.update(Content(f"{what} interrupted; {how}: {names}"))

    def _cells(self, summary: RunSummary, depth: int) -> list[Text]:
        mark, colour = STATE_MARKS[summary.state]
        variables = self.app.theme_variables
        figures = summary.validation
        steps = f"{summary.step}/{summary.steps}" if summary.steps else "-"
        return [
            Text(f"{mark} {summary.state}", style=_rich_colour(variables, colour)),
            Text(indented(clean_line(summary.name, 60), depth)),
            Text(f"{figures.accuracy:.3f}" if figures else "-"),
            Text(f"{figures.macro_f1:.3f}" if figures else "-"),
            Text(steps),
            Text(ago(summary.began, time.time())),
            *([Text(clean_line(summary.model, 60))] if self._with_model else []),
        ]

    def _show_details(self) -> None:
        """The chosen run in some lines below the list."""
        summary = self._chosen()
        if summary is None:
            return
        lines: list[tuple[str, str]] = []

        def add(name: str, value: str, style: str = "") -> None:
            lines.extend([(f"{name:<8}", "$foreground-muted"), (f"{value}\n", style)])

        if wrong := trouble(summary, time.time(), "r resumes"):
            add("silent" if summary.unresponsive_since else "ended", clean_line(wrong, 300), "$text-warning")
        elif summary.message:
            add("ended", clean_line(summary.message, 300), "$text-warning")
        if summary.phase:
            add("now", clean_line(summary.phase))
        if summary.validation and summary.best_epoch is not None:
            add("best", f"epoch {summary.best_epoch:g}, validation loss {summary.validation.loss:.4f}")
        if summary.parent is not None:
            add("branch", f"of {clean_line(summary.parent.run)}, from its step {summary.parent.step}")
        add("data", clean_line(summary.data, 200))
        add("model", clean_line(summary.model, 200))
        add("folder", clean_line(summary.folder, 200))
        self.query_one("#runs-details", Static).update(Content.assemble(*lines))

    def _chosen_id(self) -> str | None:
        chosen = self._chosen()
        return chosen.id if chosen is not None else None

    def _chosen(self) -> RunSummary | None:
        """The run under the cursor."""
        table = self.query_one("#runs-table", DataTable)
        if not table.display or not table.row_count or not table.is_valid_row_index(table.cursor_row):
            return None
        key = table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value
        return next((one for one in self._summaries or () if one.id == key), None)

    def on_data_table_row_highlighted(self) -> None:
        self._show_details()
        self.refresh_bindings()

    def on_data_table_row_selected(self) -> None:
        self.action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing now are not offered."""
        chosen = self._chosen() if self.is_mounted else None
        state = chosen.state if chosen is not None else None
        allowed: dict[str, Callable[[], bool]] = {
            "open": lambda: state is not None,
            "classify": lambda: chosen is not None and chosen.has_model,
            "stop": lambda: state is not None and state not in OVER,
            "resume": lambda: state in ("stopped", "failed", "interrupted"),
            "resume_all": lambda: bool(self._interrupted()),
            "delete": lambda: state in OVER,
            "undo": lambda: bool(self._trashed),
        }
        return allowed[action]() if action in allowed else True

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        table = self.query_one("#runs-table", DataTable)
        table.move_cursor(row=table.cursor_row + rows)

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

    def action_stop(self) -> None:
        """Ask the chosen run to stop and save."""
        if (chosen := self._chosen()) is not None:
            self._do(f"{chosen.name} was asked to stop and save.", send, _folder(chosen).control, "stop_and_save")

    def action_resume(self) -> None:
        """Go on with the chosen run from its last checkpoint."""
        if (chosen := self._chosen()) is not None:
            run = _folder(chosen)
            self._do(f"{chosen.name} goes on.", lambda: launch_worker(run, resume=True))

    @work(exit_on_error=False, group="resume all", exclusive=True)
    async def action_resume_all(self) -> None:
        """Go on with every run that was interrupted, each from its last checkpoint."""
        going: list[str] = []
        for summary in reversed(self._interrupted()):
            try:
                await asyncio.to_thread(resume_run, _folder(summary))
            except (OSError, ReviewtuiError) as error:
                self.app.say(f"{summary.name} was left as it is: {error}", "error")
            else:
                going.append(summary.name)
        if going:
            self.app.say(f"Going on: {', '.join(going)}.")
        self._poll()

    def action_delete(self) -> None:
        """Take the chosen run out of the list; `u` brings it back until the workbench is left."""
        if (chosen := self._chosen()) is not None:
            run = _folder(chosen)
            self._do(f"{chosen.name} is deleted; u brings it back.", lambda: self._trashed.append(trash_run(run)))

    def action_undo(self) -> None:
        """Bring back the run deleted last."""
        trashed = self._trashed.pop()
        self._brought_back = trashed.name
        self._do("It is back.", restore_run, trashed)

    @work(exit_on_error=False)
    async def _do(self, done: str, act: Callable[..., Any], *arguments: Any) -> None:
        """Do something to a run's folder off the UI's thread, say how it went, and look again."""
        try:
            await asyncio.to_thread(act, *arguments)
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
        else:
            self.app.say(done)
        self._poll()


def _folder(summary: RunSummary) -> RunFolder:
    return RunFolder(Path(summary.folder))


def _rich_colour(variables: dict[str, str], name: str) -> str:
    """A theme colour for Rich, which knows no alpha and no automatic colours."""
    value = variables.get(name.removeprefix("$"), "")
    return value if value.startswith("#") and len(value) == 7 else ""
