"""`learn`: what the next model is trained on, said before it is queued; and what makes no sense is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.base.files import write_json
from core.data.run_data import read_run_data, write_split
from core.learning.lesson import lesson_of, lessons_home, runs_of_pile
from core.runs.folder import RunFolder, create_run, find_run
from core.runs.queue import enqueue, read_queue
from core.runs.request import Request
from core.settings.schema import Settings
from core.triage.bookmark import Bookmark, write_bookmark
from tests.tui.commands.test_decisions import decide, in_this_process, write_pile
from tests.tui.commands.test_hostile_commands import Printed, lines_of, reviewtui
from tui.commands import learn as command

HOSTILE = "\x1b]0;owned\x07"


def only_queued(request: Request, *, wait: bool) -> tuple[RunFolder, None]:
    assert wait, "it has to wait for whatever trains"
    run = create_run(request)
    enqueue([run])
    return run, None


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def here() -> Iterator[Any]:
        yield in_this_process

    monkeypatch.setattr(command, "engine", here)
    monkeypatch.setattr(command, "ask", in_this_process)
    monkeypatch.setattr("core.runs.start.start_run", only_queued)
    monkeypatch.setattr("core.models.sources.resolve_model", lambda name: name)


@pytest.fixture
def run(tmp_path: Path, reviews_of: Callable[..., list[tuple[str, str]]]) -> RunFolder:
    with (tmp_path / "lab.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("reviewText", "isPositive"), *((t, int(x == "positive")) for t, x in reviews_of(40))]
        )
    request = Request(name=f"lab{HOSTILE}", data=str(tmp_path / "lab.csv"), settings=Settings(model="starter"))
    found = create_run(request)
    write_split(found, read_run_data(request))
    found.model.mkdir()
    write_json(found.model / "config.json", {"id2label": {"0": "negative", "1": "positive"}})
    return found


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    return write_pile(tmp_path / "inbox.csv", [f"review {row} {HOSTILE}" for row in range(8)])


def test_the_next_run_is_queued_and_what_it_learns_is_said(run: RunFolder, pile: Path, capsys: Printed) -> None:
    decide(pile, "positive", "negative", "-", "positive", "new", "new")
    assert reviewtui("learn", str(pile), "--run", run.id, "--set", "epochs=2") == 0
    said = "\n".join(lines_of(capsys))
    for words in (
        "5 added, 0 corrected",
        "left out    1 skipped",
        "new labels  new",
        "the same 4 reviews",
        "Queued lab",
    ):
        assert words in said
    (taught,) = runs_of_pile(str(pile))
    asked = taught.run.request()
    assert (asked.settings.epochs, asked.settings.model) == (2, "starter")
    assert [one.run.id for one in read_queue().waiting] == [taught.run.id]


def test_json_is_one_object_and_the_pile_s_own_model_is_taken(run: RunFolder, pile: Path, capsys: Printed) -> None:
    decide(pile, "positive", "negative")
    write_bookmark(str(pile), Bookmark(model=run.id, model_name="lab"))
    assert reviewtui("learn", str(pile), "--name", "next", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["name"] == "next" and printed.out.count("\n") == 1
    assert lesson_of(find_run("next"), str(pile)) is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name the run to begin with"),
        (("--run", "absent"), "absent"),
        (("--run", "{run}", "--set", "model=starter"), "begins with the model of its run"),
        (("--run", "{run}", "--name", "taken"), "already a run called"),
        (("--run", "{run}", "--set", "epochs=none"), "epochs"),
        (("--status",), "No model has learned from this pile yet"),
        (("--status", "--run", "{run}"), "has not learned from decisions"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(
    run: RunFolder, pile: Path, words: tuple[str, ...], said: str, capsys: Printed
) -> None:
    create_run(Request(name="taken", data="x"))
    decide(pile, "positive", "negative")
    assert reviewtui("learn", str(pile), *(word.format(run=run.id) for word in words)) == 2
    assert said in lines_of(capsys)[-1]
    home = lessons_home(str(pile))
    assert not home.exists() or [*home.iterdir()] == []


def test_a_label_that_one_review_alone_has_is_refused_and_leaves_nothing(
    run: RunFolder, pile: Path, capsys: Printed
) -> None:
    decide(pile, "positive", "only once")
    assert reviewtui("learn", str(pile), "--run", run.id) == 2
    assert "each class needs at least 2" in lines_of(capsys)[-1]
    assert [*lessons_home(str(pile)).iterdir()] == [] and runs_of_pile(str(pile)) == []


def test_a_pile_without_decisions_has_nothing_to_teach(run: RunFolder, pile: Path, capsys: Printed) -> None:
    assert reviewtui("learn", str(pile), "--run", run.id) == 2
    assert "no review has a label yet" in lines_of(capsys)[-1]
