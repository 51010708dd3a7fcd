"""Kind 6: scale and polarity. What a value says of a review, however it is written."""

from __future__ import annotations

from collections.abc import Sequence

from tests.core.reviews.kinds.made import (
    NEGATIVE,
    NEUTRAL,
    POSITIVE,
    Made,
    Review,
    cycle,
    expect,
    expect_texts,
    file,
    reviews,
    table,
)
from tests.core.reviews.verdicts import ANY, Outcome, Read, Refused, Told

_EN, _DE, _FR, _RU = reviews(24), reviews(24, "de"), reviews(24, "fr"), reviews(24, "ru")


def _rated(
    name: str,
    column: str,
    bad: Sequence[object],
    good: Sequence[object],
    *expected: Outcome,
    made: Sequence[Review] = _EN,
    others: Sequence[tuple[str, object]] = (),
    text: str = "review",
    **dialect: object,
) -> Made:  # fmt: skip
    """Return a table in which complaints have one of the values `bad` and praise one of `good`."""
    rows = [(r.text, cycle(r.good, n, bad, good)) for n, r in enumerate(made)]
    return file(f"scales/{name}.csv", table([text, column], [*rows, *others], **dialect), *expected)


def _plain(name: str, column: str, bad: Sequence[object], good: Sequence[object], **rest: object) -> Made:
    """Return such a table whose values say what the review says."""
    made = rest.get("made", _EN)
    return _rated(name, column, bad, good, expect(made, label=column), **rest)  # type: ignore[arg-type]


def _classes(bad: Sequence[object], good: Sequence[object], made: Sequence[Review] = _EN) -> Read:
    """Expect each value to be a class."""
    shows = {r.text: str(cycle(r.good, n, bad, good)) for n, r in enumerate(made)}
    counts: dict[str, int] = {}
    for name in shows.values():
        counts[name] = counts.get(name, 0) + 1
    return Read(kept=len(made), classes=counts, shows=shows)


_MIDDLE = [(f"It is number {n}, and that is all there is to say", n) for n in range(4)]


def _middling(value: object) -> list[tuple[str, object]]:
    return [(text, value) for text, _ in _MIDDLE]


_SPAM = Read(kept=24, classes={ANY: 24}, label="is_.*", said=("is_",))

MADE: tuple[Made, ...] = (
    _plain("minus-one-one", "score", (-1,), (1,)),
    _rated("minus-one-one-plus", "polarity", ("-1",), ("+1",), expect(_EN), _classes(("-1",), (r"\+?1",))),
    _rated(
        "minus-two-to-two",
        "sentiment_score",
        (-2, -1),
        (2, 1),
        expect(_EN, left_out={"": 4}),
        expect(_EN, **{"said": ("-2|−2|scale",), "left_out": {"": 4}}),
        Read(kept=28, classes={"-2": 6, "-1": 6, "0": 4, "1": 6, "2": 6}),
        Read(kept=28, classes={NEGATIVE: 12, NEUTRAL: 4, POSITIVE: 12}),
        others=_middling(0),
    ),
    _rated(
        "zero-to-four",
        "sentiment",
        (0, 1),
        (4, 3),
        Read(kept=28, classes={"0": 6, "1": 6, "2": 4, "3": 6, "4": 6}),
        Read(kept=28, classes={NEGATIVE: 12, NEUTRAL: 4, POSITIVE: 12}),
        expect(_EN, left_out={"": 4}),
        others=_middling(2),
    ),
    _rated(
        "one-to-three",
        "rating",
        (1,),
        (3,),
        Read(kept=28, classes={"1.*": 12, "2.*": 4, "3.*": 12}, label="rating"),
        Read(kept=28, classes={NEGATIVE: 12, NEUTRAL: 4, POSITIVE: 12}, label="rating"),
        expect(_EN, left_out={"2|neither": 4}, label="rating"),
        others=_middling(2),
    ),
    _rated(
        "school-marks",
        "Schulnote",
        (5, 6),
        (1, 2),
        expect(_DE, label="Schulnote", said=("best|1|Schulnote",)),
        Told("Schulnote|1 is"),
        _classes((5, 6), (1, 2), _DE),
        Refused("--label Schulnote"),
        made=_DE,
        text="Kommentar",
        delimiter=";",
    ),
    _plain("one-to-ten", "user_rating", (1, 3, 2), (9, 10, 8)),
    _plain("booking", "Reviewer_Score", ("2.9", "3.3"), ("9.6", "10")),
    _plain("decimal-comma-of-ten", "Bewertung", ("2,5", "3,0"), ("9,2", "10,0"), made=_DE, delimiter=";"),
    _plain("hundred", "rating", (10, 25), (95, 80)),
    _plain("percent-comma", "Zufriedenheit", ("12,5 %", "20 %"), ("97,5 %", "100 %"), made=_DE, delimiter=";"),
    _rated(
        "letters",
        "grade",
        ("F", "D"),
        ("A", "B"),
        expect(_EN, label="grade"),
        _classes(("F", "D"), ("A", "B")),
    ),
    _plain("sur-cinq", "note", ("1 sur 5", "2 sur 5"), ("5 sur 5", "4 sur 5"), made=_FR),
    _plain("fuenf-sterne", "Bewertung", ("1 Stern", "2 Sterne"), ("5 Sterne", "4 Sterne"), made=_DE),
    _plain("von-fuenf", "rating", ("1,0 von 5", "2,0 von 5"), ("5,0 von 5", "4,0 von 5"), made=_DE),
    _plain(
        "de-cinco",
        "valoración",
        ("1,0 de 5 estrellas", "2,0 de 5 estrellas"),
        ("5,0 de 5 estrellas", "4,0 de 5 estrellas"),
        made=reviews(24, "es"),
    ),
    _plain("su-cinque", "rating", ("1,0 su 5 stelle", "2,0 su 5 stelle"), ("5,0 su 5 stelle", "4,0 su 5 stelle")),
    _plain(
        "uchi",
        "rating",
        ("5つ星のうち1.0", "5つ星のうち2.0"),
        ("5つ星のうち5.0", "5つ星のうち4.0"),
        made=reviews(24, "ja"),
    ),
    _plain("iz-pyati", "оценка", ("1 из 5", "2 из 5"), ("5 из 5", "4 из 5"), made=_RU),
    _plain(
        "rated-out-of",
        "rating",
        ("Rated 1 out of 5 stars", "Rated 2 out of 5 stars"),
        ("Rated 5 out of 5 stars", "Rated 4 out of 5 stars"),
    ),
    _plain("out-of-ten", "score", ("1 out of 10", "3 out of 10"), ("9 out of 10", "10 out of 10")),
    _plain("slash-hundred", "score", ("15/100", "20/100"), ("95/100", "88/100")),
    _plain("stars-and-number", "stars", ("★☆☆☆☆ (1)", "★★☆☆☆ (2)"), ("★★★★★ (5)", "★★★★☆ (4)")),
    _plain("asterisks", "stars", ("*", "**"), ("*****", "****")),
    _plain("glowing", "stars", ("🌟", "🌟🌟"), ("🌟🌟🌟🌟🌟", "🌟🌟🌟🌟")),
    _plain("words", "rating", ("one", "two"), ("five", "four")),
    _plain(
        "enumeration", "starRating", ("STAR_RATING_ONE", "STAR_RATING_TWO"), ("STAR_RATING_FIVE", "STAR_RATING_FOUR")
    ),
    _plain("one-star", "rating", ("ONE_STAR", "TWO_STARS"), ("FIVE_STARS", "FOUR_STARS")),
    _rated("thumbs-in-colour", "verdict", ("👎🏽", "👎"), ("👍🏽", "👍"), expect(_EN), expect(_EN, "👎.*", "👍.*")),
    _rated("faces", "mood", ("😡",), ("😀",), expect(_EN), expect(_EN, "😡", "😀")),
    _rated(
        "thumbs-in-words",
        "feedback_type",
        ("thumbs_down",),
        ("thumbs_up",),
        expect(_EN, label="feedback_type"),
        expect(_EN, "thumbs_down", "thumbs_up"),
        text="comment",
    ),
    _rated(
        "promoters",
        "nps_group",
        ("Detractor",),
        ("Promoter",),
        Read(kept=28, classes={"detractor|negative": 12, "passive|neutral": 4, "promoter|positive": 12}),
        others=_middling("Passive"),
    ),
    _rated("rotten", "freshness", ("rotten",), ("fresh",), expect(_EN, "rotten|negative", "fresh|positive")),
    _rated(
        "agree",
        "would buy again",
        ("Strongly disagree", "Disagree"),
        ("Strongly agree", "Agree"),
        expect(_EN),
        _classes(("Strongly disagree", "Disagree"), ("Strongly agree", "Agree")),
    ),
    _rated(
        "recommend-sentences",
        "recommends",
        ("Does not recommend this product",),
        ("Recommends this product",),
        expect(_EN, "does not.*|negative", "recommends.*|positive"),
    ),
    _plain("complaint", "is_complaint", ("yes",), ("no",)),
    _plain("negative-flag", "negative", (1,), (0,)),
    _plain("unhappy", "unhappy_customer", ("true",), ("false",)),
    _plain("not-recommended", "not_recommended", (1,), (0,)),
    _plain("hated-it", "hated_it", ("Y",), ("N",)),
    _plain("unzufrieden", "unzufrieden", ("ja",), ("nein",), made=_DE, delimiter=";"),
    _plain("zufrieden", "zufrieden", ("nein",), ("ja",), made=_DE, delimiter=";"),
    _plain("recommande", "recommande", ("non",), ("oui",), made=_FR, delimiter=";"),
    *(
        _rated(
            f"asked-{column}",
            f"is_{column}",
            (1,),
            (0,),
            expect(_EN, "1", "0"),
            expect(_EN, f"1|(is_)?{column}", "0|no.*|other"),
            Told(f"is_{column}"),
            _SPAM,
        )
        for column in ("fake", "sarcastic", "deceptive", "refund_request")
    ),
    _rated("upvotes", "upvotes", (3, 0, 17, 2), (1, 4, 250, 0), expect_texts(_EN), Refused("upvotes")),
    _rated("reddit-ups", "score", (12, -3, 141, 1), (7, 0, 1022, 2), expect_texts(_EN), Refused("score"), text="body"),
    _rated(
        "probability",
        "p_positive",
        ("0.031", "0.27"),
        ("0.981", "0.66"),
        expect_texts(_EN),
        Refused("p_positive"),
        Told("p_positive"),
    ),
    _rated(
        "compound",
        "compound",
        ("-0.8316", "-0.25"),
        ("0.9", "0.4404"),
        expect_texts(_EN),
        Told("compound"),
        Refused("compound"),
    ),
)
