"""Kind 2: the wrong column is taken for the label. Flags, counts, products and people beside a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from tests.core.reviews.kinds.made import Made, Review, cycle, expect, expect_texts, file, lines, reviews, table
from tests.core.reviews.verdicts import Read, Refused, Told

_EN, _DE, _FR, _ES = reviews(36), reviews(36, "de"), reviews(24, "fr"), reviews(24, "es")


def _stars(review: Review, row: int) -> object:
    return cycle(review.good, row, (1, 2), (5, 4))


def _flag(row: int, words: Sequence[str]) -> str:
    """Return a flag that has nothing to do with what the review says."""
    return words[(row * row // 3) % len(words)]


def _word(review: Review, bad: str, good: str) -> str:
    return good if review.good else bad


MADE: tuple[Made, ...] = (
    file(
        "labels/photo-and-opinion.csv",
        table(
            ["comment", "has_photo", "is_first_purchase", "opinion"],
            [
                (r.text, _flag(n, ("true", "false")), _flag(n + 1, ("yes", "no")), _word(r, "unhappy", "happy"))
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, "unhappy|negative", "happy|positive", text="comment", label="opinion"),
    ),
    file(
        "labels/gender-and-rating.csv",
        table(
            ["gender", "member", "age_group", "rating", "review"],
            [
                (_flag(n, "mf"), _flag(n + 2, "YN"), _flag(n, ("18-25", "26-40", "41+")), _stars(r, n), r.text)
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, text="review", label="rating"),
    ),
    file(
        "labels/bewertung.csv",
        table(
            ["Datum", "Filiale", "Stammkunde", "Bewertung", "Kommentar"],
            [
                ("03.05.2024", _flag(n, ("Mitte", "Nord")), _flag(n, ("ja", "nein")), _stars(r, n), r.text)
                for n, r in enumerate(_DE)
            ],
            delimiter=";",
        ),
        expect(_DE, text="Kommentar", label="Bewertung"),
    ),
    file(
        "labels/calificacion.csv",
        table(
            ["fecha", "ciudad", "calificación", "opinión"],
            [("2024-05-03", _flag(n, ("Vigo", "Cádiz")), _stars(r, n), r.text) for n, r in enumerate(_ES)],
        ),
        expect(_ES, text="opinión", label="calificación"),
    ),
    file(
        "labels/reviews-ja.csv",
        table(
            ["レビュー", "評価", "購入済み"],
            [(r.text, _stars(r, n), _flag(n, ("はい", "いいえ"))) for n, r in enumerate(reviews(24, "ja"))],
        ),
        expect(reviews(24, "ja"), text="レビュー", label="評価"),
    ),
    file(
        "labels/reviews-ru.csv",
        table(
            ["отзыв", "оценка", "город"],
            [(r.text, _stars(r, n), _flag(n, ("Омск", "Тверь"))) for n, r in enumerate(reviews(24, "ru"))],
        ),
        expect(reviews(24, "ru"), text="отзыв", label="оценка"),
    ),
    file(
        "labels/helpful-counts.jsonl",
        lines(
            {"body": r.text, "helpful": n % 4, "unhelpful": n % 3, "score": _stars(r, n), "replies": n % 2}
            for n, r in enumerate(_FR)
        ),
        expect(_FR, text="body", label="score"),
    ),
    file(
        "labels/average-beside-own.csv",
        table(
            ["product_average_rating", "user_rating", "user_comment"],
            [((4.3, 3.9)[n % 2], _stars(r, n), r.text) for n, r in enumerate(_EN)],
        ),
        expect(_EN, text="user_comment", label="user_rating"),
    ),
    file(
        "labels/predicted-beside-gold.csv",
        table(
            ["sentence", "predicted_sentiment", "confidence", "gold_sentiment"],
            [
                (r.text, _flag(n, ("positive", "negative")), 0.5 + n % 40 / 100, _word(r, "negative", "positive"))
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, text="sentence", label="gold_sentiment"),
    ),
    file(
        "labels/two-annotators.csv",
        table(
            ["text", "annotator_1", "annotator_2"],
            [
                (r.text, _word(r, "neg", "pos"), "pos" if n % 9 == 2 else _word(r, "neg", "pos"))
                for n, r in enumerate(_EN)
            ],
        ),
        Told("annotator_2"),
        Refused("annotator_1", "annotator_2"),
        expect(_EN, label="annotator_1", said=("annotator_2",)),
    ),
    file(
        "labels/department-and-tone.csv",
        table(
            ["ticket", "department", "channel", "verbatim", "tone"],
            [
                (
                    f"T-{n:05}",
                    _flag(n, ("sales", "repair", "billing")),
                    _flag(n, ("mail", "chat")),
                    r.text,
                    _word(r, "annoyed", "pleased"),
                )
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, "annoyed|negative", "pleased|positive", text="verbatim", label="tone"),
    ),
    file(
        "labels/language-column.csv",
        table(
            ["lang", "country", "text", "sentiment_label"],
            [
                ("en" if n < 36 else "de", "IE" if n < 36 else "AT", r.text, _word(r, "NEG", "POS"))
                for n, r in enumerate(_EN + _DE)
            ],
        ),
        expect(_EN + _DE, text="text", label="sentiment_label"),
    ),
    file(
        "labels/likert-answer.csv",
        table(
            ["Timestamp", "How likely are you to buy here again?", "Was it a gift?", "Tell us more"],
            [
                (
                    "2024/05/03 9:01:02",
                    cycle(r.good, n, ("Unlikely", "Very unlikely"), ("Likely", "Very likely")),
                    _flag(n, ("Yes", "No")),
                    r.text,
                )
                for n, r in enumerate(_EN)
            ],
        ),
        Read(
            kept=36,
            classes={"unlikely": 9, "very unlikely": 9, "likely": 9, "very likely": 9},
            shows={_EN[0].text: "unlikely", _EN[1].text: "likely"},
            text="Tell us more",
            label="How likely.*",
        ),
        expect(_EN, text="Tell us more", label="How likely.*"),
        Told("How likely"),
    ),
    file(
        "labels/only-flags.csv",
        table(
            ["review", "verified_purchase", "vine", "has_image"],
            [(r.text, _flag(n, "YN"), _flag(n + 1, "YN"), _flag(n + 2, ("true", "false"))) for n, r in enumerate(_EN)],
        ),
        expect_texts(_EN, text="review"),
        Told("vine|has_image"),
        Refused("no column of labels", "flag|vine|has_image|verified_purchase"),
    ),
    file(
        "labels/votes-only.csv",
        table(
            ["content", "thumbsUpCount", "reviewCreatedVersion"], [(r.text, n % 5, "4.1.2") for n, r in enumerate(_EN)]
        ),
        expect_texts(_EN, text="content"),
    ),
    file(
        "labels/google-play-scraper.csv",
        table(
            ["reviewId", "userName", "content", "score", "thumbsUpCount", "replyContent", "appVersion"],
            [
                (
                    f"gp:{n:08x}",
                    "A Google user",
                    r.text,
                    _stars(r, n),
                    n % 3,
                    "Thank you for telling us at such length; please write to our helpful team" if n % 2 else "",
                    "4.1",
                )
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, text="content", label="score"),
    ),
    file(
        "labels/category-beside-sentiment.jsonl",
        lines(
            {"category": _flag(n, ("tents", "lamps")), "label": _word(r, "negative", "positive"), "text": r.text}
            for n, r in enumerate(_EN)
        ),
        expect(_EN, text="text", label="label"),
    ),
    file(
        "labels/number-and-name.csv",
        table(
            ["text", "label", "label_name"],
            [(r.text, int(r.good), _word(r, "dislike", "like")) for r in _EN],
        ),
        expect(_EN, "negative|dislike|0", "positive|like|1", label="label(_name)?"),
    ),
    file(
        "labels/named-only-by-values.csv",
        table(["q1", "q2", "q3"], [(n, r.text, _word(r, "terrible", "excellent")) for n, r in enumerate(_EN)]),
        expect(_EN, "terrible|negative", "excellent|positive", text="q2", label="q3"),
        Refused("--label q3"),
    ),
)
