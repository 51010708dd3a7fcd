"""Close calls of reading, for the Data screen: the questions, and the answers to choose from."""

from __future__ import annotations

from textual.content import Content

from core.base.text import clean_line
from core.reviews.report import ReadingReport
from tui.formatting import counted
from tui.screens.data.reading_choices import Offer
from tui.widgets.responsive import READABLE, indented, section

_SHOWN = 4
"""Questions that the overview shows."""


def questions(report: ReadingReport, width: int) -> list[Content]:
    """Draw the doubts of a report, as lines for the overview; none if there is no doubt."""
    if not report.doubts:
        return []
    shown = [Content(""), section("Questions", "press d to answer")]
    for doubt in report.doubts[:_SHOWN]:
        body = indented(clean_line(doubt.sentence), min(width, READABLE), 3)
        shown.append(Content.styled(" ?", "$text-warning") + body[2:])
    if len(report.doubts) > _SHOWN:
        shown.append(Content(f"   and {counted(len(report.doubts) - _SHOWN, 'more question')}"))
    return shown


def offer_answers(report: ReadingReport) -> Offer:
    """List what can be answered to each question; a choice reads the source again."""
    open_questions = [doubt.sentence for doubt in report.doubts if doubt.ways]
    sentences = "\n".join(f"? {clean_line(sentence, 240)}" for sentence in open_questions[:_SHOWN])
    offer = Offer("Read it differently", f"{sentences}\nWithout a choice it stays as it is.")
    for doubt in report.doubts:
        for words, changes in doubt.ways.items():
            offer.add(
                Content.assemble((f"{clean_line(doubt.about):<9}", "$foreground-muted"), clean_line(words, 90)),
                {name: dict(value) if not isinstance(value, str) else value for name, value in changes.items()},
            )
    return offer
