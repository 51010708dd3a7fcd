"""What is compared: runs, and groups of runs that differ in their seed. It loads no heavy library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from core.base.errors import InputError
from core.base.text import clean_line
from core.runs.folder import RunFolder, find_run, runs_home
from core.runs.group import GroupFolder, find_group, read_group
from core.runs.group_journal import read_group_journal
from core.runs.outline import read_outline

MOST_RUNS = 30
"""Every two runs are a pair, and each is loaded."""


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is compared."""

    id: str
    name: str
    runs: tuple[str, ...]
    """Folders of its runs."""
    seeds: bool = False
    """Whether it is a setting that was trained with several seeds."""

    @property
    def folders(self) -> tuple[RunFolder, ...]:
        from pathlib import Path

        return tuple(RunFolder(Path(run)) for run in self.runs)


def find_arms(words: Sequence[str]) -> tuple[Arm, ...]:
    """Return what the user named: each word is a run or a group, as `find_run` and `find_group` understand it.

    Raises:
        InputError: A word names nothing, or there is nothing to compare.
    """
    arms: list[Arm] = []
    for word in words:
        group = find_group(word)
        arms += arms_of_group(group) if group is not None else [arm_of_run(find_run(word))]
    return checked_arms(arms)


def checked_arms(arms: Iterable[Arm]) -> tuple[Arm, ...]:
    """Return the arms, each once.

    Raises:
        InputError: There are fewer than two, or too many runs.
    """
    once = tuple({arm.id: arm for arm in arms}.values())
    runs = {run for arm in once for run in arm.runs}
    if len(once) < 2:
        name = f"only {clean_line(once[0].name, 60)}" if once else "nothing"
        raise InputError(f"A comparison needs two different runs, and {name} was named; `reviewtui runs` lists them.")
    if len(runs) > MOST_RUNS:
        raise InputError(f"{len(runs)} runs are too many to compare at once; name {MOST_RUNS} at most.")
    return once


def arm_of_run(run: RunFolder) -> Arm:
    """Return a run as something to compare."""
    outline = read_outline(run.settings)
    return Arm(id=run.id, name=outline.name if outline is not None else run.id, runs=(str(run.path),))


def arms_of_group(group: GroupFolder) -> list[Arm]:
    """Return what a group compares: seeds are one setting, models against each other one each, any other its runs.

    Raises:
        InputError: None of its runs has a model.
    """
    outline = read_group(group)
    name = outline.name if outline is not None else group.id
    made = [one for one in read_group_journal(group.journal).members.values() if one.run is not None]
    runs = [(one, RunFolder(runs_home() / str(one.run))) for one in made]
    runs = [(one, run) for one, run in runs if has_answers(run)]
    if not runs:
        raise InputError(f"No run of the group {clean_line(name, 60)} has a model yet; let one finish.")
    if outline is not None and outline.kind == "seeds":
        return [Arm(id=group.id, name=name, runs=tuple(str(run.path) for _, run in runs), seeds=True)]
    if outline is None or outline.kind != "versus":
        return [arm_of_run(run) for _, run in runs]
    roles = dict.fromkeys(one.role for one, _ in runs)
    return [
        Arm(
            id=f"{group.id}/{number}",
            name=f"{name}: {role}",
            runs=tuple(str(run.path) for one, run in runs if one.role == role),
            seeds=True,
        )
        for number, role in enumerate(roles, start=1)
    ]


def has_answers(run: RunFolder) -> bool:
    """Return whether a run has a model, or what one has answered."""
    return (run.model / "config.json").is_file() or run.predictions.is_file()
