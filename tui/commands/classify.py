"""`classify`: classifies reviews on the command line or in a file."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui import explanation_text as words
from tui.commands.engine import ask
from tui.commands.options import Json, Reading, locate, reading_options, reads_reviews
from tui.commands.output import complain, say, say_json

if TYPE_CHECKING:
    from core.engine.data_requests import BulkClassified
    from core.inference.classification import Classification
    from core.inference.explanation import Explanation
    from core.runs.folder import RunFolder


@reads_reviews("label", "scheme", "label_names", "model_labels")
def classify(
    reading: Reading,
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Reviews.")] = None,
    file: Annotated[str | None, typer.Option("--file", help="A file, folder or dataset of reviews.")] = None,
    output: Annotated[Path | None, typer.Option(help="Where to write the answers: .csv, .jsonl or .parquet.")] = None,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Whose model; the newest one by default.")] = None,
    model: Annotated[str | None, typer.Option(help="A model folder or id instead of a run's model.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show which words carried the decision.")] = False,
    precision: Annotated[
        Literal["auto", "fp32", "bf16"] | None,
        typer.Option(help="fp32 as published, or the fastest (auto); by default auto with --file, else fp32."),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMNS",
            help="Columns of the file to write beside the answers: all, none, or names separated by commas; "
            "by default the short ones, such as ids and dates.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Classify the reviews on the command line, or all reviews of a file into another file."""
    from core.engine.requests import Classify, to_result

    if bool(texts) == bool(file):
        raise InputError('Give reviews in quotes, as in `reviewtui classify "Works well"`, or a file with --file.')
    if bool(file) != bool(output):
        raise InputError("--file and --output go together: the answers for a file are written to a file.")
    if explain and file:
        raise InputError("--explain is for reviews on the command line.")
    if keep is not None and not file:
        raise InputError("--keep is for the columns of a file: add --file and --output.")
    if run is not None and model is not None:
        raise InputError("Name a --run or a --model, not both.")
    folder = str(_model_of(run)) if model is None else None
    if file is not None and output is not None:
        from core.engine.data_requests import ClassifyFile

        options = reading_options(reading)
        target = str(output.expanduser().absolute())
        request = ClassifyFile(
            source=locate(file),
            output=target,
            reading=options,
            folder=folder,
            model=model,
            precision=precision or "auto",
            keep=keep or "short",
        )
        try:
            done = ask(request)
        except KeyboardInterrupt:
            if file != "-":  # a pipe cannot be read again
                complain("The answers so far are kept; the same command continues from there.")
            raise
        if json:
            say_json(to_result(done))
        else:
            _show_bulk(done)
        return 0
    wanted = tuple(texts or ())
    answer = ask(Classify(texts=wanted, folder=folder, model=model, explain=explain, precision=precision or "fp32"))
    for one, explanation in zip_longest(answer.classifications, answer.explanations):
        if json:
            say_json(one.to_json() | ({"explanation": explanation.to_json()} if explanation is not None else {}))
        else:
            _show_classification(one, explanation)
    return 0


def _model_of(word: str | None) -> Path:
    """Return the model folder of a run; if none is named, that of the newest run with a model."""
    from core.runs.folder import find_run, list_runs

    candidates: list[RunFolder] = [find_run(word)] if word is not None else list_runs()
    for candidate in candidates:
        if (candidate.model / "config.json").is_file():
            return candidate.model
    if word is not None:
        raise InputError(f"{candidates[0].id} has no model yet; let it finish, or `reviewtui stop` it to save one.")
    raise InputError("There is no trained model yet; make one with `reviewtui train DATA`.")


def _show_bulk(done: BulkClassified) -> None:
    before = f", {done.resumed_at} of them before" if done.resumed_at else ""
    say(f"{done.rows} reviews classified{before}; {done.seconds:.1f} s, written to {done.output}")
    for label, count in done.labels.items():
        say(f"  {label}: {count}")
    for reason, count in done.left_out.items():
        say(f"  left out, {reason}: {count}")


def _show_classification(found: Classification, explanation: Explanation | None) -> None:
    cut = ", cut" if found.truncated else ""
    say(f"{found.label}  {found.probability:.3f}  ({found.tokens} tokens{cut})  " + clean_line(found.text, 80))
    if explanation is None:
        return
    _show_explanation(explanation, found.text)


def _show_explanation(found: Explanation, review: str) -> None:
    label = clean_line(found.label, 24)
    if found.note:
        say(f"  {found.note}")
    for part in found.strongest("sentence")[:2]:
        say(f"  {words.signed(part.change)}  {words.statement(found, part, 60)}")
    if parts := words.named(found):
        inside = words.looked_into(found)
        say(f"  for {label} (+) and against it (−), one word masked{f'; {inside}' if inside else ''}:")
    for part in parts:
        say(f"  {words.signed(part.change)}  {words.statement(found, part)}")
    for line in (words.together(found), words.unread(found, review)):
        if line:
            say(f"  {line}")
