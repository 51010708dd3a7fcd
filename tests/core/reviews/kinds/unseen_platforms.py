"""Shapes of exports of shops, app stores and surveys, made by someone who had not read the code that reads them."""

from __future__ import annotations

import json

from tests.core.reviews.kinds.made import (
    Made,
    Review,
    cycle,
    expect,
    expect_classes,
    expect_texts,
    file,
    lines,
    reviews,
    table,
)
from tests.core.reviews.verdicts import Read, Told

_EN, _DE, _JA, _PL = reviews(24), reviews(24, "de"), reviews(24, "ja"), reviews(24, "pl")


def _word(review: Review) -> str:
    return "positive" if review.good else "negative"


def _three(name: str, header: list[str], columns: int) -> Made:
    """Return a table with one column of 0 and 1 for each of three classes."""
    rows = [[r.text, *(int(n % 3 == one) for one in range(columns))] for n, r in enumerate(_EN)]
    return file(f"platforms/{name}.csv", table(header, rows), Told("yes or no, and so do"))


MADE: tuple[Made, ...] = (
    _three("one-hot", ["text", "positive", "neutral", "negative"], 3),
    _three("toxic", ["comment_text", "toxic", "obscene", "insult"], 3),
    file(
        "platforms/recommended-and-rating.csv",
        table(
            ["Title", "Review Text", "Rating", "Recommended IND"],
            [(f"T {n}", r.text, cycle(r.good, n, (1, 2), (5, 3)), int(r.good)) for n, r in enumerate(_EN)],
        ),
        Told("“Recommended IND”.*“Rating”.*could be it as well"),
    ),
    file(
        "platforms/csat-offered.csv",
        table(
            ["Ticket", "Satisfaction score", "Satisfaction comment"],
            [(n, "good" if r.good else "bad", r.text) for n, r in enumerate(_EN)]
            + [(n, "offered", "") for n in range(20)],
        ),
        Read(kept=24, classes={"good": 12, "bad": 12}, left_out={"empty": 20}),
    ),
    file(
        "platforms/satisfaction.ja.csv",
        table(
            ["投稿日", "満足度", "本文"],
            [("2024年5月1日", cycle(r.good, n, (1, 2), (5, 4)), r.text) for n, r in enumerate(_JA)],
        ),
        expect(_JA, label="満足度"),
    ),
    file(
        "platforms/zufriedenheit.csv",
        table(
            ["Freitext", "Zufriedenheit"],
            [
                (r.text, cycle(r.good, n, ("sehr enttäuscht", "enttäuscht"), ("begeistert", "rundum froh")))
                for n, r in enumerate(_DE)
            ],
        ),
        Read(kept=24, classes={"sehr enttäuscht": 6, "enttäuscht": 6, "begeistert": 6, "rundum froh": 6}),
    ),
    file(
        "platforms/nine-of-ten.csv",
        table(
            ["Text", "Wertung"],
            [
                (r.text, cycle(r.good, n, ("2 von 10", "1 von 10"), ("9 von 10", "10 von 10")))
                for n, r in enumerate(_DE)
            ],
        ),
        expect(_DE, label="Wertung"),
    ),
    file(
        "platforms/likely-to-recommend.csv",
        table(
            ["What is the reason?", "How likely are you to recommend us to a friend?"],
            [(r.text, cycle(r.good, n, (0, 3, 6), (9, 10))) for n, r in enumerate(_EN)],
        ),
        expect(_EN, label="How likely.*"),
    ),
    file(
        "platforms/plus-minus.csv",
        table(["opinion", "tone"], [(r.text, "+" if r.good else "-") for r in _EN]),
        expect_classes({r.text: r"\+" if r.good else "-" for r in _EN}),
    ),
    file(
        "platforms/full-stops.csv",
        table(["text", "label"], [(r.text, _word(r) + ("." if n % 5 == 0 else "")) for n, r in enumerate(_EN)]),
        expect(_EN),
    ),
    file(
        "platforms/viewed.json",
        json.dumps({"data": {"feedbacks": [{"text": r.text, "wasViewed": True, "photos": None} for r in _PL]}}),
        expect_texts(_PL),
    ),
    file(
        "platforms/annotation-beside-prediction.jsonl",
        lines(
            {
                "text": r.text,
                "prediction": [{"label": "positive", "score": 0.6}, {"label": "negative", "score": 0.4}],
                "annotation": _word(r),
                "status": "Validated",
            }
            for r in _EN
        ),
        expect(_EN, label="annotation"),
    ),
)
