"""Events: which records and states are some, that each is found once, and that none is older than the asking."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.text import STEERING
from core.notifications import events
from core.notifications.events import Event, EventFinder, facts_of
from core.runs.history import RunHistory
from core.runs.records import Record
from core.runs.status import RunStatus
from tests.core.notifications.bench import BEGAN, step
from tests.core.runs.whole_records import record


def at(moment: float, kind: str, /, **fields: Any) -> Record:
    return msgspec.structs.replace(record(kind, **fields), time=BEGAN + moment)


def kinds(found: Sequence[Event]) -> list[str]:
    return [one.kind for one in found]


def finder(since: float = 0.0) -> EventFinder:
    found = EventFinder(BEGAN + since)
    found.read([at(0, "started"), at(1, "plan")])
    return found


def test_the_end_of_a_run_is_an_event_unless_the_user_ended_it() -> None:
    assert kinds(finder().read([at(9, "finished")])) == ["finished"]
    assert kinds(finder().read([at(9, "failed", message="No.")])) == ["failed"]
    assert finder().read([at(9, "stopped"), at(10, "paused"), at(11, "notice")]) == []


def test_a_second_end_of_an_extended_run_is_another_event() -> None:
    found = finder()
    assert kinds(found.read([at(9, "finished"), at(20, "started"), at(21, "extended"), at(30, "finished")])) == [
        "finished",
        "finished",
    ]


def test_only_evaluations_that_beat_all_earlier_ones_are_the_best() -> None:
    found = finder().read(
        [
            at(2, "evaluation", step=20, best=True, tie_margin=None),
            at(3, "evaluation", step=40, best=True, tie_margin=0.01),  # kept, though an earlier one was better
            at(4, "evaluation", step=60, best=False, tie_margin=None),
            at(5, "evaluation", step=80, best=True, tie_margin=None),
            at(6, "evaluation", step=90, best=True, tie_margin=None, interim=True),
        ]
    )
    assert [(one.kind, one.key) for one in found] == [("best", "best-20"), ("best", "best-80")]


def test_an_evaluation_that_a_resumed_run_repeats_is_no_new_event() -> None:
    found = finder()
    evaluated = at(2, "evaluation", step=20, best=True, tie_margin=None)
    assert len(found.read([evaluated])) == 1
    again = msgspec.structs.replace(evaluated, time=BEGAN + 50)
    assert found.read([at(40, "started"), at(41, "resumed", step=10, reached=20), again]) == []


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_told_once(bad: float) -> None:
    found = finder()
    assert kinds(found.read([at(2, "step", **step(1)), at(3, "step", **step(2, bad))])) == ["diverged"]
    assert found.read([at(4, "step", **step(3, bad))]) == []


def test_a_loss_that_rises_far_is_told_once_and_one_that_falls_never() -> None:
    falling = [at(number, "step", **step(number, 0.7 / number)) for number in range(2, 300)]
    rising = [at(number, "step", **step(number, 3.0)) for number in range(300, 400)]
    found = finder()
    assert found.read(falling) == []
    assert kinds(found.read(rising)) == ["diverged"]
    assert found.read([at(500, "step", **step(400, 4.0))]) == []


def test_a_run_that_had_diverged_before_the_asking_is_not_told() -> None:
    found = finder(since=100.5)
    past = [at(2, "step", **step(1)), at(3, "step", **step(2, math.nan))]
    assert found.read([*past, at(200, "step", **step(3, math.nan))]) == []


def test_nothing_older_than_the_asking_is_an_event_whatever_it_is() -> None:
    for kind in ("finished", "failed", "evaluation"):
        assert finder(since=10).read([at(9.9, kind, **({"tie_margin": None} if kind == "evaluation" else {}))]) == []
        assert finder(since=10).read([at(10, kind, **({"tie_margin": None} if kind == "evaluation" else {}))]) != []


def test_a_silent_worker_is_told_once_for_as_long_as_it_is_silent() -> None:
    found = finder(since=5)
    found.read([at(2, "step", **step(1))])
    assert found.see(RunStatus("unresponsive", None, BEGAN + 4)) == [], "it was silent before the asking"
    assert kinds(found.see(RunStatus("unresponsive", None, BEGAN + 10))) == ["stalled"]
    assert found.see(RunStatus("unresponsive", None, BEGAN + 10.1)) == []
    assert found.see(RunStatus("running")) == []
    found.read([at(60, "step", **step(2))])
    assert kinds(found.see(RunStatus("unresponsive", None, BEGAN + 70))) == ["stalled"]


def test_a_dead_worker_is_a_failure_once_and_says_where() -> None:
    found = finder()
    found.read([at(2, "step", **step(7))])
    [event] = found.see(RunStatus("interrupted"))
    assert event.kind == "failed" and event.by_death and "step 7" in event.message
    assert found.see(RunStatus("interrupted")) == []
    late = finder(since=3)
    late.read([at(2, "step", **step(7))])
    assert late.see(RunStatus("interrupted")) == []


def test_a_long_run_takes_no_more_memory_than_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_MOST_STEPS", 50)
    monkeypatch.setattr(events, "_MOST_RECORDS", 5)
    found = finder()
    for number in range(1, 1000):
        assert found.read([at(number, "step", **step(number)), at(number, "memory"), at(number, "layers")]) == []
    assert len(found.history.steps) <= 101 and found.history.step == 999
    assert max(len(found.history.memory), len(found.history.layers)) <= 11


@given(st.data())
def test_however_the_journal_is_cut_into_reads_the_events_are_the_same(data: st.DataObject) -> None:
    losses = data.draw(st.lists(st.sampled_from([0.2, 0.6, 5.0, math.nan]), min_size=1, max_size=80))
    records: list[Record] = [at(number, "step", **step(number, loss)) for number, loss in enumerate(losses, start=1)]
    best = {"tie_margin": None, "best": True}
    records += [at(90 + number, "evaluation", step=number, **best) for number in range(3)]
    records.append(at(99, "finished"))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=6)))
    parts = [records[start:end] for start, end in zip([0, *cuts], [*cuts, len(records)], strict=True)]
    whole, cut = finder(), finder()
    expected = {one.key for one in whole.read(records) if one.kind != "diverged"}
    found = [one for part in parts for one in cut.read(part)]
    assert {one.key for one in found if one.kind != "diverged"} == expected
    assert len({one.key for one in found}) == len(found)
    if any(math.isnan(loss) for loss in losses):
        assert "diverged" in {one.key for one in found}


@given(name=st.text(max_size=80), message=st.text(max_size=80), loss=st.floats())
def test_facts_are_one_object_of_clean_json(name: str, message: str, loss: float) -> None:
    history = RunHistory()
    history.update([at(0, "started"), at(1, "plan"), at(2, "step", **step(3))])
    evaluated = record("evaluation", loss=loss if math.isfinite(loss) else str(loss))
    event = Event("best", "best-20", BEGAN, message, evaluation=evaluated)  # type: ignore[arg-type]
    facts = facts_of(event, "20260901-100000-0001", name, f"/home/{name}", history, "running")
    again = json.loads(json.dumps(facts, allow_nan=False))
    assert again == facts
    for word in facts.values():
        assert not isinstance(word, str) or (not set(map(ord, word)) & STEERING and "\n" not in word)
    assert {"event", "run", "name", "state", "step", "steps", "epoch", "accuracy", "macro_f1", "loss"} <= facts.keys()
    assert {"message", "seconds", "folder", "time", "text"} <= facts.keys()
