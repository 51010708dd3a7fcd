"""Labels said in words before or after a text, columns that are only counted, and names in more languages."""

from __future__ import annotations

from tests.core.reviews.kinds.made import Made, Review, cycle, expect, expect_classes, file, folder, reviews, table
from tests.core.reviews.verdicts import Refused, Told

_EN, _RU, _JA, _TEST = reviews(24), reviews(24, "ru"), reviews(24, "ja"), reviews(48)[24:]


def _word(review: Review) -> str:
    return "positive" if review.good else "negative"


def _lines(name: str, pattern: str) -> Made:
    """Return a text file whose lines say their label as in `pattern`."""
    return file(f"lines/{name}.txt", "".join(pattern.format(r.text, _word(r)) + "\n" for r in _EN), expect(_EN))


def _rated(language: str, text: str, rating: str, made: list[Review]) -> Made:
    rows = [(n, r.text, cycle(r.good, n, (1, 2), (4, 5))) for n, r in enumerate(made)]
    return file(f"languages/{language}.csv", table(["id", text, rating], rows), expect(made, label=rating))


def _said(language: str, bad: str, good: str, label: str = "label_of_mine") -> Made:
    rows = [(r.text, good if r.good else bad) for r in _EN]
    classes = expect_classes({r.text: good if r.good else bad for r in _EN})
    return file(f"languages/words-{language}.csv", table(["text", label], rows), classes)


def _spelled(name: str, bad: tuple[str, str], good: tuple[str, str]) -> Made:
    rows = [(r.text, cycle(r.good, n, bad, good)) for n, r in enumerate(_EN)]
    return file(f"lines/rated-{name}.csv", table(["review", "rating"], rows), expect(_EN))


_COUNTED = [(r.text, _word(r)) for r in _EN]

MADE: tuple[Made, ...] = (
    _lines("colon", "{1}: {0}"),
    _lines("brackets", "[{1}] {0}"),
    _lines("in-brackets-after", "{0} ({1})"),
    _lines("comma-after", "{0},{1}"),
    file(
        "lines/stars-before.txt",
        "".join(f"{cycle(r.good, n, (1, 2), (4, 5))} stars - {r.text}\n" for n, r in enumerate(_EN)),
        expect(_EN),
    ),
    file("lines/paragraphs.txt", "\n\n".join(f"{r.text}.\nBought twice." for r in _EN), Told("blocks of lines")),
    file("lines/counted-from-0.csv", table(["0", "1"], _COUNTED), expect(_EN)),
    file("lines/counted-v1.csv", table(["v1", "v2", "", ""], [(b, a, "", "") for a, b in _COUNTED]), expect(_EN)),
    file("lines/types-below.csv", table(["text", "label"], [("string", "varchar(9)"), *_COUNTED]), expect(_EN)),
    folder(
        "lines/trn-tst",
        {
            "amazon_trn.csv": table(["text", "label"], _COUNTED),
            "amazon_tst.csv": table(["text", "label"], [(r.text, _word(r)) for r in _TEST]),
        },
        expect(_EN),
    ),
    file(
        "lines/remarks-below.csv",
        table(
            ["Rate us", "Your words"],
            [("(1-5)", "(free text)"), *((cycle(r.good, n, (1, 2), (4, 5)), r.text) for n, r in enumerate(_EN))],
        ),
        expect(_EN),
    ),
    file(
        "lines/dashes-for-texts.csv",
        table(["text", "label"], [*_COUNTED, *(("-" if n % 2 else "(blank)", "positive") for n in range(6))]),
        expect(_EN, left_out={"placeholder": 6}),
    ),
    folder(
        "lines/labels-of-files",
        {"labels.csv": table(["file", "label"], [(f"{n}.txt", _word(r)) for n, r in enumerate(_EN)])}
        | {f"texts/{n}.txt": r.text for n, r in enumerate(_EN)},
        Refused("names files"),
    ),
    _spelled("étoiles-sur", ("1 étoile sur 5", "2 étoiles sur 5"), ("4 étoiles sur 5", "5 étoiles sur 5")),
    _spelled("note", ("Note : 1/5", "Note : 2/5"), ("Note : 4/5", "Note : 5/5")),
    _spelled("half-sign", ("1½", "2"), ("4½", "5")),
    _spelled("words-of", ("one out of five", "two out of five"), ("four out of five", "five out of five")),
    _rated("uk", "відгук", "оцінка", _RU),
    _rated("hi", "समीक्षा", "रेटिंग", _EN),
    _rated("th", "รีวิว", "คะแนน", _EN),
    _rated("el", "κριτική", "βαθμολογία", _EN),
    _rated("id", "ulasan", "peringkat", _EN),
    _rated("ja", "口コミ", "点数", _JA),
    _said("vi", "tiêu cực", "tích cực"),
    _said("hi", "नकारात्मक", "सकारात्मक"),
    _said("he", "שלילי", "חיובי"),
    _said("fa", "منفی", "مثبت"),
    _said("fi", "negatiivinen", "positiivinen"),
)
