"""Kind 1: rows that vanish uncounted. Quoting, line ends, JSON that is more than one value."""

from __future__ import annotations

import csv
import json

from tests.core.reviews.kinds.made import (
    NEGATIVE,
    POSITIVE,
    Made,
    Review,
    expect,
    expect_texts,
    file,
    lines,
    reviews,
    table,
)
from tests.core.reviews.verdicts import Read, Refused

_EN, _DE, _FR = reviews(40), reviews(24, "de"), reviews(24, "fr")


def _stars(good: bool) -> int:
    return 5 if good else 1


def _quoted(number: int, review: Review) -> Review:
    """Return every seventh review with one quotation mark before it that nothing closes."""
    return Review(f'"{review.text}', review.good) if number % 7 == 3 else review


def _opened_and_closed(gap: int) -> list[Review]:
    """Return reviews of which one begins with a quotation mark, and one, `gap` rows below, ends with one."""
    rows = list(_EN)
    rows[4] = Review(f'"{rows[4].text}', rows[4].good)
    rows[4 + gap] = Review(f'{rows[4 + gap].text}"', rows[4 + gap].good)
    return rows


_LONE = [_quoted(number, review) for number, review in enumerate(_EN)]
_INCHES = [Review(f'The 17" one: {review.text}', review.good) for review in _EN]
_SEPARATORS = [
    Review(text.replace(" ", gap, 1), good)
    for (text, good), gap in zip(_EN, ["\u2028", "\x85", "\x0b", "\x0c", "\x1c", "\u2029"] * 7, strict=False)
]
_OBJECTS = [{"comment": text, "stars": _stars(good), "by": {"id": 3}} for text, good in _DE]
_PARAGRAPHS = [Review(f"{text}\n\nSecond paragraph, with a comma.", good) for text, good in _FR]
_UNCLOSED = table(["opinion", "sentiment"], [(t, "pos" if g else "neg") for t, g in _EN], quoting=csv.QUOTE_ALL)
_UNCLOSED_LINES = _UNCLOSED.splitlines(keepends=True)
_UNCLOSED_LINES[9] = _UNCLOSED_LINES[9].replace('"\n', "\n")
_TEXTS = "".join(f"{text}{end}" for (text, _), end in zip(_EN, ["\r\n", "\n", "\r"] * 14, strict=False))

MADE: tuple[Made, ...] = (
    file(
        "rows/lone-quotes.tsv",
        "".join(f"{n}\t{_stars(g)}\t{t}\n" for n, (t, g) in enumerate(_LONE)).join(["nr\tstars\tremark\n", ""]),
        expect(_LONE, text="remark", label="stars"),
    ),
    file(
        "rows/lone-quotes-pipes.csv",
        "verdict|opinion\n" + "".join(f"{'good' if g else 'bad'}|{t}\n" for t, g in _LONE),
        expect(_LONE, "bad|negative", "good|positive", text="opinion", label="verdict"),
    ),
    *(
        file(
            f"rows/quotes-open-and-close-{gap}.tsv",
            "text\tlabel\n" + "".join(f"{t}\t{int(g)}\n" for t, g in _opened_and_closed(gap)),
            expect(_opened_and_closed(gap)),
        )
        for gap in (1, 6)
    ),
    file(
        "rows/inches.tsv",
        "text\tsentiment\n" + "".join(f"{t}\t{'positive' if g else 'negative'}\n" for t, g in _INCHES),
        expect(_INCHES),
    ),
    file(
        "rows/one-quote-is-not-closed.csv",
        "".join(_UNCLOSED_LINES),
        expect(_EN, said=("quot",)),
        expect([review for number, review in enumerate(_EN) if number != 8], left_out={"": 1}),
        *(
            Read(
                kept=38,
                classes={NEGATIVE: 19, POSITIVE: 19},
                left_out={"": rows},
                shows={_EN[0].text: NEGATIVE, _EN[39].text: POSITIVE},
            )
            for rows in (1, 2)
        ),
        Refused(r"line 1[01]\b"),
    ),
    file(
        "rows/paragraphs-in-quotes.csv",
        table(["note", "avis"], [(_stars(g), t) for t, g in _PARAGRAPHS], delimiter=";", lineterminator="\r\n"),
        expect(_PARAGRAPHS, text="avis", label="note"),
    ),
    file(
        "rows/classic-mac.csv",
        table(["text", "label"], [(t, int(g)) for t, g in _DE], lineterminator="\r"),
        expect(_DE),
    ),
    file("rows/mixed-ends.txt", _TEXTS, expect_texts(_EN)),
    file(
        "rows/mixed-ends.tsv",
        "label\ttext\n" + "".join(f"{int(g)}\t{t}{e}" for (t, g), e in zip(_DE, ["\r\n", "\n", "\r"] * 8, strict=True)),
        expect(_DE),
    ),
    file("rows/unicode-separators.txt", "".join(f"{text}\n" for text, _ in _SEPARATORS), expect_texts(_SEPARATORS)),
    file(
        "rows/unicode-separators.jsonl",
        lines({"text": text, "label": int(good)} for text, good in _SEPARATORS),
        expect(_SEPARATORS),
    ),
    file(
        "rows/unicode-separators.csv",
        table(["text", "label"], [(t, int(g)) for t, g in _SEPARATORS]),
        expect(_SEPARATORS),
    ),
    file(
        "rows/pretty.ndjson",
        "\n".join(json.dumps(one, indent=4, ensure_ascii=False) for one in _OBJECTS),
        expect(_DE, text="comment", label="stars"),
    ),
    file(
        "rows/commas-between-lines.json",
        ",\n".join(json.dumps(one, ensure_ascii=False) for one in _OBJECTS) + "\n",
        expect(_DE, text="comment", label="stars", aside=("broken JSON",)),
        Refused("comma", r"\[|array|bracket"),
    ),
    file(
        "rows/record-separators.json",
        "".join(f"\x1e{json.dumps(one, ensure_ascii=False)}\n" for one in _OBJECTS),
        expect(_DE, text="comment", label="stars"),
        Refused("record separator|JSON text sequence"),
    ),
    file(
        "rows/two-arrays.json",
        json.dumps(_OBJECTS[:12]) + "\n" + json.dumps(_OBJECTS[12:]),
        expect(_DE, text="comment", label="stars"),
        Refused("second|after|more than one", "line 2|array|value"),
    ),
    file(
        "rows/cut-off.json",
        json.dumps(_OBJECTS)[:-30],
        expect(_DE[:23], text="comment", label="stars", left_out={"": 1}),
        Refused("ends|cut|incomplete|truncated"),
    ),
    file(
        "rows/broken-line.jsonl",
        lines(_OBJECTS[:9]) + '{"comment": "broken, \n\n' + lines(_OBJECTS[9:]),
        expect(_DE, text="comment", label="stars", left_out={"": 1}),
    ),
    file(
        "rows/bom-and-crlf.jsonl",
        b"\xef\xbb\xbf" + lines(_OBJECTS).replace("\n", "\r\n\r\n").encode(),
        expect(_DE, text="comment", label="stars"),
    ),
    file(
        "rows/utf16-without-mark.csv",
        table(["text", "label"], [(t, int(g)) for t, g in _EN], lineterminator="\r\n").encode("utf-16-le"),
        expect(_EN),
        Refused("--encoding utf-16"),
    ),
    file(
        "rows/empty-records-at-the-end.csv",
        table(["text", "stars", "", ""], [(t, _stars(g), "", "") for t, g in _FR], delimiter=";") + ";;;\n" * 30,
        expect(_FR, aside=("empty|blank",), text="text", label="stars"),
    ),
    file(
        "rows/trailing-delimiter.csv",
        "text,label\n" + "".join(f'"{t}",{int(g)},\n' for t, g in _FR),
        expect(_FR),
        Refused("3 fields", "2|header"),
    ),
    file(
        "rows/fewer-fields.csv",
        "id,text,label\n"
        + "".join(f'{n},"{t}"' + (f",{int(g)}\n" if n != 4 else "\n") for n, (t, g) in enumerate(_FR)),
        expect([review for number, review in enumerate(_FR) if number != 4], left_out={"": 1}),
    ),
    file(
        "rows/quoted-quote-in-tabs.tsv",
        table(["text", "label"], [(f'He said "{t}" twice', int(g)) for t, g in _EN], delimiter="\t"),
        expect(_EN, shown=lambda review: f'He said "{review.text}" twice'),
    ),
    file(
        "rows/spaces-before-quotes.csv",
        "sentiment , text\n" + "".join(f'{"pos" if g else "neg"} , "{t}, as I said, twice"\n' for t, g in _EN),
        expect(_EN, shown=lambda review: f"{review.text}, as I said, twice"),
    ),
    file(
        "rows/apostrophes-quote.csv",
        "label;text\n" + "".join(f"{int(g)};'{t}; and more'\n" for t, g in _EN),
        expect(_EN, shown=lambda review: f"{review.text}; and more"),
        Refused("quot|apostrophe"),
        Refused("wrong number of fields", "line|quot"),
    ),
    file(
        "rows/backslashes.csv",
        table(
            ["text", "label"], [(f'"{t}", I said\\wrote', int(g)) for t, g in _EN], doublequote=False, escapechar="\\"
        ),
        expect(_EN, shown=lambda review: f'"{review.text}", I said\\wrote'),
    ),
    file(
        "rows/backslash-before-every-newline.csv",
        table(
            ["text", "label"],
            [(t, int(g)) for t, g in _PARAGRAPHS],
            quoting=csv.QUOTE_NONE,
            escapechar="\\",
        ),
        expect(_PARAGRAPHS),
        Refused("escape|backslash"),
        Refused("wrong number of fields"),
    ),
)
