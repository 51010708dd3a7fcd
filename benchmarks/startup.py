"""`python benchmarks/startup.py [RUNS]`: measures the time to the first frame, on a pseudo-terminal, and to `--help`.

Prints medians with minimum and maximum. The baseline is a Textual app that shows one line, the least that any Textual
app can take.
"""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pexpect

ROOT = Path(__file__).resolve().parent.parent

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("reviewtui")
Bare().run()
"""


def seconds_to_first_frame(command: list[str], env: dict[str, str]) -> float:
    """Return the seconds from the start of a process to the first frame with our name in it."""
    began = time.perf_counter()
    process = pexpect.spawn(command[0], command[1:], env=env, dimensions=(24, 80), timeout=None)
    received = b""
    while b"reviewtui" not in received:
        ready, _, _ = select.select([process.child_fd], [], [], 10)
        if not ready:
            raise RuntimeError(f"no frame within 10 s: {received[-400:]!r}")
        received += os.read(process.child_fd, 65536)
    elapsed = time.perf_counter() - began
    process.close(force=True)
    return elapsed


def seconds_of(command: list[str], env: dict[str, str]) -> float:
    """Return the seconds of a whole process, whose output is discarded."""
    began = time.perf_counter()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure all cases, interleaved, and print the results."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "REVIEWTUI_HOME": home, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        cases: dict[str, Callable[[], float]] = {
            "first frame of reviewtui": lambda: seconds_to_first_frame([sys.executable, "-m", "tui"], env),
            "first frame of a bare Textual app": lambda: seconds_to_first_frame([sys.executable, "-c", BARE], env),
            "reviewtui --help": lambda: seconds_of([sys.executable, "-m", "tui", "--help"], env),
        }
        times: dict[str, list[float]] = {name: [] for name in cases}
        for measure in cases.values():
            measure()  # warm up
        for _ in range(runs):
            for name, measure in cases.items():
                times[name].append(measure())
    for name, found in times.items():
        print(f"{name:<36} median {statistics.median(found):.3f} s  ({min(found):.3f} to {max(found):.3f}, n={runs})")


if __name__ == "__main__":
    main()
