"""Names of runs and groups: the name that is suggested for a new run, and the rule that no two share one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import PurePath

from core.base.errors import InputError
from core.base.text import clean_line
from core.runs.folder import RunFolder, is_run_id, list_runs
from core.runs.group import list_groups, read_group
from core.runs.notes import record_name
from core.runs.outline import read_outline

_RESERVED = ("latest",)
"""Words that have another meaning for `find_run`."""


def suggested_name(source: str, preset: str) -> str:
    """Return a name made of those of the data and the preset: `train-balanced`. It may be taken."""
    stem = PurePath(source.rstrip("/")).stem if source != "-" else ""
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", clean_line(stem, 40)).strip("-.")
    return f"{words or 'reviews'}-{preset}"


def taken_names() -> frozenset[str]:
    """Return the names of all runs and groups."""
    return _names_of(list_runs())


def _names_of(folders: Iterable[RunFolder]) -> frozenset[str]:
    """Return the names of these runs and of all groups."""
    runs = (read_outline(run.settings) for run in folders)
    groups = (read_group(group) for group in list_groups())
    return frozenset(one.name for one in (*runs, *groups) if one is not None)


def unused_name(name: str, taken: frozenset[str] | None = None) -> str:
    """Return `name`, or the first of `name-2`, `name-3`, … that no run and no group has.

    Args:
        name: The name to begin with.
        taken: The names that runs have; None looks for them.
    """
    taken = taken_names() if taken is None else taken
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in taken and not _is_reserved(one))


def require_unused(name: str, taken: frozenset[str] | None = None) -> str:
    """Return a name that the user chose, as it is shown.

    Raises:
        InputError: Another run has it, or it could be mistaken for an id; the sentence offers the nearest free name.
    """
    shown = clean_line(name)
    if _is_reserved(shown):
        raise InputError(f"A run cannot be called '{shown}': `reviewtui status {shown}` means another one.")
    free = unused_name(shown, taken)
    if free != shown:
        raise InputError(f"There is already a run called '{clean_line(shown, 60)}'; '{clean_line(free, 64)}' is free.")
    return shown


def rename_run(run: RunFolder, name: str) -> str:
    """Give a run another name, and return the one that it had. It is recorded beside settings.toml.

    Raises:
        InputError: Another run or a group has the name, or it could be mistaken for an id.
        ReviewtuiError: The run's folder cannot be written.
    """
    own = read_outline(run.settings)
    before = own.name if own is not None else run.id
    if not clean_line(name):
        raise InputError("A run needs a name.")
    shown = require_unused(name, _names_of(one for one in list_runs() if one.id != run.id))
    if shown != before:
        record_name(run.notes, shown)
    return before


def _is_reserved(name: str) -> bool:
    return name in _RESERVED or is_run_id(name)
