"""All entries of the lab journal in the order of time, and those that are about something."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from core.base.errors import InputError
from core.base.text import clean_line
from core.comparison.judged import Judged, Pair
from core.comparison.kept import list_comparisons
from core.comparison.prices import price_in_words
from core.comparison.report import ComparisonReport
from core.lab_journal.changes import by_data
from core.lab_journal.comparisons import entry_of_comparison, group_of, notes_of_comparison
from core.lab_journal.entry import Entry, Verdict
from core.lab_journal.groups import candidate_of, entry_of_group
from core.lab_journal.runs import Known, baselines_of, candidates_of, entries_of_run, replaced
from core.lab_journal.stages import JournalRun, read_run
from core.runs.folder import RunFolder, find_run, list_runs, runs_home
from core.runs.group import GroupFolder, find_group, groups_home, list_groups, read_group
from core.runs.run_list import stamp_of
from core.runs.stamps import Stamp
from core.runs.status import OVER

_DATES = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%Y-%m", "%Y")


class LabJournal:
    """The journal of this home. Read again, it reads what has changed of runs that are over."""

    def __init__(self) -> None:
        self._runs: dict[str, tuple[Stamp, JournalRun]] = {}

    def read(self) -> list[Entry]:
        """Return all entries, the oldest first. Folders that were deleted meanwhile are left out.

        Raises:
            ReviewtuiError: The folder of runs cannot be read.
        """
        runs = self._read_runs()
        groups = [(group, read_group(group)) for group in list_groups()]
        grouped = {group.id for group, _ in groups}
        alone = [one for one in runs.values() if one.outline is None or one.outline.group not in grouped]
        candidates = [candidate for one in alone for candidate in candidates_of(one)]
        candidates += [candidate_of(group, outline) for group, outline in groups if outline is not None]
        comparisons = list_comparisons()
        known = Known(runs, comparisons, by_data(candidates), baselines_of([*runs.values()]))
        entries = [entry for one in alone for entry in entries_of_run(one, known)]
        entries += [entry_of_group(group, known) for group, _ in groups]
        entries += [entry_of_comparison(one) for one in comparisons if group_of(one) not in grouped]
        return sorted(entries, key=lambda entry: (entry.time, entry.id))

    def _read_runs(self) -> Mapping[str, JournalRun]:
        found: dict[str, tuple[Stamp, JournalRun]] = {}
        for run in list_runs():
            stamp, kept = stamp_of(run), self._runs.get(run.id)
            if kept is None or kept[0] != stamp or kept[1].summary.state not in OVER:
                try:
                    kept = stamp, read_run(run)
                except FileNotFoundError:
                    continue
            found[run.id] = kept
        self._runs = found
        return {id: one for id, (_, one) in found.items()}


def judged(entries: Sequence[Entry], verdicts: Mapping[Pair, Judged]) -> list[Entry]:
    """Return the entries with what the engine said of pairs of models."""
    found = []
    for entry in entries:
        said = verdicts.get(entry.to_judge) if entry.to_judge is not None else None
        if said is None:
            found.append(entry)
        elif said.sentence:
            cost = _price(entry)
            verdict = Verdict(sentence=f"{said.sentence}; {cost}" if cost else said.sentence, verdict=said.verdict)
            found.append(replaced(entry, verdict=verdict, to_judge=None))
        else:
            found.append(replaced(entry, not_judged=said.why_not.rstrip("."), to_judge=None))
    return found


def _price(entry: Entry) -> str:
    """Return what an entry took to train, compared with the one before; of a branch only a part is known."""
    if entry.kind == "branch":
        return ""
    own = entry.figures.seconds if entry.figures is not None else None
    other = entry.held_against[0] if entry.before is not None and entry.held_against else None
    if entry.figures is None or other is None or not own or not other.seconds:
        return ""
    return price_in_words(own / other.seconds, None, uneven=entry.figures.found_layers != other.found_layers)


def begins(date: str) -> float:
    """Return the beginning of a date as it is typed, in seconds since 1970.

    Raises:
        InputError: It is not a date.
    """
    for form in _DATES:
        try:
            return time.mktime(time.strptime(date.strip(), form))
        except (ValueError, OverflowError):
            continue
    raise InputError(f"'{clean_line(date, 40)}' is not a date; it is written like 2026-09-21 or '2026-09-21 14:30'.")


def since(entries: Iterable[Entry], moment: float) -> list[Entry]:
    """Return the entries that were begun, or of which something was said, since a moment."""
    return [
        entry
        for entry in entries
        if entry.time >= moment or any(one.time >= moment for one in (*entry.notes, *entry.expected))
    ]


def about(entries: Iterable[Entry], word: str) -> list[Entry]:
    """Return the entries about a run or a group: itself, its extensions, its branches, and its comparisons.

    Of a run that belongs to a group, these are the entries of the group and of its own comparisons.

    Raises:
        InputError: There is no such run or group.
    """
    group = find_group(word)
    id = group.id if group is not None else find_run(word).id
    compared = {one.id for one in list_comparisons() if id in _parts(one)}
    return [
        entry
        for entry in entries
        if id in (entry.run, entry.group)
        or entry.comparison in compared
        or any(one.run == id for one in entry.members)
        or (entry.kind == "branch" and entry.before is not None and entry.before.id.partition("@")[0] == id)
    ]


def _parts(report: ComparisonReport) -> set[str]:
    """Return the ids of the runs and groups that were compared."""
    return {one.id.partition("/")[0] for one in report.arms} | {one.run for one in report.runs}


def notes_file(entry: Entry) -> Path:
    """Return the file of what the user says about the subject of an entry."""
    if entry.run is not None:
        return RunFolder(runs_home() / entry.run).notes
    if entry.group is not None:
        return GroupFolder(groups_home() / entry.group).notes
    assert entry.comparison is not None
    return notes_of_comparison(entry.comparison)


def epochs_meant(entry: Entry) -> int | None:
    """Return the epochs of the extension that an entry is about; None for any other entry."""
    epochs = entry.id.partition("@")[2]
    return int(epochs) if epochs.isdecimal() else None
