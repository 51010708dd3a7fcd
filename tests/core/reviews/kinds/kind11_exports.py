"""Kind 11: the exports that people have, read as they are: class folders, fastText, annotation tools, JSON of tools."""

from __future__ import annotations

import gzip
import json
import lzma

from tests.core.reviews.kinds.made import Made, Review, expect, expect_texts, file, folder, lines, reviews, table
from tests.core.reviews.verdicts import Read, Refused, Told

_EN, _DE, _TEST = reviews(24), reviews(24, "de"), reviews(8, "fr")
_CSV = table(["text", "label"], [(r.text, int(r.good)) for r in _EN]).encode()
_JSONL = lines({"text": r.text, "label": int(r.good)} for r in _EN).encode()
_TEST_CSV = table(["text", "label"], [(r.text, int(r.good)) for r in _TEST]).encode()
_FLAT = expect(_EN)
_GERMAN = expect(_DE)


def _word(review: Review) -> str:
    return "POS" if review.good else "NEG"


def _python_dicts(made: list[Review]) -> str:
    rows = [
        {"user": f"U{n}", "text": r.text, "helpful": [0, n], "stars": 5.0 if r.good else 1.0, "ok": True, "x": None}
        for n, r in enumerate(made)
    ]
    return "".join(f"{row!r}\n" for row in rows)


_CODE = "{'text': 'It is good', 'stars': __import__('os').system('touch /tmp/evaluated')}\n"


_HTML_TABLE = (
    "<table><tr><th>Kommentar</th><th>Sterne</th></tr>"
    + "".join(f"<tr><td>{r.text}</td><td>{5 if r.good else 1}</td></tr>" for r in _DE)
    + "</table>"
)

MADE: tuple[Made, ...] = (
    file("formats/fasttext.train", "".join(f"__label__{_word(r).lower()} {r.text}\n" for r in _EN), _FLAT),
    file(
        "formats/fasttext-at-the-end.txt",
        "".join(f"{r.text} __label__{_word(r).lower()}\n" for r in _EN),
        _FLAT,
        Told("__label__"),
    ),
    file(
        "formats/layout.html",
        f"<html><body><table><tr><td>Shop</td><td>{_HTML_TABLE}</td></tr></table></body></html>",
        _GERMAN,
    ),
    file(
        "formats/comments-in-cells.html",
        _HTML_TABLE.replace("</td><td>", "<table><tr><td>Helpful?</td></tr></table> (translated)</td><td>"),
        Refused("table in|nested|tables within"),
        Told("table in|nested|tables within"),
        expect(_DE, shown=lambda r: f"{r.text} Helpful? (translated)"),
        expect(_DE, shown=lambda r: f"{r.text}\nHelpful?\n(translated)"),
    ),
    file(
        "formats/fasttext-tab.txt",
        "".join(f"__label__{5 if r.good else 1}\t{r.text}\n" for r in _DE),
        _GERMAN,
        expect(_DE, "1", "5"),
    ),
    file(
        "formats/fasttext-several.txt",
        "".join(f"__label__size {'__label__price ' * (n % 2)}{r.text}\n" for n, r in enumerate(_EN)),
        Refused("several labels|multi|more than one"),
        Read(kept=12, classes={"size": 12}, left_out={"": 12}),
    ),
    folder(
        "formats/class-folders",
        {f"{_word(r).lower()}/{n:03}.txt": f"{r.text}\nAnd so on.\n" for n, r in enumerate(_EN)},
        expect(_EN, shown=lambda r: f"{r.text}\nAnd so on."),
    ),
    folder(
        "formats/star-folders",
        {f"{5 if r.good else 1}/{n:03}.txt": f"{r.text}\n" for n, r in enumerate(_DE)},
        _GERMAN,
        expect(_DE, "1.*", "5.*"),
    ),
    folder(
        "formats/parts-and-classes",
        {
            f"{part}/{'good' if r.good else 'bad'}/{n}.txt": r.text
            for part, made in (("train", _EN), ("test", _TEST))
            for n, r in enumerate(made)
        },
        expect(_EN, "bad|negative", "good|positive", said=("test",)),
        Refused("train"),
    ),
    folder(
        "formats/class-files",
        {
            "positive.txt": "".join(f"{r.text}\n" for r in _EN if r.good),
            "negative.txt": "".join(f"{r.text}\n" for r in _EN if not r.good),
        },
        _FLAT,
    ),
    folder(
        "formats/class-tables",
        {
            "good.csv": table(["text"], [(r.text,) for r in _EN if r.good]),
            "bad.csv": table(["text"], [(r.text,) for r in _EN if not r.good]),
        },
        expect(_EN, "bad|negative", "good|positive"),
        Refused("good|bad"),
    ),
    folder(
        "formats/unlike-folders", {"a/1.csv": _CSV, "b/2.csv": _TEST_CSV}, Refused(r"\ba\b|\bb\b"), expect(_EN + _TEST)
    ),
    file("formats/dicts.json", _python_dicts(_EN), _FLAT),
    file("formats/dicts.json.gz", gzip.compress(_python_dicts(_DE).encode()), _GERMAN),
    file("formats/code.json", _python_dicts(_EN) + _CODE, expect(_EN, left_out={"": 1}), Refused("line 25")),
    file(
        "formats/label-studio.json",
        json.dumps(
            [
                {
                    "id": n,
                    "data": {"review": r.text, "shop": 3},
                    "annotations": [
                        {
                            "id": n,
                            "result": [
                                {
                                    "type": "choices",
                                    "from_name": "tone",
                                    "to_name": "review",
                                    "value": {"choices": [_word(r)]},
                                }
                            ],
                        }
                    ],
                    "predictions": [],
                }
                for n, r in enumerate(_EN)
            ]
        ),
        _FLAT,
    ),
    file(
        "formats/label-studio-stars.json",
        json.dumps(
            [
                {
                    "id": n,
                    "data": {"body": r.text},
                    "annotations": [
                        {
                            "result": [
                                {
                                    "type": "rating",
                                    "from_name": "stars",
                                    "to_name": "body",
                                    "value": {"rating": 5 if r.good else 1},
                                }
                            ]
                        }
                    ],
                }
                for n, r in enumerate(_DE)
            ]
        ),
        _GERMAN,
    ),
    file(
        "formats/label-studio-open.json",
        json.dumps(
            [
                {
                    "id": n,
                    "data": {"text": r.text},
                    "annotations": []
                    if n < 4
                    else [
                        {
                            "result": [
                                {
                                    "type": "choices",
                                    "from_name": "c",
                                    "to_name": "text",
                                    "value": {"choices": [_word(r)]},
                                }
                            ]
                        }
                    ],
                }
                for n, r in enumerate(_EN)
            ]
        ),
        expect(_EN[4:], left_out={"missing": 4}),
    ),
    file(
        "formats/doccano.jsonl",
        lines({"id": n, "data": r.text, "label": [_word(r).lower()]} for n, r in enumerate(_DE)),
        _GERMAN,
    ),
    file(
        "formats/doccano.csv",
        table(["id", "data", "label"], [(n, r.text, _word(r).lower()) for n, r in enumerate(_DE)]),
        _GERMAN,
    ),
    file(
        "formats/prodigy-choice.jsonl",
        lines(
            {
                "text": r.text,
                "options": [{"id": "NEG", "text": "bad"}, {"id": "POS", "text": "good"}],
                "accept": [_word(r)],
                "answer": "accept",
            }
            for r in _EN
        ),
        _FLAT,
    ),
    file(
        "formats/argilla-1.json",
        json.dumps(
            [
                {
                    "text": r.text,
                    "inputs": {"text": r.text},
                    "prediction": [["NEG", 0.5]],
                    "annotation": _word(r),
                    "annotation_agent": "kim",
                    "status": "Validated",
                }
                for r in _EN
            ]
        ),
        _FLAT,
    ),
    file(
        "formats/argilla-2.json",
        json.dumps(
            [
                {
                    "id": str(n),
                    "fields": {"review": r.text},
                    "metadata": {},
                    "responses": {"sentiment": [{"value": _word(r), "user_id": "u1", "status": "submitted"}]},
                    "status": "completed",
                }
                for n, r in enumerate(_EN)
            ]
        ),
        _FLAT,
    ),
    file("formats/spark-part", _JSONL, _FLAT),
    folder("formats/spark-folder", {"_SUCCESS": b"", "part-00000-ab.c000.csv": _CSV, "._part.crc": b"crc"}, _FLAT),
    folder("formats/folder-of-xz", {"a.jsonl.xz": lzma.compress(_JSONL)}, _FLAT),
    file(
        "formats/split.json",
        json.dumps(
            {
                "columns": ["opinion", "stars"],
                "index": list(range(24)),
                "data": [[r.text, 5 if r.good else 1] for r in _DE],
            }
        ),
        _GERMAN,
    ),
    file(
        "formats/index.json",
        json.dumps({f"r{n}": {"opinion": r.text, "stars": 5 if r.good else 1} for n, r in enumerate(_DE)}),
        _GERMAN,
    ),
    file(
        "formats/columns-as-lists.json",
        json.dumps({"opinion": [r.text for r in _DE], "stars": [5 if r.good else 1 for r in _DE]}),
        _GERMAN,
    ),
    file(
        "formats/values-with-header.json",
        json.dumps([["opinion", "stars"], *([r.text, 5 if r.good else 1] for r in _DE)]),
        _GERMAN,
    ),
    file("formats/texts.json", json.dumps([r.text for r in _EN]), expect_texts(_EN)),
    file(
        "formats/by-class.json",
        json.dumps({"bad": [r.text for r in _EN if not r.good], "good": [r.text for r in _EN if r.good]}),
        expect(_EN, "bad|negative", "good|positive"),
    ),
    file(
        "formats/deep.json",
        json.dumps(
            {
                "status": "ok",
                "result": {
                    "page": 1,
                    "items": [{"comment": {"text": r.text}, "rating": 5 if r.good else 1} for r in _DE],
                },
            }
        ),
        _GERMAN,
    ),
)
