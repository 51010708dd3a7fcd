"""Kind 3: the wrong column is taken for the text. Descriptions, answers of the shop, nested and halved reviews."""

from __future__ import annotations

from collections.abc import Sequence

from tests.core.reviews.kinds.containers import parquet
from tests.core.reviews.kinds.made import (
    NEGATIVE,
    POSITIVE,
    Made,
    Review,
    cycle,
    expect,
    file,
    lines,
    reviews,
    table,
)
from tests.core.reviews.verdicts import Read, Refused, Told

_EN, _DE, _FR = reviews(36), reviews(24, "de"), reviews(24, "fr")
_SPECIFICATION = (
    "A sturdy three-season tunnel tent of ripstop polyester with a sewn-in ground sheet, two entrances, taped seams, "
    "fibreglass poles and a storm-proof guy line set, available in article number {}"
)
_ANSWER = "Dear customer, thank you for taking the time to write to us about your order; kind regards, the team of {}"


def _stars(review: Review, row: int) -> object:
    return cycle(review.good, row, (1, 2), (5, 4))


def _halves(label: str, *texts: str) -> tuple[Read | Told, ...]:
    """Expect both halves of a review joined with their names, or that something says so of the other half."""
    classes = {NEGATIVE: 12, POSITIVE: 12}
    both = ".*".join(texts)
    return (
        Read(kept=24, classes=classes, label=label, text=f".*{both}.*|.*{texts[1]}.*{texts[0]}.*"),
        *(Read(kept=24, classes=classes, label=label, text=texts[here], said=(texts[1 - here],)) for here in range(2)),
    )


def _pairs(made: Sequence[Review]) -> list[tuple[str, str, int]]:
    """Return (praise, complaint, stars) per row."""
    good = [review.text for review in made if review.good]
    bad = [review.text for review in made if not review.good]
    return [(good[n % 12], bad[(n * 5) % 12], (1, 5)[n % 2]) for n in range(24)]


MADE: tuple[Made, ...] = (
    file(
        "texts/specification.csv",
        table(
            ["sku", "specification", "customer_words", "overall_score"],
            [(f"TN{n:04}", _SPECIFICATION.format(n), r.text, _stars(r, n)) for n, r in enumerate(_EN)],
        ),
        expect(_EN, text="customer_words", label="overall_score"),
    ),
    file(
        "texts/answer-of-the-shop.csv",
        table(
            ["Antwort des Händlers", "Rezension", "Sterne"],
            [(_ANSWER.format(n), r.text, _stars(r, n)) for n, r in enumerate(_DE)],
            delimiter=";",
        ),
        expect(_DE, text="Rezension", label="Sterne"),
    ),
    file(
        "texts/owner-response.jsonl",
        lines(
            {
                "response_from_owner": _ANSWER.format(n),
                "caption": r.text,
                "stars": _stars(r, n),
                "relative_date": "a year ago",
            }
            for n, r in enumerate(_EN)
        ),
        expect(_EN, text="caption", label="stars"),
        Told("response_from_owner|caption"),
    ),
    file(
        "texts/constant.csv",
        table(
            ["policy", "feedback", "satisfied"],
            [
                ("All reviews are checked by our staff before they appear on this page.", r.text, "YN"[not r.good])
                for r in _EN
            ],
        ),
        expect(_EN, text="feedback", label="satisfied"),
    ),
    file(
        "texts/links.csv",
        table(
            ["page", "title", "said", "rating"],
            [
                (
                    f"https://shop.invalid/items/{n}/reviews?sort=newest&page=1&ref=abcdefghijklmnopqrstuvwxyz0123456789",
                    "",
                    r.text,
                    _stars(r, n),
                )
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, text="said", label="rating"),
    ),
    file(
        "texts/dotted.csv",
        table(
            ["product.name", "product.tags", "review.author", "review.content", "review.stars"],
            [
                (
                    "Tunnel tent, green, for two people and a dog",
                    "tents, outdoor, two people, green, sale, new, summer",
                    "kim",
                    r.text,
                    _stars(r, n),
                )
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, text=r"review\.content", label=r"review\.stars"),
    ),
    file(
        "texts/nested.json",
        lines(
            {
                "product": {"name": "Tunnel tent", "description": _SPECIFICATION.format(n)},
                "comment": {"language": "de", "body": r.text},
                "rating": {"value": _stars(r, n), "max": 5},
            }
            for n, r in enumerate(_DE)
        ),
        expect(_DE, text=r"comment.*body", label=r"rating.*value"),
        Refused("--text comment.body", "--label rating.value"),
    ),
    file(
        "texts/struct.parquet",
        parquet(
            {
                "meta": [{"lang": "fr", "source": "app"} for _ in _FR],
                "opinion": [{"heading": "", "message": r.text} for r in _FR],
                "stars": [_stars(r, n) for n, r in enumerate(_FR)],
            }
        ),
        expect(_FR, text=r"opinion.*message", label="stars"),
    ),
    file(
        "texts/list-of-sentences.parquet",
        parquet(
            {
                "sentences": [r.text.split(", ") for r in _EN],
                "label": [int(r.good) for r in _EN],
            }
        ),
        Read(kept=36, classes={NEGATIVE: 18, POSITIVE: 18}, text="sentences.*", said=("sentences",)),
        Refused("list", "sentences"),
    ),
    file(
        "texts/inputs.jsonl",
        lines(
            {
                "id": f"5f{n}",
                "inputs": {"text": r.text},
                "prediction": None,
                "annotation": "NEG" if not r.good else "POS",
                "status": "Validated",
                "metrics": {"text_length": len(r.text)},
                "vectors": None,
            }
            for n, r in enumerate(_EN)
        ),
        expect(_EN, text=r"inputs.*text", label="annotation"),
    ),
    file(
        "texts/placeholders.csv",
        table(
            ["attachments", "words", "label"],
            [("[image] [image] [image] [attachment removed by the moderator]", r.text, int(r.good)) for r in _EN],
        ),
        expect(_EN, text="words", label="label"),
    ),
    file(
        "texts/hotel-halves.csv",
        table(
            ["Hotel_Address", "Average_Score", "Negative_Review", "Positive_Review", "Reviewer_Score"],
            [
                (
                    "Quai 4 1012 AB Amsterdam Netherlands",
                    7.7,
                    bad if stars == 1 else "No Negative",
                    good if stars == 5 else "No Positive",
                    {1: 2.9, 5: 9.6}[stars],
                )
                for good, bad, stars in _pairs(_EN)
            ],
        ),
        *_halves("Reviewer_Score", "Negative_Review", "Positive_Review"),
    ),
    file(
        "texts/best-and-worst.csv",
        table(
            ["What do you like best?", "What do you dislike?", "Overall"],
            [(good, bad, stars) for good, bad, stars in _pairs(_EN)],
        ),
        *_halves("Overall", r"What do you like best\??", r"What do you dislike\??"),
    ),
    file(
        "texts/vorteile-nachteile.csv",
        table(
            ["Vorteile", "Nachteile", "Sterne"], [(good, bad, stars) for good, bad, stars in _pairs(_DE)], delimiter=";"
        ),
        *_halves("Sterne", "Vorteile", "Nachteile"),
    ),
    file(
        "texts/only-a-flag-named-review.csv",
        table(
            ["reviewed", "remark", "grade"],
            [("true", r.text, cycle(r.good, n, ("poor",), ("great",))) for n, r in enumerate(_EN)],
        ),
        expect(_EN, "poor|negative", "great|positive", text="remark", label="grade"),
    ),
    file(
        "texts/translated.csv",
        table(
            ["review_id", "review_text_original", "review_text_translated", "stars"],
            [(n, r.text, e.text, _stars(r, n)) for n, (r, e) in enumerate(zip(_FR, _EN, strict=False))],
        ),
        expect(_FR, text="review_text_original", label="stars", said=("review_text_translated",)),
        expect(_EN[:24], text="review_text_translated", label="stars", said=("review_text_original",)),
    ),
)
