"""`inspect`, `classify` and `evaluate`: what a file of reviews holds, and what a model makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands.options import Data, Json, Reading, RunWord, locate, reading_options, reads_reviews
from tui.commands.output import complain, facts, progress_on_stderr, say, say_json, table

if TYPE_CHECKING:
    from core.data.length_report import LengthReport
    from core.engine.data_requests import BulkClassified
    from core.engine.requests import A, EngineRequest
    from core.inference.classification import Classification, Explanation
    from core.inference.evaluation_report import EvaluationReport
    from core.reviews.report import ReadingReport
    from core.runs.folder import RunFolder

_SHOWN_ROWS = 20


class Ask(Protocol):
    """Asks the engine, and waits for its answer."""

    def __call__(self, request: EngineRequest[A]) -> A: ...


@contextmanager
def engine() -> Iterator[Ask]:
    """Provide a function that asks one engine process, with progress on standard error."""
    from core.engine.client import EngineClient

    client = EngineClient()
    try:
        with progress_on_stderr() as progress:
            yield partial(client.call, progress=progress)
    finally:
        client.close()


def ask(request: EngineRequest[A]) -> A:
    """Ask an engine process of its own for one answer."""
    with engine() as ask_it:
        return ask_it(request)


@reads_reviews()
def inspect(
    data: Data,
    reading: Reading,
    model: Annotated[str, typer.Option(help="Whose tokens to count.")] = "auto",
    batch_size: Annotated[int, typer.Option(help="For the cost of padding.", min=1)] = 32,
    json: Json = False,
) -> int:
    """Say what a file of reviews holds, before anything is trained on it."""
    from core.engine.data_requests import Inspect, MeasureLengths
    from core.engine.requests import to_result

    source, options = locate(data), reading_options(reading)
    with engine() as ask:
        found, tokens = ask(Inspect(source=source, reading=options)), None
        if found.report.kept:
            tokens = ask(MeasureLengths(source=source, reading=options, model=model, batch_size=batch_size))
    if json:
        say_json({**found.report.model_dump(), "trainable": found.trainable, "tokens": to_result(tokens)})
    else:
        _show_inspection(found.report, found.trainable, tokens)
    return 0


def _show_inspection(found: ReadingReport, trainable: str, tokens: LengthReport | None) -> None:
    form = ", ".join(str(part) for part in (found.format, found.encoding) if part)
    columns = [("text", found.text_column), ("title", found.title_column), ("label", found.label_column)]
    left_out = sum(found.left_out.values())
    duplicates = found.duplicates
    facts(
        [
            ("source", f"{found.source} ({form})"),
            *((f"{name} column", value) for name, value in columns),
            ("labels", found.scheme),
            ("rows", f"{found.rows} read, {found.kept} kept, {left_out} left out"),
            ("duplicates", f"{duplicates.rows} rows repeat a text; {duplicates.conflicting} texts contradict"),
            ("can be trained on", trainable or "yes"),
        ]
    )
    if found.class_counts:
        total = sum(found.class_counts.values())
        say()
        rows: list[list[object]] = [[name, n, f"{n / total:.1%}"] for name, n in found.class_counts.items()]
        table(["class", "reviews", "share"], rows)
    _show_tokens(tokens)
    if left_out:
        say()
        for reason, count in found.left_out.items():
            say(f"left out, {reason}: {count}")
        for row in found.skipped[:_SHOWN_ROWS]:
            say(f"  {row.file}:{row.line}: {row.reason}: {clean_line(row.excerpt, 60)}")
        if left_out > _SHOWN_ROWS:
            say(f"  all {left_out} are listed in {found.skipped_file}")
    for notice in found.notices:
        say(f"note: {notice}")


def _show_tokens(tokens: LengthReport | None) -> None:
    if tokens is None:
        return
    sampled = "" if tokens.sampled == tokens.reviews else f" (of {tokens.sampled} reviews, evenly spaced)"
    padding = tokens.padding
    say()
    say(
        f"tokens a review{sampled}, by {tokens.model}: mean {tokens.mean:.0f}, median {tokens.p50}, "
        f"95 % at most {tokens.p95}, longest {tokens.max}"
    )
    rows: list[list[object]] = [
        [limit.max_length, limit.reviews_cut, f"{limit.tokens_lost:.1%}"]
        + [f"{share.reviews_cut}" for share in limit.by_class.values()]
        for limit in tokens.limits
    ]
    names = [f"cut, {name}" for name in (tokens.limits[0].by_class if tokens.limits else {})]
    table(["max_length", "reviews cut", "tokens lost", *names], rows)
    say(
        f"padding in batches of {padding.batch_size}: {padding.to_longest:.0%} if all are padded to the longest, "
        f"{padding.random:.0%} in random batches, {padding.by_length:.0%} in batches of like "
        "length, as the transformers path trains; the native encoder packs them without padding"
    )


@reads_reviews("label", "scheme", "label_names")
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
    json: Json = False,
) -> int:
    """Say what a model makes of reviews: of those on the command line, or of a whole file into another."""
    from core.engine.requests import Classify, to_result

    if bool(texts) == bool(file):
        raise InputError('Give reviews in quotes, as in `reviewtui classify "Works well"`, or a file with --file.')
    if bool(file) != bool(output):
        raise InputError("--file and --output go together: the answers for a file are written to a file.")
    if explain and file:
        raise InputError("--explain is for reviews on the command line.")
    if run is not None and model is not None:
        raise InputError("Name a --run or a --model, not both.")
    folder = str(_model_of(run)) if model is None else None
    if file is not None and output is not None:
        from core.engine.data_requests import ClassifyFile

        options = reading_options({**reading, "label": ""})
        target = str(output.expanduser().absolute())
        request = ClassifyFile(
            source=locate(file),
            output=target,
            reading=options,
            folder=folder,
            model=model,
            precision=precision or "auto",
        )
        try:
            done = ask(request)
        except KeyboardInterrupt:
            if file != "-":  # what came through a pipe is not there again
                complain("What is done is kept; the same command goes on from there.")
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
    """The model folder of a run; without a word, of the newest run that has one."""
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
    if explanation.note:
        say(f"  {explanation.note}")
    strongest = sorted(explanation.parts, key=lambda part: -abs(part.change))[:5]
    for part in strongest:
        without = found.probability - part.change
        change = f"{found.label} {found.probability:.2f} → {without:.2f}  ({-part.change:+.2f})"
        say(f"  without '{clean_line(part.text, 60)}': {change}")


@reads_reviews()
def evaluate(
    run: RunWord,
    data: Data,
    reading: Reading,
    json: Json = False,
) -> int:
    """Measure a run's model on labelled reviews."""
    from core.engine.data_requests import Evaluate
    from core.engine.requests import to_result
    from core.runs.folder import find_run

    options = reading_options(reading) if reading else None
    folder = find_run(run)
    found = ask(Evaluate(run=str(folder.path), source=locate(data), reading=options))
    if json:
        say_json(to_result(found))
    else:
        _show_evaluation(found)
    return 0


def _show_evaluation(found: EvaluationReport) -> None:
    facts(
        [
            ("run", found.run),
            ("data", f"{found.data}, {found.rows} reviews"),
            ("accuracy", f"{found.accuracy:.4f}"),
            ("macro F1", f"{found.macro_f1:.4f}"),
            ("loss", f"{found.loss:.4f}"),
            (
                "calibration error",
                f"{found.ece:.3f} (a perfectly calibrated model: {found.ece_null_mean:.3f} on average, "
                f"up to {found.ece_null_95:.3f} on as many reviews)",
            ),
            ("speed", f"{found.reviews_per_second:.1f} reviews/s"),
        ]
    )
    say()
    per_class: list[list[object]] = [
        [name, row.rows, f"{row.precision:.3f}", f"{row.recall:.3f}", f"{row.f1:.3f}"]
        for name, row in found.per_class.items()
    ]
    table(["class", "reviews", "precision", "recall", "F1"], per_class)
    say()
    names = found.labels
    rows: list[list[object]] = [[name, *counts] for name, counts in zip(names, found.confusion, strict=True)]
    table(["true \\ predicted", *names], rows)
    if found.leak:
        say()
        say(f"Leak: {found.leak.rows} of these reviews were learned from, so the figures flatter the model.")
    for reason, count in found.left_out.items():
        say(f"left out, {reason}: {count}")
