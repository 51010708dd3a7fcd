"""`python -m benchmarks.repeat`: how well a run is forecast that resembles one that ran before, after a busy time.

For each kind of run: a first run on a quiet machine; a second while two processes compute without end, which must teach
nothing; a forecast made during that time; and a third run on the quiet machine, which the forecast is compared with.
The seed changes from run to run. Figures are training seconds as the journal counts them, and the peak memory of the
worker.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.busy import REVIEWS, busy
from benchmarks.data import ROOT
from benchmarks.formatting import markdown
from benchmarks.machine import commit, describe, load
from benchmarks.measure import threads

GOAL = 0.15
KINDS: dict[str, tuple[str, ...]] = {
    "the preset balanced": (),
    "long reviews, large batches": ("max_length=512", "batch_size=32"),
    "four frozen layers, SGD": ("freeze_layers=4", "optimizer=sgd", "learning_rate=0.005"),
    "the preset lab": ("freeze_layers=encoder", "optimizer=sgd", "learning_rate=0.005", "schedule=constant"),
    "LoRA": ("lora=true",),
}


def main() -> None:
    """Measure all kinds, and print a table."""
    rows, errors = [], []
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"REVIEWTUI_HOME": home, "PYTHONPATH": str(ROOT)}
        before = load()
        for kind, settings in KINDS.items():
            epochs = "epochs=10" if "freeze_layers=encoder" in settings else "epochs=2"
            chosen = [word for setting in (*settings, epochs) for word in ("--set", setting)]
            first = ran(*chosen, "--set", "seed=1")
            with busy(2):
                slowed = ran(*chosen, "--set", "seed=2")
                predicted = reviewtui("forecast", str(REVIEWS), "--model", "starter", *chosen, "--set", "seed=3")
            third = ran(*chosen, "--set", "seed=3")
            error = predicted["training_seconds"] / third["seconds"] - 1
            memory = predicted["peak_bytes"] / third["peak_memory_bytes"] - 1
            errors.append(abs(error))
            seconds = [first["seconds"], slowed["seconds"], predicted["training_seconds"], third["seconds"]]
            rows.append([kind, *(f"{one:.1f} s" for one in seconds), f"{error:+.0%}", f"{memory:+.0%}"])
            print(rows[-1], flush=True)
    machine = describe(threads())
    head = ["kind of run", "first", "second, beside two", "forecast", "third", "time off by", "memory off by"]
    print(
        f"\n{machine['processor']}, {machine['threads']} threads, commit {commit()}, load before {before}; "
        f"time off by {statistics.median(errors):.0%} in the median, at most {max(errors):.0%} (goal {GOAL:.0%})\n\n"
        + markdown(head, rows)
    )


def ran(*settings: str) -> dict[str, Any]:
    """Train the starter on the sample reviews, and return how the run ended."""
    return reviewtui("train", str(REVIEWS), "--model", "starter", *settings, "--wait")


def reviewtui(*words: str) -> dict[str, Any]:
    """Return what a command prints as JSON."""
    command = [sys.executable, "-P", "-m", "tui", *words, "--json"]
    done = subprocess.run(command, capture_output=True, cwd=Path.home(), check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
