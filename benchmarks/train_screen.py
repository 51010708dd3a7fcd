"""`make bench-train-screen`: the Train screen with long runs and on a slow line.

Frames: a chart alone, in this process: the first drawing, one with 50 more steps a run, and one with a moved cursor.
Reading: the workbench on a pseudo-terminal of 80×24, from the key that opens a run of a million steps to its first
curve, and until all of it is read.
Wire: bytes a second of a finished run, of one that makes 4 steps a second, and of one with 200 records a second.
Stalls: how late the event loop of the workbench is while a run writes 200 records a second.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import select
import statistics
import sys
import tempfile
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, cast

import pexpect
import pyte
import typer

from benchmarks.data import ROOT, SAMPLE
from benchmarks.formatting import markdown
from benchmarks.machine import commit, describe, load
from benchmarks.measure import threads
from benchmarks.ratios import quantile
from core.runs.folder import RunFolder, create_run
from core.runs.journal import JournalWriter, line_of
from core.runs.lock import RunLock
from core.runs.records import FinishedRecord, MemoryRecord, PlanRecord, StartedRecord, StepRecord
from core.runs.request import Request
from core.settings.schema import Settings

HERE = Path(__file__).resolve().parent
_SIZES = ((80, 16), (150, 40))
"""Columns and rows of a chart: that of a terminal of 80×24, and one that has a large screen for itself."""
_CASES = ((1, 300), (1, 1_000_000), (8, 100_000))
"""Runs on a chart, and the steps of each."""
_REPEATS = 40
_LONG = 1_000_000
_COLOURED = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
"""A colour; 39 and 49 are what the terminal has by itself."""


def main(output: Annotated[Path, typer.Option(help="Folder of the results.")] = HERE) -> None:
    """Measure all of it, and write train_screen.json and TRAIN_SCREEN.md."""
    found: dict[str, Any] = {"load_before": load(), "frames": frames()}
    with tempfile.TemporaryDirectory() as made:
        os.environ["REVIEWTUI_HOME"] = made
        found["reading"] = reading()
        found["wire"] = wire()
        found["stalls"] = asyncio.run(stalls())
    found |= {"machine": describe(threads()), "commit": commit(), "date": date.today().isoformat()}
    (output / "train_screen.json").write_text(json.dumps(found, indent=2) + "\n")
    (output / "TRAIN_SCREEN.md").write_text(page(found))


# Frames


def frames() -> list[dict[str, Any]]:
    """Return the milliseconds of drawing charts of several runs at several sizes."""
    return [_frames(runs, steps, columns, rows) for columns, rows in _SIZES for runs, steps in _CASES]


def _frames(runs: int, steps: int, columns: int, rows: int) -> dict[str, Any]:
    from tui.widgets.chart.series import Series
    from tui.widgets.chart.widget import Chart

    chance = random.Random(steps)
    xs = [array("d", range(steps)) for _ in range(runs)]
    ys = [array("d", (number + chance.random() for _ in range(steps))) for number in range(runs)]
    chart = Chart("Loss", smoothing=0.9, robust=True)

    def draw() -> None:
        chart.view.show(
            [Series(f"run {number}", *pair) for number, pair in enumerate(zip(xs, ys, strict=True))], [], "step"
        )
        chart.frame(columns, rows)

    def grow() -> None:
        for more, values in zip(xs, ys, strict=True):
            more.extend(range(len(more), len(more) + 50))
            values.extend(chance.random() for _ in range(50))

    def move() -> None:
        chart.view.move_cursor(1)
        chart.frame(columns, rows)

    first = _milliseconds(draw)
    live = []
    for _ in range(_REPEATS):
        grow()
        live.append(_milliseconds(draw))
    moved = [_milliseconds(move) for _ in range(_REPEATS)]
    found = {"runs": runs, "steps": steps, "size": f"{columns}×{rows}", "first": round(first, 1)}
    for name, values in (("frame", live), ("cursor", moved)):
        found[name] = round(statistics.median(values), 1)
        found[f"{name}_p95"] = round(quantile(values, 0.95), 1)
    return found


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


# Runs that are made up


def made_run(name: str, steps: int) -> RunFolder:
    """Return a run that has made `steps` steps and has not ended."""
    run = create_run(Request(name=name, data=str(SAMPLE), settings=Settings(model="starter", epochs=1000)))
    chance = random.Random(steps)
    with run.journal.open("ab") as file:
        file.write(line_of(StartedRecord(time=1.7e9, pid=os.getpid(), host="here", awake=1.0)))
        file.write(line_of(_plan(max(steps, 1) * 2)))
        for step in range(1, steps + 1):
            file.write(line_of(_step(step, 1.7e9 + step * 0.25, chance)))
    return run


def _plan(steps: int) -> PlanRecord:
    return PlanRecord(
        model="starter", labels=("negative", "positive"), rows=3200, validation_rows=200, epochs=1000, steps=steps,
        steps_per_epoch=100, batch_size=32, micro_batch_size=32, micro_batch_tokens=2048, learning_rate=5e-5,
        max_length=256, path="native", path_why="made up", cached_layers=0, precision="bf16", compiled=False,
        device="cpu", threads=2, weights=1, trainable_weights=1,
    )  # fmt: skip


def _step(step: int, moment: float, chance: random.Random) -> StepRecord:
    loss = 0.1 + 0.6 / (1 + step / 200) + chance.gauss(0, 0.03)
    return StepRecord(
        time=moment, step=step, epoch=round(step / 100, 4), loss=round(loss, 6), learning_rate=5e-5,
        gradient_norm=round(chance.random() * 2, 4), reviews=32, tokens=2000, seconds=step * 0.25,
    )  # fmt: skip


def _memory(chance: random.Random) -> MemoryRecord:
    gib = 1 << 30
    return MemoryRecord(
        process=gib + chance.randrange(1 << 24), process_peak=2 * gib, system_total=24 * gib,
        system_available=16 * gib, limit=None, devices=(), idle=0.0, awake=time.monotonic(),
    )  # fmt: skip


@contextmanager
def live_run(name: str, per_second: float) -> Iterator[RunFolder]:
    """Yield a run that makes `per_second` steps a second and records its memory while the block runs."""
    run = made_run(name, 400)
    lock = RunLock(run.lock)
    lock.sign()
    over = threading.Event()
    thread = threading.Thread(target=_write, args=(run, per_second, over), daemon=True)
    thread.start()
    try:
        yield run
    finally:
        over.set()
        thread.join()
        lock.release()


def _write(run: RunFolder, per_second: float, over: threading.Event) -> None:
    writer, chance, step = JournalWriter(run.journal), random.Random(1), 400
    began, told = time.monotonic(), 0
    while not over.wait(1 / per_second):
        step += 1
        writer.write(_step(step, 0.0, chance))
        if time.monotonic() - began > told:
            told += 1
            writer.write(_memory(chance))
    writer.close()


# What a terminal gets


class Line:
    """The workbench on a pseudo-terminal of 80×24, open on a run."""

    def __init__(self, run: RunFolder, **environment: str) -> None:
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        code = (
            "import sys; from pathlib import Path; from core.runs.folder import RunFolder; "
            "from tui.commands.workbench import run_workbench; "
            "run_workbench(run=RunFolder(Path(sys.argv[1])), mouse=False)"
        )
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
        command = [sys.executable, "-c", code, str(run.path)]
        self._process = pexpect.spawn(command[0], command[1:], env=cast("Any", env), dimensions=(24, 80), cwd=str(ROOT))

    def read(self, seconds: float) -> bytes:
        """Return what comes within some seconds."""
        found, deadline = b"", time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self._process.child_fd], [], [], left)[0]:
                data = os.read(self._process.child_fd, 1 << 16)
                found += data
                self._stream.feed(data)
        return found

    def seconds_until(self, condition: Callable[[str], bool], most: float = 120) -> float:
        """Return how long it takes until the screen fulfils a condition."""
        began = time.monotonic()
        while time.monotonic() - began < most:
            if condition("\n".join(self.screen.display)):
                return time.monotonic() - began
            self.read(0.01)
        raise TimeoutError("\n".join(self.screen.display))

    def press(self, keys: str) -> None:
        """Type."""
        self._process.send(keys)

    def close(self) -> None:
        """End it."""
        self._process.close(force=True)


def reading() -> dict[str, float]:
    """Return the seconds until a run of a million steps shows its first curve, and until all of it is read."""
    run = made_run("long", _LONG)
    line = Line(run)
    try:
        line.seconds_until(lambda shown: "[Runs]" in shown or "[ Runs" in shown or "Runs" in shown)
        line.read(2.0)
        line.press("gt")
        began = time.monotonic()
        first = line.seconds_until(lambda shown: ("└──" in shown and "⠒" in shown) or "⣀" in shown)
        line.seconds_until(lambda shown: f"step {_LONG}" in shown)
        whole = time.monotonic() - began
    finally:
        line.close()
    return {"megabytes": round(run.journal.stat().st_size / 1e6), "first": round(first, 2), "whole": round(whole, 2)}


def wire() -> dict[str, Any]:
    """Return the bytes a second that the screen sends."""
    ended = made_run("ended", 400)
    writer = JournalWriter(ended.journal)
    writer.write(FinishedRecord(message="", epochs=4.0, steps=800, seconds=100.0))
    writer.close()
    found: dict[str, Any] = {"finished": _bytes(ended, 10)}
    for name, per_second in (("4 steps a second", 4.0), ("200 records a second", 200.0)):
        with live_run(f"live {per_second:.0f}", per_second) as run:
            found[name] = _bytes(run, 10)
            found[f"{name}, over SSH"] = _bytes(run, 10, SSH_CONNECTION="10.0.0.1 50000 10.0.0.2 22")
    with live_run("without colour", 4.0) as run:
        found["colour codes with NO_COLOR"] = _bytes(run, 5, NO_COLOR="1")["colours"]
    return found


def _bytes(run: RunFolder, seconds: int, **environment: str) -> dict[str, float]:
    line = Line(run, **environment)
    try:
        line.seconds_until(lambda shown: "Runs" in shown)
        before = line.read(1.5)
        line.press("gt")
        line.seconds_until(lambda shown: "└──" in shown)
        before += line.read(3.0)
        sent = line.read(seconds)
    finally:
        line.close()
    return {"bytes_a_second": round(len(sent) / seconds), "colours": len(_COLOURED.findall(before + sent))}


# The event loop


async def stalls(seconds: float = 10.0) -> dict[str, float]:
    """Return by how many milliseconds the event loop is late at most, and how late it seldom is."""
    from tui.app import ReviewTui

    late: list[float] = []
    with live_run("stalls", 200.0) as run:
        app = ReviewTui(run=run)
        async with app.run_test(size=(80, 24)) as pilot:
            app.switch_mode("train")
            await pilot.pause(2.0)
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                due = time.monotonic() + 0.002
                await asyncio.sleep(0.002)
                late.append((time.monotonic() - due) * 1e3)
    return {
        "longest": round(max(late), 1),
        "p99": round(quantile(late, 0.99), 1),
        "median": round(statistics.median(late), 2),
    }


def page(found: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    machine, read, wires, late = found["machine"], found["reading"], found["wire"], found["stalls"]
    rows = [
        [
            f"{one['runs']} × {one['steps']:,}", one["size"], f"{one['first']:.0f}",
            f"{one['frame']:.1f} ({one['frame_p95']:.1f})", f"{one['cursor']:.1f} ({one['cursor_p95']:.1f})",
        ]
        for one in found["frames"]
    ]  # fmt: skip
    sent = [[name, f"{one['bytes_a_second']:,}"] for name, one in wires.items() if isinstance(one, dict)]
    return _PAGE.format(
        date=found["date"],
        commit=found["commit"],
        processor=machine["processor"],
        threads=machine["threads"],
        load=found["load_before"],
        frames=markdown(["runs × steps", "cells", "first", "a frame", "the cursor"], rows),
        sent=markdown(["run", "bytes a second"], sent),
        colours=wires["colour codes with NO_COLOR"],
        **{f"read_{name}": value for name, value in read.items()},
        **{f"late_{name}": value for name, value in late.items()},
    )


_PAGE = """# The Train screen with long runs and on a slow line

Written by `make bench-train-screen`; benchmarks/train_screen.py says what is measured, train_screen.json has the raw
figures.

{date}, commit {commit}, {processor}, {threads} threads; load before: {load}.

## Drawing a chart

Milliseconds, smoothed and with raw values behind: the first time, with 50 more steps a run, and with a moved cursor
(median, in brackets the 95th percentile). Goals: 1,000 for the first drawing of a million steps and 20 a frame, 50 a
frame for 8 × 100,000.

{frames}
## Opening a run of a million steps

On a pseudo-terminal of 80×24, with a journal of {read_megabytes} MB: {read_first:.2f} s from the key to the first
curve, {read_whole:.1f} s until all of it is read. The curve grows while it is read, and the screen says how much of it
has been.

## Bytes on the line

On a pseudo-terminal of 80×24, over ten seconds. Goals: 0 for a finished run, 8,000 for a live one.

{sent}
Colour codes with `NO_COLOR`: {colours}.

## Stalls

While a run writes 200 records a second, the event loop of the workbench is late by {late_longest:.0f} ms at most, by
{late_p99:.0f} ms at the 99th percentile and by {late_median:.1f} ms in the median. Goal: 50 ms.
"""


if __name__ == "__main__":
    typer.run(main)
