"""The memory table on a GPU: each piece is one configuration, its forecast beside what its run then takes.

    python -m benchmarks.gpu.forecasts NUMBER FOLDER HOME [--dry-run]

does one, and prints it as a line of JSON. Several run side by side: on a GPU each process's memory is its own. Each of
them keeps to two processors, so that they do not wait for each other's threads; their times say nothing of a quiet
machine.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.gpu.inputs import data_file
from benchmarks.gpu.runner import Deadline, Piece, PieceFailedError, command
from benchmarks.gpu.store import Record
from benchmarks.measure import environment, threads
from benchmarks.memory import STEPS, configurations, measure
from core.models.config_limits import stored_weights
from core.runs.lock import living_worker

PART, KIND = "memory", "forecast"
COUNT, SEED = 64, 12
PROCESSORS = 2
"""That each configuration may use."""


def pieces(folder: Path, scratch: Path, *, dry: bool) -> list[Piece]:
    """One for each configuration."""
    return [
        Piece(PART, f"configuration {number}", KIND, partial(_row, number, folder, scratch, dry))
        for number in range(1, COUNT + 1)
    ]


def at_once() -> int:
    """Configurations side by side."""
    return max(threads() // PROCESSORS, 1)


def end_workers(scratch: Path) -> None:
    """Kill the workers of runs that were stopped at the limit: a run outlives the command that starts it."""
    for lock in scratch.glob("home-*/runs/*/lock"):
        if (holder := living_worker(lock)) is not None:
            with suppress(ProcessLookupError):
                os.kill(holder.pid, signal.SIGKILL)


def _row(number: int, folder: Path, scratch: Path, dry: bool, deadline: Deadline) -> Record:
    home = scratch / f"home-{number % at_once()}"
    words = [sys.executable, "-m", "benchmarks.gpu.forecasts", str(number), str(folder), str(home)]
    words += ["--dry-run"] if dry else []
    ended = command(words, environment(PROCESSORS, gpu=not dry), deadline)
    try:
        if ended.status:
            raise ValueError(f"exit status {ended.status}")
        return dict(json.loads(ended.out.splitlines()[-1]))
    except (ValueError, IndexError) as error:
        raise PieceFailedError(f"{error}: {ended.err[-3500:]}") from error


def row(number: int, folder: Path, home: Path, *, dry: bool) -> dict[str, Any]:
    """One row of the table."""
    model, kind, wanted = list(configurations(COUNT, SEED, gpu=True))[number - 1]
    name = "starter-shape" if model == "starter" else model
    given = {**wanted, "max_length": 32, "precision": "fp32"} if dry else wanted
    place = folder / "models" / name
    found = measure(data_file(folder, kind, "train"), str(place), given, 2 if dry else STEPS[model], home, gpu=not dry)
    return {"model": name, "reviews": kind, **found, "rule_bytes": 4 * 4 * stored_weights(place)}


def _keep_to_processors(number: int) -> None:
    mine = sorted(os.sched_getaffinity(0))
    first = PROCESSORS * number % len(mine)
    os.sched_setaffinity(0, set(mine[first : first + PROCESSORS]))


if __name__ == "__main__":
    _keep_to_processors(int(sys.argv[1]))
    print(json.dumps(row(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), dry="--dry-run" in sys.argv)))
