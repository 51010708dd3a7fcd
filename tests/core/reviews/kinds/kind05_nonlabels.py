"""Kind 5: what is no label becomes a class. Missing values, repeated headers, preambles, footers, lists, spellings."""

from __future__ import annotations

import json

from tests.core.reviews.kinds.made import (
    NEGATIVE,
    NEUTRAL,
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

_EN, _DE, _ES = reviews(24), reviews(24, "de"), reviews(24, "es")
_MORE = reviews(36)[24:]
_SEVERAL = "several labels|multi|combination|more than one"


def _word(review: Review, bad: str = "negative", good: str = "positive") -> str:
    return good if review.good else bad


def _with_missing(made: list[Review], missing: list[str], **dialect: object) -> str:
    rows = [(r.text, _word(r)) for r in made]
    rows += [(f"Nobody has said anything about order {n} so far", word) for n, word in enumerate(missing)]
    return table(["text", "sentiment"], rows, **dialect)


_ROWS = table(None, [(r.text, _word(r)) for r in _EN])
_HEADER = "review,sentiment\n"
_DUMP = _ROWS.splitlines(keepends=True)
_ARFF = (
    "% made by hand\n@relation reviews\n\n@attribute text string\n@attribute class {negative,positive}\n\n@data\n"
    + "".join(f"'{r.text}',{_word(r)}\n" for r in _EN)
)
_PSQL = " text | label \n------+-------\n" + "".join(f" {r.text} | {_word(r)}\n" for r in _EN) + f"({len(_EN)} rows)\n"

MADE: tuple[Made, ...] = (
    file(
        "nonlabels/keine-angabe.csv",
        _with_missing(_DE, ["k. A.", "keine Angabe", "unbekannt", "k.A."], delimiter=";"),
        expect(_DE, left_out={"missing": 4}),
        Told("k. A.|keine Angabe|unbekannt"),
    ),
    file(
        "nonlabels/english.csv",
        _with_missing(_EN, ["not labeled", "Unknown", "TBD", "-", "—", "N.A.", "n/a", "#N/A", "#VALUE!", "NA", " "]),
        expect(_EN, left_out={"missing": 11}),
        Told("not labeled|unknown"),
    ),
    file("nonlabels/mysql.tsv", _with_missing(_ES, [r"\N"] * 9, delimiter="\t"), expect(_ES, left_out={"missing": 9})),
    file(
        "nonlabels/minus-one.csv",
        table(["text", "label"], [(r.text, int(r.good)) for r in _EN] + [(r.text, -1) for r in _MORE]),
        expect(_EN, left_out={"missing|unlabel|-1": 12}),
        Told("-1|−1"),
    ),
    file(
        "nonlabels/missing-texts.csv",
        table(
            ["comment", "stars"],
            [(r.text, 5 if r.good else 1) for r in _EN]
            + [(word, 3) for word in ("N/A", "none", "null", "#N/A", "NaN")],
        ),
        expect(_EN, left_out={"": 5}),
    ),
    file(
        "nonlabels/header-every-eight.tsv",
        "".join("polarity\tsentence\n" * (n % 8 == 0) + f"{_word(r)}\t{r.text}\n" for n, r in enumerate(_DE)),
        expect(_DE, aside=("header",)),
    ),
    file(
        "nonlabels/header-in-the-middle.csv",
        _HEADER + "".join(_DUMP[:12]) + "\ufeff" + _HEADER + "".join(_DUMP[12:]),
        expect(_EN, aside=("header",)),
    ),
    file(
        "nonlabels/preamble.csv",
        "Kundenmeinungen\nStand:;03.05.2024\nErstellt von;kim\n\n"
        + table(
            ["Nr", "Meinung", "Sterne"], [(n, r.text, 5 if r.good else 2) for n, r in enumerate(_DE)], delimiter=";"
        ),
        expect(_DE, text="Meinung", label="Sterne", aside=("before|preamble|header|fields",)),
    ),
    file(
        "nonlabels/footer.csv",
        table(["Review", "Rating"], [(r.text, 5 if r.good else 2) for r in _EN]) + "\nTotal,24\nAverage,3.5\n",
        expect(_EN, aside=("",), text="Review", label="Rating"),
        Read(
            kept=24,
            classes={NEGATIVE: 12, POSITIVE: 12},
            left_out={"unknown label|total|footer|neither": 2},
        ),
    ),
    file("nonlabels/psql.txt", _PSQL, expect(_EN), Refused(r"\|", "table|psql|--delimiter")),
    file(
        "nonlabels/sep-line.csv",
        "sep=\t\r\n"
        + table(["Text", "Label"], [(r.text, _word(r)) for r in _ES], delimiter="\t", lineterminator="\r\n"),
        expect(_ES, aside=("sep=",)),
    ),
    file(
        "nonlabels/comments.tsv",
        "# source: shop 12\n# columns: label, text\n#\n" + "".join(f"{_word(r)}\t{r.text}\n" for r in _EN),
        expect(_EN, aside=("comment",)),
    ),
    file(
        "nonlabels/slashes.csv",
        "// made by the export\n" + _HEADER + _ROWS,
        expect(_EN, aside=("comment|before",)),
        Refused("line 1|comment"),
    ),
    file(
        "nonlabels/hashtags.csv",
        table(["text", "label"], [(f"#{r.text}", int(r.good)) for r in _EN]),
        expect(_EN, shown=lambda review: f"#{review.text}"),
    ),
    file("nonlabels/reviews.arff", _ARFF, expect(_EN), Refused("ARFF|Weka")),
    file(
        "nonlabels/types.tsv",
        "text\tlabel\nString\tUInt8\n" + "".join(f"{r.text}\t{int(r.good)}\n" for r in _EN),
        expect(_EN, aside=("header|type|unknown label",)),
    ),
    file(
        "nonlabels/survey.csv",
        table(
            ["StartDate", "Q7", "Q8"],
            [
                ("Start Date", "Overall, are you content?", "What should we know?"),
                ('{"ImportId":"startDate"}', '{"ImportId":"QID7"}', '{"ImportId":"QID8_TEXT"}'),
                *(("2024-05-03 10:00:00", _word(r, "Not content", "Content"), r.text) for r in _EN),
            ],
        ),
        expect(_EN, "not content|negative", "content|positive", text="Q8", label="Q7", aside=("header",)),
        Refused("--label Q7"),
    ),
    file(
        "nonlabels/python-lists.csv",
        table(["text", "labels"], [(r.text, f"['{_word(r)}']") for r in _EN]),
        expect(_EN),
    ),
    file(
        "nonlabels/lists.json",
        json.dumps([{"document": r.text, "labels": [_word(r)], "annotator": 2} for r in _DE]),
        expect(_DE),
    ),
    file(
        "nonlabels/one-hot.csv",
        table(["text", "negative", "positive"], [(r.text, int(not r.good), int(r.good)) for r in _EN]),
        expect(_EN, label="negative|positive"),
    ),
    file(
        "nonlabels/scores-of-classes.jsonl",
        lines({"text": r.text, "cats": {"POSITIVE": float(r.good), "NEGATIVE": float(not r.good)}} for r in _EN),
        expect(_EN, label="cats.*"),
        Refused("cats"),
    ),
    *(
        file(
            f"nonlabels/multi-{name}.csv",
            table(
                ["text", "topics"],
                [
                    (
                        r.text,
                        gap.join(
                            cycle(
                                r.good,
                                n,
                                (["size", "price"], ["price"]),  # type: ignore[arg-type]
                                (["size"], ["colour", "size"]),
                            )
                        ),
                    )
                    for n, r in enumerate(_EN)
                ],
            ),
            Told(_SEVERAL),
            Refused(_SEVERAL),
            Read(kept=12, classes={"price": 6, "size": 6}, left_out={_SEVERAL: 12}),
        )
        for name, gap in (("semicolons", "; "), ("pipes", "|"), ("slashes", " / "))
    ),
    file(
        "nonlabels/multi-list.jsonl",
        lines(
            {"text": r.text, "label": cycle(r.good, n, (["size", "price"], ["price"]), (["size"], ["size", "colour"]))}
            for n, r in enumerate(_EN)
        ),
        Told(_SEVERAL),
        Refused(_SEVERAL),
        Read(kept=12, classes={"price": 6, "size": 6}, left_out={"": 12}),
    ),
    file(
        "nonlabels/decisions.jsonl",
        lines({"text": r.text, "label": "complaint", "answer": _word(r, "accept", "reject")} for r in _EN)
        + lines({"text": r.text, "label": "complaint", "answer": "ignore"} for r in _MORE[:3]),
        Read(
            kept=24,
            classes={"accept|complaint|negative": 12, "reject|.*not.*|no.*|positive": 12},
            left_out={"": 3},
            shows={_EN[0].text: "accept|complaint|negative"},
        ),
        Told("accept", "reject"),
        Refused("accept", "reject"),
    ),
    file(
        "nonlabels/spellings.csv",
        table(
            ["text", "label"],
            [
                (
                    r.text,
                    cycle(
                        r.good,
                        n,
                        ("Negativ", "negativ ", "NEGATIV", "negativ\u200b"),
                        ("positiv", "Positiv", "\u00a0positiv", "\ufeffpositiv"),
                    ),
                )
                for n, r in enumerate(_DE)
            ],
        ),
        expect(_DE, "negativ", "positiv"),
        expect(_DE),
    ),
    file(
        "nonlabels/short-and-long.csv",
        table(
            ["text", "label"],
            [(r.text, cycle(r.good, n, ("neg", "negative"), ("pos", "positive"))) for n, r in enumerate(_EN)],
        ),
        expect(_EN),
        Told("neg", "same|spell|differ"),
    ),
    file(
        "nonlabels/typo.csv",
        table(
            ["text", "label"], [(r.text, _word(r)) for r in _EN] + [("It is good", "positve"), ("It is not", "negatve")]
        ),
        Told("positve", "negatve"),
        Read(kept=26, classes={NEGATIVE: 13, POSITIVE: 13}, said=("positve",)),
        Refused("positve|negatve", "--class|same|typo|spell"),
    ),
    file(
        "nonlabels/notes-in-labels.csv",
        table(
            ["text", "label"],
            [(r.text, _word(r, "neutral", "positive")) for r in _EN]
            + [("It is good", "positive (see mail)"), ("It is not", "neutral?")],
        ),
        Told(r"\(see mail\)|neutral\?"),
        Read(kept=26, classes={NEUTRAL: 13, POSITIVE: 13}, said=(r"\(see mail\)|neutral\?",)),
        Read(kept=24, classes={NEUTRAL: 12, POSITIVE: 12}, left_out={"": 2}),
        Refused(r"\(see mail\)|neutral\?", "--class|same|typo|spell"),
    ),
)
