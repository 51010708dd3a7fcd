"""The line that asks for a student, such as `layers=3 unlabelled=inbox.csv temperature=4`. It loads pydantic."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from textual.content import Content

from core.base.errors import InputError
from core.base.text import clean_line
from core.distillation.asking import plan_distillation
from core.distillation.layers import beginnings, layers_of
from core.runs.folder import RunFolder
from core.runs.outline import DISTILLATION_SETTINGS
from core.runs.request import Request
from core.settings.parsing import parse_assignment

_MARGIN = 1.0
"""By how many points a student may be less accurate than its teacher, unless something else is typed."""
_WORDS = ("layers", "unlabelled", "test", "margin", *DISTILLATION_SETTINGS, "epochs", "learning_rate")
"""What can be typed, in the order in which it is completed."""


@dataclass(frozen=True)
class Planned:
    """A distillation that was asked for."""

    request: Request
    layers: int
    students: int
    margin: float
    """In points."""


def planned(run: RunFolder, text: str) -> Planned:
    """Return what a line such as `layers=3 unlabelled=inbox.csv temperature=4` asks for.

    Raises:
        InputError: It makes no sense.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InputError(f"That cannot be read ({error}).") from error
    changes = dict(parse_assignment(word) for word in words)
    layers, margin = changes.pop("layers", "").strip(), changes.pop("margin", "").strip()
    if layers and not layers.isdecimal():
        raise InputError(f"layers is a whole number, not '{clean_line(layers, 20)}'.")
    files = {name: changes.pop(name, "").strip() for name in ("unlabelled", "test")}
    for name, file in files.items():
        if file and not Path(file).expanduser().exists():
            raise InputError(f"There is no file {clean_line(file, 120)} for {name}.")
    request, kept = plan_distillation(run, layers=int(layers) if layers else None, changes=changes, **files)
    students = len(beginnings(layers_of(run.model), kept))
    return Planned(request, kept, students, _points(margin))


def _points(word: str) -> float:
    try:
        points = float(word) if word else _MARGIN
    except ValueError:
        points = -1.0
    if not 0 <= points < 100:
        raise InputError(f"margin is a number of points from 0 to below 100, not '{clean_line(word, 20)}'.")
    return points


def explained(asked: Planned, of: int) -> Content:
    """Say what would be trained."""
    distillation, settings = asked.request.distillation, asked.request.settings
    assert distillation is not None
    unlabelled, test = (
        clean_line(file, 60) if file else "none" for file in (distillation.unlabelled, distillation.test)
    )
    points = "point" if asked.margin == 1 else "points"
    beginning = "two students that begin with different layers" if asked.students > 1 else "one student"
    return Content(
        f"{asked.layers} of {of} layers, {settings.epochs} epochs, {beginning}; the better one is kept, and compared "
        f"with its teacher: not worse by more than {asked.margin:g} {points}?\n\n"
        f"unlabelled reviews  {unlabelled}\ntest reviews        {test}\n\n"
        "tab completes: layers, unlabelled=FILE, test=FILE, margin, temperature, epochs …"
    )


def completed(text: str) -> str:
    """Complete the name at the end of `text` to the first one that begins like it and is not there yet."""
    before, space, word = text.rpartition(" ")
    there = {one.partition("=")[0] for one in before.split()}
    found = [name for name in _WORDS if word and name.startswith(word) and name not in there]
    return f"{before}{space}{found[0]}=" if found and "=" not in word else text
