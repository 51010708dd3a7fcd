"""Names and files that lead elsewhere: nothing escapes, is written through a link, is unpacked or run."""

from __future__ import annotations

import ast
import json
import pickle
import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import ipc

import core
import tui
from core.base.errors import InputError, ReviewtuiError
from core.bulk.classify import classify_into
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.runs.folder import create_run, find_run, runs_home
from core.runs.request import Request
from core.triage.decisions import Decision, DecisionLog, pile_folder
from core.triage.exchange.exporting import OutputExistsError, free_name, write_decisions
from tests.core.bulk.double import Costless, inbox, model_folder
from tests.hostile import SOUND, file_names

SOURCES = [path for package in (core, tui) for path in Path(package.__path__[0]).rglob("*.py")]
UNPACKS = {
    "zipfile",
    "tarfile",
    "gzip",
    "bz2",
    "lzma",
    "zlib.decompress",
    "pickle",
    "marshal",
    "shelve",
    "dill",
    "joblib",
}
_OWN_OR_SIZES = ("spreadsheet.py", "percent_cells.py", "recording.py")
"""What reads a file of the package itself, or only sizes out of an archive."""
UNPACKERS = {"bz2", "gzip", "lzma", "tarfile", "zipfile"}
"""What core/reviews/unpacking may use; its own tests attack it with bombs and names that lead elsewhere."""
CALLS = {"unpack_archive", "eval", "exec", "system", "popen", "unsafe_load", "extractall"}


def test_only_one_room_unpacks_and_no_module_runs_what_it_reads() -> None:
    assert len(SOURCES) > 120
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {one.name.split(".")[0] for one in node.names} | {
                    (getattr(node, "module", "") or "").split(".")[0]
                }
                # The sizes of parts are asked for before calamine unpacks; number formats are read in bounded blocks.
                sizes = {"zipfile"} if path.name in _OWN_OR_SIZES else set()
                allowed = UNPACKERS if "unpacking" in path.parts else sizes
                assert not names & UNPACKS - allowed, (path, names)
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                assert name not in CALLS or (name == "eval" and not node.args), (path, node.lineno, name)
                owner = getattr(getattr(node.func, "value", None), "id", "")
                assert not (owner in ("torch", "yaml") and name == "load"), (path, node.lineno)
                keywords = {one.arg: one.value for one in node.keywords}
                for keyword in ("shell", "allow_pickle", "trust_remote_code"):
                    value = keywords.get(keyword)
                    assert value is None or (isinstance(value, ast.Constant) and not value.value), (path, node.lineno)


@pytest.mark.parametrize("name", ["../../evil.csv", "/evil.csv", "train.csv"])
def test_nothing_of_an_archive_is_left_outside_of_the_home_or_beside_it(tmp_path: Path, home: Path, name: str) -> None:
    archive = tmp_path / "inside" / "reviews.csv"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(name, "review,label\n" + "fine,1\n" * 20)
    with nullcontext() if name == "train.csv" else pytest.raises(InputError):
        assert len(read_reviews(str(archive), ReadingOptions())) == 20
    assert [entry.name for entry in tmp_path.rglob("*") if entry.is_file() and home not in entry.parents] == [
        "reviews.csv"
    ]


def test_an_arrow_file_with_a_pickle_in_its_schema_runs_nothing(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return open, (str(tmp_path / "canary"), "w")

    kinds = {b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": pickle.dumps(Bomb())}
    field = pa.field("review", pa.string(), metadata=kinds)
    schema = pa.schema([field, pa.field("label", pa.int64())], metadata={b"pandas": pickle.dumps(Bomb())})
    table = pa.table([pa.array([f"fine number {row}" for row in range(20)]), pa.array([0, 1] * 10)], schema=schema)
    with (tmp_path / "reviews.arrow").open("wb") as file, ipc.new_file(file, schema) as writer:
        writer.write_table(table)
    try:
        read_reviews(str(tmp_path / "reviews.arrow"), ReadingOptions())
    except ReviewtuiError as error:
        assert error.exit_code == 2
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "..", "a\nb", "~", *SOUND[::40]])
def test_the_name_of_a_run_is_no_path(name: str) -> None:
    run = create_run(Request(name=name, data="/data/x.csv"))
    assert run.path.parent == runs_home() and run.request().name == name
    if name.strip():
        assert find_run(name).path == run.path


def test_the_decisions_about_a_pile_lie_in_the_home_whatever_it_is_called(home: Path) -> None:
    for name in (*file_names(), "../../x", "/etc/passwd", "..", "", "hf:../../x"):
        folder = pile_folder(name)
        assert folder.parent == home / "triage" and folder.name.isalnum()


@pytest.fixture
def decided() -> DecisionLog:
    log = DecisionLog("pile")
    for row in range(4):
        log.decide(Decision(hash=f"{row:016x}", row=row, file="x", line=row, text=f"=text {row}", verdict="good"))
    return log


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_an_export_never_writes_through_a_link(decided: DecisionLog, tmp_path: Path, suffix: str) -> None:
    precious, link = tmp_path / "precious", tmp_path / f"decisions.{suffix}"
    precious.write_text("precious")
    for target in (precious, tmp_path / "absent"):
        link.symlink_to(target)
        with pytest.raises(OutputExistsError):
            write_decisions(decided.history, link)
        write_decisions(decided.history, link, replace=True)
        assert not link.is_symlink() and link.read_text() and precious.read_text() == "precious"
        assert not (tmp_path / "absent").exists()
        link.unlink()


def test_the_name_that_is_suggested_stays_in_its_folder(tmp_path: Path) -> None:
    for name in (
        *file_names(),
        "../../x",
        "/",
        "..",
        "/etc/passwd",
        "x" * 250,
        "漢" * 84,
        f"{tmp_path}/{'y' * 251}.csv",
    ):
        found = free_name(tmp_path, name)
        assert found.parent == tmp_path and not found.exists()
        found.touch()


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_answers_are_never_written_through_a_link(tmp_path: Path, suffix: str) -> None:
    source, precious, output = inbox(tmp_path / "in.csv", 12), tmp_path / "precious", tmp_path / f"out.{suffix}"
    precious.write_text("precious")
    output.symlink_to(precious)
    found = classify_into(
        Costless(model_folder(tmp_path)), str(source), ReadingOptions(text="review"), output, lambda *_: None
    )  # type: ignore[arg-type]
    assert found["rows"] == 12 and not output.is_symlink() and precious.read_text() == "precious"


@pytest.mark.parametrize("lead", ["partial", "lock", "data", "index.jsonl", "manifest.json"])
def test_links_in_the_place_of_unfinished_answers_are_not_followed(tmp_path: Path, lead: str) -> None:
    source, output = inbox(tmp_path / "in.csv", 12), tmp_path / "out.csv"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("precious")
    partial = output.with_name(".out.csv.partial")
    if lead == "partial":
        partial.symlink_to(elsewhere)
    else:
        partial.mkdir()
        (partial / lead).symlink_to(elsewhere / "precious")
    try:
        classify_into(
            Costless(model_folder(tmp_path)), str(source), ReadingOptions(text="review"), output, lambda *_: None
        )  # type: ignore[arg-type]
    except ReviewtuiError as error:
        assert "\n" not in str(error)
    assert [entry.name for entry in elsewhere.iterdir()] == ["precious"]
    assert (elsewhere / "precious").read_text() == "precious"


def test_raw_answers_keep_each_text_and_csv_begins_no_cell_as_a_formula(tmp_path: Path) -> None:
    import csv

    import pyarrow.parquet as pq

    texts = [text.replace("\x00", "0") for text in SOUND if text.strip()]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"review": text}) + "\n" for text in texts))
    model = Costless(model_folder(tmp_path))
    model.labels = ("=cmd()", "\x1b[31m＝evil")  # type: ignore[assignment]
    classify = model.classify

    def classified(some: Any) -> Any:
        return [
            type(one)(
                one.text, model.labels[at % 2], one.probability, dict.fromkeys(model.labels, 0.5), one.tokens, True
            )
            for at, one in enumerate(classify(some))
        ]

    model.classify = classified  # type: ignore[method-assign]
    for suffix in ("csv", "jsonl", "parquet"):
        classify_into(model, str(source), ReadingOptions(text="review"), tmp_path / f"out.{suffix}", lambda *_: None)  # type: ignore[arg-type]
    kept = read_reviews(str(source), ReadingOptions(text="review", label=""))
    stored = kept.texts(range(len(kept)))
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert [json.loads(line)["text"] for line in lines] == stored
    assert pq.read_table(tmp_path / "out.parquet").column("text").to_pylist() == stored
    assert set(texts) >= set(stored) and len(stored) > 500
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == len(stored) + 1
    begins = {cell[:1] for row in rows for cell in row}
    assert not begins & {*"=+-@＝＋－＠", "\t", "\n", "\r", "\x00"}
    assert not any(
        cell.isprintable() is False and set(cell) & set("\x1b\x07\x9b\x00\r") for row in rows for cell in row
    )
