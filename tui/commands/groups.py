"""Groups of runs on the command line: how one is started, followed, stopped, continued and reported."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from core.base.text import clean_line
from tui.commands.output import complain, facts, progress_on_stderr, say, say_json, table
from tui.commands.student import say_student
from tui.commands.sweep_findings import say_findings
from tui.formatting import counted

if TYPE_CHECKING:
    from core.experiments.state import GroupState, MemberState
    from core.runs.group import GroupFolder, Kind
    from core.runs.request import Request

_POLL_SECONDS = 1.0
_INTERRUPTED = 130


def start(name: str, kind: Kind, request: Request, spec: dict[str, Any], *, wait: bool, json: bool) -> int:
    """Start a group of runs, and report on it or follow it to its end; return the exit status."""
    from core.experiments.continuing import start_group

    group = start_group(name, kind, request, spec)
    return finish(group, wait=wait, json=json)


def finish(group: GroupFolder, *, wait: bool, json: bool) -> int:
    """Say that a group was started, or follow it to its end."""
    from core.experiments.state import read_state

    state = read_state(group)
    if not wait:
        if json:
            say_json(group_facts(state))
        else:
            say(f"Started the {state.outline.kind} {clean_line(state.outline.name)} ({group.id}).")
            say(
                "Its runs train one after the other without this terminal; `reviewtui status "
                f"{clean_line(state.outline.name)}` shows how far they are."
            )
        return 0
    status = follow_quietly(group)
    return report(read_state(group), json=json) if status != _INTERRUPTED else status


def follow_quietly(group: GroupFolder) -> int:
    """Follow a group to its end; return 0 if it has a result, 130 if the user leaves it, else 1."""
    from core.experiments.state import read_state

    try:
        state = follow(group)
    except KeyboardInterrupt:
        name = clean_line(read_state(group).outline.name)
        complain(f"{name} continues; `reviewtui status {name}` shows how far it is, `reviewtui stop {name}` ends it.")
        return _INTERRUPTED
    return 0 if state.concluded else 1


def follow(group: GroupFolder) -> GroupState:
    """Show how far a group is until it has ended or is stopped, and return its state."""
    from core.experiments.continuing import continue_all
    from core.experiments.state import read_state
    from core.runs.queue import read_queue

    with progress_on_stderr() as progress:
        while (state := read_state(group)).is_unfinished:
            over = sum(one.is_over for one in state.members)
            training = next((one for one in state.members if one.summary is not None and one.summary.pid), None)
            now = f", {clean_line(training.member.name, 40)} {_share(training)}" if training is not None else ""
            progress(f"{over} of {counted(len(state.members), 'run')} ended{now}", None)
            queue = read_queue()
            if queue.training is None and (queue.waiting or state.is_stalled):
                continue_all()
            time.sleep(_POLL_SECONDS)
    return state


def report(state: GroupState, *, json: bool) -> int:
    """Print the state of a group; return 0 if it has ended with a result, else 1."""
    if json:
        say_json(group_facts(state))
        return 0 if state.concluded else 1
    rows: list[list[object]] = [_row(one) for one in state.members]
    facts([("group", f"{clean_line(state.outline.name)} ({state.group.id})"), ("kind", state.outline.kind)])
    facts([("state", state.word)])
    if rows:
        table(["run", "name", "state", "accuracy", "macro F1", "loss"], rows)
    from core.experiments.state import read_result

    result = read_result(state.group) or {}
    if state.outline.kind == "sweep":
        if result:
            say_findings(result)
        return 0 if state.concluded else 1
    if state.outline.kind == "distillation":
        say_student(result)
        return 0 if state.concluded else 1
    if state.outline.kind == "folds":
        _say_suspects(result)
        return 0 if result.get("suspects") else 1
    if state.outline.kind == "versus":
        _say_comparison(result)
        return 0 if state.concluded else 1
    for name, spread in result.items():
        if isinstance(spread, dict) and spread.get("mean") is not None:
            sd = f" ± {spread['sd']:.4f} (standard deviation)" if spread.get("sd") is not None else ""
            say(f"{name.replace('_', ' ')}: mean {spread['mean']:.4f}{sd}, {spread['min']:.4f} to {spread['max']:.4f}")
    return 0 if state.concluded else 1


def _say_suspects(result: dict[str, Any]) -> None:
    """Print the figures that labels judged in folds end in, or why there are none."""
    if result.get("suspects"):
        import msgspec

        from core.suspicion.report import Suspicions, in_words

        say(in_words(msgspec.convert(result["suspects"], Suspicions)))
    elif result.get("sentence"):
        say(f"note: {clean_line(result['sentence'], 300)}")


def _say_comparison(result: dict[str, Any]) -> None:
    """Print the comparison that models against each other end in, or why there is none."""
    from tui.commands.compare import show

    if result.get("comparison") is not None:
        import msgspec

        from core.comparison.report import ComparisonReport

        say()
        show(msgspec.convert(result["comparison"], ComparisonReport))
    elif result.get("no_comparison"):
        say(f"note: {clean_line(result['no_comparison'], 300)}")


def group_facts(state: GroupState) -> dict[str, Any]:
    """Return the object that `status GROUP --json` prints."""
    from core.experiments.state import read_result

    return {
        "group": state.group.id,
        "name": state.outline.name,
        "kind": state.outline.kind,
        "state": state.word,
        "folder": str(state.group.path),
        "spec": state.outline.spec,
        "runs": [_member_facts(one) for one in state.members],
        "result": read_result(state.group),
    }


def _member_facts(one: MemberState) -> dict[str, Any]:
    summary = one.summary
    return {
        "number": one.number,
        "name": one.member.name,
        "run": one.member.run,
        "state": summary.state if summary is not None else "deleted" if one.is_deleted else "planned",
        "settings": one.member.settings,
        "why": one.member.why,
        "epochs": summary.epochs if summary is not None else None,
        "validation": summary.validation.to_json() if summary is not None and summary.validation else None,
    }


def _row(one: MemberState) -> list[object]:
    found = _member_facts(one)
    scores = found["validation"] or {}
    return [
        found["run"] or "-",
        clean_line(found["name"], 40),
        found["state"],
        *(f"{scores[name]:.4f}" if name in scores else "-" for name in ("accuracy", "macro_f1", "loss")),
    ]


def _share(one: MemberState) -> str:
    summary = one.summary
    return f"{summary.step / summary.steps:.0%}" if summary is not None and summary.steps else "starting"
