"""Lessons that are killed while they are made: each is whole or not there, and each run that was queued has its own."""

from __future__ import annotations

import csv
import json
import os
import random
import select
import signal
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from core.learning.lesson import lesson_of, lessons_home
from core.runs.folder import RunFolder, create_run, list_runs
from core.runs.queue import enqueue, read_queue
from core.runs.request import Request
from core.settings.schema import Settings
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog, read_history

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

KILLS, REVIEWS = 200, 3_000


def test_a_lesson_that_is_killed_is_whole_or_not_there(home: Path, tmp_path: Path) -> None:
    """Children are forked from this process, which itself never reads a Parquet file: its threads would not survive."""
    data = tmp_path / "train.csv"
    with data.open("w", newline="") as file:
        rows = [(f"chair number {row} wobbles", row % 2) for row in range(REVIEWS)]
        csv.writer(file).writerows([("review", "label"), *rows])
    parent = create_run(Request(name="lab", data=str(data), settings=Settings(model="starter")))
    first = get_context("spawn").Process(target=_read, args=(parent.path,))
    first.start()
    first.join()
    assert first.exitcode == 0
    log = DecisionLog("pile")
    for row in range(200):
        log.decide(Decision(hash=f"{row:016x}", row=row, file="f", line=row, text=f"lamp {row}", verdict=str(row % 2)))
    log.close()
    chance, told, unseen = random.Random(3), set[str](), 0
    for _ in range(KILLS):
        told |= _killed_after(parent, log.folder, chance.uniform(0.0, 1.0))
        whole = {one.name for one in lessons_home("pile").glob("[!.]*")} if lessons_home("pile").exists() else set()
        assert told <= whole, "each that was acknowledged is there"
        unseen += len(whole - told)  # complete before they could be told
        told |= whole
    for folder in lessons_home("pile").glob("[!.]*"):
        facts = json.loads((folder / "lesson.json").read_bytes())
        lines = [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]
        assert len(lines) == facts["from_run"] + facts["added"] and facts["added"] == 200
        assert len((folder / "validation.jsonl").read_text().splitlines()) == facts["validation"]
    runs = [run for run in list_runs() if run.id != parent.id]
    lessons = [found.id for run in runs if (found := lesson_of(run, "pile")) is not None]
    assert len(lessons) == len(runs) == len(set(lessons)), "each run has a lesson of its own, and none has two"
    assert {one.run.id for one in read_queue().waiting} <= {run.id for run in runs}
    print(
        f"\n  {KILLS} kills, {len(told)} lessons, {len(runs)} runs: all whole; {unseen} complete before they were told"
    )


def _read(path: Path) -> None:
    from core.data.run_data import read_run_data, write_split

    run = RunFolder(path)
    write_split(run, read_run_data(run.request()))


def _killed_after(parent: RunFolder, log: Path, seconds: float) -> set[str]:
    """Make lessons in a child until it is killed; the ids of those that it said are there."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _teach(parent, log, writing)
        finally:
            os._exit(1)
    os.close(writing)
    said = b""
    select.select([reading], [], [], 60)  # it has imported what it needs
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if select.select([reading], [], [], left)[0]:
            said += os.read(reading, 1 << 16)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reading, 1 << 16):
        said += more
    os.close(reading)
    return {line for line in said.decode().split("\n")[:-1] if line != "ready"}


def _teach(parent: RunFolder, log: Path, writing: int) -> None:
    from core.learning.material import make_lesson
    from core.learning.plan import plan_lesson

    history, _ = read_history(log / "decisions.jsonl")
    os.write(writing, b"ready\n")
    while True:
        folder, _ = make_lesson("pile", parent, history, frozenset(), lambda what, share: None)
        os.write(writing, f"{folder.id}\n".encode())
        enqueue([create_run(plan_lesson(parent, folder))])
