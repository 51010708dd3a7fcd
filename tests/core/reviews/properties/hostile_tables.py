"""Strategies: tables of reviews with hostile text, and how they come back."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st

from core.base.errors import ReviewtuiError
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from tests.core.reviews.kinds.made import Review, reviews
from tests.core.reviews.verdicts import unsound_counts

EVERY_TIME = settings(
    derandomize=True, max_examples=30, deadline=None, phases=(Phase.explicit, Phase.generate, Phase.shrink)
)
"""The same examples on every run, so that a test which fails once fails always."""

_PIECES = (
    '"', '""', "'", ",", ";", "\t", "|", "\\", '\\"', "\\n", "\n", "\r\n", " \n", "#", "sep=;", "\u2028", "\u00a0",
    "\ufeff", "\u202e", "\U0001f469\u200d\U0001f680", "é", "质量", "=1+1", "-5", "{", "}", "[", "]", ":", "<br/>",
    "&amp;",     "NULL", "nan", "@", "%s", "\x0b", "\x0c", "\x85", "  ",
)  # fmt: skip


@st.composite
def hostile_rows(draw: st.DrawFn, without: str = "", most: int = 6) -> list[Review]:
    """Return 12 to 24 reviews, all different; in up to `most` of them, pieces of syntax stand anywhere."""
    rows = reviews(draw(st.integers(6, 12)) * 2, draw(st.sampled_from(("en", "de", "ru"))))
    pieces = [piece for piece in _PIECES if not set(piece) & set(without)]
    for row in draw(st.lists(st.integers(0, len(rows) - 1), max_size=most, unique=True)):
        text, good = rows[row]
        for piece in draw(st.lists(st.sampled_from(pieces), min_size=1, max_size=3)):
            at = draw(st.sampled_from((0, len(text) // 2, len(text))))
            text = text[:at] + piece + text[at:]
        rows[row] = Review(text, good)
    return rows


def read(content: bytes, suffix: str = ".csv", **options: object) -> Reviews | None:
    """Return what is read from `content`, or None if it is refused; what is counted must add up."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"reviews{suffix}"
        path.write_bytes(content)
        try:
            found = read_reviews(path, ReadingOptions.model_validate(options))
        except ReviewtuiError as error:
            assert "\n" not in str(error)
            return None
    assert list(unsound_counts(found)) == []
    return found


def texts(found: Reviews) -> list[str]:
    return found.texts(range(len(found)))


def require_equal_or_counted(found: Reviews | None, rows: Sequence[Review]) -> None:
    """Require that reviews come back as they were, and in order, but for those that are counted as left out."""
    if found is None:
        return
    back, known = texts(found), {review.text: place for place, review in enumerate(rows)}
    assert [text for text in back if text not in known] == []
    places = [known[text] for text in back]
    assert places == sorted(set(places))
    assert found.report.rows == len(rows)
    for text, label in zip(back, found.labels.tolist(), strict=True):
        if label >= 0:
            assert found.label_names[label] == ("positive" if rows[known[text]].good else "negative")
