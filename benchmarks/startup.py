"""How long one waits at a start: for the first frame, for `--help`, for the first step, for one answer.

    .venv/bin/python -m benchmarks.startup [ROUNDS] [--beside CHECKOUT]

Prints medians with minimum and maximum, measured in turn. With `--beside`, another checkout (an earlier commit) is
measured in the same rounds with the same libraries, and each ratio is of two runs of one round. The first frame's
baseline is a Textual app that shows one line, the least that any Textual app can take.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path

import pexpect
import psutil

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "sample_reviews" / "train.csv"
_PATIENCE_SECONDS = 60.0

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
    started = psutil.Process(process.pid).children(recursive=True)
    process.close(force=True)
    psutil.wait_procs(started, timeout=_PATIENCE_SECONDS)  # they would work beside what is measured next
    return elapsed


def seconds_of(command: list[str], env: dict[str, str]) -> float:
    """Return the seconds of a whole process, whose output is discarded."""
    began = time.perf_counter()
    subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def seconds_to_first_step(program: list[str], env: dict[str, str], home: Path) -> float:
    """Return the seconds from the command `train` to the first step in the journal; end the run then."""
    known = set(home.glob("runs/*"))
    began = time.perf_counter()
    command = [*program, "train", str(DATA), "--model", "starter", "--json"]
    subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    (run,) = set(home.glob("runs/*")) - known
    while not _has_a_step(run / "events.jsonl"):
        if time.perf_counter() - began > _PATIENCE_SECONDS:
            raise RuntimeError(f"no step within {_PATIENCE_SECONDS:.0f} s")
        time.sleep(0.01)
    elapsed = time.perf_counter() - began
    subprocess.run([*program, "stop", run.name, "--now"], env=env, stdout=subprocess.DEVNULL, check=True)
    while _is_working(program, env, run.name):
        time.sleep(0.1)
    return elapsed


def _has_a_step(journal: Path) -> bool:
    return journal.exists() and b'"kind":"step"' in journal.read_bytes().replace(b" ", b"")


def _is_working(program: list[str], env: dict[str, str], run: str) -> bool:
    said = subprocess.run([*program, "status", run, "--json"], env=env, capture_output=True, check=True).stdout
    return json.loads(said)["state"] in ("starting", "running", "paused", "unresponsive")


Cases = dict[str, Callable[[], float]]


@contextmanager
def cases_of(checkout: Path) -> Iterator[Cases]:
    """Yield what is measured of a checkout, in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "REVIEWTUI_HOME": home, "TERM": "xterm-256color", "PYTHONPATH": str(checkout)}
        program = [sys.executable, "-P", "-m", "tui"]  # -P: not the checkout of the working folder
        first = [*program, "train", str(DATA), "--model", "starter", "--set", "epochs=1", "--name", "first", "--wait"]
        subprocess.run(first, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        yield {
            "first frame": lambda: seconds_to_first_frame(program, env),
            "--help": lambda: seconds_of([*program, "--help"], env),
            "train to the first step": lambda: seconds_to_first_step(program, env, Path(home)),
            "classify one text": lambda: seconds_of(
                [*program, "classify", "Works well.", "--run", "first", "--json"], env
            ),
        }


def main() -> None:
    """Measure all cases in turn, and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("rounds", nargs="?", type=int, default=7)
    parser.add_argument("--beside", type=Path, help="another checkout to measure in the same rounds")
    arguments = parser.parse_args()
    env = {**os.environ, "TERM": "xterm-256color"}
    bare = {"first frame of a bare Textual app": lambda: seconds_to_first_frame([sys.executable, "-c", BARE], env)}
    with ExitStack() as stack:
        stack.enter_context(chdir("/"))  # what an earlier commit starts would take modules from the working folder
        ours = stack.enter_context(cases_of(ROOT))
        other = stack.enter_context(cases_of(arguments.beside.resolve())) if arguments.beside else {}
        cases = [*((name, "", case) for name, case in bare.items())]
        for name, case in ours.items():
            cases += [(name, "here", case), *([(name, "beside", other[name])] if other else [])]
        times: dict[tuple[str, str], list[float]] = {(name, of): [] for name, of, _ in cases}
        for number in range(arguments.rounds + 1):
            for name, of, case in cases:
                seconds = case()
                if number:  # the first round fills caches
                    times[name, of].append(seconds)
    for (name, of), found in times.items():
        ratio = ""
        if of == "beside":
            ratios = [here / there for here, there in zip(times[name, "here"], found, strict=True)]
            ratio = f"  here/beside {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        middle = statistics.median(found)
        print(f"{name:<34} {of:<7} {middle:.3f} s  ({min(found):.3f} to {max(found):.3f}){ratio}")


if __name__ == "__main__":
    main()
