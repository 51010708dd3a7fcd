"""Any text goes through any format and comes back as it was; formats are found by name, then by content."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather, ipc
from pyarrow import parquet as pq

from core.base.errors import InputError
from core.reviews.detect.words import is_placeholder
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews

quick = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60).filter(
    lambda text: not is_placeholder(text)
)
rows = st.lists(st.tuples(texts, st.sampled_from("01")), min_size=1, max_size=12).filter(
    lambda pairs: any(text.strip() for text, _ in pairs)
)


def as_delimited(pairs: list[tuple[str, str]], delimiter: str) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "label"), *pairs])
    return target.getvalue().encode()


def as_objects(pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"text": text, "label": int(label)} for text, label in pairs]


def as_arrow(pairs: list[tuple[str, str]], form: str) -> bytes:
    table = pa.table({"text": [text for text, _ in pairs], "label": [int(label) for _, label in pairs]})
    sink = pa.BufferOutputStream()
    if form == "parquet":
        pq.write_table(table, sink)
    elif form == "feather":
        feather.write_feather(table, sink)
    else:
        with (ipc.new_file if form == "file" else ipc.new_stream)(sink, table.schema) as writer:
            writer.write_table(table)
    return bytes(sink.getvalue())


FORMATS = {
    "comma": (".csv", lambda pairs: as_delimited(pairs, ",")),
    "semicolon": (".csv", lambda pairs: as_delimited(pairs, ";")),
    "pipe": (".csv", lambda pairs: as_delimited(pairs, "|")),
    "tab": (".tsv", lambda pairs: as_delimited(pairs, "\t")),
    "array": (".json", lambda pairs: json.dumps(as_objects(pairs), indent=2).encode()),
    "raw array": (".json", lambda pairs: json.dumps(as_objects(pairs), ensure_ascii=False).encode()),
    "wrapper": (".json", lambda pairs: json.dumps({"version": [1, 2], "data": as_objects(pairs), "n": 3}).encode()),
    "columns": (".json", lambda p: json.dumps({"text": [t for t, _ in p], "label": [int(n) for _, n in p]}).encode()),
    "pandas": (
        ".json",
        lambda pairs: json.dumps(
            {key: dict(enumerate(pair[index] for pair in pairs)) for index, key in enumerate(("text", "label"))}
        ).encode(),
    ),
    "lines": (".jsonl", lambda pairs: "\n".join(map(json.dumps, as_objects(pairs))).encode()),
    "parquet": (".parquet", lambda pairs: as_arrow(pairs, "parquet")),
    "arrow file": (".arrow", lambda pairs: as_arrow(pairs, "file")),
    "arrow stream": (".arrow", lambda pairs: as_arrow(pairs, "stream")),
    "feather": (".feather", lambda pairs: as_arrow(pairs, "feather")),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@quick
@given(pairs=rows)
def test_any_text_comes_back_as_it_was(read: Any, name: str, pairs: list[tuple[str, str]]) -> None:
    suffix, write = FORMATS[name]
    reviews = read(write(pairs), suffix)
    kept = [(text, label) for text, label in pairs if text.strip()]
    assert reviews.texts(range(len(reviews))) == [text for text, _ in kept]
    names = [reviews.label_names[index] for index in reviews.labels]
    assert names == [("negative", "positive")[int(label)] for _, label in kept]
    assert reviews.report.rows == len(pairs)
    assert reviews.report.left_out == ({"empty text": len(pairs) - len(kept)} if len(kept) < len(pairs) else {})


@quick
@given(lines=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60), max_size=12))
def test_a_line_of_plain_text_is_a_review(read: Any, lines: list[str]) -> None:
    if not any(line.strip() for line in lines) or any(map(is_placeholder, lines)):
        return
    reviews = read("\n".join(lines) + "\n", ".txt")
    assert reviews.texts(range(len(reviews))) == [line for line in lines if line and not line.isspace()]
    assert set(reviews.labels) == {-1}
    assert reviews.report.rows == len(lines)


@pytest.mark.parametrize("name", FORMATS)
def test_without_a_suffix_the_content_says_the_format(read: Any, name: str) -> None:
    pairs = [(f"It, is; a | good thing number {number}.", str(number % 2)) for number in range(10)]
    reviews = read(FORMATS[name][1](pairs), "")
    assert reviews.texts(range(10)) == [text for text, _ in pairs]
    assert reviews.label_names == ["negative", "positive"]


def test_lines_of_text_and_label_are_a_table_also_in_a_txt_file(read: Any) -> None:
    reviews = read("Good case.\t1\nBroke at once, sadly.\t0\nLoud.\t1\n", ".txt")
    assert reviews.text(1) == "Broke at once, sadly."
    assert reviews.labels.tolist() == [1, 0, 1]


def test_class_labels_in_parquet_metadata_become_names(tmp_path: Path) -> None:
    features = {"info": {"features": {"label": {"names": ["bad", "good"], "_type": "ClassLabel"}}}}
    table = pa.table({"text": ["It is awful.", "It is lovely."], "label": [0, 1]})
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), tmp_path / "a.parquet")
    assert read_reviews(tmp_path / "a.parquet").report.class_counts == {"bad": 1, "good": 1}


def test_columns_that_are_no_text_do_not_disturb(tmp_path: Path) -> None:
    table = pa.table(
        {
            "review": pa.array(["Fine thing.", "Poor thing."]).dictionary_encode(),
            "embedding": [[0.1, 0.2], None],
            "when": pa.array([0, 1], pa.timestamp("s")),
            "sentiment": [True, False],
            "nothing": pa.nulls(2),
            "raw": [b"\xff", b"ok"],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    reviews = read_reviews(tmp_path / "a.parquet")
    kinds = {column.name: column.kind for column in reviews.report.columns}
    assert reviews.texts([1, 0]) == ["Poor thing.", "Fine thing."]
    assert (kinds["embedding"], kinds["when"], kinds["sentiment"], kinds["nothing"]) == (
        "nested",
        "date",
        "boolean",
        "empty",
    )


def test_a_json_array_larger_than_the_window_keeps_texts_and_lines(read: Any) -> None:
    objects = [{"text": f"Review {i} " + "long " * (i % 40_000), "label": i % 2} for i in range(0, 60_000, 997)]
    reviews = read("[\n" + ",\n".join(map(json.dumps, objects)) + "\n]", ".json")
    assert reviews.texts(range(len(reviews))) == [one["text"] for one in objects]
    assert [reviews.place(row)[1] for row in range(len(reviews))] == list(range(2, len(objects) + 2))


class FakeRows(list[dict[str, Any]]):
    """What `datasets.load_dataset(..., streaming=True)` returns, as far as it is used."""

    features: Any = None


def fake_hub(monkeypatch: pytest.MonkeyPatch, result: Any) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []

    def load_dataset(*arguments: Any, **named: Any) -> Any:
        calls.append((*arguments, named))
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    return calls


@pytest.mark.parametrize(
    ("source", "asked"), [("owner/name", ("owner/name", None)), ("hf:imdb", ("imdb", None)), ("hf:a/b:c", ("a/b", "c"))]
)
def test_a_hub_dataset_is_streamed_with_its_label_names(
    monkeypatch: pytest.MonkeyPatch, source: str, asked: tuple[Any, ...]
) -> None:
    found = FakeRows({"text": f"A review, number {i}.", "label": i % 3 - 1} for i in range(9))
    found.features = {"text": SimpleNamespace(dtype="string"), "label": SimpleNamespace(names=["neg", "pos"])}
    calls = fake_hub(monkeypatch, found)
    reviews = read_reviews(source)
    assert calls == [(*asked, {"split": "train", "streaming": True})]
    assert reviews.report.class_counts == {"neg": 3, "pos": 3}
    assert reviews.report.left_out == {"missing label": 3}
    assert reviews.place(0)[1] == 2


def test_a_hub_that_cannot_be_reached_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hub(monkeypatch, ConnectionError("no\nnetwork\x1b[31m"))
    with pytest.raises(InputError, match=r"Cannot read the dataset owner/name .*no network␛.*check its name"):
        read_reviews("owner/name")


def test_options_overrule_what_is_found(read: Any) -> None:
    content = "review,text,label,rating\nIt is one,It is two,1,5\nIt is three,It is four,0,5\n"
    reviews = read(content, text="text", title="", label="rating", scheme="as_is", label_names={"5": "all of them"})
    assert reviews.texts([0, 1]) == ["It is two", "It is four"]
    assert reviews.report.class_counts == {"all of them": 2}
    assert read(content, label="").report.scheme == "unlabelled"
    assert read("a|b,c\n1|2,3\n", delimiter=",", header=False, text="column_1").text(0) == "a|b"
    assert ReadingOptions() == ReadingOptions.model_validate({})


def test_columns_of_json_share_one_open_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Hundreds of columns, each longer than its window, need no more files than one does."""
    from core.reviews.formats.input_file import InputFile
    from core.reviews.formats.json import tables

    monkeypatch.setattr(tables, "_WINDOWS", 0)
    names = ["text", *(f"column {number}" for number in range(400))]
    rows = 60
    columns = {name: [f"{name} – {row} – é" * 2 for row in range(rows)] for name in names}
    path = tmp_path / "wide.json"
    path.write_text(json.dumps(columns, ensure_ascii=False, indent=1))
    opened: list[object] = []
    open_file = InputFile.open
    monkeypatch.setattr(InputFile, "open", lambda file: opened.append(file) or open_file(file))
    table = tables.ObjectTable(InputFile(path, "wide.json"), ReadingOptions(), lines=False)
    opened.clear()
    (chunk,) = table.chunks()
    assert len(opened) == 1
    assert table.columns == names and chunk.columns == list(columns.values())


def test_records_and_short_lists_in_parquet_are_columns(tmp_path: Path) -> None:
    rows = [
        {
            "review": {"body": {"text": f"It is number {n}"}, "title": "So"},
            "tags": ["a", "b"],
            "label": n % 2,
            "map": None,
        }
        for n in range(20)
    ]
    table = pa.Table.from_pylist(rows).append_column("embedding", pa.array([[0.5] * 9] * 20))
    pq.write_table(table, tmp_path / "a.parquet")
    reviews = read_reviews(tmp_path / "a.parquet")
    examples = {column.name: column.examples for column in reviews.report.columns}
    assert reviews.report.text_column == "review.body.text" and reviews.text(3).endswith("It is number 3")
    assert examples["tags"] == ['["a", "b"]'] and examples["embedding"] == ["[…]"]
    (account,) = reviews.report.accounts
    assert (account.unit, account.total) == ("rows", 20)


def test_the_first_version_of_feather_is_read(tmp_path: Path) -> None:
    table = pa.table({"text": ["It is good", "It is bad"], "label": [1, 0]})
    with pytest.warns(DeprecationWarning, match="V1"):
        feather.write_feather(table, tmp_path / "a.feather", version=1)
    assert read_reviews(tmp_path / "a.feather").texts([0, 1]) == ["It is good", "It is bad"]


def test_a_parquet_file_without_its_end_is_called_incomplete(read: Any) -> None:
    with pytest.raises(InputError, match="is incomplete: the end of the file is missing; download it again"):
        read(as_arrow([("It is good", "1")], "parquet")[:-40], ".parquet")


def test_lists_of_sentences_in_parquet_are_joined_and_said(tmp_path: Path) -> None:
    table = pa.table(
        {"sentences": [["It is really good.", "I like it a lot."], None, ["It is bad, I say."]], "label": [1, 0, 0]}
    )
    pq.write_table(table, tmp_path / "a.parquet")
    report = read_reviews(tmp_path / "a.parquet", ReadingOptions(text="sentences")).report
    assert report.kept == 2 and "“sentences” were joined" in " ".join(report.notices)
    assert (
        read_reviews(tmp_path / "a.parquet", ReadingOptions(text="sentences")).text(0)
        == "It is really good.\nI like it a lot."
    )
