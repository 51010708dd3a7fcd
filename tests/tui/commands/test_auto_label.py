"""`auto-label`: what it prints, in words and in JSON, with and without evidence; it refuses in one sentence."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.files import write_json
from core.reviews.reading import Reviews
from core.reviews.unlabelled import read_unlabelled
from core.runs.folder import RunFolder
from core.triage.audit import audit_key, audit_numbers, random_sequence
from core.triage.decisions import DecisionLog
from core.triage.texts.kept import facts_of
from tests.core.triage.certificate.made import answers, said, sequence
from tests.hostile import CORPUS, mark
from tests.tui.commands.test_decisions import in_this_process
from tests.tui.commands.test_hostile_commands import Printed, lines_of, reviewtui
from tests.tui.made_runs import make_run
from tui.commands import auto_label as command

FIELDS = {"threshold", "coverage", "audited", "errors", "bound", "certified", "needed"}
REVIEWS = 300


class Scored:
    """The scores of a model that is right about most, as far as a certificate reads them."""

    def __init__(self, reviews: Reviews) -> None:
        pile = answers("", reviews)
        self.labels, self.logits = pile.labels, pile.logits


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine in this process, without a model."""
    monkeypatch.setattr(command, "ask", in_this_process)
    monkeypatch.setattr("core.scores.scoring.score", lambda model, reviews, *_, **__: Scored(reviews))


@pytest.fixture
def run() -> RunFolder:
    made = make_run(1, name="first")
    write_json(made.model / "config.json", {"id2label": {"0": "negative", "1": "positive"}})
    return made


def write_pile(path: Path, texts: list[str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("review", "ticket"), *((text, f"T{row}") for row, text in enumerate(texts))])
    return path


@pytest.fixture
def pile(tmp_path: Path) -> Path:
    return write_pile(
        tmp_path / "inbox.csv", [f"the {row} th chair creaks like number {row * 7}" for row in range(REVIEWS)]
    )


def audit(pile: Path, count: int, wrong: int = 0) -> None:
    """A person audits the first of the random sequence; the answers that the model is surest of are wrong."""
    reviews = read_unlabelled(pile)
    log = DecisionLog(str(pile), sync=lambda descriptor: None)
    rows = sequence(answers(str(pile), reviews))[:count]
    mistaken = sorted(rows)[count - wrong :]
    for row in rows:
        log.decide(said(reviews, row, "negative" if row in mistaken else "positive"))
    log.close()


def ask(capsys: Printed, pile: Path, *more: str) -> tuple[int, dict[str, Any]]:
    words = ("auto-label", str(pile), "--run", "first", "--output", str(pile.with_name("labels.csv")), *more, "--json")
    status = reviewtui(*words)
    lines = lines_of(capsys)
    assert len(lines) == 1 + (status == 1)
    return status, next(json.loads(line) for line in lines if line.startswith("{"))


def test_without_evidence_it_refuses_in_one_sentence_with_the_number_needed(
    capsys: Printed, run: RunFolder, pile: Path
) -> None:
    output = pile.with_name("labels.csv")
    assert reviewtui("auto-label", str(pile), "--run", "first", "--output", str(output)) == 1
    (line,) = lines_of(capsys)
    assert "no evidence" in line and "about 285 random reviews" in line and line.count(". ") == 0
    status, found = ask(capsys, pile)
    assert status == 1 and found.keys() >= FIELDS
    assert (found["certified"], found["needed"], found["audited"], found["labelled"]) == (False, 285, 0, 0)
    assert not output.exists()


def test_with_evidence_it_labels_writes_and_records(capsys: Printed, run: RunFolder, pile: Path) -> None:
    audit(pile, 200)
    status, found = ask(capsys, pile, "--max-error", "0.05")
    assert status == 0 and found["certified"] and found["needed"] == 0 and found["bound"] <= 0.05
    with pile.with_name("labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == found["labelled"] == 100 and {row["source"] for row in rows} == {"model"}
    log = DecisionLog(str(pile))
    assert log.history.counts.by_model == found["recorded"] == 100 - found["watched"]
    log.undo()
    assert log.history.counts.by_model == 0
    log.close()


def test_it_says_in_words_what_it_did(capsys: Printed, run: RunFolder, pile: Path) -> None:
    audit(pile, 200)
    output = pile.with_name("labels.csv")
    words = ("auto-label", str(pile), "--run", "first", "--max-error", "0.05", "--output", str(output))
    assert reviewtui(*words) == 0
    said_first = "\n".join(lines_of(capsys))
    for part in (
        "100% can be labelled",
        "at most 5 % wrong, 95 % sure",
        "0 wrong of 200 audited",
        "100 reviews",
        str(output),
    ):
        assert part in said_first, part
    assert reviewtui(*words) == 0
    assert "had these labels already" in "\n".join(lines_of(capsys))


def test_errors_make_it_refuse_with_what_was_seen(capsys: Printed, run: RunFolder, pile: Path) -> None:
    audit(pile, 150, wrong=10)
    status, found = ask(capsys, pile)
    assert status == 1 and found["needed"] is None and found["errors"] == 10
    assert reviewtui("auto-label", str(pile), "--run", "first", "--output", str(pile.with_name("b.csv"))) == 1
    (line,) = lines_of(capsys)
    assert "no number of audits would help" in line and "10 of the" in line


@pytest.mark.parametrize(
    ("words", "said_of_it"),
    [
        (["--max-error", "0"], "--max-error is a share"),
        (["--max-error", "2"], "--max-error is a share"),
        (["--max-error", "nan"], "--max-error is a share"),
        (["--confidence", "95"], "--confidence is a share"),
        (["--run", "nobody"], "No run is called"),
    ],
)
def test_what_makes_no_sense_is_refused(
    capsys: Printed, run: RunFolder, pile: Path, words: list[str], said_of_it: str
) -> None:
    named = [] if "--run" in words else ["--run", "first"]
    assert reviewtui("auto-label", str(pile), *named, "--output", str(pile.with_name("b.csv")), *words) == 2
    (line,) = lines_of(capsys)
    assert said_of_it in line


def test_a_run_without_a_model_and_reviews_from_a_pipe(capsys: Printed, pile: Path) -> None:
    (make_run(2, name="second").model / "config.json").unlink()
    assert reviewtui("auto-label", str(pile), "--run", "second", "--output", "b.csv") == 2
    assert "no model" in lines_of(capsys)[0]


def test_hostile_texts_names_and_labels_are_inert(
    capsys: Printed, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [text for text in CORPUS if text.strip() and "\x00" not in text and "\ud800" not in text]
    path = write_pile(
        tmp_path / "in\u202ebox\x1b[31m.csv", [f"{text} {row}" for row, text in enumerate(texts * 4)][:240]
    )
    run = make_run(1, name="first")
    write_json(run.model / "config.json", {})
    label = "\x1b]0;evil\x07[bold]\u202e"
    monkeypatch.setattr(Scored, "__init__", lambda self, reviews: _hostile(self, reviews, label))
    reviews = read_unlabelled(path)
    log = DecisionLog(str(path), sync=lambda descriptor: None)
    rows = random_sequence(facts_of(reviews).groups, audit_numbers(reviews.hashes, audit_key(str(path))))
    for row in rows[:100].tolist():
        log.decide(said(reviews, row, label))
    log.close()
    output = tmp_path / "labels.csv"
    assert reviewtui("auto-label", str(path), "--run", "first", "--max-error", "0.2", "--output", str(output)) == 0
    lines = lines_of(capsys)  # fails if anything in them steers a terminal
    assert mark(label) in "\n".join(lines) or "evil" in "\n".join(lines)
    log = DecisionLog(str(path))
    assert {one.verdict for one in log.history.decided() if one.source == "model"} == {label}
    log.close()


def _hostile(self: Scored, reviews: Reviews, label: str) -> None:
    self.labels, self.logits = ("negative", label), np.tile(np.array([[0.0, 4.0]], dtype=np.float32), (len(reviews), 1))


def test_engine_and_command_ask_for_the_same_promise_by_default() -> None:
    import inspect

    from core.triage.certificate.certificate import CONFIDENCE, MAX_ERROR

    defaults = inspect.signature(command.auto_label).parameters
    assert (defaults["max_error"].default, defaults["confidence"].default) == (MAX_ERROR, CONFIDENCE)
