"""Kind 10: refusals that point the wrong way. What is no table of reviews is called what it is."""

from __future__ import annotations

import io
import json
import zipfile

from tests.core.reviews.kinds.containers import parquet
from tests.core.reviews.kinds.made import Made, Review, expect, file, folder, reviews, table
from tests.core.reviews.verdicts import Refused

_EN = reviews(24)
_LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 84125825\n".format("0a1b2c3d" * 8)
_PAGE = (
    '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Access denied</title></head>\n'
    "<body><h1>Access denied</h1><p>Ask for access, or switch to another account.</p></body></html>\n"
)
_FEED = '<?xml version="1.0" encoding="UTF-8"?>\n<reviews>\n' + "".join(
    f"  <review stars='{5 if r.good else 1}'><body>{r.text}</body></review>\n" for r in _EN
) + "</reviews>\n"  # fmt: skip
_NOTEBOOK = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "metadata": {},
                "source": ["import pandas as pd\n", "df = pd.read_csv('x.csv')"],
                "outputs": [],
                "execution_count": 1,
            }
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)
_PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
_PICKLE = b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."


def _rows(delimiter: str, made: list[Review]) -> str:
    return "".join(f"{n}{delimiter}{r.text}{delimiter}{5 if r.good else 1}\n" for n, r in enumerate(made))


def _zip(**contents: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return stream.getvalue()


_WORD = _zip(**{"[Content_Types].xml": b"<Types/>", "word__document.xml": b"<w:document/>"})
_STARRED = expect(_EN)

MADE: tuple[Made, ...] = (
    *(
        file(f"refusals/pointer{suffix}", _LFS, Refused("git lfs pull"))
        for suffix in (".jsonl", ".tsv", ".json", ".arrow", ".txt", ".csv.gz", ".zip")
    ),
    *(
        file(f"refusals/page{suffix}", _PAGE, Refused("HTML|web page"))
        for suffix in (".json", ".csv", ".tsv", ".txt", ".parquet", ".csv.gz", ".xlsx", "")
    ),
    file("refusals/feed.xml", _FEED, Refused("XML"), _STARRED),
    file("refusals/feed.csv", _FEED, Refused("XML"), _STARRED),
    file("refusals/notebook.ipynb", _NOTEBOOK, Refused("notebook")),
    file("refusals/report.pdf", _PDF, Refused("PDF")),
    file("refusals/report.csv", _PDF, Refused("PDF")),
    file("refusals/screenshot.png", _PNG, Refused("image|picture|PNG")),
    file("refusals/letter.docx", _WORD, Refused("Word|document")),
    file("refusals/frame.pkl", _PICKLE, Refused("pickle", "CSV|Parquet")),
    file("refusals/frame.csv", _PICKLE, Refused("pickle|binary")),
    file("refusals/frame.joblib", _PICKLE, Refused("pickle|joblib", "CSV|Parquet")),
    file(
        "refusals/array.npy",
        b"\x93NUMPY\x01\0v\0{'descr': '<f8', 'fortran_order': False}",
        Refused("NumPy", "CSV|Parquet"),
    ),
    file("refusals/store.h5", b"\x89HDF\r\n\x1a\n" + bytes(64), Refused("HDF5", "CSV|Parquet")),
    file("refusals/study.sav", b"$FL2@(#) SPSS DATA FILE" + bytes(64), Refused("SPSS", "CSV")),
    file(
        "refusals/old.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024),
        Refused("Excel", "CSV|xlsx|damaged|broken"),
    ),
    file(
        "refusals/cut-off.parquet",
        parquet({"text": [r.text for r in _EN]})[:-40],
        Refused("cut|incomplete|again|truncated|end"),
    ),
    file(
        "refusals/cut-off.csv.gz",
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x2b",
        Refused("cut|incomplete|again|truncated|damaged|broken"),
    ),
    file(
        "refusals/api-error.json",
        json.dumps({"error": {"code": 429, "message": "Too many requests, slow down"}}),
        Refused("error|no list|no array|no table|holds no|429"),
    ),
    file("refusals/numbers.json", json.dumps([1.5, 2, 3]), Refused("holds no JSON objects|numbers|no text")),
    file("refusals/numbers.csv", table(["id", "x", "y"], [(n, n / 7, n / 3) for n in range(30)]), Refused("--text")),
    file("refusals/settings.yaml", "reviews:\n  - text: It is good\n    label: 1\n", Refused("YAML")),
    file("refusals/settings.toml", "[reviews]\ntext = 'It is good'\n", Refused("TOML")),
    file("refusals/empty.csv", "", Refused("is empty")),
    file("refusals/only-blank.jsonl", "\n\n   \n", Refused("empty|blank|no ")),
    file("refusals/nothing.zip", _zip(), Refused(r"^(?!.*only nothing).*(empty|no file|no data)")),
    *(
        file(f"refusals/{name}.{suffix}", _rows(delimiter, _EN), _STARRED)
        for name, delimiter, suffix in (
            ("carets", "^", "csv"),
            ("double-colons", "::", "dat"),
            ("tildes", "~", "csv"),
            ("tabs", "\t", "csv"),
            ("pipes", "|", "txt"),
            ("unit-separators", "\x1f", "csv"),
            ("commas", "\t", "dat"),
            ("semicolons", ";", "tsv"),
            ("sections", "§", "csv"),
            ("arrows", "\t|\t", "csv"),
            ("plus-signs", " +++$+++ ", "txt"),
        )
    ),
    folder(
        "refusals/classifier",
        {
            "config.json": '{"model_type": "bert"}',
            "model.safetensors": bytes(64),
            "tokenizer_config.json": "{}",
            "vocab.txt": "[PAD]\n[UNK]\nthe\nof\n",
        },
        Refused("model"),
    ),
    folder(
        "refusals/deep",
        {"2024/05/export/reviews.csv": table(["text", "label"], [(r.text, int(r.good)) for r in _EN])},
        Refused(r"2024"),
        expect(_EN),
    ),
    folder(
        "refusals/pictures",
        {"a.png": _PNG, "b.png": _PNG},
        Refused("no data files|no file.*review", "png|picture|image|:"),
    ),
)
