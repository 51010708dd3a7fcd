"""The decision log: unlimited undo, across restarts; no acknowledged decision is lost, whatever crashes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import ReviewtuiError
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog, PileInUseError, pile_folder, recent_piles
from core.triage.history import History

Decide = Callable[..., Decision]

ROOT = Path(__file__).parents[3]


def made(row: int, verdict: str, text: str = "good") -> Decision:
    return Decision(
        hash=f"{row:016x}", row=row, file="f", line=row, text=text, verdict=verdict, agreed=verdict == "positive",
        predicted="positive", probability=0.5, model="run",
    )  # fmt: skip


def run_status(history: History) -> dict[int, str]:
    """Row → verdict."""
    found = ((row, history.decision(row, f"{row:016x}")) for row in range(6))
    return {row: decision.verdict for row, decision in found if decision is not None}


def test_the_latest_decision_about_a_review_wins_and_undo_brings_the_one_before(decision: Decide) -> None:
    log = DecisionLog("pile")
    log.decide(decision(0, "positive"))
    log.decide(decision(0, "negative"))
    assert log.history.verdicts()[0].verdict == "negative"
    assert (log.history.counts.agreed, log.history.counts.corrected) == (0, 1)
    log.undo()
    assert log.history.verdicts()[0].verdict == "positive"


def test_copies_decided_differently_are_listed_and_the_latest_counts(decision: Decide) -> None:
    log = DecisionLog("pile")
    log.decide(decision(0, "positive", hash="ab" * 8))
    log.decide(decision(7, "negative", hash="ab" * 8))
    log.decide(decision(3, "negative"))
    assert [[one.row for one in found] for found in log.history.conflicts()] == [[0, 7]]
    assert [(one.row, one.verdict) for one in log.history.verdicts()] == [(3, "negative"), (7, "negative")]
    copy = log.history.copy_of(0, "ab" * 8)
    assert copy is not None and copy.row == 7
    assert log.history.copy_of(3, f"{4:016x}") is None


@pytest.mark.parametrize("cut", [1, 7, 40, 200])
def test_a_torn_tail_is_passed_over_and_cut_off_by_the_next_writer(decision: Decide, cut: int) -> None:
    log = DecisionLog("pile")
    log.decide(decision(0))
    whole = (log.folder / "decisions.jsonl").read_bytes()
    log.decide(decision(1))
    log.close()
    path = log.folder / "decisions.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    log = DecisionLog("pile")
    assert log.history.counts.decided == 1 and log.damaged == 0
    assert path.read_bytes() == whole
    log.decide(decision(2))
    log.close()
    assert DecisionLog("pile").history.counts.decided == 2


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 16), st.integers(0, 7))
def test_a_flipped_bit_costs_the_record_it_hits_and_no_other(at: int, bit: int) -> None:
    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVIEWTUI_HOME", home)
        log = DecisionLog("pile", sync=lambda _: None, clock=lambda: 1.0)
        for row in range(6):
            log.decide(made(row, "positive"))
        log.close()
        path = log.folder / "decisions.jsonl"
        content = bytearray(path.read_bytes())
        at %= len(content)
        content[at] ^= 1 << bit
        path.write_bytes(bytes(content))
        log = DecisionLog("pile", sync=lambda _: None)
        lost = 6 - log.history.counts.decided
        assert lost <= 2, "a newline that is hit joins two records"
        assert all(one.text == "good" and one.verdict == "positive" for one in log.history.verdicts())
        log.decide(made(5, "negative"))
        log.close()
        again = DecisionLog("pile", sync=lambda _: None)
        assert run_status(again.history)[5] == "negative"
        again.close()


def test_a_damaged_decision_does_not_shift_what_undo_took_back(decision: Decide) -> None:
    log = DecisionLog("pile")
    for row in range(3):
        log.decide(decision(row))
    log.undo()
    log.close()
    path = log.folder / "decisions.jsonl"
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b"review 2", b"review X")  # the decision that was undone
    path.write_bytes(b"\n".join(lines))
    log = DecisionLog("pile")
    assert log.damaged == 1
    assert [one.row for one in log.history.verdicts()] == [0, 1]


WRITER = """
import sys
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog
log = DecisionLog("pile")
number = log.history.counts.decided
while True:
    log.decide(Decision(hash=f"{number:016x}", row=number, file="f", line=1, text="x" * 300, verdict="positive"))
    print(number, flush=True)
    number += 1
"""


def test_killed_at_any_moment_no_acknowledged_decision_is_lost_or_doubled(home: Path) -> None:
    chance, acknowledged = random.Random(7), -1
    for _ in range(15):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER], cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ}
        )
        assert process.stdout is not None
        for _ in range(chance.randrange(1, 30)):
            acknowledged = int(process.stdout.readline())
        for _ in range(chance.randrange(0, 20_000)):
            pass
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines(keepends=True)
        acknowledged = max([acknowledged, *(int(line) for line in rest if line.endswith("\n"))])
        process.stdout.close()
        process.wait()
        log = DecisionLog("pile")
        rows = sorted(one.row for one in log.history.verdicts())
        assert log.damaged == 0
        assert rows == list(range(len(rows))), "each once, none missing"
        assert len(rows) - 1 in (acknowledged, acknowledged + 1), "at most the one in flight is beyond the last word"
        assert log.history.events == len(rows), "no decision was written twice"
        log.close()


def test_a_decision_is_on_the_disk_before_it_counts(decision: Decide) -> None:
    seen: list[tuple[int, int]] = []
    log = DecisionLog("pile", sync=lambda descriptor: seen.append((os.fstat(descriptor).st_size, decided())))

    def decided() -> int:
        return log.history.counts.decided

    log.decide(decision(0))
    assert seen == [((log.folder / "decisions.jsonl").stat().st_size, 0)]
    assert decided() == 1


def test_what_could_not_be_saved_does_not_count_and_spoils_nothing(decision: Decide) -> None:
    full = False

    def sync(descriptor: int) -> None:
        if full:
            raise OSError(28, "No space left on device")

    log = DecisionLog("pile", sync=sync)
    log.decide(decision(0))
    full = True
    with pytest.raises(ReviewtuiError, match=r"could not be saved \(No space left on device\)"):
        log.decide(decision(1))
    with pytest.raises(ReviewtuiError):
        log.undo()
    assert log.history.counts.decided == 1
    full = False
    log.decide(decision(2))
    log.close()
    log = DecisionLog("pile")
    assert [one.row for one in log.history.verdicts()] == [0, 2] and log.damaged == 0


def test_a_second_workbench_is_told_and_changes_nothing(decision: Decide) -> None:
    log = DecisionLog("pile")
    log.decide(decision(0))
    with pytest.raises(PileInUseError, match=rf"open in another workbench \(process {os.getpid()} "):
        DecisionLog("pile")
    log.decide(decision(1))
    log.close()
    log.close()
    assert DecisionLog("pile").history.counts.decided == 2


def test_files_are_private_whatever_the_umask(decision: Decide, home: Path) -> None:
    before = os.umask(0)
    try:
        DecisionLog("pile").decide(decision(0))
    finally:
        os.umask(before)
    for path in (home / "triage").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_a_pile_is_known_by_its_path_however_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pile = tmp_path / "inbox.csv"
    pile.write_text("reviewText\nfine\n")
    monkeypatch.chdir(tmp_path)
    log = DecisionLog("inbox.csv")
    assert log.folder == pile_folder(str(pile)) == pile_folder(str(tmp_path / "." / "inbox.csv"))
    assert json.loads((log.folder / "pile.json").read_bytes()) == {"source": str(pile)}
    assert [one.source for one in recent_piles()] == [str(pile)]
    pile.unlink()
    assert recent_piles() == []


def test_decisions_follow_their_reviews_through_a_changed_file(decision: Decide) -> None:
    log = DecisionLog("pile")
    names = [f"{row + 1:016x}" for row in range(4)]
    for row in range(3):
        log.decide(decision(row, "negative" if row == 1 else "positive"))
    log.undo()
    assert log.found_again("two", ["ff" * 8, names[0], names[2], names[1]]) == 2  # 0 and 1; 2 was undone but stays
    assert [(one.row, one.verdict) for one in log.history.verdicts()] == [(1, "positive"), (3, "negative")]
    assert log.history.current(0) is None
    log.redo()
    assert log.history.counts.decided == 3
    log.found_again("three", [names[1]])  # the others have left the file
    assert log.history.counts.decided == 1 and log.history.counts.corrected == 1
    assert len(log.history.verdicts()) == 3, "what was decided is not forgotten"
    log.close()
    log = DecisionLog("pile")
    log.found_again("two", [names[2], names[1], names[0]])
    assert [one.row for one in log.history.verdicts()] == [0, 1, 2], "and comes back with the review"
    assert log.history.data_hash == "two"


def test_labels_and_texts_are_kept_to_the_character(decision: Decide) -> None:
    hostile = "\x1b]52;c;ZXZpbA==\x07 [bold]x [/ \u202e \u2028 \r\n 😀 \x00" + "long " * 20_000
    log = DecisionLog("pile")
    log.decide(decision(0, "[/label\x1b[2J", text=hostile))
    log.close()
    found = DecisionLog("pile").history.verdicts()[0]
    assert (found.text, found.verdict) == (hostile, "[/label\x1b[2J")
