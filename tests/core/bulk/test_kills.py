"""Processes that die by SIGKILL while they classify: what the next one makes is the file of an undisturbed run."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import ReviewtuiError
from tests.core.bulk.double import FORMS, Costless, chunks_in, inbox, model_folder, names, run

ROOT = Path(__file__).resolve().parents[3]
ROWS = 60
ENDS = [2, 4, 8, 16, 24, 32, 40, 48, 56, 60]
"""Rows that are done after each chunk."""
Until = Callable[..., Any]


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path, Path]:
    """The source, the model, and the folder for results."""
    (tmp_path / "results").mkdir()
    return inbox(tmp_path / "inbox.csv", ROWS), model_folder(tmp_path), tmp_path / "results"


def start(how: str, source: Path, model: Path, output: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.core.bulk.killed", how, str(source), str(model), str(output)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def allow(process: subprocess.Popen[bytes], chunks: int) -> None:
    assert process.stdin is not None
    process.stdin.write(b"." * chunks)
    process.stdin.flush()


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    assert process.wait() == -signal.SIGKILL
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()


@pytest.mark.parametrize("form", FORMS)
def test_killed_again_and_again_no_row_is_lost_doubled_or_redone(
    form: str, places: tuple[Path, Path, Path], until: Until
) -> None:
    source, model, results = places
    output = results / f"out.{form}"
    expected, _ = run(Costless(model), source, results / f"whole.{form}")
    generator = random.Random(form)
    kills = sorted(generator.sample(range(1, len(ENDS)), 2))
    done = 0
    for chunks in kills:
        process = start("steps", source, model, output)
        allow(process, chunks - done)
        until(lambda: chunks_in(output) == chunks, what=f"{chunks} chunks")  # noqa: B023 (waited for)
        kill(process)
        done = chunks
        assert not output.exists()
    process = start("steps", source, model, output)
    out, _ = process.communicate()
    found = json.loads(out)
    resumed_at = ENDS[done - 1]
    assert found["resumed_at"] == resumed_at and f"note: continuing at row {resumed_at + 1} of 60" in found["said"]
    assert {key: found[key] for key in ("rows", "left_out", "labels")} == {
        key: expected[key] for key in ("rows", "left_out", "labels")
    }
    assert output.read_bytes() == (results / f"whole.{form}").read_bytes()
    assert names(results) == [f"out.{form}", f"whole.{form}"]


def test_the_second_of_two_processes_is_refused_and_the_first_goes_on(
    places: tuple[Path, Path, Path], until: Until
) -> None:
    source, model, results = places
    process = start("steps", source, model, results / "out.csv")
    allow(process, 3)
    until(lambda: chunks_in(results / "out.csv") == 3, what="3 chunks")
    with pytest.raises(ReviewtuiError, match=rf"Another process \(pid {process.pid}\) is writing .*out\.csv; wait"):
        run(Costless(model), source, results / "out.csv")
    out, _ = process.communicate()
    assert json.loads(out)["rows"] == ROWS and names(results) == ["out.csv"]


@pytest.mark.parametrize("form", FORMS)
def test_killed_at_any_call_that_changes_the_disk_it_goes_on_to_the_same_file(
    form: str, places: tuple[Path, Path, Path]
) -> None:
    source, model, results = places
    out, _ = start("everywhere", source, model, results / f"out.{form}").communicate()
    kills = [json.loads(line) for line in out.splitlines()]
    assert {kill["where"] for kill in kills} >= {"write", "half a write", "fsync", "replace", "unlink", "rmdir"}
    assert {kill["rows"] for kill in kills} >= {0, *ENDS}
    for kill in kills:
        assert kill["killed"] and kill["went_on"] and kill["same"], kill
        assert kill["left"] == [f"whole.{form}"], kill
        assert kill["answer"]["rows"] == ROWS == sum(kill["answer"]["labels"].values()), kill
        if not kill["was_there"]:
            assert kill["answer"]["resumed_at"] == kill["rows"], kill
    put = [kill for kill in kills if kill["was_there"]]
    assert put and put[0]["answer"]["resumed_at"] == ROWS
