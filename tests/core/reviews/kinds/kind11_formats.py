"""Kind 11: the formats that people have, read as they are: compressed, archived, spread-sheets, databases."""

from __future__ import annotations

import bz2
import gzip
import lzma

from tests.core.reviews.kinds.containers import (
    database,
    feather_file,
    open_document,
    parquet,
    tarred,
    workbook,
    zipped,
    zstd,
)
from tests.core.reviews.kinds.made import Made, expect, file, lines, reviews, table
from tests.core.reviews.verdicts import Refused

_EN, _DE, _TEST = reviews(24), reviews(24, "de"), reviews(8, "fr")
_CSV = table(["text", "label"], [(r.text, int(r.good)) for r in _EN]).encode()
_JSONL = lines({"text": r.text, "label": int(r.good)} for r in _EN).encode()
_TEST_CSV = table(["text", "label"], [(r.text, int(r.good)) for r in _TEST]).encode()
_FLAT = expect(_EN)
_COLUMNS = {"text": [r.text for r in _EN], "label": [int(r.good) for r in _EN]}
_GERMAN = expect(_DE)
_SHEET: list[list[object]] = [["Rezension", "Sterne"], *([r.text, 5 if r.good else 1] for r in _DE)]
_NOTES: list[list[object]] = [["What this is"], ["An export of the shop, made in May"]]
_TABLE: list[tuple[object, ...]] = [
    ("id", "body", "stars"),
    *((n, r.text, 5 if r.good else 2) for n, r in enumerate(_DE)),
]
_PEOPLE: list[tuple[object, ...]] = [("id", "name"), (1, "Kim"), (2, "Sam")]

MADE: tuple[Made, ...] = (
    file("formats/table.csv.gz", gzip.compress(_CSV), _FLAT),
    file("formats/lines.jsonl.bz2", bz2.compress(_JSONL), _FLAT),
    file(
        "formats/table.tsv.xz",
        lzma.compress(_CSV.replace(b",", b"\t")),
        expect(_EN, shown=lambda r: r.text.replace(",", "\t")),
        _FLAT,
    ),
    file("formats/lines.jsonl.zst", zstd(_JSONL), _FLAT),
    file("formats/members.csv.gz", gzip.compress(_CSV[:500]) + gzip.compress(_CSV[500:]), _FLAT),
    file("formats/named-plainly.csv", gzip.compress(_CSV), _FLAT),
    file(
        "formats/table.parquet.gz",
        gzip.compress(parquet({"text": [r.text for r in _EN], "label": [int(r.good) for r in _EN]})),
        _FLAT,
        Refused("gunzip|unpack"),
    ),
    file(
        "formats/one-table.zip",
        zipped({"__MACOSX/._reviews.csv": b"\0\x05\x16\x07", "README.md": b"# Reviews\n", "reviews.csv": _CSV}),
        _FLAT,
    ),
    file(
        "formats/two-tables.zip",
        zipped({"lamps.csv": _CSV, "tents.csv": _TEST_CSV}),
        Refused("--table"),
        expect(_EN + _TEST),
    ),
    file(
        "formats/train-and-test.zip",
        zipped({"data/train.csv": _CSV, "data/test.csv": _TEST_CSV}),
        expect(_EN, said=("test",)),
        Refused("--table"),
    ),
    file("formats/escapes.zip", zipped({"../../evil.csv": _CSV}), _FLAT, Refused("outside|unsafe|path|leaves")),
    file(
        "formats/bomb.csv.gz",
        gzip.compress(gzip.compress(b"text,label\n" + b"0" * (64 << 20)))[:-1],
        Refused("cut|again|damaged|incomplete|broken|too|ends"),
    ),
    file("formats/archive.tar.gz", tarred({"reviews/reviews.csv": _CSV}), _FLAT),
    file(
        "formats/archive.tgz",
        tarred({"./README": b"reviews", "./train.csv": _CSV, "./test.csv": _TEST_CSV}),
        expect(_EN, said=("test",)),
        Refused("--table"),
    ),
    file("formats/archive.tar.bz2", tarred({"reviews.jsonl": _JSONL}, "w:bz2"), _FLAT),
    file("formats/sheet.xlsx", workbook({"Tabelle1": _SHEET}), _GERMAN),
    file(
        "formats/second-sheet.xlsx",
        workbook({"About": _NOTES, "Export": _SHEET}),
        expect(_DE, said=("Export",)),
        Refused(r"--table .?Export"),
    ),
    file("formats/named.csv", workbook({"Tabelle1": _SHEET}), _GERMAN),
    file(
        "formats/preamble.xlsx",
        workbook({"S": [["Reviews of May"], [], *_SHEET]}),
        expect(_DE, aside=("before|preamble|empty|header|fields",)),
    ),
    file("formats/sheet.ods", open_document(_SHEET), _GERMAN),
    file("formats/reviews.sqlite", database({"reviews": _TABLE}), _GERMAN),
    file(
        "formats/shop.db",
        database({"customers": _PEOPLE, "reviews": _TABLE}),
        expect(_DE, said=("reviews",)),
        Refused("--table reviews"),
        _GERMAN,
    ),
    file("formats/v2.feather", feather_file(_COLUMNS), _FLAT),
)
