"""`compare`: runs on identical rows, with a verdict and its price."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.text import clean_line
from tui.commands.engine import ask
from tui.commands.options import Hypothesis, Json, Reading, locate, reading_options, reads_reviews
from tui.commands.output import facts, say, say_json, table
from tui.comparison_text import differing_rows, left_out_text, points_text, price_rows, visible_text

if TYPE_CHECKING:
    from core.comparison.report import ComparisonReport

Runs = Annotated[list[str], typer.Argument(metavar="RUN RUN …", help="Runs, or groups of seeds; two or more.")]
LabelledData = Annotated[
    str | None, typer.Option("--data", metavar="FILE", help="Labelled reviews, instead of the validation rows.")
]
Margin = Annotated[
    float, typer.Option(metavar="POINTS", help="The largest difference in accuracy that counts as none, in points.")
]


@reads_reviews()
def compare(
    runs: Runs,
    reading: Reading,
    data: LabelledData = None,
    margin: Margin = 1.0,
    hypothesis: Hypothesis = "",
    json: Json = False,
) -> int:
    """Compare runs on identical rows: a verdict, what each costs, and how their settings differ.

    Without --data these are the validation rows that all of them share. Rows that one of the models was trained on are
    left out. Two groups of seeds are compared as settings.
    """
    from core.comparison.arms import find_arms
    from core.engine.data_requests import Compare
    from core.engine.requests import to_result
    from core.lab_journal.comparisons import notes_of_comparison
    from core.runs.notes import add_hypothesis, hypothesis_line

    expected, began = hypothesis_line(hypothesis), time.time()
    options = reading_options(reading) if reading else None
    source = locate(data) if data is not None else None
    found = ask(Compare(arms=find_arms(runs), source=source, reading=options, margin=margin / 100))
    if expected:
        add_hypothesis(notes_of_comparison(found.id), expected, time=began)
    if json:
        say_json(to_result(found))
    else:
        show(found)
    return 0


def show(found: ComparisonReport) -> None:
    """Print a comparison."""
    for one in found.settings:
        say(f"{clean_line(found.name(one.a))} against {clean_line(found.name(one.b))}: {one.sentence}.")
    for pair in found.pairs:
        say(f"{clean_line(found.name(pair.a))} against {clean_line(found.name(pair.b))}: {pair.sentence}.")
    say()
    facts(
        [
            ("question", f"{found.question}?"),
            ("rows", f"{found.rows:,}, {clean_line(found.data, 200)}"),
            ("left out", left_out_text(found) or None),
            ("in points", visible_text(found.pairs, found.settings) or None),
        ]
    )
    for pair in found.pairs:
        say()
        a, b = (clean_line(found.name(one), 30) for one in (pair.a, pair.b))
        rows: list[list[object]] = [
            [f"{a} right", pair.both_right, pair.only_a],
            [f"{a} wrong", pair.only_b, pair.neither],
        ]
        table(["", f"{b} right", f"{b} wrong"], rows)
        f1 = pair.macro_f1
        say(f"accuracy: {points_text(pair)}; macro F1: {points_text(f1)}")
    say()
    heads, *lines = price_rows(found)
    table(heads, [[*line] for line in lines])
    if differing := differing_rows(found):
        say()
        table(["setting", *(clean_line(arm.name, 30) for arm in found.arms)], [[*row] for row in differing])
    if found.notes:
        say()
    for note in found.notes:
        say(f"note: {note}")
    say(f"kept as {found.file}")
