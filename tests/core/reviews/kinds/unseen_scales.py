"""Scales, polarities and values that are no labels, in languages and spellings that no other case has."""

from __future__ import annotations

from collections.abc import Sequence

from tests.core.reviews.kinds.made import NEUTRAL, Made, Review, cycle, expect, expect_classes, file, reviews, table
from tests.core.reviews.verdicts import Outcome, Read, Refused, Told

_EN, _DE, _FR, _ES, _RU = reviews(24), reviews(24, "de"), reviews(24, "fr"), reviews(24, "es"), reviews(24, "ru")
_MIDDLE = [f"It is number {n}, and that is all there is to say" for n in range(4)]


def _rated(
    name: str,
    column: str,
    bad: Sequence[object],
    good: Sequence[object],
    *expected: Outcome,
    made: Sequence[Review] = _EN,
    others: Sequence[tuple[str, object]] = (),
) -> Made:
    """Return a table in which complaints have one of the values `bad` and praise one of `good`."""
    rows = [(r.text, cycle(r.good, n, bad, good)) for n, r in enumerate(made)]
    return file(f"values/{name}.csv", table(["text", column], [*rows, *others]), *(expected or (expect(made),)))


def _classes(bad: Sequence[object], good: Sequence[object], made: Sequence[Review] = _EN) -> Read:
    """Expect each value to be a class."""
    return expect_classes({r.text: str(cycle(r.good, n, bad, good)) for n, r in enumerate(made)})


MADE: tuple[Made, ...] = (
    _rated(
        "no-answer-99",
        "rating",
        (1, 2),
        (5, 4),
        expect(_EN, left_out={"": 4}),
        Told("99"),
        others=[(text, 99) for text in _MIDDLE],
    ),
    _rated(
        "no-answer-minus-9",
        "stars",
        (1, 2),
        (5, 4),
        expect(_EN, left_out={"": 4}),
        Told("-9"),
        others=[(text, -9) for text in _MIDDLE],
    ),
    _rated(
        "not-rated",
        "rating",
        (1, 2),
        (5, 4),
        expect(_EN, left_out={"": 4}),
        others=[(text, "not rated") for text in _MIDDLE],
    ),
    _rated(
        "sans-avis",
        "note",
        (1, 2),
        (5, 4),
        expect(_FR, left_out={"": 4}),
        made=_FR,
        others=[(text, "sans avis") for text in _MIDDLE],
    ),
    *(
        _rated(
            f"missing-{n}",
            "sentiment",
            ("negative",),
            ("positive",),
            expect(_EN, left_out={"missing": 4}),
            others=[(text, word) for text in _MIDDLE],
        )
        for n, word in enumerate(("sin datos", "b.d.", "нет данных", "无", "なし", "해당 없음", "n/d"))
    ),
    _rated(
        "turkish-case",
        "duygu",
        ("OLUMSUZ", "olumsuz"),
        ("OLUMLU", "Olumlu"),
        expect(reviews(24, "tr")),
        expect(reviews(24, "tr"), "olumsuz", "olumlu"),
        made=reviews(24, "tr"),
    ),
    _rated(
        "dotted-i",
        "etiket",
        ("NEGATİF", "negatif"),
        ("POZİTİF", "pozitif"),
        expect(reviews(24, "tr")),
        expect(reviews(24, "tr"), "negatif|NEGATİF", "pozitif|POZİTİF"),
        made=reviews(24, "tr"),
    ),
    _rated("full-width", "评分", ("１", "２"), ("５", "４"), expect(reviews(24, "zh")), made=reviews(24, "zh")),
    _rated("arabic-digits", "تقييم", ("١", "٢"), ("٥", "٤"), expect(reviews(24, "ar")), made=reviews(24, "ar")),
    _rated(
        "three-faces",
        "mood",
        ("🙁",),
        ("🙂",),
        Read(kept=28, classes={"🙁|negative": 12, "😐|neutral": 4, "🙂|positive": 12}),
        others=[(text, "😐") for text in _MIDDLE],
    ),
    _rated(
        "ratings-zh",
        "评级",
        ("差评",),
        ("好评",),
        Read(kept=28, classes={"差评|negative": 12, f"中评|{NEUTRAL}": 4, "好评|positive": 12}),
        made=reviews(24, "zh"),
        others=[(text, "中评") for text in _MIDDLE],
    ),
    _rated("stars-zh", "星级", ("1星", "2星"), ("5星", "4星"), made=reviews(24, "zh")),
    _rated(
        "stars-zh-words",
        "星级",
        ("一星", "二星"),
        ("五星", "四星"),
        expect(reviews(24, "zh")),
        _classes(("一星", "二星"), ("五星", "四星"), reviews(24, "zh")),
        made=reviews(24, "zh"),
    ),
    _rated("stars-ja", "評価", ("★1", "★2"), ("★5", "★4"), made=reviews(24, "ja")),
    _rated("points-ko", "평점", ("1점", "2점"), ("5점", "4점"), made=reviews(24, "ko")),
    _rated("star-rating", "rating", ("1.0 star rating", "2.0 star rating"), ("5.0 star rating", "4.0 star rating")),
    _rated("seven-points", "rating", (1, 2), (7, 6), expect(_EN), Told("1–7")),
    _rated(
        "twenty-points",
        "note",
        (3, 5),
        (18, 16),
        expect(_FR),
        Told("20"),
        Refused("--scale 0-20|--label note"),
        made=_FR,
    ),
    _rated("slash-twenty", "note", ("3/20", "5/20"), ("18/20", "16,5/20"), made=_FR),
    _rated("school-plus", "grade", ("F", "D-"), ("A+", "B"), expect(_EN), _classes(("F", "D-"), (r"A\+", "B"))),
    _rated("russian-marks", "оценка", (2,), (5, 4), made=_RU),
    _rated(
        "malo-regular-bueno",
        "calificación",
        ("Malo", "Muy malo"),
        ("Bueno", "Muy bueno"),
        expect(_ES),
        _classes(("Malo", "Muy malo"), ("Bueno", "Muy bueno"), _ES),
        made=_ES,
    ),
    _rated(
        "daumen",
        "Urteil",
        ("Daumen runter",),
        ("Daumen hoch",),
        expect(_DE),
        expect(_DE, "Daumen runter", "Daumen hoch"),
        made=_DE,
    ),
    _rated("beschwerde", "Beschwerde", ("ja",), ("nein",), made=_DE),
    _rated("reclamo", "es_reclamo", ("sí",), ("no",), made=_ES),
    _rated("zhaloba", "жалоба", ("да",), ("нет",), made=_RU),
    _rated("would-not", "would_not_recommend", (1,), (0,)),
    _rated("recomienda", "lo_recomendaría", ("no",), ("sí",), made=_ES),
    _rated("rekomenduyu", "рекомендую", ("нет",), ("да",), made=_RU),
    _rated("insatisfait", "client_insatisfait", ("oui",), ("non",), made=_FR),
    _rated("reversed-numbers", "label", (2,), (1,), expect(_EN, "2", "1"), Told("What 1 and 2 mean")),
    _rated("pairs", "tone", ("neg|neg", "neg|neg", "neg|pos"), ("pos|pos",), Told("several labels")),
    _rated("fractions", "rating", ("0.1", "0.2"), ("0.9", "1.0"), expect(_EN), Told("rating"), Refused("rating")),
    _rated("counts-named-score", "score", (0, 250, 3), (17, 0, 91), Refused("label"), Told("score")),
)
