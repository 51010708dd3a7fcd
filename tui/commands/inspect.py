"""`inspect`: shows what a file of reviews contains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.base.text import clean_line
from tui.commands.engine import engine
from tui.commands.learned import doubts, runners_up
from tui.commands.options import Data, Json, Reading, locate, reading_options, reads_reviews
from tui.commands.output import facts, say, say_json, table

if TYPE_CHECKING:
    from core.data.length_report import LengthReport
    from core.reviews.report import ReadingReport

_SHOWN_ROWS = 20


@reads_reviews()
def inspect(
    data: Data,
    reading: Reading,
    model: Annotated[str, typer.Option(help="Whose tokens to count.")] = "auto",
    batch_size: Annotated[int, typer.Option(help="For the cost of padding.", min=1)] = 32,
    json: Json = False,
) -> int:
    """Show what a file of reviews contains, before training on it."""
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
            ("labels", f"{found.scheme}: {clean_line(found.meaning)}" if found.meaning else found.scheme),
            ("rows", f"{found.rows} read, {found.kept} kept, {left_out} left out"),
            ("duplicates", f"{duplicates.rows} rows repeat a text; {duplicates.conflicting} texts contradict"),
            ("can be trained on", trainable or "yes"),
        ]
    )
    for line in runners_up(found):
        say(line)
    if found.class_counts:
        total = sum(found.class_counts.values())
        say()
        rows: list[list[object]] = [
            [name, n, f"{n / total:.1%}", *_example(found, name)] for name, n in found.class_counts.items()
        ]
        table(["class", "reviews", "share", "label", "for example"], rows)
    _show_tokens(tokens)
    _show_unknown(tokens)
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
    for line in doubts(found):
        say(line)


def _example(found: ReadingReport, name: str) -> list[object]:
    """Return the label of a class as it is in the source, and the beginning of a review that has it."""
    example = found.examples.get(name)
    return ["", ""] if example is None else [clean_line(example.raw, 20), clean_line(example.excerpt, 40)]


def _show_unknown(tokens: LengthReport | None) -> None:
    """Show what the tokenizer does not know, if there is anything."""
    if tokens is None or not tokens.unknown.reviews:
        return
    from core.data.length_report import cannot_learn

    unknown = tokens.unknown
    say()
    say(f"unknown to the tokenizer of {tokens.model}, for example {' '.join(unknown.examples)}")
    rows: list[list[object]] = [
        [name, f"{one.tokens:.2%}", one.reviews, one.only]
        for name, one in (("all", unknown), *unknown.by_class.items())
    ]
    table(["class", "of all tokens", "reviews with some", "with nothing else"], rows)
    if sentence := cannot_learn(tokens):
        say(sentence)


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
