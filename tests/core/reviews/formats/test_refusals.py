"""What is no table of reviews is called what it is, whatever its name, and says the way out."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.base.text import clean_line

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 84125825\n"
REFUSED = {
    "pointer": (LFS, r"Git LFS pointer to the data \(80.2 MiB\); run `git lfs pull`"),
    "annex": (b"/annex/objects/SHA256E-s123--abc.csv\n", "git annex get"),
    "link": (b"../../blobs/abc", r"the text of a link to ../../blobs/abc, not the data"),
    "page": (b"<html><head><title>Sign in</title></head></html>", "saved web page .“Sign in”., HTML without a table"),
    "xml": (b"<?xml version='1.0'?><reviews><r>Good</r></reviews>", "is XML .<reviews> …. in which no element"),
    "tags": (b"<review>\n<rating>\n5\n</rating>\n</review>\n", "is XML .<review> …. in which no element"),
    "old xml": (b"<?xml?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>", "save it as .xlsx or CSV"),
    "pdf": (b"%PDF-1.7\n", "is a PDF; export"),
    "pickle": (pickle.dumps({"text": ["Good"]}), "is a Python pickle .*never read; save its table as CSV"),
    "old pickle": (pickle.dumps(["Good"], protocol=2), "is a Python pickle"),
    "numpy": (b"\x93NUMPY\x01\0", "is a NumPy array"),
    "hdf5": (b"\x89HDF\r\n\x1a\n", "is an HDF5 store"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "is a 7z archive; unpack it"),
    "rar": (b"Rar!\x1a\x07\x01\x00", "is a RAR archive; unpack it"),
    "png": (b"\x89PNG\r\n\x1a\n", "is a PNG image"),
    "weka": (b"% by hand\n@RELATION r\n@ATTRIBUTE text string\n@DATA\n'Good',pos\n", "is an ARFF file of Weka"),
    "psql": (b" text | label\n------+-------\n Good | 1\n(1 row)\n", "as the shell of a database prints it"),
    "mysql": (b"+------+---+\n| text | l |\n+------+---+\n| Good | 1 |\n", "as the shell of a database prints it"),
    "notebook": (b'{"cells": [{"cell_type": "code"}], "nbformat": 4}', "is a notebook"),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".csv", ".json", ".txt", ".parquet", ".xlsx", ".db", ""])
@pytest.mark.parametrize("name", [name for name in REFUSED if name != "notebook"])
def test_it_is_called_what_it_is_whatever_its_name(read: Any, name: str, suffix: str) -> None:
    content, said = REFUSED[name]
    with pytest.raises(InputError, match=said) as caught:
        read(content, suffix)
    assert str(caught.value) == clean_line(caught.value)


def test_a_notebook_is_not_its_cells(read: Any) -> None:
    for suffix in (".json", ".ipynb"):
        with pytest.raises(InputError, match=REFUSED["notebook"][1]):
            read(REFUSED["notebook"][0], suffix)


@pytest.mark.parametrize(("suffix", "said"), [(".yaml", "is YAML"), (".toml", "is TOML"), (".py", "a Python script")])
def test_texts_that_are_no_reviews_are_known_by_their_suffix(read: Any, suffix: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read("text: It is good\n", suffix)


@pytest.mark.parametrize(
    "content",
    [
        "<p>It is good</p>\n<p>It is bad</p>\n",
        "<3 this lamp</3>\n",
        "<br>I like it\n",
        "version 2 of git-lfs works, size 3\n",
        "/r/reviews is where I found it\n",
        "(It works. (Really.))\n",
    ],
)
def test_reviews_that_look_a_little_like_it_are_read(read: Any, content: str) -> None:
    assert read(content * 5, ".txt").report.format == "text"


def test_a_text_named_as_a_spreadsheet_or_database_is_a_text(read: Any) -> None:
    for suffix in (".xls", ".xlsx", ".db"):
        report = read("text\tlabel\nIt is good\t1\nIt is bad\t0\n", suffix).report
        assert report.class_counts == {"negative": 1, "positive": 1}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=400), st.sampled_from([".csv", ".txt", ".json", ".xlsx", ".db", ".parquet", ".gz", ".zip", ""])
)
def test_any_bytes_are_read_or_refused_in_a_sentence(read: Any, content: bytes, suffix: str) -> None:
    for magic in (b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"SQLite format 3\0", b"<table>", b"__label__a ", b"{'a': "):
        try:
            read(magic + content, suffix)
        except InputError as error:
            assert str(error) == clean_line(error)
