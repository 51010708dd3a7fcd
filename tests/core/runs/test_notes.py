"""Notes, tags and names of a run: none is lost to a crash, to another writer, or to a worker that rewrites settings."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.runs.folder import RunFolder, create_run, find_run, write_request
from core.runs.names import rename_run
from core.runs.notes import add_hypothesis, add_note, change_tags, parse_tags, read_annotations, withdraw_note
from core.runs.request import Request
from core.runs.summary import summarize


def make(name: str = "chairs") -> RunFolder:
    return create_run(Request(name=name, data="/data/reviews.csv"))


def test_a_run_has_what_was_said_about_it_until_it_is_taken_back() -> None:
    run = make()
    first = add_note(run.notes, "try 20 epochs\x1b[31m\nnext")
    add_note(run.notes, "it was the data")
    assert change_tags(run.notes, ["good", "lab"]) == (["good", "lab"], [])
    assert change_tags(run.notes, ["good", "new"], ["lab", "never"]) == (["new"], ["lab"])
    withdraw_note(run.notes, first)
    summary = summarize(run)
    assert [note.text for note in summary.notes] == ["it was the data"]
    assert summary.tags == ("good", "new") and first.text == "try 20 epochs␛[31m next"
    assert run.notes.stat().st_mode & 0o777 == 0o600


def test_what_was_expected_at_the_start_stays_beside_what_was_said_later() -> None:
    run = create_run(Request(name="chairs", data="/data/reviews.csv", hypothesis="longer helps"))
    before = run.settings.read_bytes()
    assert summarize(run).hypothesis == "longer helps"
    add_hypothesis(run.notes, "longer\x1b helps\nby a point", time=12.0)
    add_hypothesis(run.notes, "20 epochs change nothing", epochs=20)
    found = read_annotations(run.notes).hypotheses
    assert [(one.text, one.epochs) for one in found] == [
        ("longer␛ helps by a point", None), ("20 epochs change nothing", 20),
    ]  # fmt: skip
    assert found[0].time == 12.0 and summarize(run).hypothesis == "20 epochs change nothing"
    add_hypothesis(run.notes, "")
    assert summarize(run).hypothesis == "" and run.settings.read_bytes() == before
    with pytest.raises(InputError, match="at most 300"):
        add_hypothesis(run.notes, "x" * 301)


def test_a_name_outlives_a_worker_that_rewrites_the_settings() -> None:
    run, other = make(), make("tables")
    old = run.request()
    assert rename_run(run, "  sofas ") == "chairs"
    write_request(run, old)  # as an extension does that read the settings before
    assert run.request().name == summarize(run).name == "sofas"
    assert find_run("sofas") == run and rename_run(run, "sofas") == "sofas"
    for taken in ("tables", "latest", other.id, " "):
        with pytest.raises(InputError):
            rename_run(run, taken)
    assert make("chairs").request().name == "chairs", "the old name is free"
    assert rename_run(other, "chairs-2") == "tables"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(cut=st.integers(0, 400), junk=st.binary(max_size=30))
def test_a_torn_end_loses_only_itself(cut: int, junk: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("run") / "notes.jsonl"
    for text in ("one", "two", "three"):
        add_note(file, text)
    whole = file.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 10]
    cut = min(cut, len(whole))
    file.write_bytes(whole[:cut] + junk.replace(b"\n", b""))
    add_note(file, "four")
    kept = sum(end <= cut or (end == cut + 1 and not junk) for end in ends)
    assert [note.text for note in read_annotations(file).notes] == [*["one", "two", "three"][:kept], "four"]


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    writers = [
        threading.Thread(target=lambda k=k: [add_note(file, f"{k} {number}") for number in range(10)]) for k in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(read_annotations(file).notes) == 40


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "notes.jsonl"
    add_note(file, "kept")
    before, write = file.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:9]))
    with pytest.raises(Exception, match="No space left"):
        add_note(file, "does not fit")
    assert file.read_bytes() == before


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "notes.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Exception, match="symbolic link"):
        add_note(tmp_path / "notes.jsonl", "x")


@given(st.lists(st.from_regex(r"[+-]?[a-z0-9][a-z0-9._/-]{0,20}", fullmatch=True), max_size=5))
def test_tags_are_parsed_as_they_are_written(words: list[str]) -> None:
    try:
        add, remove = parse_tags(words)
    except InputError:
        assert {word[1:] for word in words if word[0] == "-"} & {word.lstrip("+") for word in words if word[0] != "-"}
        return
    assert sorted([*add, *remove]) == sorted(word.lstrip("+-") for word in words)


@pytest.mark.parametrize("word", ["", "+", "-", "two words", "a,b", "x" * 41, "\x1b[0m", "--a"])
def test_what_is_no_tag_is_said(word: str) -> None:
    with pytest.raises(InputError, match="is not a tag"):
        parse_tags([word])
