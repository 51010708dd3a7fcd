"""Writes decisions to a file, as a whole or not at all.

The file is for others, so it can be read by whomever the user's umask lets read new files. A file that is written for
training by its suffix alone, `.csv` or `.jsonl`, has one row for each text with a label.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from core.base.errors import InputError, ReviewtuiError
from core.base.files import write_whole
from core.base.text import clean_line
from core.reviews.folders.part_names import part_of
from core.runs.folder import RunFolder, is_run_id, runs_home
from core.runs.outline import read_outline
from core.triage.exchange.formats.base import Format
from core.triage.exchange.formats.registry import format_to_write
from core.triage.exchange.selection import Cells, Included, LeftOut, select
from core.triage.history import History

_STEM_BYTES = 180
"""The longest part of a suggested name that comes from the pile, so that every file system accepts the whole."""


class OutputExistsError(InputError):
    """Raised when writing would replace a file."""


@dataclass(frozen=True)
class DecisionsFile:
    """The result of writing a file of decisions."""

    path: Path
    rows: int
    labels: dict[str, int]
    """Label → reviews."""
    left_out: tuple[LeftOut, ...] = ()
    """What the user dealt with and is not in the file."""
    conflicts: int = 0
    """Texts with different decisions in different places; the latest was written."""
    reasons: dict[str, int] = field(init=False)
    """Reason → reviews left out for it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "reasons", dict(Counter(one.reason for one in self.left_out)))


def write_decisions(
    history: History,
    path: Path,
    *,
    format: str | None = None,
    include: Collection[Included] = (),
    cells: Cells | None = None,
    replace: bool = False,
) -> DecisionsFile:
    """Write the current decisions of a pile to `path`.

    Args:
        format: The name of a format; None takes CSV or JSON Lines, by the suffix.
        include: What to write besides the latest label of each text.
        cells: The columns of the pile's file; None writes the short ones, which the log has.

    Raises:
        OutputExistsError: `path` exists, and `replace` is False.
        InputError: The suffix is another one, the folder does not exist, or there is nothing to write.
        ReviewtuiError: The file cannot be written.
    """
    form = require_writable(path, format, replace=replace)
    chosen = select(history, include, names_of(history), cells)
    if not chosen.records:
        others = ", or include those without a label" if chosen.left_out else ""
        raise InputError(f"No review has been given a label yet; decide at least one{others}.")
    try:
        write_whole(path, form.write(chosen.records), private=False)
    except UnicodeEncodeError as error:
        raise ReviewtuiError(
            f"Cannot write {clean_line(path, 120)}: a review contains text that is not valid Unicode."
        ) from error
    return DecisionsFile(
        path=path,
        rows=len(chosen.records),
        labels=dict(Counter(one.label for one in chosen.records if one.label)),
        left_out=chosen.left_out,
        conflicts=len(history.conflicts()),
    )


def require_writable(path: Path, format: str | None = None, *, replace: bool = False) -> Format:
    """Return the format in which `path` can be written.

    Raises:
        OutputExistsError: `path` exists, and `replace` is False.
        InputError: The suffix is another one, or the folder does not exist.
    """
    shown, form = clean_line(path, 120), format_to_write(path, format)
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {clean_line(path.parent, 120)}.")
    if path.is_dir():
        raise InputError(f"{shown} is a folder; add a file name.")
    if not replace and (path.exists() or path.is_symlink()):
        raise OutputExistsError(f"{shown} already exists.")
    return form


def names_of(history: History) -> dict[str, str]:
    """Return the names of the runs whose models predicted, by their ids: those that they have, or had elsewhere."""
    names: dict[str, str] = {}
    for operation in history.recent(history.events):
        if operation.why == "import" and isinstance(models := operation.facts.get("models"), dict):
            names = {str(id): str(name) for id, name in models.items()} | names
    for id in {one.model for one in history.decided()}:
        outline = read_outline(RunFolder(runs_home() / id).settings) if id and is_run_id(id) else None
        if id and outline is not None:
            names[id] = outline.name
    return names


def free_name(folder: Path, source: str) -> Path:
    """Return a path in `folder` that does not exist, named after the pile.

    An inbox that was worked through is none any more: a name that says so would be set apart when its folder is trained
    on. The name of a test set stays, so that it is.
    """
    stem = os.fsencode(Path(source).stem)[:_STEM_BYTES].decode("utf-8", "ignore") or "reviews"
    name = "decisions" if part_of(stem) == "inbox" else f"{stem}-decisions"
    names = (folder / f"{name}{number}.csv" for number in ("", *(f"-{n}" for n in range(2, 10_000))))
    return next((path for path in names if not path.exists()), folder / f"{name}.csv")


def set_apart(path: Path) -> str:
    """Return a sentence if training on the folder of `path` would not read it, by its name; empty if it would."""
    part = part_of(path.name)
    what = {"inbox": "an inbox", "test": "a test set", "validation": "validation data"}.get(part or "")
    return f"By its name it is {what}: train on the file itself, or rename it." if what else ""
