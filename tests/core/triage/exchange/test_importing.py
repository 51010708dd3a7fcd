"""Files of decisions are taken into a pile: as one operation, completely, and written again byte by byte."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.hashing import text_hash
from core.triage.decision import DECIDED, Decision, Note
from core.triage.decisions import DecisionLog
from core.triage.exchange.exporting import write_decisions
from core.triage.exchange.formats.registry import FORMATS
from core.triage.exchange.importing import ImportPlan, facts_of, hashes_of, plan_import, read_decisions
from core.triage.exchange.selection import INCLUDED
from core.triage.history import History
from core.triage.review import Review
from tests.core.triage.exchange.made import STARTS, TEXTS

Decide = Callable[..., Decision]


def pile(texts: Sequence[str]) -> list[Review]:
    return [
        Review(row, "inbox.csv", row + 2, text, f"{text_hash(text):016x}", {"id": f"={row}"})
        for row, text in enumerate(texts)
    ]


REVIEWS = pile(
    [*STARTS, "works", "works", "Works  ", "twice the same", "twice the same", *map("number {}".format, range(9))]
)


def take_in(log: DecisionLog, path: Path, reviews: Sequence[Review] = REVIEWS, **how: bool) -> ImportPlan:
    format, entries = read_decisions(path)
    found = defaultdict(list)
    for one in reviews:
        if one.hash in hashes_of(entries):
            found[one.hash].append(one)
    plan = plan_import(log.history, entries, found, **how)
    if plan.decisions or plan.notes:
        log.bulk(plan.decisions, "import", facts_of(plan, path, format), plan.notes)
    return plan


def state_of(history: History) -> list[tuple[int, str, str]]:
    return [(one.row, one.state, one.verdict) for one in sorted(history.decided(), key=lambda one: one.row)]


@st.composite
def decisions(draw: st.DrawFn) -> list[Decision]:
    found = []
    for review in draw(st.lists(st.sampled_from(REVIEWS), min_size=1, max_size=6, unique_by=lambda one: one.row)):
        state = draw(st.sampled_from(("label", *DECIDED)))
        predicted = draw(st.none() | TEXTS)
        found.append(
            Decision(
                **vars(review),
                state=state,
                verdict=draw(TEXTS) if state == "label" else "",
                predicted=predicted,
                probability=draw(st.floats(0, 1)) if predicted else None,
                calibrated=draw(st.none() | st.floats(0, 1)) if predicted else None,
                model=draw(st.sampled_from((None, "20260101-000000-0000"))) if predicted else None,
                order=draw(st.sampled_from(("file", "random"))),
                audit=draw(st.booleans()),
                blind=draw(st.booleans()),
                seconds=draw(st.floats(0, 99)),
                source=draw(st.sampled_from(("human", "copy", "model"))),
            )
        )
    return found


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=decisions(), notes=st.lists(TEXTS, max_size=3))
def test_export_import_export_is_the_same_byte_by_byte(tmp_path: Path, made: list[Decision], notes: list[str]) -> None:
    log = DecisionLog(f"pile {len(list((tmp_path / 'home').glob('triage/*')))}", clock=lambda: 1.7e9)
    for one in made:
        log.decide(one)
    for one, text in zip(made, notes, strict=False):
        log.note(Note(hash=one.hash, row=one.row, file=one.file, line=one.line, text=text))
    for name, form in FORMATS.items():
        first, second = (tmp_path / f"{which}{form.suffix}" for which in ("first", "second"))
        write_decisions(log.history, first, format=name, include=INCLUDED, replace=True)
        other = DecisionLog(f"{name} {len(list((tmp_path / 'home').glob('triage/*')))}", clock=lambda: 1.8e9)
        plan = take_in(other, first)
        assert plan.problems == [] and plan.unchanged == 0
        write_decisions(other.history, second, format=name, include=INCLUDED, replace=True)
        assert second.read_bytes() == first.read_bytes()
        if name != "csv":  # which makes labels inert
            assert state_of(other.history) == state_of(log.history)
        assert take_in(other, first).unchanged == len(made)  # nothing is taken in twice
        other.undo()
        assert state_of(other.history) == [] and other.history.noted() == []
        other.close()
    log.close()


def test_the_log_says_that_it_was_imported_and_whose_word_it_was(decision: Decide, tmp_path: Path) -> None:
    log = DecisionLog("a", clock=lambda: 1.7e9)
    log.decide(decision(**vars(REVIEWS[-1]), audit=True, blind=True))
    done = write_decisions(log.history, tmp_path / "a.jsonl")
    other = DecisionLog("b", clock=lambda: 1.8e9)
    take_in(other, done.path)
    (found,) = other.history.decided()
    assert (found.source, found.origin, found.said, found.time) == ("import", "human", 1.7e9, 1.8e9)
    assert other.history.audits() == [] and other.history.human() == []  # another's word is no evidence here
    other.close()
    again = DecisionLog("b")
    assert again.history.decided() == [found] and again.history.last is not None
    assert again.history.last.facts["format"] == "jsonl"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_is_not_found_or_says_otherwise_is_listed_with_its_line(
    decision: Decide, tmp_path: Path, name: str
) -> None:
    theirs, form = DecisionLog("theirs"), FORMATS[name]
    known = pile(["one", "two", "three"])
    for review, label in zip([*known, *pile(["", "", "", "four"])[3:]], "abca", strict=True):
        theirs.decide(decision(**vars(review), verdict=label, state="label"))
    done = write_decisions(theirs.history, tmp_path / f"a{form.suffix}", format=name)
    mine = DecisionLog("mine")
    mine.decide(decision(**vars(known[0]), verdict="a", state="label"))
    mine.decide(decision(**vars(known[1]), verdict="other", state="label"))
    plan = take_in(mine, done.path, known)
    first = 2 if name in ("csv", "label-studio", "argilla") else 1
    assert [(one.line, one.conflict) for one in plan.problems] == [(first + 1, True), (first + 3, False)]
    assert "“b”" in plan.problems[0].why and "“other”" in plan.problems[0].why
    assert plan.problems[1].text == "four" and "no review" in plan.problems[1].why
    assert (plan.unchanged, plan.conflicts, len(plan.decisions)) == (1, 1, 1)
    assert [verdict for _, _, verdict in state_of(mine.history)] == ["a", "other", "c"]
    again = take_in(mine, done.path, known, replace=True)
    assert (again.replaced, again.unchanged, len(again.problems)) == (1, 2, 1)
    assert [verdict for _, _, verdict in state_of(mine.history)] == ["a", "b", "c"]
    mine.undo()
    assert [verdict for _, _, verdict in state_of(mine.history)] == ["a", "other", "c"]


def test_two_lines_about_one_review_must_say_the_same(decision: Decide, tmp_path: Path) -> None:
    log, review = DecisionLog("a"), pile(["one"])[0]
    log.decide(decision(**vars(review), verdict="x", state="label"))
    line = json.loads(write_decisions(log.history, tmp_path / "a.jsonl").path.read_text())
    lines = [line, line, line | {"label": "y"}]
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    plan = take_in(DecisionLog("b"), tmp_path / "b.jsonl", [review])
    assert (len(plan.decisions), plan.unchanged) == (1, 1)
    assert [(one.line, one.conflict) for one in plan.problems] == [(3, True)]


def test_a_hash_of_another_text_is_not_believed(decision: Decide, tmp_path: Path) -> None:
    log, (one, two) = DecisionLog("a"), pile(["one", "two"])
    log.decide(decision(**vars(one), verdict="x", state="label"))
    line = json.loads(write_decisions(log.history, tmp_path / "a.jsonl").path.read_text())
    (tmp_path / "b.jsonl").write_text(json.dumps(line | {"reviewText": "three", "hash": two.hash}) + "\n")
    plan = take_in(DecisionLog("b"), tmp_path / "b.jsonl", [one, two])
    assert plan.decisions == [] and "not the one that its hash stands for" in plan.problems[0].why


def test_a_note_is_taken_in_with_the_decision_and_undone_with_it(decision: Decide, tmp_path: Path) -> None:
    log, review = DecisionLog("a"), pile(["one"])[0]
    log.decide(decision(**vars(review)))
    log.note(Note(hash=review.hash, row=0, file="inbox.csv", line=2, text="ask the shop"))
    done = write_decisions(log.history, tmp_path / "a.csv")
    other = DecisionLog("b")
    take_in(other, done.path, [review])
    assert other.history.note(0, review.hash) == "ask the shop"
    other.close()
    again = DecisionLog("b")
    again.undo()
    assert again.history.note(0, review.hash) == "" and again.history.decided() == []
    again.redo()
    assert again.history.note(0, review.hash) == "ask the shop" and len(again.history.decided()) == 1


FOREIGN = {
    "label-studio": [
        {"id": 1, "data": {"my_text": "one"}, "annotations": [
            {"completed_by": 3, "lead_time": 4.5, "created_at": "2024-05-01T10:00:00.123456Z", "was_cancelled": False,
             "result": [{"id": "x", "from_name": "sentiment", "to_name": "t", "type": "choices",
                         "value": {"choices": ["positive"]}}]}], "predictions": []},
        {"id": 2, "data": {"text": "two"}, "annotations": [{"was_cancelled": True, "result": []}]},
    ],
    "argilla": [
        {"id": "a", "fields": {"text": "one"}, "metadata": {},
         "suggestions": {"tone": {"value": "positive", "score": None}},
         "responses": {"tone": [{"value": "positive", "user_id": "u"}]}, "vectors": {}},
        {"id": "b", "fields": {"text": "two"}, "metadata": {}, "suggestions": {},
         "responses": {"tone": [{"value": "negative", "user_id": "u", "status": "discarded"}]}, "vectors": {}},
    ],
    "prodigy": [
        {"text": "one", "_input_hash": -1, "label": "positive", "answer": "accept", "_timestamp": 1.7e9},
        {"text": "two", "options": [], "accept": [], "answer": "ignore", "_view_id": "choice"},
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_what_the_tools_themselves_write_is_read(tmp_path: Path, name: str) -> None:
    items, path = FOREIGN[name], tmp_path / f"a{FORMATS[name].suffix}"
    path.write_text(json.dumps(items) if path.suffix == ".json" else "".join(json.dumps(one) + "\n" for one in items))
    log = DecisionLog("a")
    plan = take_in(log, path, pile(["one", "two"]))
    assert plan.problems == [] and state_of(log.history) == [(0, "label", "positive"), (1, "skip", "")]


def test_a_rejected_label_and_annotators_who_disagree_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "one", "label": "positive", "answer": "reject"}\n')
    assert "rejected" in take_in(DecisionLog("a"), tmp_path / "a.jsonl", pile(["one"])).problems[0].why
    task = FOREIGN["label-studio"][0]
    choice = {"type": "choices", "value": {"choices": ["negative"]}}
    task = {**task, "annotations": [*task["annotations"], {"result": [choice]}]}  # type: ignore[misc]
    (tmp_path / "b.json").write_text(json.dumps([task]))
    assert "different labels" in take_in(DecisionLog("b"), tmp_path / "b.json", pile(["one"])).problems[0].why


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe", b"[1, 2]", b"[", b"reviewText,stars\n", b"{}\n"])
def test_a_file_that_is_none_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(InputError):
        read_decisions(tmp_path / "a")
    with pytest.raises(InputError, match="Cannot read"):
        read_decisions(tmp_path / "absent")
