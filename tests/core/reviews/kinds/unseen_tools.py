"""Shapes of exports of tools, made of other reviews: databases, survey tools, shops, annotation, statistics."""

from __future__ import annotations

import json
import re

from tests.core.reviews.kinds.containers import workbook
from tests.core.reviews.kinds.made import Made, Review, cycle, expect, expect_classes, file, lines, reviews, table
from tests.core.reviews.verdicts import Outcome, Refused, Told

_EN, _DE, _ES = reviews(24), reviews(24, "de"), reviews(24, "es")


def _stars(review: Review, row: int = 0) -> int:
    return int(str(cycle(review.good, row, (1, 2), (5, 4))))


def _word(review: Review, bad: str = "negative", good: str = "positive") -> str:
    return good if review.good else bad


def _rated(name: str, bad: tuple[str, ...], good: tuple[str, ...], *expected: Outcome, column: str = "rating") -> Made:
    rows = [(r.text, cycle(r.good, n, bad, good)) for n, r in enumerate(_EN)]
    return file(f"tools/{name}.csv", table(["review", column], rows), *(expected or (expect(_EN, label=column),)))


def _worded(name: str, bad: tuple[str, ...], good: tuple[str, ...], column: str = "rating") -> Made:
    """Return a table of ratings in words, which may as well be classes of their own."""
    classes = {r.text: re.escape(str(cycle(r.good, n, bad, good))) for n, r in enumerate(_EN)}
    return _rated(name, bad, good, expect(_EN), expect_classes(classes), column=column)


_MARKDOWN = "| review | sentiment |\n|---|---|\n" + "".join(f"| {r.text} | {_word(r)} |\n" for r in _EN)

MADE: tuple[Made, ...] = (
    file(
        "tools/mongoexport.json",
        lines(
            {
                "_id": {"$oid": f"{n:024x}"},
                "text": r.text,
                "rating": {"$numberInt": str(_stars(r, n))},
                "created": {"$date": "2024-05-03T09:00:00Z"},
            }
            for n, r in enumerate(_EN)
        ),
        expect(_EN, text="text", label="rating.*"),
    ),
    file(
        "tools/elasticdump.json",
        lines(
            {"_index": "reviews", "_id": str(n), "_score": 1, "_source": {"body": r.text, "stars": _stars(r, n)}}
            for n, r in enumerate(_EN)
        ),
        expect(_EN, text=".*body", label=".*stars"),
    ),
    file(
        "tools/dynamodb.json",
        lines(
            {"Item": {"id": {"S": str(n)}, "comment": {"S": r.text}, "rating": {"N": str(_stars(r, n))}}}
            for n, r in enumerate(_DE)
        ),
        expect(_DE, text=".*comment.*", label=".*rating.*"),
    ),
    file(
        "tools/solr.json",
        json.dumps(
            {
                "responseHeader": {"status": 0},
                "response": {
                    "numFound": 24,
                    "start": 0,
                    "docs": [{"id": str(n), "review_t": r.text, "rating_i": _stars(r, n)} for n, r in enumerate(_EN)],
                },
            }
        ),
        expect(_EN, text="review_t", label="rating_i"),
    ),
    file(
        "tools/odata.json",
        json.dumps({"@odata.context": "x", "value": [{"Text": r.text, "Sentiment": _word(r)} for r in _EN]}),
        expect(_EN, text="Text", label="Sentiment"),
    ),
    file(
        "tools/appstoreconnect.json",
        json.dumps(
            {
                "data": [
                    {
                        "type": "customerReviews",
                        "id": str(n),
                        "attributes": {
                            "rating": _stars(r, n),
                            "title": "",
                            "body": r.text,
                            "reviewerNickname": "kim",
                            "territory": "DEU",
                        },
                    }
                    for n, r in enumerate(_DE)
                ],
                "links": {"self": "x"},
                "meta": {"paging": {"total": 24}},
            }
        ),
        expect(_DE, text=".*body", label=".*rating"),
    ),
    file(
        "tools/playconsole.json",
        json.dumps(
            {
                "reviews": [
                    {
                        "reviewId": f"gp:{n}",
                        "authorName": "Kim",
                        "comments": [
                            {
                                "userComment": {
                                    "text": r.text,
                                    "starRating": _stars(r, n),
                                    "reviewerLanguage": "en",
                                    "device": "pixel",
                                }
                            }
                        ],
                    }
                    for n, r in enumerate(_EN)
                ]
            }
        ),
        expect(_EN, text=".*text", label=".*starRating"),
        Refused("comments"),
        Told("comments"),
    ),
    file(
        "tools/firebase.json",
        json.dumps(
            {
                "reviews": {
                    f"-N{n:05}": {"msg": r.text, "stars": _stars(r, n), "uid": f"u{n}"} for n, r in enumerate(_EN)
                }
            }
        ),
        expect(_EN, text="msg", label="stars"),
    ),
    file(
        "tools/groundtruth.manifest",
        lines(
            {
                "source": r.text,
                "tone": int(r.good),
                "tone-metadata": {
                    "class-name": _word(r),
                    "confidence": 0.93,
                    "human-annotated": "yes",
                    "type": "groundtruth/text-classification",
                },
            }
            for r in _EN
        ),
        expect(_EN, text="source"),
        expect(_EN, "0", "1", text="source"),
    ),
    file(
        "tools/labelbox.ndjson",
        lines(
            {
                "data_row": {"id": str(n), "row_data": r.text},
                "projects": {
                    "p": {
                        "labels": [
                            {"annotations": {"classifications": [{"name": "tone", "radio_answer": {"name": _word(r)}}]}}
                        ]
                    }
                },
            }
            for n, r in enumerate(_EN)
        ),
        expect(_EN),
        Refused("--text data_row.row_data|nested|projects"),
        Told("projects|classifications|annotations"),
    ),
    file(
        "tools/apify.csv",
        table(
            [
                "name",
                "text",
                "textTranslated",
                "stars",
                "likesCount",
                "responseFromOwnerText",
                "totalScore",
                "placeUrl",
            ],
            [
                (
                    "Kim",
                    r.text,
                    "",
                    _stars(r, n),
                    n % 4,
                    "Thank you very much for this long and thoughtful review, we will do "
                    "our best to be even better the next time you come to see us"
                    if n % 2
                    else "",
                    4.3,
                    "https://x.invalid/place",
                )
                for n, r in enumerate(_ES)
            ],
        ),
        expect(_ES, text="text", label="stars"),
    ),
    file(
        "tools/judgeme.csv",
        table(
            [
                "title",
                "body",
                "rating",
                "review_date",
                "reviewer_name",
                "reviewer_email",
                "product_id",
                "reply",
                "picture_urls",
            ],
            [
                ("", r.text, _stars(r, n), "2024-05-03 09:00:00 UTC", "Kim", "kim@x.invalid", 17, "", "")
                for n, r in enumerate(_EN)
            ],
        ),
        expect(_EN, text="body", label="rating"),
    ),
    file(
        "tools/tickets.csv",
        table(
            ["Ticket ID", "Requester", "Satisfaction Score", "Satisfaction Comment", "Assignee"],
            [(n, "Kim", _word(r, "Bad", "Good"), r.text, ("Ana", "Bo")[n % 2]) for n, r in enumerate(_EN)]
            + [(99, "Kim", "Offered", "", "Ana")] * 5,
        ),
        expect(
            _EN,
            "bad|negative",
            "good|positive",
            text="Satisfaction Comment",
            label="Satisfaction Score",
            left_out={"": 5},
        ),
    ),
    file(
        "tools/surveymonkey.csv",
        "Respondent ID,Collector ID,How was your stay?,What could be better?\n,,Response,Open-Ended Response\n"
        + table(
            None,
            [(n, 40, cycle(r.good, n, ("Poor", "Fair"), ("Excellent", "Good")), r.text) for n, r in enumerate(_EN)],
        ),
        Told("How was your stay"),
        Refused("How was your stay"),
        expect(_EN, text="What could be better.*", label="How was.*", aside=("header",)),
    ),
    file(
        "tools/write-table.txt",
        '"text" "label"\n' + "".join(f'"{n + 1}" "{r.text}" {int(r.good)}\n' for n, r in enumerate(_EN)),
        expect(_EN),
        Refused("row names|3 fields|--delimiter"),
    ),
    file(
        "tools/write-csv.csv",
        '"","text","label"\n' + "".join(f'"{n + 1}","{r.text}","{_word(r)}"\n' for n, r in enumerate(_EN)),
        expect(_EN, text="text", label="label"),
    ),
    file(
        "tools/row-names.csv",
        "text,label\n" + "".join(f'{n},"{r.text}",{int(r.good)}\n' for n, r in enumerate(_EN)),
        expect(_EN),
        Refused("3 fields|row names|index", "2"),
    ),
    file(
        "tools/quoted-lines.csv",
        "".join(
            table(None, [[line]], quoting=1) for line in ["text,label", *(f'"{r.text}",{int(r.good)}' for r in _EN)]
        ),
        expect(_EN),
        Refused("quot|whole line|--quoting"),
        Told("quot"),
    ),
    file("tools/table.md", _MARKDOWN, expect(_EN), Refused("Markdown|table")),
    file("tools/table.org.txt", _MARKDOWN.replace("|---|---|", "|---+---|"), expect(_EN), Refused(r"table|\|")),
    file(
        "tools/spaced.txt",
        "".join(f"{r.text:<80}{_word(r):>10}\n" for r in _EN),
        expect(_EN),
        Refused("fixed width|columns of blanks|aligned|blanks"),
        Told("fixed width|columns of blanks|aligned|blanks"),
    ),
    file(
        "tools/sheet-of-forms.xlsx",
        workbook(
            {
                "Form1": [
                    ["Start time", "Name", "How satisfied are you?", "Comment"],
                    *([45000.5 + n, "anonymous", _stars(r, n), r.text] for n, r in enumerate(_EN)),
                ]
            }
        ),
        expect(_EN, text="Comment", label="How satisfied.*"),
    ),
    _worded("scale-in-words", ("1 - Very dissatisfied", "2 - Dissatisfied"), ("5 - Very satisfied", "4 - Satisfied")),
    _worded("scale-in-brackets", ("1 (poor)", "2 (fair)"), ("5 (excellent)", "4 (good)")),
    _rated("number-and-star", ("1 ★", "2 ★"), ("5 ★", "4 ★")),
    _rated("rating-colon", ("Rating: 1", "Rating: 2"), ("Rating: 5", "Rating: 4")),
    _rated("slash-with-blanks", ("1 / 5", "2 / 5"), ("5 / 5", "4 / 5")),
    _rated("half-of-five", ("1,5/5", "2/5"), ("4,5/5", "5/5")),
    _rated("out-of-five-point-zero", ("1.0 out of 5.0", "2.0 out of 5.0"), ("5.0 out of 5.0", "4.0 out of 5.0")),
    _rated("stars-in-words", ("one star", "two stars"), ("five stars", "four stars")),
    _rated("padded", (" 1 ", "2 "), (" 5", "4 ")),
    _rated(
        "plus-and-minus",
        ("-", "--"),
        ("+", "++"),
        expect(_EN, "negative|neg|-", "positive|pos|\\+"),
        Told(r"\+|--"),
        Refused(r"--label \S*mood|missing"),
        column="mood",
    ),
    _rated("letters-p-n", ("N",), ("P",), expect(_EN, "n|negative", "p|positive", label="polarity"), column="polarity"),
    _rated("upper-booleans", ("FALSE",), ("TRUE",), column="satisfied"),
    _worded("good-bad", ("Bad", "Terrible"), ("Good", "Excellent"), column="overall"),
)
