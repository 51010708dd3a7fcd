"""Entries of groups: seeds, sweeps, models against each other, distillations. Their runs stand inside, a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.base.text import clean_line
from core.experiments.state import GroupState, MemberState, read_result
from core.lab_journal import verdicts
from core.lab_journal.changes import Candidate, asked_of, differences, from_preset, latest_before
from core.lab_journal.entry import Before, Entry, Member
from core.lab_journal.expected import expected_of, notes_between
from core.lab_journal.findings import findings_of, verdict_of
from core.lab_journal.runs import Known, entry_id, line_of, replaced
from core.lab_journal.stages import JournalRun, created, figures_of
from core.runs.group import GroupFolder, GroupOutline, read_group
from core.runs.group_journal import Member as Planned
from core.runs.group_journal import read_group_journal
from core.runs.notes import read_annotations


def candidate_of(group: GroupFolder, outline: GroupOutline) -> Candidate:
    """Return a group as what later entries can be held against."""
    asked = asked_of(outline.request)
    return Candidate(
        group.id, outline.name, created(group.id), outline.kind, outline.request.data, asked, group=group.id
    )


def entry_of_group(group: GroupFolder, known: Known) -> Entry:
    """Return the entry of a group, also of one whose group.toml is damaged."""
    outline, said = read_group(group), read_annotations(group.notes)
    history = read_group_journal(group.journal)
    begun = created(group.id)
    members = [_state_of(one, known.runs) for one in history.members.values()]
    if outline is None:
        return Entry(
            id=group.id,
            kind="group",
            time=begun,
            name=group.id,
            state="damaged",
            group=group.id,
            message="Its group.toml cannot be read, so it is not known what was asked.",
            members=tuple(_line(one, known.runs) for one in members),
            notes=notes_between(said, None, None),
        )
    state = GroupState(group, outline, tuple(members), history.stopped, group.result.exists())
    ended = max((one.summary.ended or 0.0 for one in members if one.summary is not None), default=0.0)
    entry = Entry(
        id=group.id,
        kind=outline.kind,
        time=begun,
        name=outline.name,
        state=_words(state),
        group=group.id,
        data=outline.request.data,
        recipe=outline.request.recipe,
        expected=expected_of(outline.request.hypothesis, begun, ended if state.concluded else None, said.hypotheses),
        findings=(*_asked_in_words(outline), *findings_of(outline.kind, read_result(group))),
        members=tuple(_line(one, known.runs) for one in members),
        notes=notes_between(said, None, None),
    )
    if (asked := outline.request.distillation) is not None:
        return _against_teacher(entry, group, outline, asked.teacher, known)
    latest = latest_before(known.candidates.get(outline.request.data, ()), outline.kind, begun)
    if latest is None:
        return replaced(entry, changes=from_preset(outline.request))
    ignored = _varied(outline)
    return replaced(
        entry,
        before=Before(id=latest.id, name=latest.name, relation="earlier"),
        changes=differences(latest.asked, asked_of(outline.request), ignored),
        verdict=verdicts.of_groups(known.comparisons, group.id, latest.group) if latest.group is not None else None,
    )


def _against_teacher(entry: Entry, group: GroupFolder, outline: GroupOutline, teacher: str, known: Known) -> Entry:
    """Return the entry of a distillation, held against the model that is imitated."""
    found = known.runs.get(teacher)
    verdict = verdict_of(outline.kind, read_result(group))
    if found is None or found.outline is None:
        gone = Before(id=teacher, name=teacher, relation="teacher", is_known=False)
        return replaced(entry, before=gone, verdict=verdict)
    stage = found.stage_at(entry.time)
    return replaced(
        entry,
        before=Before(id=entry_id(found, stage), name=found.summary.name, relation="teacher"),
        changes=differences(asked_of(found.outline, stage.epochs), asked_of(outline.request), ("teacher", "layers")),
        held_against=(line_of(found.summary.name, stage),),
        verdict=verdict,
    )


def _state_of(member: Planned, runs: Mapping[str, JournalRun]) -> MemberState:
    run = runs.get(member.run) if member.run is not None else None
    return MemberState(member, run.summary if run is not None else None)


def _line(one: MemberState, runs: Mapping[str, JournalRun]) -> Member:
    run = runs.get(one.member.run) if one.member.run is not None else None
    summary = one.summary
    settings = dict(one.member.settings)
    if one.member.epochs is not None:
        settings["epochs"] = one.member.epochs
    return Member(
        number=one.number,
        name=summary.name if summary is not None else one.member.name,
        run=one.member.run,
        state=summary.state if summary is not None else "deleted" if one.is_deleted else "planned",
        settings=settings,
        why=one.member.why or (one.member.role if one.member.role != "trial" else ""),
        figures=run.stages[-1].figures if run is not None else figures_of(None),
    )


def _words(state: GroupState) -> str:
    if state.concluded:
        return "finished"
    if state.stopped:
        return "stopped"
    return "interrupted" if state.is_stalled else "running"


def _varied(outline: GroupOutline) -> Sequence[str]:
    """Return the settings that the group's runs differ in, which its request says nothing about."""
    space = outline.spec.get("space")
    return {
        "seeds": ("seed",),
        "sweep": (*space,) if isinstance(space, dict) else (),
        "versus": ("model", "seed"),
        "distillation": (),
        "folds": (),
    }[outline.kind]


def _asked_in_words(outline: GroupOutline) -> tuple[str, ...]:
    """Return what the group wants to know, in a sentence."""
    spec = outline.spec
    if outline.kind == "seeds" and isinstance(spec.get("seeds"), list):
        return (f"Seeds {', '.join(map(str, spec['seeds']))}.",)
    if outline.kind == "sweep" and isinstance(spec.get("space"), dict):
        space = ", ".join(f"{name} {values}" for name, values in spec["space"].items())
        return (f"{str(spec.get('strategy', 'search')).capitalize()} over {space}.",)
    if outline.kind == "versus" and isinstance(spec.get("models"), list):
        minutes = spec.get("minutes")
        budget = f", {minutes:g} minutes each" if isinstance(minutes, int | float) and minutes else ""
        return (f"Models {', '.join(map(str, spec['models']))}{budget}.",)
    if outline.kind == "folds":
        return (f"Which labels of {clean_line(str(spec.get('source', 'the data')), 80)} are probably wrong.",)
    return ()
