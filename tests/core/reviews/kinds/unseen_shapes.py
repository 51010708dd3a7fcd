"""Tables with unusual lines above and below them, tables named as something else, and files that are no tables."""

from __future__ import annotations

import json

from tests.core.reviews.kinds.containers import workbook
from tests.core.reviews.kinds.made import Made, Review, cycle, expect, expect_classes, file, reviews, table
from tests.core.reviews.verdicts import Refused

_EN = reviews(24)
_TAIWANESE = [
    Review(f"第{n}次訂購，{'房間乾淨，服務熱情' if n % 2 else '房間又小又髒，隔音很差'}", n % 2 == 1) for n in range(24)
]
_QUESTIONS = [
    "Timestamp",
    "How satisfied are you with what you bought from us? (1 = not at all, 5 = very)",
    "What is the reason?",
    "Would you like to be contacted?",
]


def _stars(review: Review, row: int) -> object:
    return cycle(review.good, row, (1, 2), (5, 4))


def _word(review: Review) -> str:
    return "positive" if review.good else "negative"


def _tagged(review: Review) -> str:
    words = review.text.split()
    return "".join(f"{word}\t{'B-ASP' if at == 1 else 'O'}\n" for at, word in enumerate(words))


_WORDS = [(r.text, _word(r)) for r in _EN]
_DECIMALS = [(r.text, cycle(r.good, n, (-0.4125, -0.8), (0.35, 0.975))) for n, r in enumerate(_EN)]

MADE: tuple[Made, ...] = (
    file(
        "shapes/form-of-questions.csv",
        table(
            _QUESTIONS,
            [(f"5/{n + 1}/2024 10:00:00", _stars(r, n), r.text, "No" if n % 3 else "Yes") for n, r in enumerate(_EN)],
        ),
        expect(_EN, label="How satisfied.*", text="What is the reason.*"),
    ),
    file(
        "shapes/open-ended-response.csv",
        table(
            ["Respondent ID", "Start Date", "How would you rate us?", "Tell us more"],
            [
                ("", "", "Response", "Open-Ended Response"),
                *((n, "05/01/2024", "Excellent" if r.good else "Very poor", r.text) for n, r in enumerate(_EN)),
            ],
        ),
        expect_classes({r.text: "Excellent" if r.good else "Very poor" for r in _EN}),
    ),
    file(
        "shapes/exported-on.xlsx",
        workbook(
            {
                "Voice": [
                    ["Voice of the customer"],
                    [],
                    ["Exported", "2024-05-01"],
                    ["Date", "Rating", "Comment"],
                    *([f"2024-05-{n + 1:02}", _stars(r, n), r.text] for n, r in enumerate(_EN)),
                ]
            }
        ),
        expect(_EN, label="Rating", text="Comment"),
    ),
    file(
        "shapes/copy-text.txt",
        "".join(f"{n}\t{text}\t{word}\n" for n, (text, word) in enumerate(_WORDS)) + "\\.\n",
        expect(_EN),
    ),
    file("shapes/table-named.json", table(["text", "label"], _WORDS), expect(_EN)),
    file(
        "shapes/big5.csv",
        table(["評論", "標籤"], [(r.text, _word(r)) for r in _TAIWANESE]).encode("big5"),
        expect(_TAIWANESE),
    ),
    file("shapes/decimals.csv", table(["text", "polarity"], _DECIMALS), expect(_EN), label="polarity", scale="-1-1"),
    file("shapes/decimals-unsaid.csv", table(["text", "polarity"], _DECIMALS), Refused("--scale=-1-1")),
    file("shapes/tagged.conll", "\n".join(map(_tagged, _EN)), Refused("single words")),
    file(
        "shapes/webanno.tsv",
        "#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.Sentiment|value\n\n"
        + "".join(f"#Text={r.text}\n{n}-1\t0-4\t{r.text[:4]}\t_\t\n\n" for n, r in enumerate(_EN)),
        Refused("single words"),
    ),
    file("shapes/keys-are-texts.json", json.dumps(dict(_WORDS)), Refused("texts as the keys")),
    file(
        "shapes/reviews.js",
        "var reviews = [\n" + ",\n".join(f'{{"text": "{a}", "label": "{b}"}}' for a, b in _WORDS) + "\n];\n",
        Refused("take off what stands before the first"),
    ),
)
