"""Which column is text and which is label, in languages and from sources that no other case has."""

from __future__ import annotations

from tests.core.reviews.kinds.made import Made, Review, cycle, expect, expect_texts, file, lines, reviews, table
from tests.core.reviews.verdicts import Read, Refused, Told

_EN, _DE, _ZH, _IT, _PT = reviews(24), reviews(24, "de"), reviews(24, "zh"), reviews(24, "it"), reviews(24, "pt")
_NL, _SV, _TR, _AR, _KO = reviews(24, "nl"), reviews(24, "sv"), reviews(24, "tr"), reviews(24, "ar"), reviews(24, "ko")


def _stars(review: Review, row: int) -> object:
    return cycle(review.good, row, (1, 2), (5, 4))


def _word(review: Review, bad: str = "negative", good: str = "positive") -> str:
    return good if review.good else bad


def _flag(row: int, *words: object) -> object:
    """Return a value that has nothing to do with what the review says."""
    return words[(row * row // 3) % len(words)]


MADE: tuple[Made, ...] = (
    file(
        "columns/cijfer.csv",
        table(
            ["datum", "klant", "cijfer", "leeftijd", "recensie"],
            [
                ("03-05-2024", f"K{n}", cycle(r.good, n, ("2,5", "3"), ("9", "8,5")), 20 + n, r.text)
                for n, r in enumerate(_NL)
            ],
            delimiter=";",
        ),
        expect(_NL, text="recensie", label="cijfer"),
    ),
    file(
        "columns/puan.csv",
        table(
            ["yorum", "puan", "beğeni_sayısı", "onaylı_alıcı"],
            [(r.text, _stars(r, n), n % 4, _flag(n, "evet", "hayır")) for n, r in enumerate(_TR)],
        ),
        expect(_TR, text="yorum", label="puan"),
    ),
    file(
        "columns/pedidos.csv",
        table(
            ["order_id", "review_score", "review_comment_title", "review_comment_message", "review_creation_date"],
            [(f"{n:032x}", _stars(r, n), "", r.text, "2018-01-18 00:00:00") for n, r in enumerate(_PT)]
            + [(f"{n:032x}", 5, "", "", "2018-01-18 00:00:00") for n in range(40, 60)],
        ),
        expect(_PT, text="review_comment_message", label="review_score", left_out={"empty": 20}),
    ),
    file(
        "columns/voto.csv",
        table(
            ["utente", "acquisto_verificato", "voto", "utile", "recensione"],
            [(f"u{n}", _flag(n, "sì", "no"), _stars(r, n), n % 7, r.text) for n, r in enumerate(_IT)],
        ),
        expect(_IT, text="recensione", label="voto"),
    ),
    file(
        "columns/taqyim.csv",
        table(
            ["المدينة", "المراجعة", "التقييم"],
            [(_flag(n, "دبي", "عمان"), r.text, _stars(r, n)) for n, r in enumerate(_AR)],
        ),
        expect(_AR, text="المراجعة", label="التقييم"),
    ),
    file(
        "columns/betyg.csv",
        table(
            ["Butik", "Betyg", "Omdöme"],
            [(_flag(n, "Malmö", "Lund"), _stars(r, n), r.text) for n, r in enumerate(_SV)],
            delimiter=";",
        ),
        expect(_SV, text="Omdöme", label="Betyg"),
    ),
    file(
        "columns/crowd.csv",
        table(
            ["_unit_id", "_golden", "_unit_state", "_trusted_judgments", "sentiment", "sentiment:confidence", "text"],
            [
                (700 + n, "FALSE", "finalized", 3, _word(r, "Negative", "Positive"), 0.67, r.text)
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, text="text", label="sentiment"),
    ),
    file(
        "columns/spoilers.json",
        lines(
            {
                "review_date": "10 February 2006",
                "movie_id": "tt0111161",
                "is_spoiler": bool(_flag(n, 0, 1)),
                "review_text": r.text,
                "rating": str(cycle(r.good, n, (1, 3), (10, 9))),
                "review_summary": "A film",
            }
            for n, r in enumerate(_EN)
        ),
        expect(_EN, text="review_text", label="rating"),
    ),
    file(
        "columns/useful-funny-cool.csv",
        table(
            ["review_id", "useful", "funny", "cool", "stars", "text"],
            [
                (f"r{n}", n % 2, _flag(n, 0, 1), _flag(n + 1, 0, 1), f"{_stars(r, n)}.0", r.text)
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, text="text", label="stars"),
    ),
    file(
        "columns/courses.csv",
        table(["CourseId", "Review", "Label"], [("ml", r.text, _stars(r, n)) for n, r in enumerate(_EN)]),
        expect(_EN, text="Review", label="Label"),
        Read(kept=24, classes={"1": 6, "2": 6, "4": 6, "5": 6}, text="Review", label="Label"),
    ),
    file(
        "columns/aspects.csv",
        table(
            ["id", "sentence", "aspect term", "category", "polarity"],
            [(n, r.text, _flag(n, "lamp", "tent"), _flag(n, "service", "price"), _word(r)) for n, r in enumerate(_EN)],
        ),
        expect(_EN, text="sentence", label="polarity"),
    ),
    file(
        "columns/translated.csv",
        table(
            ["App", "Translated_Review", "Sentiment", "Sentiment_Polarity", "Sentiment_Subjectivity"],
            [("Maps", r.text, _word(r, "Negative", "Positive"), 0.4, 0.75) for r in _EN]
            + [("Maps", "nan", "nan", "nan", "nan")] * 9,
        ),
        expect(_EN, text="Translated_Review", label="Sentiment", left_out={"": 9}),
    ),
    file(
        "columns/names-of-goods.csv",
        table(
            ["商品名称", "店铺", "评论", "评分"],
            [
                ("便携式多功能可折叠护眼学习台灯 USB 充电款 白色", "旗舰店", r.text, _stars(r, n))
                for n, r in enumerate(_ZH)
            ],
        ),
        expect(_ZH, text="评论", label="评分"),
    ),
    file(
        "columns/cleaned.csv",
        table(
            ["review", "review_clean", "tokens", "sentiment"],
            [(r.text, r.text.lower().replace(",", ""), str(r.text.lower().split()), _word(r)) for r in _EN],
        ),
        expect(_EN, text="review", label="sentiment"),
    ),
    file(
        "columns/answers.csv",
        table(
            ["Sterne", "Text", "Antwort des Inhabers"],
            [
                (_stars(r, n), r.text, "Vielen Dank für Ihre ausführliche Rückmeldung, wir nehmen sie ernst." * (n % 2))
                for n, r in enumerate(_DE)
            ],
        ),
        expect(_DE, text="Text", label="Sterne"),
    ),
    file(
        "columns/empfehlung.csv",
        table(
            ["Teilnehmer", "Würden Sie uns weiterempfehlen?", "Newsletter", "Ihre Meinung"],
            [(n, _word(r, "Nein", "Ja"), _flag(n, "Ja", "Nein"), r.text) for n, r in enumerate(_DE)],
            delimiter=";",
        ),
        expect(_DE, text="Ihre Meinung", label="Würden.*"),
    ),
    file(
        "columns/naver.tsv",
        table(
            ["번호", "리뷰", "별점", "구매여부"],
            [(n, r.text, _stars(r, n), _flag(n, "예", "아니오")) for n, r in enumerate(_KO)],
            delimiter="\t",
        ),
        expect(_KO, text="리뷰", label="별점"),
    ),
    file(
        "columns/nothing-said.csv",
        table(["id", "city", "note"], [(n, _flag(n, "Cork", "Galway", "Sligo"), r.text) for n, r in enumerate(_EN)]),
        expect_texts(_EN, text="note"),
        Refused("no column of labels"),
        Told("city"),
    ),
)
