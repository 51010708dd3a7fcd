"""Finding runs: every kind of term, and nothing that is typed on the way breaks or hides everything."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs import run_list
from core.runs.folder import RunFolder
from core.runs.history import RunHistory
from core.runs.listed import FIELDS, ListedRun, known_names, sorted_runs
from core.runs.notes import add_note, change_tags
from core.runs.query import parse_query
from core.runs.run_list import RunList
from core.runs.summary import summary_of
from tests.tui.made_runs import make_run


@pytest.fixture
def runs() -> list[ListedRun]:
    good = make_run(1, name="good-one", steps=40)
    change_tags(good.notes, ["keep", "lab"])
    add_note(good.notes, "the first that understood irony")
    add_note(good.notes, "later")
    make_run(2, name="bad one", end="failed", data="/data/inbox.csv")
    make_run(3, name="third", end="stopped", steps=20)
    return RunList().read()


def found(text: str, runs: list[ListedRun]) -> list[str]:
    query = parse_query(text, known_names(runs))
    assert not query.problem
    return [run.summary.name for run in runs if query.fits(run)]


ALL = ["third", "bad one", "good-one"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ALL),
        ("good", ["good-one"]),
        ("IRONY", ["good-one"]),
        ("data one", ["bad one", "good-one"]),
        ("data:inbox", ["bad one"]),
        ("tag:ke", ["good-one"]),
        ("tags=lab", ["good-one"]),
        ("-tag:lab", ["third", "bad one"]),
        ("note:irony", ["good-one"]),
        ("state:f", ["bad one", "good-one"]),
        ("state:finished", ["good-one"]),
        ("state!=finished", ["third", "bad one"]),
        ('name:"bad one"', ["bad one"]),
        ("accuracy>0.89", ALL),
        ("accuracy>=90%", ALL),
        ("macro_f1>.9", []),
        ("steps<40", ["third"]),
        ("epochs=2 batch_size>=16", ALL),
        ("epochs!=2", []),
        ("dropout=none", ALL),
        ("lora=off", ALL),
        ("lora=true", []),
        ("micro_batch_size=auto", ALL),
        ("lr<1e-4", ALL),
        ("time<1m time>=10s", ["bad one", "good-one"]),
        ("time=0:10", ["bad one", "good-one"]),
        ("memory>1G", ALL),
        ("size<1kB", []),
        ("began>1999", ALL),
        ("accuracy>", ALL),
        ("queue>=1", []),
    ],
)
def test_terms(text: str, names: list[str], runs: list[ListedRun]) -> None:
    assert found(text, runs) == names


def test_an_unknown_setting_is_named_with_the_nearest_and_does_not_count(runs: list[ListedRun]) -> None:
    query = parse_query("third lerning_rate=3", known_names(runs))
    assert query.problem == "There is no column 'lerning_rate'; did you mean learning_rate?"
    assert [run.summary.name for run in runs if query.fits(run)] == ["third"]
    assert parse_query("http://x", []).problem == ""


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["accuracy", "state", ">", "=", ":", '"', "-", "9", "%", " "])).map("".join)
)
def test_nothing_that_is_typed_breaks(text: str) -> None:
    parse_query(text, FIELDS).fits(
        ListedRun(summary_of(RunFolder(Path("/nowhere/20260101-000000-0000")), RunHistory(workers=1)))
    )


@pytest.mark.parametrize("name", [*FIELDS, "epochs", "dropout", "no such"])
def test_every_field_sorts_both_ways_and_what_has_no_value_comes_last(name: str, runs: list[ListedRun]) -> None:
    up, down = (sorted_runs(runs, name, descending=way) for way in (False, True))
    assert {id(run) for run in up} == {id(run) for run in down} == {id(run) for run in runs}
    assert [run.summary.name for run in sorted_runs(runs, "name", descending=True)] == ["third", "good-one", "bad one"]


def test_only_what_has_changed_is_read_again(monkeypatch: pytest.MonkeyPatch, runs: list[ListedRun]) -> None:
    reader = RunList()
    first = reader.read()
    read: list[str] = []
    summarize = run_list.summarize

    def counted(run: RunFolder) -> object:
        read.append(run.id)
        return summarize(run)

    monkeypatch.setattr(run_list, "summarize", counted)
    assert reader.read() == first and read == []
    add_note(RunFolder(Path(first[0].summary.folder)).notes, "new")
    assert reader.read()[0].summary.notes[-1].text == "new" and read == [first[0].summary.id]


def test_a_quick_reading_leaves_out_old_runs_and_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_list, "_AT_FIRST", 2)
    for number in range(1, 6):
        make_run(number, name=f"run{number}")
    reader = RunList()
    assert [run.summary.name for run in reader.read(quick=True)] == ["run5", "run4"] and reader.unread == 3
    assert len(reader.read(settings=False)) == 5 and reader.unread == 0
    assert [run.changed is None for run in reader.read()] == [False] * 5
