"""`python -m benchmarks.busy`, or `make bench-busy`: measures training on a busy machine.

A real worker fine-tunes the starter on the sample reviews: alone, beside one process that computes without end, beside
two, and on a million reviews that are being tokenized. Every round measures all four in turn, so slow changes of the
machine affect them equally. Speed is tokens per second of training time, counted from the second step.

The benchmark can be run in portions: each adds its rounds to `busy.json`, and writes `BUSY.md` from all of them.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

from benchmarks.data import ROOT
from benchmarks.formatting import digits, markdown, times
from benchmarks.machine import commit, describe, load
from benchmarks.measure import threads
from benchmarks.ratios import paired, spread_of
from core.runs.folder import RunFolder, create_run
from core.runs.journal import JournalReader
from core.runs.launch import launch_worker
from core.runs.lock import living_worker, read_holder
from core.runs.records import Record, StepRecord
from core.runs.request import Request
from core.settings.schema import Settings

HERE = Path(__file__).resolve().parent
REVIEWS = ROOT / "sample_reviews" / "train.csv"
MILLION = 1_000_000
CONDITIONS = ("alone", "beside one", "beside two", "a million reviews")
WANTED = {"beside one": 0.45, "beside two": 0.40, "a million reviews": 0.80}
"""Goals: the minimum share of the speed alone, on two processors."""
_BUSY = [sys.executable, "-c", "while True: pass"]
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 120.0


def main(
    rounds: Annotated[int, typer.Option(help="Rounds, each with one run per condition.")] = 3,
    seconds: Annotated[float, typer.Option(help="Seconds to watch a run, from its second step.")] = 12.0,
    cache: Annotated[Path, typer.Option(help="Folder for data and runs.")] = HERE / ".cache",
    output: Annotated[Path, typer.Option(help="Folder of busy.json and BUSY.md.")] = HERE,
    anew: Annotated[bool, typer.Option(help="Discard the rounds of earlier portions.")] = False,
) -> None:
    """Measure the conditions in turn, and write everything measured so far."""
    os.environ["REVIEWTUI_HOME"] = str(cache / "busy")
    file = output / "busy.json"
    found = json.loads(file.read_text()) if file.exists() and not anew else {"rounds": []}
    many = numbered_reviews(cache / "million.csv", MILLION)
    for _ in range(rounds):
        before, speeds = load(), {}
        for condition in CONDITIONS:
            beside = {"beside one": 1, "beside two": 2}.get(condition, 0)
            speeds[condition] = speed(many if condition == CONDITIONS[-1] else REVIEWS, beside, seconds)
            print(f"{condition}: {speeds[condition]:.0f} tokens per second", flush=True)
        found["rounds"].append({"load_before": before, "tokens_per_second": speeds})
        found |= {"machine": describe(threads()), "commit": commit()}
        file.write_text(json.dumps(found, indent=2) + "\n")
        (output / "BUSY.md").write_text(page(found))


def numbered_reviews(file: Path, count: int) -> Path:
    """Write `count` random sample reviews, each with a unique number, unless `file` exists; return its path."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with REVIEWS.open(newline="") as source:
            head, *rows = list(csv.reader(source))
        chance, half = random.Random(0), file.with_suffix(".half")
        with half.open("w", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(head)
            for number in range(count):
                first, *others = chance.choice(rows)
                writer.writerow([f"{first} ({number})", *others])
        half.rename(file)
    return file


def speed(data: Path, beside: int, seconds: float) -> float:
    """Return the tokens per second of a run on `data`, next to `beside` busy processes."""
    run = create_run(Request(name="busy", data=str(data), settings=Settings(model="starter", epochs=1000)))
    with busy(beside):
        launch_worker(run)
        try:
            return pace(watched(run, seconds))
        finally:
            end(run)


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Run `count` processes that compute without end, as if started from another terminal of the same person."""
    processes = [subprocess.Popen(_BUSY) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def watched(run: RunFolder, seconds: float) -> list[StepRecord]:
    """Return the steps of a run, once it has been watched for `seconds` from its second step.

    Raises:
        RuntimeError: The run has ended, or is too slow.
    """
    reader, steps, began = JournalReader(run.journal), list[StepRecord](), time.monotonic()
    seen: float | None = None
    while True:
        records: Sequence[Record] = reader.read_new()
        steps += [record for record in records if isinstance(record, StepRecord)]
        now = time.monotonic()
        if seen is None and len(steps) >= 2:
            seen = now
        if seen is not None and len(steps) >= 4 and now - seen >= seconds:
            return steps
        if living_worker(run.lock) is None or now - began > _PATIENCE_SECONDS + seconds:
            raise RuntimeError(f"the run made {len(steps)} steps; {run.log} may say why")
        time.sleep(_POLL_SECONDS)


def pace(steps: Sequence[StepRecord]) -> float:
    """Return the tokens per second of training time, from the second step."""
    return sum(step.tokens for step in steps[2:]) / (steps[-1].seconds - steps[1].seconds)


def end(run: RunFolder) -> None:
    """Kill a run's worker and all its children; its result is not needed."""
    holder = read_holder(run.lock)
    if holder is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in [*psutil.Process(holder.pid).children(recursive=True), psutil.Process(holder.pid)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
    while living_worker(run.lock) is not None:
        time.sleep(_POLL_SECONDS)


def page(found: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    speeds = {condition: [one["tokens_per_second"][condition] for one in found["rounds"]] for condition in CONDITIONS}
    rows = []
    for condition in CONDITIONS:
        share = times(spread_of(paired(speeds[condition], speeds["alone"])))
        wanted = f"{WANTED[condition]:.2f}×" if condition in WANTED else ""
        rows.append([condition, digits(spread_of(speeds[condition]).median), share, wanted])
    machine = found["machine"]
    return (
        "# Training on a busy machine\n\n"
        "Written by `make bench-busy` (`benchmarks/busy.py`, which explains what is measured); do not edit.\n\n"
        f"{machine['processor']}, {machine['threads']} threads, {machine['system']}, commit {found['commit']}; "
        f"{len(found['rounds'])} rounds, interleaved: medians, with the smallest and largest ratio of a round.\n\n"
        + markdown(["", "tokens per second", "of alone", "goal"], rows)
    )


if __name__ == "__main__":
    typer.run(main)
