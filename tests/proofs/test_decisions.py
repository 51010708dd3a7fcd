"""A workbench that is killed while a person decides, at a real terminal: no decision is lost, none counts twice."""

from __future__ import annotations

import csv
import random
import signal
import sys
from pathlib import Path

import pytest

from core.base.checked_lines import decode
from core.triage.decision import Record
from core.triage.decisions import DecisionLog, pile_folder
from tests.end_to_end.terminal import Terminal
from tests.proofs.deciders import Deciders

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

KILLS, REVIEWS = 40, 400
OPERATION_KILLS, PILES = 1000, 20


def test_a_workbench_killed_at_any_moment_loses_and_doubles_no_decision(home: Path, tmp_path: Path) -> None:
    chance = random.Random(5)
    pile = tmp_path / "pile.csv"
    with pile.open("w", newline="") as file:
        csv.writer(file).writerows([["review"], *([f"chair number {row} wobbles"] for row in range(REVIEWS))])
    env = {"REVIEWTUI_HOME": str(home), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    log = pile_folder(str(pile)) / "decisions.jsonl"
    acknowledged = unseen = 0
    for _ in range(KILLS):
        terminal = Terminal((sys.executable, "-m", "tui", "triage", str(pile)), env)
        at = _decided(log) + 1
        terminal.wait_for("[Classify]", f"{at} of {REVIEWS}")
        for _ in range(chance.randrange(1, 7)):
            terminal.press(chance.choice("12"))
            if chance.random() < 0.3:
                break  # killed before anything shows that it was saved
            at += 1
            terminal.wait_for(f"{at} of {REVIEWS}")
            acknowledged = at - 1
        terminal.kill(signal.SIGKILL)
        terminal.wait_for_end()
        decided = _decided(log)
        assert acknowledged <= decided <= acknowledged + 1, "what was seen is there, and at most what was not yet"
        unseen += decided > acknowledged
        acknowledged = decided
    rows = _rows(log)
    assert rows == list(range(len(rows))), "each review once, in its order"
    print(f"\n  {KILLS} kills of the workbench, {len(rows)} decisions: none lost, none doubled, {unseen} saved unseen")


def _rows(log: Path) -> list[int]:
    """The rows that were decided, record by record; every whole line is sound."""
    lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
    records = [decode(line) for line in lines]
    assert None not in records
    assert [record["number"] for record in records if record] == list(range(1, len(records) + 1))
    return [record["row"] for record in records if record and record["kind"] == "decide"]


def _decided(log: Path) -> int:
    return len(_rows(log))


def test_killed_in_any_operation_none_that_was_acknowledged_is_lost_or_doubled(home: Path) -> None:
    """Decisions, many at once, notes, labels, undo and redo; each process goes on where the last one was killed."""
    chance = random.Random(11)
    deciders = Deciders(home)
    acknowledged = unseen = cut = 0
    for pile in range(PILES):
        log = pile_folder(f"pile-{pile}") / "decisions.jsonl"
        done: list[int] = []
        undone: list[int] = []
        events = 0
        for number in range(OPERATION_KILLS // PILES):
            seed = pile * OPERATION_KILLS + number
            said = deciders.killed_after(f"pile-{pile}", seed, chance.uniform(0.0, 0.15))
            cut += not log.read_bytes().endswith(b"\n") if log.exists() and log.stat().st_size else 0
            opened = DecisionLog(f"pile-{pile}")
            opened.close()
            assert opened.damaged == opened.history.unreadable == 0
            whole = _events(log)
            found = [(one["number"], one["kind"], _mark(one)) for one in whole if one["number"] > events]
            told = [(at, what, mark if what not in ("undo", "redo") else None) for at, what, mark in said]
            assert found[: len(told)] == told, "each that was acknowledged, once, in its order"
            assert len(found) - len(told) in (0, 1), "at most the one under way is there unacknowledged"
            for at, what, _ in found:
                if what == "undo":
                    undone.append(done.pop())
                elif what == "redo":
                    done.append(undone.pop())
                else:
                    done.append(at)
                    undone.clear()
            assert [one.number for one in opened.history.recent(1 << 30)] == done[::-1]
            acknowledged, unseen = acknowledged + len(told), unseen + len(found) - len(told)
            events = opened.history.events
    deciders.close()
    print(
        f"\n  {OPERATION_KILLS} kills, {acknowledged} operations acknowledged: none lost, none doubled; "
        f"{unseen} were saved unacknowledged, {cut} lines cut off"
    )


def _events(log: Path) -> list[Record]:
    """The events of a log, with all decisions of a bulk operation in one; a bulk operation that was cut off is none."""
    found: list[Record] = []
    for line in log.read_bytes().split(b"\n")[:-1]:
        record = decode(line)
        assert record is not None
        if found and found[-1]["number"] == record["number"]:
            assert record["part"] == found[-1]["part"] + 1
            record["decisions"] = found.pop()["decisions"] + record["decisions"]
        found.append(record)
    return [one for one in found if one.get("part") == one.get("parts")]


def _mark(event: Record) -> str | None:
    """What tells an operation from all others; each of a bulk operation's decisions has it too."""
    if event["kind"] == "bulk":
        assert {one["text"] for one in event["decisions"]} == {event["facts"]["mark"]}
        return str(event["facts"]["mark"])
    found = event.get("text", event.get("name"))
    return None if found is None else str(found)


def test_undo_and_redo_go_on_across_restarts_without_end(home: Path, tmp_path: Path) -> None:
    """Through the real log, opened anew for every key."""
    from core.triage.decision import Decision

    pile = str(tmp_path / "pile.csv")
    for number in range(30):
        log = DecisionLog(pile)
        place = {"row": number, "file": pile, "line": number + 2, "hash": f"{number:016x}"}
        log.decide(Decision(text=f"review {number}", verdict="positive", **place))
        log.close()
    for turn in ("undo", "redo", "undo"):
        for _ in range(30):
            log = DecisionLog(pile)
            assert getattr(log, turn)() is not None
            log.close()
        log = DecisionLog(pile)
        assert getattr(log, turn)() is None
        log.close()
    records = [decode(line) for line in (pile_folder(pile) / "decisions.jsonl").read_bytes().split(b"\n")[:-1]]
    assert len(records) == 120, "what was undone and done again are records too"
    print("\n  30 decisions undone, done again and undone, a process's opening between any two: 120 records")
