"""Kind 8: altered text. Encodings without a mark, escapes that stay, exports that are read back."""

from __future__ import annotations

import json

from tests.core.reviews.kinds.made import Made, Review, expect, expect_texts, file, lines, reviews, table
from tests.core.reviews.verdicts import Read, Refused

_EN = reviews(24)
_HOSTILE = [
    Review(text, good)
    for (text, good), text in zip(
        _EN,
        [
            r"C:\new\table\n is no line break \t and no tab",
            "&lt;b&gt; stays &amp; so does &#39;this&#39; <br/>",
            "50% of it, {0} and %s and ${HOME} and `id`",
            '=HYPERLINK("http://x.invalid";"click") is what it said',
            "-5 stars, really, it leaks all over the place",
            "+1 from all of us, and a good lamp as well",
            "@home it works; at work it does not",
            "'quoted' from the first word to the 'last'",
            "  two spaces before it, and two after it  ",
            "e\u0301 is not \u00e9 here, and \ufb01 stays a ligature",
            "\u202eright to left and back\u202c again, they say",
            "one\tcell with a tab, two\ttabs in all",
            "NULL is what they sent, None of it works",
            "emoji \U0001f469\u200d\U0001f680 and \U0001f1e9\U0001f1ea stay whole \u2764\ufe0f",
            "zero\u200bwidth and soft\u00adhyphen stay",
            "a line\nbreak in the middle of it",
            "two\r\nkinds of\rline break in it",
            "\\ at the start and at the end \\",
            'a "quoted" word, a ""doubled"" one',
            "null\u2028separators\u2029in between",
            "# not a comment, but a heading",
            "sep=; is how it begins, and goes on",
            "// no comment at all, only slashes",
            "% of those that work: none at all",
        ],
        strict=True,
    )
]
_ANSWERS = [(f"'{r.text}" if r.text[0] in "=+-@" else r.text, r.good) for r in _HOSTILE]


def _encoded(name: str, language: str, encoding: str) -> Made:
    """Return a table in an encoding that nothing names; it is decoded, or the way to say it works."""
    made = reviews(40, language)
    text = table(["label", "review"], [(int(r.good), r.text) for r in made])
    return file(f"encodings/{name}.csv", text.encode(encoding), expect(made))


MADE: tuple[Made, ...] = (
    _encoded("gb18030", "zh", "gb18030"),
    _encoded("gbk", "zh", "gbk"),
    _encoded("shift-jis", "ja", "shift_jis"),
    _encoded("euc-jp", "ja", "euc_jp"),
    _encoded("euc-kr", "ko", "euc_kr"),
    _encoded("cp1251", "ru", "cp1251"),
    _encoded("koi8-r", "ru", "koi8_r"),
    _encoded("cp1250", "pl", "cp1250"),
    _encoded("iso-8859-2", "pl", "iso8859_2"),
    _encoded("cp1252", "fr", "cp1252"),
    _encoded("latin-1", "es", "latin_1"),
    _encoded("utf-16-be-with-mark", "ru", "utf-16"),
    _encoded("utf-8-sig", "ja", "utf-8-sig"),
    file(
        "encodings/utf-32.csv",
        table(["label", "review"], [(int(r.good), r.text) for r in _EN]).encode("utf-32"),
        expect(_EN),
        Refused("--encoding utf-32|utf-32"),
    ),
    file(
        "encodings/koi8-r.txt",
        "".join(f"{r.text}\n" for r in reviews(24, "ru")).encode("koi8_r"),
        expect_texts(reviews(24, "ru")),
    ),
    file(
        "encodings/one-broken-byte.csv",
        table(["text", "label"], [(r.text, int(r.good)) for r in reviews(24, "ru")])
        .encode()
        .replace(reviews(24, "ru")[5].text.encode(), reviews(24, "ru")[5].text.encode()[:-1] + b"\xff"),
        Read(
            kept=23,
            classes={"negative": 12, "positive": 11},
            left_out={"undecodable": 1},
            shows={r.text: None for n, r in enumerate(reviews(24, "ru")) if n != 5},
        ),
    ),
    file(
        "encodings/hostile.csv",
        table(["text", "label"], [(r.text, int(r.good)) for r in _HOSTILE]),
        expect(_HOSTILE),
    ),
    file(
        "encodings/hostile.jsonl",
        lines({"text": r.text, "label": int(r.good)} for r in _HOSTILE),
        expect(_HOSTILE),
    ),
    file(
        "encodings/escaped.json",
        json.dumps([{"text": r.text, "label": int(r.good)} for r in _HOSTILE], ensure_ascii=True, indent=2),
        expect(_HOSTILE),
    ),
    file(
        "encodings/answers.csv",
        table(
            ["file", "line", "text", "label", "probability", "p_negative", "p_positive", "tokens", "truncated"],
            [
                ("inbox.csv", n + 2, text, "positive" if good else "negative", 0.9, 0.1, 0.9, 12, "false")
                for n, (text, good) in enumerate(_ANSWERS)
            ],
        ),
        expect(_HOSTILE, text="text", label="label"),
    ),
)
