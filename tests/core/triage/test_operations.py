"""Operations on a pile: decisions, many at once, notes and labels, each taken back by one undo, across restarts."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.checked_lines import decode, encode
from core.triage import operation as operations
from core.triage.circumstances import copied, undecided
from core.triage.decision import STATES, Decision, Note
from core.triage.decisions import DecisionLog, pile_folder
from core.triage.history import History
from core.triage.review import Review

Decide = Callable[..., Decision]

TEXTS = 6
SAID = ("negative", "positive", *(state for state in STATES if state != "label"))
Step = tuple[str, Any, Any]
STEPS = st.one_of(
    st.tuples(st.just("decide"), st.integers(0, TEXTS - 1), st.sampled_from(SAID)),
    st.tuples(st.just("bulk"), st.lists(st.integers(0, TEXTS - 1), max_size=5), st.sampled_from(SAID)),
    st.tuples(st.just("note"), st.integers(0, TEXTS - 1), st.sampled_from(("", "odd", "ask"))),
    st.tuples(st.just("label"), st.sampled_from(("fair", "late")), st.none()),
    st.tuples(st.just("moved"), st.lists(st.integers(0, TEXTS - 1), unique=True), st.none()),
    st.tuples(st.sampled_from(("undo", "undo", "undo", "redo", "redo", "reopen")), st.none(), st.none()),
)


def drawn(chance: random.Random) -> Step:
    """One step, as `STEPS` draws them."""
    what = chance.choice(("decide", "bulk", "note", "label", "moved", "undo", "undo", "undo", "redo", "redo", "reopen"))
    text = chance.randrange(TEXTS)
    if what == "decide":
        return what, text, chance.choice(SAID)
    if what == "bulk":
        return what, chance.choices(range(TEXTS), k=chance.randrange(6)), chance.choice(SAID)
    if what == "note":
        return what, text, chance.choice(("", "odd", "ask"))
    if what == "moved":
        return what, chance.sample(range(TEXTS), chance.randrange(TEXTS + 1)), None
    return what, chance.choice(("fair", "late")), None


class Plain:
    """What must hold, by going through a plain list of operations from its start every time."""

    def __init__(self) -> None:
        self.done: list[Step] = []
        self.undone: list[Step] = []
        self.file = list(range(TEXTS))
        """The text in each row."""

    def possible(self, step: Step) -> Step | None:
        """The step, as far as it is about texts in the file: no other can be decided."""
        what, subject, word = step
        if what == "bulk":
            return what, [text for text in subject if text in self.file], word
        return None if what in ("decide", "note") and subject not in self.file else step

    def apply(self, step: Step) -> None:
        if step[0] == "moved":
            self.file = step[1]
        elif step[0] == "undo" and self.done:
            self.undone.append(self.done.pop())
        elif step[0] == "redo" and self.undone:
            self.done.append(self.undone.pop())
        elif step[0] in ("decide", "bulk", "note", "label"):
            self.done.append(step)
            self.undone.clear()

    def state(self) -> dict[str, Any]:
        said: dict[int, str] = {}
        notes: dict[int, str] = {}
        for what, about, word in self.done:
            if what in ("decide", "bulk"):
                said |= dict.fromkeys([about] if what == "decide" else about, word)
            elif what == "note":
                notes[about] = word
        said = {text: word for text, word in said.items() if word != "undecided"}
        here = [said[text] for text in self.file if text in said]
        return {
            "said": said,
            "notes": {row: notes[text] for row, text in enumerate(self.file) if notes.get(text)},
            "labels": tuple(dict.fromkeys(about for what, about, _ in self.done if what == "label")),
            "counts": {word: here.count(word) for word in SAID if word != "undecided"},
            "first": next((row for row, text in enumerate(self.file) if text not in said), None),
        }


def state_of(history: History, file: list[int]) -> dict[str, Any]:
    def word(decision: Decision) -> str:
        return decision.verdict if decision.labelled else decision.state

    counts = history.counts
    rows = {row: history.decision(row, name(text)) for row, text in enumerate(file)}
    said = {int(one.hash, 16): word(one) for one in history.verdicts()}
    for row, text in enumerate(file):
        found = rows[row]
        assert (word(found) if found is not None else None) == said.get(text)
        assert history.state(row, name(text)) == (found.state if found is not None else "undecided")
    assert counts.decided == sum(one is not None for one in rows.values()) == len(history.decided())
    return {
        "said": said,
        "notes": {row: note for row, text in enumerate(file) if (note := history.note(row, name(text)))},
        "labels": history.labels,
        "counts": {
            "negative": counts.corrected, "positive": counts.agreed, "skip": counts.skipped,
            "flag": counts.flagged, "ambiguous": counts.ambiguous,
        },
        "first": next((row for row in range(len(file)) if history.current(row) is None), None),
    }  # fmt: skip


def name(text: int) -> str:
    return f"{text:016x}"


def about(text: int, word: str, file: list[int]) -> Decision:
    row = file.index(text)
    labelled = word not in STATES
    return Decision(
        hash=name(text), row=row, file="f", line=row, text=f"text {text}", predicted="positive", probability=0.5,
        state="label" if labelled else word, verdict=word if labelled else "",  # type: ignore[arg-type]
        agreed=word == "positive" if labelled else None,
    )  # fmt: skip


def carry_out(log: DecisionLog, step: Step, file: list[int]) -> DecisionLog:
    what, subject, word = step
    if what == "decide":
        log.decide(about(subject, word, file))
    elif what == "bulk":
        log.bulk([about(text, word, file) for text in subject], "accept", {"of": len(subject)})
    elif what == "note":
        row = file.index(subject)
        log.note(Note(hash=name(subject), row=row, file="f", line=row, text=word))
    elif what == "label":
        log.add_label(subject)
    elif what == "moved":
        log.found_again(str(subject), [name(text) for text in subject])
    elif what in ("undo", "redo"):
        getattr(log, what)()
    else:
        log.close()
        log = DecisionLog("pile", sync=lambda _: None)
    return log


@contextmanager
def opened() -> Iterator[DecisionLog]:
    """A log of a home of its own, whose bulk operations take a line for every two decisions."""
    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVIEWTUI_HOME", home)
        patch.setattr(operations, "PART", 2)
        yield DecisionLog("pile", sync=lambda _: None)


@settings(max_examples=50, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_any_steps_are_what_a_plain_list_says(steps: list[Step]) -> None:
    with opened() as log:
        plain = Plain()
        for step in filter(None, map(plain.possible, steps)):
            log = carry_out(log, step, plain.file)
            plain.apply(step)
            assert state_of(log.history, plain.file) == plain.state()
        log.close()


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 1 << 32))
def test_of_500_operations_undo_of_all_is_the_start_and_redo_of_all_the_end(seed: int) -> None:
    chance = random.Random(seed)
    with opened() as log:
        plain = Plain()
        start = state_of(log.history, plain.file)
        for _ in range(500):
            step = plain.possible(drawn(chance)) or ("redo", None, None)
            log = carry_out(log, step, plain.file)
            plain.apply(step)
        end = state_of(log.history, plain.file)
        assert end == plain.state()
        count = len(plain.done)
        for number in range(count):
            assert log.undo() is not None
            if number == count // 2:
                log = carry_out(log, ("reopen", None, None), plain.file)
        assert log.undo() is None
        assert state_of(log.history, plain.file) == start | {"first": 0 if plain.file else None}
        for _ in range(count):
            assert log.redo() is not None
        assert state_of(log.history, plain.file) == end
        log.close()


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=40), st.data())
def test_a_damaged_line_costs_one_operation(steps: list[Step], data: st.DataObject) -> None:
    with opened() as log:
        plain = Plain()
        for step in filter(None, map(plain.possible, steps)):
            log = carry_out(log, step, plain.file)
            plain.apply(step)
        log.close()
        path = log.folder / "decisions.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        records = [record for line in lines if (record := decode(line.rstrip(b"\n"))) is not None]
        places = [place for place, record in enumerate(records) if record["kind"] != "moved"]
        if not places:
            return
        place = data.draw(st.sampled_from(places))
        kept = {one.number: one.decisions for one in History(records).recent(len(records))}
        found = History(records[:place] + records[place + 1 :])
        left = {one.number: one.decisions for one in found.recent(len(records))}
        hit = records[place].get("of", records[place]["number"])
        assert set(kept.keys() ^ left.keys()) <= {hit}
        assert all(left[number] == kept[number] for number in kept.keys() & left.keys())
        assert found.unreadable <= 1


@pytest.mark.parametrize("lost", range(3))
def test_a_bulk_operation_counts_as_a_whole_or_not_at_all(decision: Decide, monkeypatch: Any, lost: int) -> None:
    monkeypatch.setattr(operations, "PART", 2)
    log = DecisionLog("pile")
    log.decide(decision(9))
    log.bulk([decision(row) for row in range(5)], "accept", {"threshold": 0.9})
    log.decide(decision(10))
    assert log.history.counts.decided == 7
    log.close()
    path = log.folder / "decisions.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 5
    path.write_bytes(b"".join(lines[: 1 + lost] + lines[2 + lost :]))
    log = DecisionLog("pile")
    assert [one.row for one in log.history.verdicts()] == [9, 10]
    log.decide(decision(11))
    assert log.history.counts.decided == 3 and log.history.events == 4


@pytest.mark.parametrize("cut", range(1, 2000, 97))
def test_a_bulk_operation_whose_writing_was_cut_off_leaves_nothing(
    decision: Decide, monkeypatch: Any, cut: int
) -> None:
    monkeypatch.setattr(operations, "PART", 2)
    log = DecisionLog("pile", sync=lambda _: None)
    log.decide(decision(9))
    log.bulk([decision(row) for row in range(5)], "accept")
    log.close()
    path = log.folder / "decisions.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    log = DecisionLog("pile")
    assert [one.row for one in log.history.verdicts()] == [9] and log.damaged == 0 and log.history.unreadable == 0
    log.bulk([decision(row) for row in range(2)], "accept")
    log.undo()
    log.redo()
    log.close()
    log = DecisionLog("pile")
    assert [one.row for one in log.history.verdicts()] == [0, 1, 9] and log.history.unreadable == 0


def test_what_could_not_be_read_again_is_not_written(decision: Decide) -> None:
    log = DecisionLog("pile")
    for wrong in ({"hash": "no"}, {"state": "maybe"}, {"seconds": "long"}):
        with pytest.raises(ValueError):
            log.decide(decision(0, **wrong))
    with pytest.raises(ValueError):
        log.bulk([decision(0)], "because")  # type: ignore[arg-type]
    assert (log.folder / "decisions.jsonl").read_bytes() == b"" and log.history.events == 0
    log.decide(decision(0, probability=float("nan")))
    assert log.history.verdicts()[0].probability is None, "what a model that diverged says is no number"


OLD = (
    {"kind": "decide", "number": 1, "time": 5.5, "hash": "0" * 15 + "1", "row": 0, "file": "inbox.csv", "line": 2,
     "text": "fine", "columns": {"id": "A-1"}, "verdict": "positive", "skipped": False, "agreed": True,
     "predicted": "positive", "probability": 0.9, "model": "run", "blind": True, "seconds": 1.5, "source": "human"},
    {"kind": "decide", "number": 2, "time": 6.0, "hash": "0" * 15 + "2", "row": 1, "file": "inbox.csv", "line": 3,
     "text": "hm", "verdict": "skip", "skipped": True, "agreed": None, "predicted": "negative"},
    {"kind": "decide", "number": 3, "time": 7.0, "hash": "0" * 15 + "3", "row": 2, "file": "inbox.csv", "line": 4,
     "text": "a label of that name", "verdict": "skip", "skipped": False, "agreed": False, "predicted": "keep"},
    {"kind": "undo", "number": 4, "time": 8.0, "of": 3},
    {"kind": "redo", "number": 5, "time": 9.0, "of": 3},
    {"kind": "moved", "number": 6, "time": 9.5, "data_hash": "two", "rows": [[0, 5]]},
)  # fmt: skip


def test_a_log_of_an_earlier_version_is_read_as_it_was_meant(home: Path) -> None:
    folder = pile_folder("pile")
    folder.mkdir(parents=True, mode=0o700)
    (folder / "decisions.jsonl").write_bytes(b"".join(encode(record) for record in OLD))
    log = DecisionLog("pile")
    skipped, labelled, moved = log.history.verdicts()
    assert (skipped.state, skipped.verdict, skipped.predicted) == ("skip", "", "negative")
    assert (labelled.state, labelled.verdict, labelled.agreed) == ("label", "skip", False)
    assert (moved.row, moved.columns, moved.probability, moved.seconds) == (5, {"id": "A-1"}, 0.9, 1.5)
    assert moved.blind and not moved.audit and moved.order == "file" and moved.model_hash is None
    counts = log.history.counts
    assert (counts.agreed, counts.corrected, counts.skipped, counts.blind_agreed) == (1, 1, 1, 1)
    assert log.history.unreadable == log.damaged == 0 and log.history.data_hash == "two"
    for _ in range(3):
        assert log.undo() is not None
    assert log.history.counts.decided == 0


def test_copies_are_decided_as_one_and_only_what_was_seen_is_a_persons_word(decision: Decide) -> None:
    log = DecisionLog("pile")
    seen = decision(3, "negative", hash="ab" * 8, audit=True, blind=True)
    copy = Review(row=7, file="inbox.csv", line=9, text="review 3", hash="ab" * 8)
    near = Review(row=8, file="inbox.csv", line=10, text="review 3!", hash="cd" * 8)
    log.bulk([seen, copied(seen, copy), copied(seen, near)], "copies")
    counts = log.history.counts
    assert (counts.corrected, counts.copied, counts.decided) == (1, 2, 3), "a copy says nothing about the model"
    assert [one.row for one in log.history.human()] == [one.row for one in log.history.audits()] == [3]
    assert [one.row for one in log.history.verdicts()] == [3, 8], "one decision about each text"
    assert log.history.last is not None and log.history.last.row == 3
    log.undo()
    assert log.history.counts.decided == 0


def test_evidence_is_the_first_answer_that_was_given_unseen(decision: Decide) -> None:
    log = DecisionLog("pile")
    log.decide(decision(0, "negative", audit=True, blind=True))
    log.decide(decision(0, "positive", audit=True))  # talked round by the model
    log.decide(decision(1, "positive", audit=True, blind=True))
    log.decide(decision(2, "positive", audit=True))
    log.decide(decision(3, "positive", blind=True))
    log.decide(decision(4, "ambiguous", audit=True, blind=True))
    log.decide(decision(5, "positive", audit=True, blind=True, source="import"))
    history = log.history
    assert [(one.row, one.verdict) for one in history.audits()] == [(0, "negative"), (1, "positive")]
    assert [(one.row, one.verdict) for one in history.human()] == [(row, "positive") for row in range(4)]
    assert [one.row for one in history.audited()] == [0, 1, 2, 4]
    log.bulk([undecided(one) for one in history.decided(["ambiguous"])], "requeue")
    log.decide(undecided(decision(0)))
    assert [one.row for one in history.audits()] == [1]
    assert history.was_seen(f"{1:016x}") and not history.was_seen(f"{10:016x}")
    while log.undo() is not None:
        pass
    assert history.was_seen(f"{1:016x}"), "what was seen once cannot be unseen"


def test_back_to_undecided_goes_back_to_the_queue_and_one_undo_decides_all_again(decision: Decide) -> None:
    log = DecisionLog("pile")
    for row, word in enumerate(("skip", "flag", "skip", "ambiguous", "positive")):
        log.decide(decision(row, word))
    skipped = log.history.decided(["skip"])
    assert [one.row for one in skipped] == [2, 0], "newest first"
    log.bulk([undecided(one) for one in skipped], "requeue")
    counts = log.history.counts
    assert (counts.skipped, counts.flagged, counts.ambiguous, counts.decided) == (0, 1, 1, 3)
    assert [row for row in range(5) if log.history.current(row) is None][:1] == [0]
    assert [one.row for one in log.history.verdicts()] == [1, 3, 4]
    log.undo()
    assert log.history.counts.skipped == 2 and all(map(log.history.current, range(5)))


def test_notes_and_labels_come_and_go_and_a_note_follows_its_review(decision: Decide) -> None:
    log = DecisionLog("pile")
    place = {"hash": "ab" * 8, "row": 2, "file": "f", "line": 4}
    log.add_label("fair")
    log.note(Note(**place, text="ask the shop"))  # type: ignore[arg-type]
    log.note(Note(**place, text=""))  # type: ignore[arg-type]
    assert log.history.note(2, "ab" * 8) == "" and log.history.noted() == []
    log.undo()
    assert log.history.note(2, "ab" * 8) == "ask the shop" and log.history.note(2, "cd" * 8) == ""
    assert log.found_again("two", ["cd" * 8, "ab" * 8]) == 1
    assert [(one.row, one.text) for one in log.history.noted()] == [(1, "ask the shop")]
    log.undo()
    assert log.history.labels == ("fair",)
    log.undo()
    assert log.history.labels == ()
