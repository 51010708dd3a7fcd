"""Entries of runs: one for a run or a branch as it was at first, and one for each time that it was extended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.comparison.judged import Pair
from core.comparison.report import ComparisonReport
from core.lab_journal import verdicts
from core.lab_journal.changes import Candidate, Sort, asked_of, differences, from_preset, latest_before
from core.lab_journal.entry import Before, Change, Entry, Kind, Line
from core.lab_journal.expected import expected_of, notes_between
from core.lab_journal.findings import value_text
from core.lab_journal.stages import JournalRun, Stage
from core.runs.baselines import Baseline, baseline_of, gain_in_words, gain_over, same_rows
from core.runs.notes import read_annotations
from core.runs.outline import Value
from core.runs.records import EndRecord
from core.runs.status import OVER


@dataclass(frozen=True)
class Known:
    """Everything that entries are held against."""

    runs: Mapping[str, JournalRun]
    comparisons: Sequence[ComparisonReport]
    """The newest first."""
    candidates: Mapping[str, Sequence[Candidate]]
    """Data → entries that others can be held against, the earliest first."""
    baselines: Sequence[tuple[JournalRun, Baseline]]


def baselines_of(runs: Sequence[JournalRun]) -> list[tuple[JournalRun, Baseline]]:
    """Return the finished baselines among runs."""
    found = []
    for one in runs:
        if one.outline is not None and one.outline.method == "baseline":
            baseline = baseline_of(one.run)
            if baseline is not None:
                found.append((one, baseline))
    return found


def candidates_of(one: JournalRun) -> list[Candidate]:
    """Return the stages of a run that stands alone, as what later entries can be held against."""
    if one.outline is None:
        return []
    sorts: dict[str, Sort] = {"fine-tuning": "run", "baseline": "baseline", "distillation": "student"}
    sort, name = sorts[one.outline.method], one.summary.name
    return [
        Candidate(
            entry_id(one, stage),
            name,
            stage.time,
            sort,
            one.outline.data,
            asked_of(one.outline, stage.epochs),
            run=one,
            stage=stage,
        )
        for stage in one.stages
    ]


def entry_id(one: JournalRun, stage: Stage) -> str:
    """Return the id of the entry about a stage."""
    return f"{one.id}@{stage.epochs}" if stage.number else one.id


def entries_of_run(one: JournalRun, known: Known) -> list[Entry]:
    """Return an entry for each stage of a run that stands alone."""
    return [_entry(one, stage, known) for stage in one.stages]


def _entry(one: JournalRun, stage: Stage, known: Known) -> Entry:
    outline, summary = one.outline, one.summary
    said = read_annotations(one.run.notes)
    following = one.stages[stage.number + 1] if one.stages[stage.number + 1 :] else None
    until = following.time if following is not None else None
    message = summary.message if following is None else stage.end.message if stage.end is not None else ""
    entry = Entry(
        id=entry_id(one, stage),
        kind=_kind(one, stage),
        time=stage.time,
        name=summary.name,
        state=stage.state,
        run=one.id,
        data=summary.data if outline is not None else "",
        recipe=outline.recipe if outline is not None else "",
        message=message if outline is not None else "Its settings.toml cannot be read.",
        expected=expected_of(
            outline.hypothesis if outline is not None and not stage.number else "",
            stage.time,
            stage.ended,
            said.hypotheses,
            stage.epochs if stage.number else None,
        ),
        figures=stage.figures,
        notes=notes_between(said, stage.time if stage.number else None, until),
    )
    held = _majority(one) + _baseline_line(one, known)
    entry = replaced(entry, held_against=held, against_baseline=_gain(one, stage, known, last=following is None))
    if outline is None:
        return entry
    if outline.method == "baseline":
        entry = replaced(entry, findings=_of_baseline(stage.end))
    before, other = _before(one, stage, known)
    if before is None:
        return replaced(entry, changes=from_preset(outline))
    changes = _changes(one, stage, before, other)
    entry = replaced(entry, before=before, changes=changes)
    if other is None or other.run is None or other.stage is None:
        return replaced(entry, not_judged="" if other is not None else f"the run {before.id} is gone")
    line = line_of(other.name, other.stage)
    return _judged(replaced(entry, held_against=(line, *held)), one, stage, other, known, until)


def replaced(entry: Entry, **fields: object) -> Entry:
    """Return an entry with other values."""
    import msgspec

    changed: Entry = msgspec.structs.replace(entry, **fields)
    return changed


def _kind(one: JournalRun, stage: Stage) -> Kind:
    if stage.number:
        return "extension"
    if one.outline is not None and one.outline.parent is not None:
        return "branch"
    kinds: dict[str, Kind] = {"baseline": "baseline", "distillation": "student"}
    return kinds.get(one.outline.method, "run") if one.outline is not None else "run"


def _before(one: JournalRun, stage: Stage, known: Known) -> tuple[Before | None, Candidate | None]:
    """Return what a stage is held against, and its facts; no facts if it is gone."""
    assert one.outline is not None
    if stage.number:
        earlier = candidates_of(one)[stage.number - 1]
        return Before(id=earlier.id, name=earlier.name, relation="extension"), earlier
    if (parent := one.outline.parent) is not None:
        other = known.runs.get(parent.run)
        if other is None or other.outline is None:
            name = other.summary.name if other is not None else parent.run
            return Before(id=parent.run, name=name, relation="branch", step=parent.step, is_known=False), None
        there = candidates_of(other)[other.stage_at(stage.time).number]
        return Before(id=there.id, name=there.name, relation="branch", step=parent.step), there
    sort = candidates_of(one)[stage.number].sort
    latest = latest_before(known.candidates.get(one.outline.data, ()), sort, stage.time)
    return (Before(id=latest.id, name=latest.name, relation="earlier"), latest) if latest is not None else (None, None)


def _changes(one: JournalRun, stage: Stage, before: Before, other: Candidate | None) -> tuple[Change, ...] | None:
    assert one.outline is not None
    if other is None:
        return None
    changes = differences(other.asked, asked_of(one.outline, stage.epochs))
    changes = tuple(_resolved(change, other.run, one) for change in changes)
    own, its = one.provenance, other.run.provenance if other.run is not None else None
    if own is not None and its is not None and own.data_hash != its.data_hash and before.relation == "earlier":
        changes = (Change(setting="content of the data", before="as it was then", after="changed since"), *changes)
    return changes


def _resolved(change: Change, before: JournalRun | None, after: JournalRun) -> Change:
    """Return a change in which `auto` is followed by what it stood for, as far as the plans of both runs say."""

    def plain(value: Value | None, run: JournalRun | None) -> Value | None:
        plan = run.plan if run is not None else None
        if value != "auto" or plan is None or change.setting not in ("learning_rate", "model"):
            return value
        return f"auto ({plan.model if change.setting == 'model' else value_text(float(plan.learning_rate))})"

    return Change(setting=change.setting, before=plain(change.before, before), after=plain(change.after, after))


def line_of(name: str, stage: Stage) -> Line:
    """Return the scores of a stage as a line to be held against."""
    found = stage.figures
    return Line(
        name=name,
        accuracy=found.accuracy,
        macro_f1=found.macro_f1,
        loss=found.loss,
        seconds=found.seconds,
        found_layers=found.found_layers,
    )


def _judged(entry: Entry, one: JournalRun, stage: Stage, other: Candidate, known: Known, until: float | None) -> Entry:
    """Return an entry with its verdict, with what the engine can judge, or with why there is nothing to judge."""
    assert other.run is not None and other.stage is not None
    if one.id != other.run.id:
        ends = [*([until] if until is not None else []), *other.run.ends_of(other.stage)]
        found = verdicts.of_runs(known.comparisons, one.id, other.run.id, stage.time, min(ends, default=None))
        if found is not None:
            return replaced(entry, verdict=found)
    if stage.state not in OVER:
        return replaced(entry, not_judged="it has no result yet")
    for name, answers in ((entry.name, stage.answers), (other.name, other.stage.answers)):
        if answers is None:
            whose = "the model from before the extension" if one.id == other.run.id else name
            return replaced(entry, not_judged=f"{whose} has no stored answers to validation rows")
    own, its = one.provenance, other.run.provenance
    if own is not None and its is not None and not (own.labels == its.labels and _alike(own, its)):
        return replaced(entry, not_judged="they were measured on different rows")
    assert stage.answers is not None and other.stage.answers is not None
    return replaced(entry, to_judge=Pair(a=stage.answers, b=other.stage.answers))


def _alike(own: object, its: object) -> bool:
    """Return whether two runs may have been measured on the same rows: runs of earlier versions do not say."""
    hashes = [getattr(one, "validation_sha256", "") for one in (own, its)]
    return not all(hashes) or hashes[0] == hashes[1]


# What it is held against besides


def _majority(one: JournalRun) -> tuple[Line, ...]:
    guess = one.plan.majority if one.plan is not None else None
    if guess is None:
        return ()
    return (Line(name=f"always “{guess.label}”", accuracy=guess.accuracy, macro_f1=guess.macro_f1),)


def _best_baseline(one: JournalRun, known: Known) -> Baseline | None:
    """Return the most accurate baseline on the rows of a run, as `core.runs.baselines.best_baseline` does."""
    if one.outline is None or one.outline.method == "baseline" or one.provenance is None:
        return None
    if not one.provenance.validation_sha256:
        return None
    found = [
        baseline
        for run, baseline in known.baselines
        if run.provenance is not None and same_rows(one.provenance, run.provenance)
    ]
    return max(found, key=lambda baseline: baseline.validation.accuracy, default=None)


def _baseline_line(one: JournalRun, known: Known) -> tuple[Line, ...]:
    best = _best_baseline(one, known)
    if best is None:
        return ()
    scores = best.validation
    return (
        Line(
            name=f"baseline {best.name}",
            accuracy=scores.accuracy,
            macro_f1=scores.macro_f1,
            loss=scores.loss,
            seconds=best.seconds,
        ),
    )


def _gain(one: JournalRun, stage: Stage, known: Known, *, last: bool) -> str:
    """Return what a stage gained over the best baseline; what a later baseline found is about the last stage."""
    best = _best_baseline(one, known)
    if best is None:
        return ""
    gain = gain_over(best if last else replace(best, against=()), one.run, stage.end)
    return gain_in_words(gain, one.outline.method if one.outline is not None else None) if gain is not None else ""


def _of_baseline(end: EndRecord | None) -> tuple[str, ...]:
    """Return what a baseline found about the fine-tuned runs that there were."""
    if end is None or not end.against:
        return ()
    better = sum(one.low > 0 for one in end.against)
    runs = f"{len(end.against)} fine-tuned run{'s' * (len(end.against) != 1)}"
    return (f"Of {runs} on the same rows before it, {better or 'none'} had gained something over it.",)
