"""An unfinished output is continued: no row lost, doubled or computed twice, and the same bytes in the end."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import ReviewtuiError
from core.bulk.classify import ChunkSizes
from core.bulk.formats.parquet import ParquetFormat
from core.bulk.partial import Partial
from tests.core.bulk.double import FORMS, SMALL, Costless, chunks_in, inbox, model_folder, names, partial_of, run

ROWS = 40


class StoppedError(Exception):
    """What ends the work in these tests."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests crash no machine, so nothing need reach the disk."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return model_folder(tmp_path)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return inbox(tmp_path / "inbox.csv", ROWS)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    return tmp_path / "results"


def stop_at(row: int) -> Any:
    """What ends the work at the first chunk that begins at `row` or after it."""

    def before(seen: int) -> None:
        if seen >= row:
            raise StoppedError

    return before


def stopped(model: Path, source: Path, output: Path, row: int, sizes: ChunkSizes = SMALL, **options: Any) -> int:
    """Work that ended at about `row`; the rows that are done."""
    predictor = Costless(model, stop_at(row))
    with pytest.raises(StoppedError):
        run(predictor, source, output, sizes, **options)
    return predictor.seen


@pytest.mark.parametrize("form", FORMS)
def test_it_goes_on_where_it_ended_and_says_so(form: str, model: Path, source: Path, results: Path) -> None:
    whole, output = results / f"whole.{form}", results / f"out.{form}"
    expected, said = run(Costless(model), source, whole)
    assert expected["resumed_at"] == 0 and not [words for words in said if words.startswith("note")]
    output.write_text("older")
    assert stopped(model, source, output, 8) == 8
    assert output.read_text() == "older" and chunks_in(output) == 3
    predictor = Costless(model)
    found, said = run(predictor, source, output)
    assert predictor.seen == ROWS - 8 and found["resumed_at"] == 8
    assert "note: continuing at row 9 of 40" in said
    assert output.read_bytes() == whole.read_bytes()
    same = ("rows", "left_out", "labels")
    assert {key: found[key] for key in same} == {key: expected[key] for key in same}
    assert found["left_out"] == {"empty text": 4} and sum(found["labels"].values()) == ROWS == found["rows"]
    assert names(results) == [f"out.{form}", f"whole.{form}"]


def test_cut_at_every_third_byte_it_goes_on_to_the_same_file(model: Path, tmp_path: Path, results: Path) -> None:
    source, output = inbox(tmp_path / "few.csv", 6), results / "out.csv"
    run(Costless(model), source, results / "whole.csv")
    stopped(model, source, output, 4)
    kept = shutil.copytree(partial_of(output), tmp_path / "kept")
    for name in ("data", "index.jsonl"):
        content = (kept / name).read_bytes()
        for cut in sorted({*range(0, len(content) + 1, 3), len(content) - 1, len(content)}):
            shutil.rmtree(partial_of(output), ignore_errors=True)
            shutil.copytree(kept, partial_of(output))
            (partial_of(output) / name).write_bytes(content[:cut])
            found, _ = run(Costless(model), source, output)
            assert output.read_bytes() == (results / "whole.csv").read_bytes(), (name, cut)
            assert found["resumed_at"] == 4 if cut == len(content) else found["resumed_at"] in (0, 2)


@settings(max_examples=60)
@given(data=st.data(), form=st.sampled_from(FORMS), rows=st.integers(1, 30))
def test_whatever_the_chunks_and_wherever_it_ends_the_file_is_the_same(
    data: st.DataObject, form: str, rows: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    model, source, output = model_folder(folder), inbox(folder / "inbox.csv", rows), folder / f"out.{form}"
    sizes = ChunkSizes(data.draw(st.integers(1, 5)), data.draw(st.integers(5, 20)), data.draw(st.integers(1, 400)))
    run(Costless(model), source, folder / f"whole.{form}", sizes)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, rows - 1))
        try:
            run(Costless(model, stop_at(at)), source, output, sizes)
        except StoppedError:
            for name in ("data", "index.jsonl"):
                if (file := partial_of(output) / name).exists() and data.draw(st.booleans()):
                    os.truncate(file, data.draw(st.integers(0, 10_000)) % (file.stat().st_size + 1))
    found, _ = run(Costless(model), source, output, sizes)
    assert output.read_bytes() == (folder / f"whole.{form}").read_bytes()
    assert found["rows"] == rows and not partial_of(output).exists()


def another_model(model: Path, source: Path) -> dict[str, Any]:
    (model / "model.safetensors").write_bytes(b"learned")
    return {}


def another_tokenizer(model: Path, source: Path) -> dict[str, Any]:
    (model / "tokenizer.json").write_text("{}")
    return {}


def lines_moved(model: Path, source: Path) -> dict[str, Any]:
    source.write_text(source.read_text(encoding="utf-8").replace("id,review", "id,review\n0,", 1), encoding="utf-8")
    return {}


def a_text_changed(model: Path, source: Path) -> dict[str, Any]:
    source.write_text(source.read_text(encoding="utf-8").replace("review 39", "review 93"), encoding="utf-8")
    return {}


def read_otherwise(model: Path, source: Path) -> dict[str, Any]:
    return {"encoding": "utf-8"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (another_model, "another model"),
        (another_tokenizer, "another model"),
        (lines_moved, "another file, or one that has changed since"),
        (a_text_changed, "another file, or one that has changed since"),
        (read_otherwise, "a file that was read with other options"),
    ],
)
def test_of_another_job_nothing_is_kept_and_it_says_so(
    change: Any, words: str, form: str, model: Path, source: Path, results: Path
) -> None:
    output = results / f"out.{form}"
    stopped(model, source, output, 8)
    options = change(model, source)
    found, said = run(Costless(model), source, output, **options)
    assert found["resumed_at"] == 0
    assert f"note: the unfinished answers found there are from {words}; starting over" in said
    run(Costless(model), source, results / f"whole.{form}", **options)
    assert output.read_bytes() == (results / f"whole.{form}").read_bytes()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": 0}'])
def test_a_manifest_that_says_nothing_is_of_another_job(
    damage: bytes, model: Path, source: Path, results: Path
) -> None:
    stopped(model, source, results / "out.csv", 8)
    (partial_of(results / "out.csv") / "manifest.json").write_bytes(damage)
    found, said = run(Costless(model), source, results / "out.csv")
    assert found["resumed_at"] == 0 and [words for words in said if words.endswith("starting over")]


def test_a_card_and_a_touched_file_change_nothing(model: Path, source: Path, results: Path) -> None:
    stopped(model, source, results / "out.csv", 8)
    (model / "README.md").write_text("a card")
    os.utime(source, (1, 1))
    assert run(Costless(model), source, results / "out.csv")[0]["resumed_at"] == 8


@pytest.mark.parametrize("form", FORMS)
def test_an_output_that_was_put_in_place_is_not_made_again(
    form: str, model: Path, source: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = results / f"out.{form}"
    with monkeypatch.context() as patch:
        patch.setattr(Partial, "remove", lambda partial: None)
        expected, _ = run(Costless(model), source, output)
    content = output.read_bytes()
    found, said = run(Costless(model, stop_at(0)), source, output)
    assert found["resumed_at"] == ROWS and found["labels"] == expected["labels"]
    assert "note: all 40 rows were done before" in said
    assert output.read_bytes() == content and names(results) == [f"out.{form}"]


def test_what_is_done_is_readable_by_its_owner_only(model: Path, source: Path, results: Path) -> None:
    partial = partial_of(results / "out.csv")
    partial.mkdir(mode=0o755)
    before = os.umask(0)
    try:
        stopped(model, source, results / "out.csv", 8)
    finally:
        os.umask(before)
    assert stat.S_IMODE(partial.stat().st_mode) == 0o700
    assert names(partial) == ["data", "index.jsonl", "lock", "manifest.json"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in partial.iterdir()} == {0o600}


def test_where_nothing_was_done_nothing_is_left(model: Path, source: Path, results: Path) -> None:
    with pytest.raises(StoppedError):
        run(Costless(model, stop_at(0)), source, results / "out.csv")
    assert names(results) == []


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_is_in_the_way_is_refused_and_stays(
    kind: str, model: Path, source: Path, results: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    partial = partial_of(results / "out.csv")
    partial.symlink_to(tmp_path / "elsewhere") if kind == "link" else partial.write_text("mine")
    with pytest.raises(ReviewtuiError, match="is in the way"):
        run(Costless(model), source, results / "out.csv")
    assert names(results) == [partial.name] and names(tmp_path / "elsewhere") == []


def test_a_second_process_is_refused_with_a_sentence(model: Path, source: Path, results: Path) -> None:
    sentences: list[str] = []

    def again(seen: int) -> None:
        if seen == 4:
            with pytest.raises(ReviewtuiError) as refused:
                run(Costless(model), source, results / "out.csv")
            sentences.append(str(refused.value))

    found, _ = run(Costless(model, again), source, results / "out.csv")
    assert found["rows"] == ROWS
    assert sentences == [
        f"Another process (pid {os.getpid()}) is writing {results / 'out.csv'}; wait until it has finished, or choose "
        "another --output."
    ]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A disk on which no file gets larger than `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_is_a_sentence_and_the_same_call_goes_on(form: str, model: Path, tmp_path: Path) -> None:
    source, output = inbox(tmp_path / "many.csv", 400), tmp_path / f"out.{form}"
    run(Costless(model), source, tmp_path / f"whole.{form}")
    with files_of_at_most(8000), pytest.raises(ReviewtuiError) as full:
        run(Costless(model), source, output)
    done = int(str(full.value).split("). ")[1].split(" of 400")[0])
    assert 0 < done < 400
    assert str(full.value) == (
        f"Cannot write {output} (File too large). {done} of 400 reviews are done and kept; make room and run the same "
        "command again to continue from there."
    )
    assert run(Costless(model), source, output)[0]["resumed_at"] == done
    assert output.read_bytes() == (tmp_path / f"whole.{form}").read_bytes()


def test_a_disk_that_is_full_at_the_end_loses_nothing(
    model: Path, source: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(ReviewtuiError, match="40 of 40 reviews are done and kept"):
        patch.setattr(ParquetFormat, "assemble", full)
        run(Costless(model), source, results / "out.parquet")
    found, _ = run(Costless(model, stop_at(0)), source, results / "out.parquet")
    assert found["resumed_at"] == ROWS
