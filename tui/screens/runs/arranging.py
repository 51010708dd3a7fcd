"""Which runs and groups the Runs screen shows, in which order, with which columns, and which runs are marked.

A filtered or sorted list shows runs alone, each with the name of its group: those that fit, or the best, may be in it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from textual import work
from textual.content import Content
from textual.widgets import Input, Static

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.experiments.listed_group import ListedGroup, Row, listed_groups, with_groups
from core.runs.listed import FIELDS, ListedRun, field_of, known_names, sorted_runs
from core.runs.query import Query, parse_query
from core.runs.summary import RunSummary
from tui.formatting import counted, in_bytes
from tui.preferences import RunsView, read_runs_view, remember_runs_view
from tui.screens.runs.columns import ALWAYS, choose_columns
from tui.screens.runs.organizing import OrganizesRuns
from tui.screens.runs.table import RunTable
from tui.widgets.checklist import CheckList
from tui.widgets.dialogs import Find
from tui.widgets.line_input import LineInput

_LOWEST_FIRST = ("loss", "name", "queue", "parent", "run")
"""Columns whose lowest values are looked for first, besides words."""
_SCROLLBAR = 1


class ArrangesRuns(OrganizesRuns):
    """A screen whose list of runs is filtered, sorted and marked."""

    def __init__(self) -> None:
        super().__init__()
        self.view = read_runs_view()
        self.shown: list[ListedRun] = []
        """The runs that fit the filter, in the order in which they are shown, with those in folded groups."""
        self.lines: list[Row] = []
        """The lines of the list."""
        self.unfolded: frozenset[str] = frozenset()
        """Ids of the groups whose runs have lines of their own."""
        self.left_out: list[str] = []
        """Titles of chosen columns that do not fit."""
        self._query = Query()

    @property
    def unread(self) -> int:
        """How many runs have not been read yet."""
        raise NotImplementedError

    def arranged(self) -> None:
        """Show what depends on which runs are shown, besides the list."""
        raise NotImplementedError

    def draw_list(self, choose: str | None = None, *, columns: bool = True) -> None:
        """Show the runs that fit the filter in the order that is chosen.

        Args:
            choose: Id of the run or group that the cursor goes to; if it is in a folded group, to that.
            columns: Whether columns are chosen anew; while the filter is being typed they stay.
        """
        runs = [run for run in self.rows or () if self._query.fits(run)] if self._query.tests else list(self.rows or ())
        view = self.view
        if view.sort:
            runs = sorted_runs(runs, view.sort, descending=view.descending)
        alone = bool(view.sort or self._query.tests)
        if alone:  # a branch may stand apart from its run
            runs = [replace(run, depth=0) for run in runs]
        groups = self.groups if not alone else []
        lines = with_groups(runs, groups)
        if not any(line.id == choose for line in lines):
            choose = next((one.id for one in groups if any(run.id == choose for run in one.runs)), None)
        table, now = self.query_one(RunTable), time.time()
        shown_columns = table.shown_columns
        if columns or not shown_columns:
            width = self.size.width - _SCROLLBAR
            in_groups = alone and any(run.group for run in runs)
            beside = [*([view.sort] if view.sort else []), *(["group"] if in_groups else [])]
            shown_columns, self.left_out = choose_columns(view.columns, lines, width, now, beside)
        self.shown, self.lines = runs, lines
        marks = frozenset(self.marked)
        table.show(lines, shown_columns, now, marked=marks, sort=(view.sort, view.descending), choose=choose)
        self.arranged()

    # Marks

    def targets(self) -> list[RunSummary]:
        row = self.chosen_row()
        if row is None:  # nothing is in sight
            return []
        marked = [run.summary for run in self.shown if run.id in self.marked]
        return marked or [run.summary for run in _runs_of(row)]

    def has_marks(self) -> bool:
        return bool(self.marked) and any(run.id in self.marked for run in self.shown)

    def action_mark(self) -> None:
        """Mark the run under the cursor or unmark it, and go to the next; of a group, all of its runs."""
        if (row := self.chosen_row()) is not None:
            ids = {run.id for run in _runs_of(row)}
            self.marked = self.marked - ids if ids <= self.marked else self.marked | ids
            self.query_one(RunTable).action_move(1)
            self._marks_changed()

    def action_mark_all(self) -> None:
        """Mark all runs that are shown; unmark all if they are marked."""
        shown = {run.summary.id for run in self.shown}
        self.marked = frozenset() if shown <= self.marked else self.marked | shown
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.draw_list(columns=False)
        self.refresh_bindings()

    # Groups

    def regroup(self) -> None:
        """Put the runs together with what is written about their groups."""
        self.groups = listed_groups(self.written, self.rows or (), self.unfolded)

    def on_run_table_unfolded(self, message: RunTable.Unfolded) -> None:
        """Show the runs of a group, or the group alone, until the workbench is closed."""
        self.unfolded ^= {message.group}
        self.regroup()
        self.draw_list(message.group)
        self.refresh_bindings()

    # The filter

    def action_filter(self) -> None:
        """Type what the runs must have."""
        self.add_class("-filtering")
        self.set_focus(self.query_one("#runs-filter", LineInput))

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._query = parse_query(message.value, known_names(self.rows or ()))
        self.draw_list(columns=False)
        self.refresh_bindings()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.end_typing()

    def end_typing(self) -> None:
        """Leave the line of the filter, which stays as long as there is something in it."""
        self.set_class(bool(self.query_one("#runs-filter", LineInput).value), "-filtering")
        self.draw_list()
        self.set_focus(self.query_one(RunTable))

    def clear_filter(self) -> bool:
        """Show all runs again; return False if all are shown."""
        line = self.query_one("#runs-filter", LineInput)
        if not line.value and not self.has_class("-filtering"):
            return False
        with self.prevent(Input.Changed):
            line.value = ""
        self._query = Query()
        self.end_typing()
        return True

    def action_back(self) -> None:
        """Show all runs again, then take all marks back."""
        if self.clear_filter():
            return
        if self.marked:
            self.marked = frozenset()
            self._marks_changed()
            return
        super().action_back()

    def say_found(self) -> None:
        """Show beside the filter how many runs fit, or what is wrong with it."""
        words = self._query.problem or f"{len(self.shown)} of {len(self.rows or ())}"
        self.query_one("#runs-found", Static).update(Content(clean_line(words)))

    # Order and columns

    def action_sort(self) -> None:
        """Choose the column that the runs are sorted by."""
        names = ["", *known_names(self.rows or ())]

        def find(words: str) -> list[tuple[str, Content]]:
            return [(name, _described(name)) for name in names if _has(name, words)]

        def chosen(name: str | None) -> None:
            if name is not None:
                self.sort_by(name)

        self.app.push_screen(Find("Sort by", find), chosen)

    def sort_by(self, name: str) -> None:
        """Sort by a column, or turn the order around if it is sorted by it."""
        if name == self.view.sort:
            self.action_turn()
            return
        field = field_of(name)
        down = bool(name) and name not in _LOWEST_FIRST and not (name in FIELDS and field.kind in ("words", "tags"))
        self._change_view(replace(self.view, sort=name, descending=down))

    def action_turn(self) -> None:
        """Turn the order around."""
        if self.view.sort:
            self._change_view(replace(self.view, descending=not self.view.descending))
        else:
            self.app.say("The newest come first, with branches and groups together; o sorts by a column.")

    def action_columns(self) -> None:
        """Choose the columns of the list."""
        names = known_names(self.rows or ())
        current = self.view.columns or tuple(column.name for column in self.query_one(RunTable).shown_columns) or ALWAYS
        ticked = [names.index(name) for name in current if name in names]

        def chosen(indices: list[int] | None) -> None:
            if indices is not None and indices != ticked:
                columns = tuple(names[index] for index in indices) or None
                self._change_view(replace(self.view, columns=columns))

        help = "As many as fit are shown, from the top. With none ticked, they are those in which the runs differ."
        choices = [_described(name) for name in names]
        self.app.push_screen(CheckList("Columns", choices, ticked, help=help, ordered=True), chosen)

    def _change_view(self, view: RunsView) -> None:
        turned = (view.sort, view.descending) != (self.view.sort, self.view.descending)
        self.view = view
        self.draw_list()
        if turned:
            self.query_one(RunTable).action_edge(0)
        self._remember(view)

    @work(thread=True, exclusive=True, group="view", exit_on_error=False)
    def _remember(self, view: RunsView) -> None:
        try:
            remember_runs_view(view)
        except ReviewtuiError as error:
            self.app.call_from_thread(self.app.say, error, "warning")

    def in_words(self) -> Sequence[str]:
        """Return how the list is arranged, in a few phrases."""
        every = counted(len(self.rows or ()) + self.unread, "run")
        sizes = [run.bytes_on_disk for run in self.rows or () if run.bytes_on_disk is not None]
        found = [f"{len(self.shown)} of {every}" if self._query.tests else every]
        if len(sizes) == len(self.rows or ()):
            found[0] = f"{found[0]} · {in_bytes(sum(sizes))} on disk"
        if self.unread:
            found.append("reading them")
        if self.marked:
            found.append(f"{sum(run.summary.id in self.marked for run in self.shown)} marked")
        if self.view.sort:
            title = clean_line(field_of(self.view.sort).title, 30)
            apart = "groups and branches" if any(run.group for run in self.shown) else "branches"
            found.append(f"by {title} {'↓' if self.view.descending else '↑'}, {apart} apart from their runs")
        if self.left_out:
            found.append(f"no room for {clean_line(', '.join(self.left_out), 40)}")
        return found


def _runs_of(row: Row) -> Sequence[ListedRun]:
    return row.runs if isinstance(row, ListedGroup) else (row,)


def _described(name: str) -> Content:
    if not name:
        return Content.assemble("newest first", ("  branches below their runs", "$foreground-muted"))
    field = field_of(name)
    about = field.help if name in FIELDS else "setting"
    title = field.title if field.title.replace(" ", "_").casefold() == name else f"{name} ({field.title})"
    return Content.assemble(clean_line(title if name in FIELDS else name, 40), (f"  {about}", "$foreground-muted"))


def _has(name: str, words: str) -> bool:
    text = f"{name} {field_of(name).title} {field_of(name).help}".casefold() if name else "newest first"
    return all(word in text for word in words.casefold().split())
