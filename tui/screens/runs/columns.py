"""The columns of the list of runs: how each is written, and which of them fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from rich.cells import cell_len

from core.base.text import clean_line
from core.experiments.listed_group import ListedGroup, Row
from core.runs.listed import FIELDS, Field, ListedRun, field_of
from core.runs.tree import branch_label
from tui.formatting import STATE_MARKS, ago, in_bytes, in_time, setting_text
from tui.screens.runs.group_cells import group_forms, least_for

Cell = Callable[[ListedRun, float], str]
"""Returns what to show, given a run and the current time in seconds since 1970."""

GUTTER, GAP = 2, 2
"""Cells for the cursor and the mark, and between columns."""
ALWAYS = ("state", "name", "accuracy", "f1", "steps", "began")
"""The columns that are shown unless others are chosen."""
_MORE = ("tags", "duration", "size", "learning_rate")
_LAST = ("data", "model", "loss", "memory", "note", "expected", "method", "group")
_LEAST_STATE, _LEAST_NAME, _LEAST_REST, _LEAST_MORE = 14, 20, 24, 4
_TIGHT_NAME = 14
"""The least width of the names where columns would be left out otherwise."""


@dataclass(frozen=True)
class Column:
    """A column, and its width in cells."""

    name: str
    title: str
    cell: Cell
    least: int
    most: int
    right: bool = False
    """Whether it is aligned to the right."""
    width: int = 0
    longest: int = 0
    """Cells of its longest text."""

    def text(self, row: Row, now: float) -> str:
        """Return what to show of a run or a group; of a group, what fits in the width of the column."""
        if isinstance(row, ListedRun):
            return self.cell(row, now)
        forms = self.forms(row, now)
        return next((one for one in forms if cell_len(one) <= self.width), forms[-1])

    def forms(self, group: ListedGroup, now: float) -> tuple[str, ...]:
        """Return how a group can be written, the widest first; what its runs have in common, if it has no own words."""
        own = group_forms(self.name)
        if own is not None:
            return own(group, now)
        texts = {self.cell(run, now) for run in group.runs}
        return (texts.pop() if len(texts) == 1 else "",)


def column(name: str) -> Column:
    """Return a column by the name of its field, or of a setting."""
    field = field_of(name)
    cell, least, most = _CELLS.get(name, (_plain(field), 4, 16))
    numeric = field.kind not in ("words", "tags", "moment") and name not in ("steps", "queue") and name in FIELDS
    return Column(name, clean_line(field.title, most), cell, max(least, min(len(field.title), most)), most, numeric)


def choose_columns(
    chosen: Sequence[str] | None, rows: Sequence[Row], width: int, now: float, beside_name: Sequence[str] = ()
) -> tuple[list[Column], list[str]]:
    """Return the columns that fit in `width` cells, and the titles of those that were chosen and do not.

    Args:
        chosen: Names of fields and settings, in their order; None takes those that are usual, then, as there is room,
            those in which the runs differ, then others.
        rows: The runs and groups that are shown.
        width: In cells.
        now: Seconds since 1970.
        beside_name: Columns that are among the usual ones now, such as the one that the runs are sorted by.
    """
    room = width - GUTTER
    runs = [row for row in rows if isinstance(row, ListedRun)]
    groups = [row for row in rows if isinstance(row, ListedGroup)]

    def measured(name: str) -> tuple[Column, set[str]]:
        one = column(name)
        texts = {one.cell(run, now) for run in runs} | {one.forms(group, now)[0] for group in groups}
        least = min(max(one.least, least_for(name, groups, now)), one.most)
        longest = _longest(texts)
        return replace(one, least=least, longest=longest, width=min(max(longest, least), one.most)), texts

    usual = [*ALWAYS[:2], *(name for name in beside_name if name not in ALWAYS), *ALWAYS[2:]]
    columns = [measured(name)[0] for name in (usual if chosen is None else chosen)]
    if _least(columns) > room:
        columns = [replace(one, least=_tight(one)) for one in columns]
    left_out: list[str] = []
    while columns and _least(columns) > room:
        left_out.insert(0, columns.pop().title)
    if chosen is None:
        equal: list[Column] = []
        for name in (*_MORE, *_differing_settings(runs), *_LAST):
            if name in beside_name:
                continue
            if _wanted(columns) + GAP + _LEAST_MORE > room:
                break
            more, texts = measured(name)
            if len(texts) == 1:
                equal += [more] if texts - {"", "-"} else []
            elif _wanted([*columns, more]) <= room:
                columns.append(more)
        for more in equal:  # what differs is what matters; the rest fills the room
            if _wanted([*columns, more]) <= room:
                columns.append(more)
        if (rest := room - _wanted(columns) - GAP) >= _LEAST_REST and len(columns) >= len(ALWAYS):
            settings = measured("settings")[0]
            columns.append(replace(settings, most=rest, width=min(settings.width, rest)))
    return _fitted(columns, room), [] if chosen is None else left_out


def _tight(one: Column) -> int:
    """Return the least width of a column where room is scarce: states are as long as they are, names are cut."""
    return {"state": min(one.longest, one.least), "name": _TIGHT_NAME}.get(one.name, one.least)


def _fitted(columns: Sequence[Column], room: int) -> list[Column]:
    """Give columns their widths: the least, and more of the remaining room in their order, the name first."""
    spare = room - _least(columns)
    fitted = {one.name: one.least for one in columns}
    for one in sorted(columns, key=lambda one: one.name != "name"):
        more = min(max(one.width - one.least, 0), spare)
        fitted[one.name] += more
        spare -= more
    return [replace(one, width=fitted[one.name]) for one in columns]


def _least(columns: Sequence[Column]) -> int:
    return sum(one.least for one in columns) + GAP * max(len(columns) - 1, 0)


def _wanted(columns: Sequence[Column]) -> int:
    return sum(max(one.width, one.least) for one in columns) + GAP * max(len(columns) - 1, 0)


def _longest(texts: Iterable[str]) -> int:
    return max((len(text) if text.isascii() else cell_len(text) for text in texts), default=0)


def _differing_settings(runs: Sequence[ListedRun]) -> list[str]:
    """Return the settings in which the runs differ, other than those that are columns of their own."""
    names = dict.fromkeys(name for run in runs for name in (run.changed or {}))
    return [name for name in names if name not in FIELDS and len({run.settings.get(name) for run in runs}) > 1]


def _plain(field: Field) -> Cell:
    def cell(run: ListedRun, now: float) -> str:
        value = field.of(run)
        if value is None and field.name in FIELDS:
            return ""
        return " ".join(value) if isinstance(value, tuple) else clean_line(setting_text(value), 60)

    return cell


def _state(run: ListedRun, now: float) -> str:
    place = f" {run.place}" if run.place is not None else ""
    return f"{STATE_MARKS[run.summary.state][0]} {run.summary.state}{place}"


def _figure(name: str, digits: int) -> Cell:
    def cell(run: ListedRun, now: float) -> str:
        value = FIELDS[name].of(run)
        return f"{value:.{digits}f}" if isinstance(value, int | float) else "-"

    return cell


def _amount(name: str, written: Callable[[float], str]) -> Cell:
    def cell(run: ListedRun, now: float) -> str:
        value = FIELDS[name].of(run)
        return written(value) if isinstance(value, int | float) else ""

    return cell


def _name(run: ListedRun, now: float) -> str:
    return branch_label(clean_line(run.summary.name, 60), run.depth)


def _steps(run: ListedRun, now: float) -> str:
    return f"{run.summary.step}/{run.summary.steps}" if run.summary.steps else "-"


def _file(run: ListedRun, now: float) -> str:
    """The last part of a path; a data set of the hub as it is."""
    data = run.summary.data
    return clean_line(PurePath(data).name if data.startswith("/") else data, 60)


def _settings(run: ListedRun, now: float) -> str:
    changes = [f"{name} {setting_text(value)}" for name, value in (run.changed or {}).items() if name != "model"]
    recipe = run.summary.outline.recipe if run.summary.outline is not None else "?"
    return clean_line(", ".join([recipe, *changes]), 200)


_CELLS: dict[str, tuple[Cell, int, int]] = {
    "state": (_state, _LEAST_STATE, 16),
    "name": (_name, _LEAST_NAME, 60),
    "accuracy": (_figure("accuracy", 3), 8, 12),
    "f1": (_figure("f1", 3), 5, 12),
    "loss": (_figure("loss", 4), 6, 9),
    "steps": (_steps, 9, 16),
    "duration": (_amount("duration", in_time), 5, 9),
    "began": (lambda run, now: ago(run.summary.began, now), 10, 10),
    "ended": (lambda run, now: ago(run.summary.ended, now), 10, 10),
    "size": (_amount("size", in_bytes), 8, 9),
    "memory": (_amount("memory", in_bytes), 8, 9),
    "model": (lambda run, now: clean_line(run.summary.model, 60), 7, 24),
    "data": (_file, 8, 28),
    "tags": (lambda run, now: clean_line(" ".join(run.summary.tags), 60), 4, 24),
    "note": (_plain(FIELDS["note"]), 10, 60),
    "settings": (_settings, 12, 80),
    "expected": (_plain(FIELDS["expected"]), 10, 60),
    "group": (_plain(FIELDS["group"]), 8, 24),
    "method": (_plain(FIELDS["method"]), 6, 12),
    "parent": (_plain(FIELDS["parent"]), 9, 20),
    "run": (_plain(FIELDS["run"]), 20, 20),
}
"""Name → how its cells are written, and the least and the most that it is wide."""
