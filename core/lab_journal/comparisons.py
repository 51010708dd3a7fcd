"""Entries of comparisons that were kept."""

from __future__ import annotations

from pathlib import Path

from core.comparison.kept import comparisons_home
from core.comparison.report import ComparisonReport, PairReport, SettingReport
from core.lab_journal.entry import Change, Entry, Line, Verdict
from core.lab_journal.expected import expected_of, notes_between
from core.lab_journal.verdicts import sentences
from core.runs.notes import read_annotations


def notes_of_comparison(id: str) -> Path:
    """Return the file of what the user says about a comparison; it stands beside the comparison."""
    return comparisons_home() / f"{id}.notes.jsonl"


def group_of(report: ComparisonReport) -> str:
    """Return the id of the group whose models were compared with each other; empty if there is no such group."""
    groups = {one.id.partition("/")[0] if "/" in one.id else "" for one in report.arms}
    return groups.pop() if len(groups) == 1 else ""


def entry_of_comparison(report: ComparisonReport) -> Entry:
    """Return the entry of a comparison."""
    said = read_annotations(notes_of_comparison(report.id))
    out = f", {report.excluded:,} were left out" if report.excluded else ""
    changes = None
    if len(report.arms) == 2:
        changes = tuple(
            Change(setting=one.setting, before=one.values[0], after=one.values[1])
            for one in report.differing_settings
            if len(one.values) == 2
        )
    every: tuple[SettingReport | PairReport, ...] = (*report.settings, *report.pairs)
    said_of_all = tuple(f"{one}." for one in sentences(report)) if every[1:] else ()
    only = every[0] if len(every) == 1 else None
    return Entry(
        id=report.id,
        kind="comparison",
        time=report.time,
        name=" against ".join(one.name for one in report.arms),
        state="",
        comparison=report.id,
        data=report.data,
        expected=expected_of("", report.time, report.time, said.hypotheses),
        changes=changes,
        held_against=tuple(
            Line(name=one.name, accuracy=one.accuracy, macro_f1=one.macro_f1, loss=one.loss, seconds=one.seconds)
            for one in report.runs
        ),
        findings=(
            f"{report.question[:1].upper()}{report.question[1:]}? On {report.rows:,} rows of {report.data}{out}.",
            *said_of_all,
        ),
        verdict=Verdict(sentence=only.sentence, verdict=only.verdict) if only is not None else None,
        notes=notes_between(said, None, None),
    )
