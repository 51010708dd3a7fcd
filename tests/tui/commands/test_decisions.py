"""`decisions`: figures, exports, imports and comparisons, in words and in JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.comparison.kept import answers_in
from core.engine.methods import METHODS
from core.engine.requests import EngineRequest, from_params, from_result, to_params, to_result
from core.reviews.unlabelled import read_unlabelled
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog
from tests.hostile import SOUND
from tests.tui.commands.test_hostile_commands import Printed, lines_of, reviewtui
from tui.commands import decisions as command

TEXTS = ["works well", "broke at once", "does what it says", "nobody knows why", "works well"]


def in_this_process(request: EngineRequest[Any]) -> Any:
    """Answer as the engine does, through the same JSON."""
    kind = type(request)
    answer = METHODS[kind](from_params(kind, json.loads(json.dumps(to_params(request)))), lambda *_: None)
    return from_result(request, json.loads(json.dumps(to_result(answer))))


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "ask", in_this_process)


def write_pile(path: Path, texts: list[str]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("review", "ticket"), *((text, f"T{row}") for row, text in enumerate(texts))])
    return path


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    return write_pile(tmp_path / "inbox.csv", TEXTS)


def decide(pile: Path, *labels: str, name: str | None = None, **fields: Any) -> None:
    """Give labels to the first reviews of a pile; a dash passes a review over."""
    reviews = read_unlabelled(pile)
    log = DecisionLog(str(pile) if name is None else name)
    for row, label in enumerate(labels):
        file, line = reviews.place(row)
        given = {"row": row, "file": file, "line": line, "text": reviews.text(row), "predicted": "good", "seconds": 4.0}
        state = {"state": "skip"} if label == "-" else {"verdict": label}
        columns = dict(zip(reviews.source_columns, reviews.source_cells(row, reviews.source_columns), strict=True))
        log.decide(
            Decision(
                **given, **state, hash=f"{int(reviews.hashes[row]):016x}", probability=0.9, columns=columns, **fields
            )
        )
    log.close()


def answer(capsys: Printed, *words: str) -> dict[str, Any]:
    assert reviewtui("decisions", *words, "--json") == 0
    (line,) = lines_of(capsys)
    found: dict[str, Any] = json.loads(line)
    return found


def test_every_figure_is_told_in_words_and_in_json(pile: Path, capsys: Printed) -> None:
    decide(pile, "good", "bad", "-", audit=True, blind=True, model="20260101-000000-0000")
    found = answer(capsys, str(pile))
    figures = found["figures"]
    assert (found["kind"], found["reviews"], found["damaged"]) == ("pile", 5, 0)
    assert figures["states"] == {"label": 2, "skip": 1, "flag": 0, "ambiguous": 0}
    assert figures["rate"] == {"decisions": 3, "seconds": 12.0, "idle": 0, "per_hour": 900.0}
    (model,) = figures["models"]
    assert (model["blind"]["rows"], model["blind"]["agreed"], model["audits"]["errors"]) == (2, 1, 1)
    assert reviewtui("decisions", str(pile)) == 0
    said = "\n".join(lines_of(capsys))
    for words in ("3 of 5 reviews decided, 60%", "900 an hour", "1 of 2 agree, 50.0%", "1 wrong of 2", "ECE"):
        assert words in said


def test_an_export_is_taken_in_by_another_pile_once(pile: Path, tmp_path: Path, capsys: Printed) -> None:
    decide(pile, "good", "bad", "-", "good")
    output = tmp_path / "for anna.json"
    words = ("--output", str(output), "--format", "label-studio", "--include", "skipped")
    exported = answer(capsys, str(pile), *words)["exported"]
    assert (exported["rows"], exported["left_out"], exported["labels"]) == (4, [], {"good": 2, "bad": 1})
    assert reviewtui("decisions", str(pile), *words) == 2 and "already exists" in lines_of(capsys)[-1]
    other = write_pile(tmp_path / "other.csv", [*TEXTS[1:3], "something else"])
    imported = answer(capsys, str(other), "--import", str(output))["imported"]
    assert (imported["format"], imported["lines"], imported["decisions"]) == ("label-studio", 4, 2)
    assert [(one["line"], one["conflict"]) for one in imported["problems"]] == [(2, False), (5, False)]
    assert answer(capsys, str(other), "--import", str(output))["imported"]["decisions"] == 0
    log = DecisionLog(str(other))
    log.undo()
    assert log.history.decided() == []
    log.close()


def test_all_columns_of_the_file_are_handed_over_unless_others_are_named(tmp_path: Path, capsys: Printed) -> None:
    pile, long = tmp_path / "tickets.csv", "a long complaint about the delivery of it, " * 20
    rows = [(f"review {row}", f"T{row}", f"{long}{row}") for row in range(4)]
    with pile.open("w", newline="") as file:
        csv.writer(file).writerows([("review", "ticket", "letter"), *rows])
    decide(pile, "good", "bad")
    for keep, expected in (
        (None, {"source_ticket": "T1", "source_letter": f"{long}1"}), ("none", {}), ("short", {"source_ticket": "T1"}),
        ("letter", {"source_letter": f"{long}1"}),
    ):  # fmt: skip
        output = tmp_path / f"{keep}.jsonl"
        assert reviewtui("decisions", str(pile), "--output", str(output), *(("--keep", keep) if keep else ())) == 0
        last = json.loads(output.read_text().splitlines()[-1])
        assert {name: cell for name, cell in last.items() if name.startswith("source_")} == expected
    pile.unlink()
    assert reviewtui("decisions", str(pile), "--output", str(tmp_path / "gone.jsonl")) == 0
    assert "only its short columns" in "\n".join(lines_of(capsys))


def test_what_is_not_taken_in_is_told_with_its_line(pile: Path, tmp_path: Path, capsys: Printed) -> None:
    decide(pile, "good", "bad")
    assert reviewtui("decisions", str(pile), "--output", str(tmp_path / "a.csv")) == 0
    other = write_pile(tmp_path / "other.csv", TEXTS[1:])
    decide(other, "good")
    lines_of(capsys)
    assert reviewtui("decisions", str(other), "--import", str(tmp_path / "a.csv")) == 0
    said = lines_of(capsys)
    assert "  line 3: it says “bad”, this pile “good”: broke at once" in said
    assert said[0].startswith("1 of 2 decisions were taken in") and "one undo" in said[0]


def test_two_people_are_compared_and_their_conflicts_are_a_pile(pile: Path, capsys: Printed) -> None:
    decide(pile, "good", "bad", "good", "-")
    decide(pile, "good", "good", "good", "good", name="anna")
    found = answer(capsys, str(pile), "--with", "anna")
    people = found["people"]
    assert (people["all"]["rows"], people["all"]["agreed"], people["unlike"]) == (3, 2, 1)
    assert people["all"]["kappa"] == 0 and people["all"]["kappa_interval"][0] < 0 < people["all"]["kappa_interval"][1]
    assert [(one["one"], one["other"]) for one in people["conflicts"]] == [("bad", "good")]
    conflicts = read_unlabelled(found["conflicts"])
    columns = dict(zip(conflicts.source_columns, conflicts.source_cells(0, conflicts.source_columns), strict=True))
    assert conflicts.texts(range(len(conflicts))) == ["broke at once"]
    assert answers_in(columns) == (("inbox.csv", "bad", None), ("anna", "good", None))
    assert reviewtui("decisions", str(pile), "--with", "anna") == 0
    assert f"for Classify: {found['conflicts']}" in lines_of(capsys)[-1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("absent.csv",), "does not exist"),
        (("{pile}", "--format", "argilla"), "add --output"),
        (("{pile}", "--output", "x.csv", "--include", "all of it"), "--include takes"),
        (("{pile}", "--output", "x.txt"), "must end in .csv"),
        (("{pile}", "--import", "absent.csv"), "Cannot read"),
        (("{pile}", "--with", "absent.csv"), "does not exist"),
    ],
)
def test_a_wrong_word_is_a_sentence(words: tuple[str, ...], said: str, pile: Path, capsys: Printed) -> None:
    decide(pile, "good")
    assert reviewtui("decisions", *(word.format(pile=pile) for word in words)) == 2
    (line,) = lines_of(capsys)
    assert said in line


def test_a_pile_about_which_nothing_was_decided_is_a_sentence(pile: Path, capsys: Printed) -> None:
    assert reviewtui("decisions", str(pile)) == 2
    assert "Nothing was decided about inbox.csv yet" in lines_of(capsys)[-1]


def test_a_pile_that_is_open_in_a_workbench_is_not_written_to(pile: Path, tmp_path: Path, capsys: Printed) -> None:
    decide(pile, "good")
    assert reviewtui("decisions", str(pile), "--output", str(tmp_path / "a.csv")) == 0
    log = DecisionLog(str(pile))
    lines_of(capsys)
    assert reviewtui("decisions", str(pile), "--import", str(tmp_path / "a.csv")) == 1
    assert "open in another workbench" in lines_of(capsys)[-1]
    assert reviewtui("decisions", str(pile)) == 0  # reading needs no lock
    log.close()


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Path]:
    texts = [text for text in SOUND[::12] if text.strip() and "\x00" not in text]
    path = tmp_path / "hostile.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("review", texts[0][:40]), *((text, text[:40]) for text in texts)])
    yield path


def test_nothing_that_is_printed_steers(hostile: Path, tmp_path: Path, capsys: Printed) -> None:
    reviews = read_unlabelled(hostile)
    labels = [reviews.text(row)[:60] for row in range(min(len(reviews), 40))]
    decide(hostile, *labels, model=labels[0], model_hash=labels[1], order="file")
    decide(hostile, *reversed(labels), name=labels[2])
    lines_of(capsys)
    for form, suffix in (("csv", "csv"), ("argilla", "json"), ("prodigy", "jsonl")):
        output = str(tmp_path / f"{labels[3][:20].replace('/', '_')}.{suffix}")
        words = ("--output", output, "--format", form, "--with", labels[2], "--import", output)
        assert reviewtui("decisions", str(hostile), *words[:6]) == 0
        lines_of(capsys)
        assert reviewtui("decisions", labels[2], "--import", output) in (0, 2)
        lines_of(capsys)
