"""`evaluate`: how good a run's model is on labelled reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.cut_facts import cut_facts
from tui.commands.engine import ask
from tui.commands.options import Data, Json, Reading, RunWord, locate, reading_options, reads_reviews
from tui.commands.output import facts, say, say_json, table

if TYPE_CHECKING:
    from core.inference.evaluation_report import EvaluationReport


@reads_reviews()
def evaluate(
    run: RunWord,
    data: Data,
    reading: Reading,
    json: Json = False,
) -> int:
    """Measure a run's model on labelled reviews: on the test data, if a column or a name says which those are."""
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
    from core.runs.one_class import one_class_sentence

    facts(
        [
            ("run", found.run),
            ("data", f"{found.data}, {found.rows} reviews{f' ({found.part} data)' if found.part else ''}"),
            ("accuracy", f"{found.accuracy:.4f}"),
            ("macro F1", f"{found.macro_f1:.4f}"),
            ("loss", f"{found.loss:.4f}"),
            (
                "calibration error",
                f"{found.ece:.3f} (a perfectly calibrated model: {found.ece_null_mean:.3f} on average, "
                f"up to {found.ece_null_95:.3f} on as many reviews)",
            ),
            *cut_facts(found.cut),
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
    if sentence := one_class_sentence(found.per_class):
        say()
        say(sentence)
    if found.leak:
        say()
        say(f"Leak: {found.leak.rows} of these reviews are in the training data, so the figures are too optimistic.")
    for reason, count in found.left_out.items():
        say(f"left out, {reason}: {count}")
