"""A workbench that is killed while a person decides, at a real terminal: no decision is lost, none counts twice."""

from __future__ import annotations

import csv
import random
import signal
import sys
from pathlib import Path

import pytest

from core.base.checked_lines import decode
from core.triage.decisions import DecisionLog, pile_folder
from tests.end_to_end.terminal import Terminal

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

KILLS, REVIEWS = 40, 400


def test_a_workbench_killed_at_any_moment_loses_and_doubles_no_decision(home: Path, tmp_path: Path) -> None:
    chance = random.Random(5)
    pile = tmp_path / "pile.csv"
    with pile.open("w", newline="") as file:
        csv.writer(file).writerows([["review"], *([f"chair number {row} wobbles"] for row in range(REVIEWS))])
    env = {"REVIEWTUI_HOME": str(home), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    log = pile_folder(str(pile)) / "decisions.jsonl"
    acknowledged = unseen = 0
    for _ in range(KILLS):
        terminal = Terminal((sys.executable, "-m", "tui", "open", str(pile)), env)
        terminal.wait_for("400")
        terminal.press("w")
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
