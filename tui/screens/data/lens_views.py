"""Views of the truncation lens for the Data screen: what a limit cuts off a review, off each class, and off everything.

Functions of what is known and of a width in cells; `length_views.py` draws what does not depend on the limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from textual.content import Content

from core.base.text import clean_line
from core.data.length_report import LengthReport, cut_at
from core.data.truncation import TokenPlaces, lost_characters, tokens_lost
from core.forecast.padding import PaddingCost
from core.reviews.page import Row
from tui.formatting import counted
from tui.widgets.marked_text import MARKS, STYLES, MarkedText, marked
from tui.widgets.responsive import READABLE, bar, fitting, row, widest

KEEPS = {"head": "the head is kept", "tail": "the tail is kept", "head+tail": "¼ head and ¾ tail are kept"}
"""The setting `truncation` → what it keeps of a long review."""
_AROUND = 1_500
"""Characters around a cut that are drawn; of a longer text only those, its beginning and its end."""
_CONTEXT = 2
"""Lines around a cut that are drawn."""


@dataclass(frozen=True)
class Lens:
    """What the lens looks at."""

    lengths: LengthReport
    limit: int
    """The setting `max_length`."""
    truncation: str
    """The setting `truncation`."""
    number: int = 0
    """Which of the long reviews is in view, from 0."""
    review: Row | None = None
    """None until it is fetched."""
    places: TokenPlaces | None = None
    costs: Mapping[int, PaddingCost] = field(default_factory=dict)
    """What padding costs at the limit of the run and at those of the table; empty until the engine tells the facts."""
    state: str = ""
    """What is being done to find that out."""
    refusal: str = ""
    """Why the review cannot be shown."""

    @property
    def cost(self) -> PaddingCost | None:
        """What padding costs at the limit; None if that is not known."""
        return self.costs.get(self.limit)

    def at(self, limit: int, truncation: str, costs: Mapping[int, PaddingCost]) -> Lens:
        """Return the lens with another limit."""
        return replace(self, limit=limit, truncation=truncation, costs=costs)


def lens(seen: Lens, width: int) -> list[Content]:
    """Draw the limit, what it cuts off the review in view, and what it cuts off each class."""
    found, limit = seen.lengths, seen.limit
    cut, sampled = cut_at(found.counts, limit), max(found.sampled, 1)
    keys = (("$text-primary", "+ −"), ("$foreground-muted", "move it  "), ("$text-primary", "p"))
    title = Content.assemble(
        (f" {limit:,} tokens", "bold $text-primary"),
        (f"  {KEEPS.get(seen.truncation, '')}   ", ""),
        *((f"{words} ", style) for style, words in keys),
        ("keeps another part", "$foreground-muted"),
    )
    if cut.reviews_cut:
        words = f"{cut.reviews_cut:,} of {found.sampled:,} reviews ({cut.reviews_cut / sampled:.1%}) are longer: "
        summary = Content.assemble(f" {words}", (f"{cut.tokens_lost:.1%} of all tokens are not read", "bold"))
    else:
        summary = Content.styled(f" no review is longer; the longest has {found.max:,}", "$text-success")
    return [title.truncate(width, ellipsis=True), summary, Content(""), *_review(seen, width), *_classes(seen, width)]


def _review(seen: Lens, width: int) -> Iterator[Content]:
    """Yield the review in view, with the part that is cut off marked."""
    of = len(seen.lengths.long_rows)
    if seen.refusal:
        yield Content.styled(f" ✗ {clean_line(seen.refusal)}", "$text-error").truncate(width, ellipsis=True)
        yield Content("")
        return
    if seen.review is None or seen.places is None:
        yield Content.styled(" A long review …", "$foreground-muted")
        yield Content("")
        return
    lost = tokens_lost(seen.places, seen.limit)
    total = seen.places.count + seen.places.special
    fate = Content.styled(f"{lost:,} of its {total:,} tokens are not read", "bold $text-warning")
    label = "" if seen.review.label is None else clean_line(seen.review.label, 30)
    yield fitting(
        [
            Content.styled(f" Long review {seen.number + 1} of {of}", "bold $text-primary"),
            fate if lost else Content(f"all of its {total:,} tokens are read"),
            Content.styled(label, "bold"),
            Content.styled(", . show others", "$foreground-muted"),
        ],
        width,
        "  ",
    )
    text = seen.review.text
    span = lost_characters(seen.places, len(text), seen.limit, seen.truncation)
    yield from _text(marked(text, span, seen.places.unknown), min(width, READABLE))
    yield Content("")


def _text(shown: MarkedText, width: int) -> Iterator[Content]:
    """Yield a text: its beginning, its end, and what is around its cuts; how much is left out in between."""
    size = len(shown.text)
    cuts = [place for start, end, kind in shown.marks if kind == "cut" for place in (start, end)]
    wanted = sorted([(0, _AROUND), (size - _AROUND, size), *((cut - _AROUND, cut + _AROUND) for cut in cuts)])
    at = 0
    while wanted:
        start, end = wanted.pop(0)
        start = max(start, at)
        while wanted and wanted[0][0] <= end:
            end = max(end, wanted.pop(0)[1])
        end = min(end, size)
        if start >= end:
            continue
        if start > at:
            yield _gap(f"{start - at:,} more characters")
        parts = [(text, STYLES[kind] if kind else "") for text, kind in shown.parts(start, end)]
        yield from _folded(Content.assemble(*parts).wrap(max(width - 3, 10)))
        at = end


def _folded(wrapped: list[Content]) -> Iterator[Content]:
    """Yield lines: the first, the last, and those around a mark; how many are left out in between."""
    near = {0, len(wrapped) - 1}
    for number, line in enumerate(wrapped):
        if any(mark in line.plain for mark in MARKS["cut"]):
            near.update(range(number - _CONTEXT, number + _CONTEXT + 1))
    hidden = 0
    for number, line in enumerate(wrapped):
        if number in near or (number - 1 in near and number + 1 in near):
            if hidden:
                yield _gap(counted(hidden, "more line"))
            hidden = 0
            yield line.pad_left(3)
        else:
            hidden += 1


def _gap(words: str) -> Content:
    return Content.styled(f"   ⋯ {words}", "$foreground-muted")


def _classes(seen: Lens, width: int) -> Iterator[Content]:
    """Yield what the limit cuts off each class."""
    counts = seen.lengths.class_counts
    if len(counts) < 2:
        return
    name_width = widest([clean_line(name) for name in counts], 24) + 2
    room = min(max(width - name_width - 48, 6), 30)
    yield row(
        (" By class", name_width + 1, ""), ("reviews cut", -18, ""), ("", room + 2, ""), ("tokens lost", -13, "")
    ).stylize("$foreground-muted")
    for name, table in counts.items():
        cut = cut_at(table, seen.limit)
        share = cut.reviews_cut / max(sum(reviews for _, reviews in table), 1)
        yield row(
            (f" {clean_line(name)}", name_width + 1, ""),
            (f"{cut.reviews_cut:,} {share:>7.1%}", -18, ""),
            ("  " + bar(share, room), room + 2, "$text-accent"),
            (f"{cut.tokens_lost:.1%}", -13, ""),
        )
    yield Content("")
