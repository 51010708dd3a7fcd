"""What a file of reviews is read as, in lines: the columns, how labels become classes, what is in doubt.

`inspect` prints it as its result; `train` says it on standard error, before it learns from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.base.text import clean_line
from tui.shell_command import quoted, reading_words

if TYPE_CHECKING:
    from core.reviews.report import Doubt, ReadingReport

_CLASSES = 12
"""Classes that are shown with an example."""
_OTHERS = 2
"""Runners-up that are named for a role."""


def learned_from(report: ReadingReport, validated_on: str) -> Iterator[str]:
    """Yield what a run learns from: text, title, label, scheme, split, and an example of each class.

    Args:
        validated_on: The reviews that the run is tested on, in words.
    """
    title = f", after its title “{clean_line(report.title_column, 60)}”" if report.title_column else ", without a title"
    yield f"text: “{clean_line(report.text_column, 120)}”{title}"
    meaning = clean_line(report.meaning or report.scheme, 200)
    yield f"label: “{clean_line(report.label_column or 'none', 60)}”, as {report.scheme}: {meaning}"
    reasons = ", ".join(f"{count:,} {clean_line(reason, 60)}" for reason, count in report.left_out.items())
    left_out = f", left out {reasons}" if reasons else ""
    yield f"reviews: {report.kept:,} of {report.rows:,} rows{left_out}; {validated_on}"
    yield from (f"note: {clean_line(notice)}" for notice in report.notices)
    yield from examples(report)
    yield from doubts(report)


def examples(report: ReadingReport) -> Iterator[str]:
    """Yield a line for each class, with a review that has it."""
    for name, example in list(report.examples.items())[:_CLASSES]:
        place = f"{clean_line(example.file).rpartition('/')[2]}:{example.line}"
        count = report.class_counts.get(name, 0)
        yield (
            f"  {clean_line(name, 40)} ({count:,}): “{clean_line(example.raw, 30)}” "
            f"in {place}, {clean_line(example.excerpt, 60)}"
        )
    if len(report.examples) > _CLASSES:
        yield f"  and {len(report.examples) - _CLASSES:,} more classes"


def doubts(report: ReadingReport) -> Iterator[str]:
    """Yield what is in doubt, each with the flags that say otherwise."""
    for doubt in report.doubts:
        yield f"in doubt: {clean_line(doubt.sentence)}"
        for words, flags in ways(doubt):
            yield f"  if {words}: {flags}"


def ways(doubt: Doubt) -> Iterator[tuple[str, str]]:
    """Yield each alternative of a doubt in words, and the flags that choose it."""
    from core.reviews.options import ReadingOptions

    for words, changes in doubt.ways.items():
        yield clean_line(words), quoted(list(reading_words(ReadingOptions.model_validate(changes))))


def runners_up(report: ReadingReport) -> Iterator[str]:
    """Yield the columns that could have been text, title or label as well, with the reasons."""
    chosen = {"text": report.text_column, "title": report.title_column, "label": report.label_column}
    for role, candidates in report.candidates.items():
        others = [one for one in candidates if one.column != chosen.get(role)]
        for one in others[:_OTHERS]:
            yield f"not the {role}: “{clean_line(one.column, 60)}” ({clean_line(one.why)})"
