"""`runs` and `status`: the list of runs, and the state of one. Both read the runs' folders; no worker is asked."""

from __future__ import annotations

import time
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands import groups
from tui.commands.options import Json, RunWord
from tui.commands.output import facts, say, say_json, table
from tui.formatting import in_bytes, in_time, settings_text, trouble

if TYPE_CHECKING:
    from core.runs.records import ValidationFigures
    from core.runs.summary import RunSummary


def runs(json: Json = False) -> int:
    """List every run, the newest first; branches are listed below the run they come from."""
    from core.runs.disk_usage import bytes_on_disk
    from core.runs.folder import list_runs
    from core.runs.summary import summarize
    from core.runs.tree import as_tree, branch_label

    folders = list_runs()
    summaries = [summarize(run) for run in folders]
    sizes = {run.id: bytes_on_disk(run.path) for run in folders}
    if json:
        for summary in summaries:
            say_json({**summary.to_json(), "bytes_on_disk": sizes[summary.id]})
        return 0
    if not summaries:
        say("There is no run yet; start one with `reviewtui train DATA`, or open the workbench with `reviewtui`.")
        return 0
    rows: list[list[object]] = [
        [
            summary.id,
            branch_label(summary.name, depth),
            summary.state,
            f"{summary.step}/{summary.steps}" if summary.steps else "-",
            f"{summary.validation.accuracy:.3f}" if summary.validation else "-",
            f"{summary.validation.macro_f1:.3f}" if summary.validation else "-",
            summary.model,
            time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.began)) if summary.began else "-",
            in_bytes(sizes[summary.id]),
        ]
        for summary, depth in as_tree(summaries)
    ]
    table(["run", "name", "state", "steps", "accuracy", "macro F1", "model", "began", "size"], rows)
    say(f"{len(summaries)} run{'s' * (len(summaries) != 1)}, {in_bytes(sum(sizes.values()))} on disk")
    for summary in summaries:
        if trouble(summary, time.time(), ""):
            say(f"{summary.name}: {_state(summary)}")
    if sum(summary.state == "interrupted" for summary in summaries) > 1:
        say("`reviewtui resume --all` resumes every interrupted run.")
    return 0


def status(
    run: RunWord,
    json: Json = False,
    plain: Annotated[bool, typer.Option("--plain", help="One fact a line, for screen readers and scripts.")] = False,
) -> int:
    """Show the state and progress of a run."""
    from core.experiments.state import read_state
    from core.runs.disk_usage import bytes_on_disk
    from core.runs.folder import find_run
    from core.runs.group import find_group
    from core.runs.history import read_history
    from core.runs.status import OVER
    from core.runs.summary import summary_of

    if (group := find_group(run)) is not None:
        groups.report(read_state(group), json=json)
        return 0
    folder = find_run(run)
    history = read_history(folder.journal)
    summary = summary_of(folder, history)
    memory = history.memory[-1] if history.memory else None
    left = history.seconds_left() if summary.state not in OVER else None
    outline, loss, size = summary.outline, history.smoothed_loss(), bytes_on_disk(folder.path)
    elapsed = history.steps[-1].seconds if history.steps else None
    if json:
        extra = {
            "smoothed_loss": loss if loss is not None and isfinite(loss) else None,
            "bytes_on_disk": size,
            "seconds_left_estimate": left,
            "reviews_per_second": history.reviews_per_second(),
            "process_memory_bytes": memory.process if memory is not None else None,
            "peak_memory_bytes": history.peak_bytes,
            "notices": [notice.text for notice in history.notices],
        }
        say_json({**summary.to_json(), **extra})
        return 0
    found: list[tuple[str, object]] = [
        ("run", summary.id),
        ("name", summary.name),
        ("state", _state(summary)),
        ("phase", summary.phase or None),
        ("model", summary.model),
        ("data", summary.data),
        ("settings", settings_text(outline.preset, outline.changed_settings()) if outline is not None else None),
        ("branch of", f"{summary.parent.run}, step {summary.parent.step}" if summary.parent else None),
        ("epoch", f"{summary.epoch:.2f} of {summary.epochs:.3g}" if summary.epochs else None),
        ("step", f"{summary.step} of {summary.steps}" if summary.steps else None),
        ("training loss", f"{loss:.4f} (smoothed)" if loss is not None else None),
        *_validation(summary.validation),
        ("best epoch", summary.best_epoch),
        *(
            (f"with {one.epochs:g} epochs", f"accuracy {one.validation.accuracy:.4f}")
            for one in history.earlier
            if one.validation is not None and one.epochs
        ),
        ("checkpoint", f"step {summary.checkpoint_step}" if summary.checkpoint_step is not None else None),
        ("no checkpoint", summary.no_checkpoint or None),
        *(("repeated", f"steps {first} to {last}, after a resume") for first, last in history.replays),
        ("time", in_time(elapsed) if elapsed is not None else None),
        ("time left (estimate)", in_time(left) if left is not None else None),
        ("memory", in_bytes(memory.process) if memory is not None else None),
        ("peak memory", in_bytes(history.peak_bytes) if history.peak_bytes is not None else None),
        ("worker", f"{summary.pid} on {summary.host}" if summary.pid is not None else None),
        ("folder", summary.folder),
        ("size on disk", in_bytes(size)),
        *(("note", notice.text) for notice in history.notices),
    ]
    if plain:
        for name, value in found:
            if value is not None:
                say(f"{name}: {value}")
    else:
        facts(found)
    return 0


def _state(summary: RunSummary) -> str:
    """Return a run's state, with what happened to it or what to do about it."""
    words = trouble(summary, time.time(), f"`reviewtui resume {summary.id}`") or summary.message
    between = " " if summary.state == "unresponsive" else ": "
    return f"{summary.state}{between}{words}" if words else summary.state


def _validation(figures: ValidationFigures | None) -> list[tuple[str, object]]:
    if figures is None:
        return []
    return [
        ("validation accuracy", f"{figures.accuracy:.4f}"),
        ("validation macro F1", f"{figures.macro_f1:.4f}"),
        ("validation loss", f"{figures.loss:.4f}"),
    ]
