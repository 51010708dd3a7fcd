"""`suspects`: labelled reviews whose label is probably wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from tui.commands import groups
from tui.commands.engine import ask
from tui.commands.options import Assignments, Data, Json, Reading, Wait, locate, reading_options, reads_reviews
from tui.commands.output import say, say_json, table
from tui.commands.train import chosen_settings, make_request
from tui.shell_command import quoted

if TYPE_CHECKING:
    from core.reviews.options import ReadingOptions
    from core.suspicion.listing import KeptSuspects
    from core.suspicion.report import Suspect

_SHOWN = 20


@reads_reviews()
def suspects(
    data: Data,
    reading: Reading,
    model: Annotated[
        str, typer.Option(help="Whose output the judges learn from: an id, a folder, or starter.")
    ] = "auto",
    method: Annotated[
        Literal["frozen", "fine-tuned"],
        typer.Option(help="frozen judges in about a minute; fine-tuned trains a model for each fold, in the queue."),
    ] = "frozen",
    assignments: Assignments = None,
    folds: Annotated[
        int, typer.Option(help="How many models judge, each the reviews kept from it.", min=2, max=100)
    ] = 5,
    seed: Annotated[int, typer.Option(help="Decides the folds.", min=0)] = 0,
    output: Annotated[Path | None, typer.Option(help="Where to write them: .jsonl or .csv.")] = None,
    most: Annotated[int | None, typer.Option(help="Write or print no more than this many.", min=1)] = None,
    correct: Annotated[
        bool,
        typer.Option(
            "--correct",
            help="Instead, write DATA with the labels that were decided about its suspects: a new version beside it, "
            "or --output.",
        ),
    ] = False,
    wait: Wait = False,
    decisions: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="With --correct: take these decisions, as the command `decisions` does."),
    ] = None,
    json: Json = False,
) -> int:
    """List the labels that a model which has not seen the review doubts, the most doubted first.

    Texts whose copies have different labels come before them. With --json, each is one object on a line, or, with
    --output, the figures are one object.
    """
    from core.engine.requests import to_result
    from core.engine.suspicion_requests import FindSuspects
    from core.suspicion.listing import fields_of, read_kept, read_list, require_writable, write_list

    target = output.expanduser().absolute() if output is not None else None
    if decisions is not None and not correct:
        raise InputError("--decisions is for corrected labels: add --correct.")
    if correct:
        return _correct(locate(data), reading_options(reading) if reading else None, target, decisions, json=json)
    if target is not None:
        require_writable(target)
    source, options = locate(data), reading_options(reading)
    if method == "fine-tuned":
        status = _fine_tune(data, source, reading, model, assignments, folds, seed, wait=wait, json=json)
        if status or not wait:
            return status
    elif assignments or wait:
        raise InputError("--set and --wait are for models that are trained: add --method fine-tuned.")
    else:
        ask(FindSuspects(source=source, reading=options, model=model, folds=folds, seed=seed))
    kept = read_kept(source)
    assert kept is not None  # it has just been written
    found = kept.found
    if target is not None:
        write_list(read_list(kept.list, most), target)
    if not json:
        _show(kept, most)
        if target is not None:
            say(f"written to {target}")
    elif target is not None:
        written = min(found.suspects, most) if most is not None else found.suspects
        say_json({**to_result(found), "written": written, "output": str(target)})
    else:
        for one in read_list(kept.list, most):
            say_json(fields_of(one))
    return 0


def _fine_tune(
    data: str,
    source: str,
    reading: Reading,
    model: str,
    assignments: list[str] | None,
    folds: int,
    seed: int,
    *,
    wait: bool,
    json: bool,
) -> int:
    """Start the group of runs that judge; with `wait`, follow it to its end, and return 0 if it has suspects."""
    from core.engine.suspicion_requests import PrepareFolds
    from core.experiments.continuing import start_group
    from core.experiments.state import read_result
    from core.runs.names import suggested_name, unused_name
    from core.suspicion.listing import FOLD_READING

    if data == "-":
        raise InputError("Models are trained after this command has ended, so the reviews must be in a file.")
    options = reading_options(reading)
    data_hash = ask(PrepareFolds(source=source, reading=options, folds=folds, seed=seed))
    chosen = chosen_settings("balanced", None, model, assignments)
    name = unused_name(f"{suggested_name(data, 'suspects')}")
    request = make_request(data, None, reading, "balanced", chosen, name)
    request = request.model_copy(update={"reading": FOLD_READING})
    spec = {
        "source": source,
        "reading": options.model_dump(exclude_defaults=True),
        "data_hash": data_hash,
        "folds": folds,
        "seed": seed,
    }
    group = start_group(name, "folds", request, spec)
    if not wait:
        return groups.finish(group, wait=False, json=json)
    status = groups.follow_quietly(group)
    result = read_result(group) or {}
    if not status and not result.get("suspects"):
        raise ReviewtuiError(clean_line(result.get("sentence") or "No labels were judged.", 300))
    return status


def _correct(
    source: str, reading: ReadingOptions | None, target: Path | None, decisions: str | None, *, json: bool
) -> int:
    """Write a corrected file, and say what is in it."""
    from core.engine.requests import to_result
    from core.engine.suspicion_requests import CorrectLabels
    from core.suspicion.report import corrected_in_words, training_command

    output = str(target) if target is not None else None
    done = ask(CorrectLabels(source=source, reading=reading, decisions=decisions, output=output))
    if json:
        say_json(to_result(done))
    else:
        for sentence in corrected_in_words(done):
            say(sentence)
        say(f"train on it: {quoted(training_command(done))}")
    return 0


def _show(kept: KeptSuspects, most: int | None) -> None:
    """Show the figures and the first suspects."""
    from core.suspicion.listing import read_list
    from core.suspicion.report import in_words

    found = kept.found
    say(in_words(found))
    for change in found.changes:
        say(f"  {clean_line(change.given, 40)} → {clean_line(change.suggested, 40)}: {change.reviews:,} (an estimate)")
    shown = min(most or _SHOWN, _SHOWN)
    if found.suspects:
        say()
        heads = ["", "line", "label", "p", "rather", "p", "review"]
        table(heads, [_row(one) for one in read_list(kept.list, shown)])
    if found.suspects > shown:
        say(f"{found.suspects - shown:,} more; --output writes all of them")
    if found.suspects:
        say(f"correct them one by one: {quoted(['reviewtui', 'open', found.source])}, then d")


def _row(one: Suspect) -> list[object]:
    rather = {"contradiction": "copies differ", "alone": "the only one"}
    suggested = clean_line(one.suggested, 16) if one.suggested not in (None, one.given) else ""
    why = f"{suggested} ({rather[one.reason]})".strip() if one.reason in rather else suggested
    return [
        f"{one.rank}{'*' if one.likely else ''}",
        one.line,
        clean_line(one.given, 16),
        _share(one.given_probability),
        why,
        _share(one.suggested_probability),
        clean_line(one.text, 60),
    ]


def _share(probability: float | None) -> str:
    return "" if probability is None else f"{probability:.3f}"
