"""Contestants that are forked, and what is done where that does not work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cases import OURS
from benchmarks.gpu import contest, preloaded
from benchmarks.gpu.contest import Contest
from benchmarks.gpu.preloaded import ForkFailedError
from benchmarks.gpu.runner import Deadline, Ended, PieceFailedError
from benchmarks.gpu.store import Record
from benchmarks.jobs import Job, Measurement


class Fork:
    """Instead of the process that contestants are forked from."""

    failure: type[Exception] | None = None

    def __init__(self, env: Any) -> None:
        self.ours = "GOMP_SPINCOUNT" in env

    def measure(self, job: Job, deadline: Deadline) -> tuple[Measurement, float]:
        assert self.ours == (job.peer == OURS)
        if self.failure is not None:
            raise self.failure("CUDA error")
        return MEASURED, 1.0

    def close(self) -> None:
        pass


MEASURED = Measurement(seconds=1.0, cpu_seconds=2.0, peak_bytes=3, baseline_bytes=1, reviews=4)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The contestants that were started as processes of their own."""
    found: list[str] = []

    def command(words: list[str], env: Any, deadline: Deadline) -> Ended:
        found.append(words[2].rpartition(".")[2])
        return Ended(0, "a word of a library\n" + MEASURED.to_json(), "")

    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setattr(contest, "Preloaded", Fork)
    monkeypatch.setattr(contest, "command", command)
    return found


def rounds(folder: Path) -> list[Record]:
    return [piece.work(Deadline(60)) for piece in Contest(folder, dry=False).pieces(3)]


def test_a_round_is_ours_and_every_peer_with_the_rounds_number_as_the_seed(tmp_path: Path, started: list[str]) -> None:
    for case, record in zip(contest.CASES, rounds(tmp_path), strict=True):
        assert [run["peer"] for run in record["runs"]] == [OURS, *(peer.name for peer in case.peers)]
        assert record["forked"] and {run["repeat"] for run in record["runs"]} == {3}
    assert not started


def test_where_forks_fail_contestants_are_processes_of_their_own_and_the_record_says_so(
    tmp_path: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fork, "failure", ForkFailedError)
    first = rounds(tmp_path)[0]
    assert not first["forked"] and started[:4] == [OURS, "hf_tuned", "hf_tuned", "hf_default"]


def test_a_contestant_that_fails_otherwise_is_not_tried_again(
    tmp_path: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fork, "failure", PieceFailedError)
    with pytest.raises(PieceFailedError):
        rounds(tmp_path)
    assert not started


def test_a_forked_process_answers_even_where_a_contestant_fails_and_a_closed_one_says_so() -> None:
    server = preloaded.Preloaded(os.environ)
    with pytest.raises(PieceFailedError, match="no_such_peer"):
        server.measure(Job("no_such_peer", "train"), Deadline(120))
    server.close()
    with pytest.raises(ForkFailedError):
        server.measure(Job("no_such_peer", "train"), Deadline(120))
