"""`runs` and `status`: the list of runs, and the state of one. Both read the runs' folders; no worker is asked."""

from __future__ import annotations

import time
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands import groups
from tui.commands.options import Bell, Json, RunWord
from tui.commands.output import facts, say, say_json, table
from tui.formatting import counted, in_bytes, in_time, progress_text, settings_text, spread_text, trouble

if TYPE_CHECKING:
    from core.experiments.listed_group import ListedGroup, Row
    from core.runs.figures import ValidationFigures
    from core.runs.folder import RunFolder
    from core.runs.listed import ListedRun
    from core.runs.summary import RunSummary


def runs(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILTER]…", help="Only runs that fit, like thorough 'accuracy>0.9' tag:good epochs=4."),
    ] = None,
    sort: Annotated[str | None, typer.Option(metavar="COLUMN", help="Sort by a column or setting.")] = None,
    descending: Annotated[bool, typer.Option("--descending", help="The highest first.")] = False,
    json: Json = False,
) -> int:
    """List every run, the newest first; branches are below the run they come from, and runs below their group."""
    from core.experiments.listed_group import listed_groups, with_groups
    from core.runs.disk_usage import shared_bytes
    from core.runs.listed import ALIASES, sorted_runs
    from core.runs.run_list import RunList

    listing = RunList()
    everything = listing.read(settings=bool(words or sort or json))
    shown = _filtered(everything, words or [])
    if sort is not None:
        name = ALIASES.get(sort, sort)
        _require_known(name, everything)
        shown = sorted_runs(shown, name, descending=descending)
    elif json:
        shown = sorted(shown, key=lambda run: run.id, reverse=True)
    if json:
        for run in shown:
            say_json({**run.summary.to_json(), "queue_place": run.place, "bytes_on_disk": run.bytes_on_disk})
        return 0
    alone = bool(words or sort)
    groups = listed_groups(listing.groups, everything, [one.id for one in listing.groups]) if not alone else []
    lines: list[Row] = [replace(run, depth=0) for run in shown] if alone else with_groups(shown, groups)
    if not lines and not everything:
        say("There is no run yet; start one with `reviewtui train DATA`, or open the workbench with `reviewtui`.")
        return 0
    if lines:
        _show(lines, with_group=alone)
    total = in_bytes(sum(run.bytes_on_disk or 0 for run in everything))
    number = counted(len(everything), "run")
    shared = f", and what they share {in_bytes(common)}" if (common := shared_bytes()) else ""
    say(
        f"{len(shown)} of {number}; all take {total} on disk{shared}" if words else f"{number}, {total} on disk{shared}"
    )
    for run in shown:
        if trouble(run.summary, time.time(), ""):
            say(f"{run.summary.name}: {_state(run.summary)}")
    if sum(run.summary.state == "interrupted" for run in everything) > 1:
        say("`reviewtui resume --all` resumes every interrupted run.")
    return 0


def _filtered(runs: list[ListedRun], words: list[str]) -> list[ListedRun]:
    """Return the runs that fit what was asked for.

    Raises:
        InputError: A term names no column or setting.
    """
    from core.runs.listed import known_names
    from core.runs.query import parse_query

    query = parse_query(" ".join(words), known_names(runs))
    if query.problem and runs:
        raise InputError(query.problem)
    return [run for run in runs if query.fits(run)]


def _require_known(name: str, runs: list[ListedRun]) -> None:
    from core.runs.listed import known_names

    if runs and name not in (known := known_names(runs)):
        raise InputError(f"There is no column or setting '{clean_line(name, 40)}'; there are {', '.join(known)}.")


def _show(lines: list[Row], *, with_group: bool) -> None:
    """Print a table.

    Args:
        with_group: Whether runs that are in a group say in which.
    """
    from core.experiments.listed_group import ListedGroup
    from core.runs.tree import branch_label

    runs = [line for line in lines if not isinstance(line, ListedGroup)]
    heads = ["run", "name", "state", "steps", "accuracy", "macro F1", "model", "began", "size"]
    tagged = any(run.summary.tags for run in runs)
    with_group = with_group and any(run.group for run in runs)
    heads += [*(["group"] if with_group else []), *(["tags"] if tagged else [])]
    rows: list[list[object]] = []
    for run in lines:
        if isinstance(run, ListedGroup):
            rows.append([*_group_row(run), ""][: len(heads)])
            continue
        summary, figures = run.summary, run.summary.validation
        place = f" {run.place}" if run.place is not None else ""
        row: list[object] = [
            summary.id,
            branch_label(summary.name, run.depth),
            f"{summary.state}{place}",
            f"{summary.step}/{summary.steps}" if summary.steps else "-",
            f"{figures.accuracy:.3f}" if figures is not None else "-",
            f"{figures.macro_f1:.3f}" if figures is not None else "-",
            summary.model,
            _date(summary.began) if summary.began else "-",
            in_bytes(run.bytes_on_disk or 0),
        ]
        row += [*([clean_line(run.group or "", 40)] if with_group else [])]
        rows.append([*row, " ".join(summary.tags)] if tagged else row)
    table(heads, rows)


def _group_row(group: ListedGroup) -> list[object]:
    """Return the line of a group: mean and standard deviation of seeds, or the best of other kinds."""
    scores = []
    for spread, best in (
        (group.spread("accuracy"), group.best_score("accuracy")),
        (group.spread("f1"), group.best_score("f1")),
    ):
        scores.append(spread_text(spread) if spread is not None else f"{best:.3f}" if best is not None else "-")
    model = group.shared("model")
    return [
        group.id,
        group.name,
        group.state,
        progress_text(group),
        *scores,
        model if isinstance(model, str) else "-",
        _date(group.began) if group.began else "-",
        in_bytes(group.bytes_on_disk or 0),
    ]


def status(
    run: RunWord,
    json: Json = False,
    plain: Annotated[bool, typer.Option("--plain", help="One fact a line, for screen readers and scripts.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow it to its end, in lines; ctrl+c stops following, not the run.")
    ] = False,
    chart: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Draw a chart instead: loss, accuracy, learning-rate, gradient-norm, …"),
    ] = None,
    bell: Bell = False,
) -> int:
    """Show the state and progress of a run."""
    from core.diagnosis.run import diagnose_run, to_json
    from core.experiments.state import read_state
    from core.runs.disk_usage import bytes_on_disk
    from core.runs.folder import find_run
    from core.runs.group import find_group
    from core.runs.history import read_history
    from core.runs.status import OVER
    from core.runs.summary import summary_of
    from tui.commands.chart import chart_lines
    from tui.commands.follow import follow, report
    from tui.commands.line_to_beat import line_to_beat, line_to_beat_json
    from tui.commands.time_facts import gpu_facts, gpu_json, time_facts, time_json

    if (json or plain) + watch + (chart is not None) > 1 and not (json and watch):
        raise InputError("--chart, --watch and --plain exclude each other; --watch may be combined with --json.")
    if (group := find_group(run)) is not None:
        if watch or chart is not None:
            raise InputError(f"{clean_line(run, 60)} is a group: --watch and --chart are for a single run.")
        groups.report(read_state(group), json=json)
        return 0
    folder = find_run(run)
    if watch:
        return report(folder, follow(folder, bell=bell), json=json)
    history = read_history(folder.journal)
    if chart is not None:
        for line in chart_lines(folder, history, chart):
            say(line)
        return 0
    summary = summary_of(folder, history)
    memory = history.memory[-1] if history.memory else None
    left = history.seconds_left() if summary.state not in OVER else None
    outline, loss, size = summary.outline, history.smoothed_loss(), bytes_on_disk(folder.path)
    diagnosis = diagnose_run(folder, history)
    elapsed, place = history.steps[-1].seconds if history.steps else None, _place(folder, summary)
    if elapsed is None and history.end is not None:
        elapsed = history.end.seconds
    if json:
        extra = {
            "smoothed_loss": loss if loss is not None and isfinite(loss) else None,
            "bytes_on_disk": size,
            "seconds_left_estimate": left,
            "reviews_per_second": history.reviews_per_second(),
            "process_memory_bytes": memory.process if memory is not None else None,
            "queue_place": place,
            "notices": [notice.text for notice in history.notices],
            "diagnosis": [to_json(one) for one in diagnosis],
            "time_spent": time_json(history),
            "gpus": gpu_json(history),
        }
        say_json({**summary.to_json(), **extra, **line_to_beat_json(folder, history)})
        return 0
    found: list[tuple[str, object]] = [
        ("run", summary.id),
        ("name", summary.name),
        ("state", _state(summary)),
        ("place in the queue", place),
        ("phase", summary.phase or None),
        ("model", summary.model),
        ("data", summary.data),
        ("settings", settings_text(outline.recipe, outline.changed_settings()) if outline is not None else None),
        ("branch of", f"{summary.parent.run}, step {summary.parent.step}" if summary.parent else None),
        ("epoch", f"{summary.epoch:.2f} of {summary.epochs:.3g}" if summary.epochs else None),
        ("step", f"{summary.step} of {summary.steps}" if summary.steps else None),
        ("training loss", f"{loss:.4f} smoothed" if loss is not None else None),
        *_validation(summary.validation),
        *line_to_beat(folder, history),
        *(("diagnosis", f"{one.sentence} {one.advice}") for one in diagnosis),
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
        *time_facts(history),
        ("memory", in_bytes(memory.process) if memory is not None else None),
        *gpu_facts(history),
        ("peak memory", in_bytes(summary.peak_memory_bytes) if summary.peak_memory_bytes is not None else None),
        ("worker", f"{summary.pid} on {summary.host}" if summary.pid is not None else None),
        ("folder", summary.folder),
        ("size on disk", in_bytes(size)),
        ("tags", " ".join(summary.tags) or None),
        *((f"noted {_date(note.time)}", note.text) for note in summary.notes),
        *(("note", notice.text) for notice in history.notices),
    ]
    if plain:
        for name, value in found:
            if value is not None:
                say(f"{name}: {value}")
    else:
        facts(found)
    return 0


def _place(run: RunFolder, summary: RunSummary) -> int | None:
    """Return a waiting run's place in the queue, counted from 1."""
    if summary.state != "queued":
        return None
    from core.runs.queue import read_queue

    waiting = [one.run.id for one in read_queue().waiting]
    return waiting.index(run.id) + 1 if run.id in waiting else None


def _date(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


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
