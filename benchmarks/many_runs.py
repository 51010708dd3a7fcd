"""How fast the list of runs is with many of them: 500 unless said otherwise.

    .venv/bin/python -m benchmarks.many_runs [RUNS] [--groups NUMBER] [--home FOLDER]

Makes runs that never ran, with different settings, results, tags and notes and journals of 400 steps, in FOLDER, which
is kept, or in a temporary one. With --groups, the oldest of them are in groups of ten. Prints the seconds from the
start of the workbench to the first rows on a real terminal, the seconds of `reviewtui runs`, the milliseconds of work
after each key that filters, sorts, marks or moves the cursor, and the longest time for which the event loop did nothing
else. Medians with minimum and maximum.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect

ROOT = Path(__file__).resolve().parent.parent
_ROUNDS = 5
_TICK = 0.002
"""Seconds after which the watcher of the event loop looks again."""
_DATA = ("reviews.csv", "lamps.jsonl", "amazon-2024.parquet", "inbox.tsv")
_TAGS = ("good", "draft", "lab", "keep", "thesis", "noisy-labels")
_NOTES = ("20 epochs gained nothing over 10", "labels of the lamps are wrong", "try again with max_length 512")
_IN_A_GROUP = 10
KEYS = ("slash", *"lamps", "enter", "space", "down", "pagedown", "end", "home", "O", "a", "escape", "escape")


def make_runs(number: int, groups: int = 0, steps: int = 400, seed: int = 0) -> None:
    """Make runs in `$REVIEWTUI_HOME`; some are branches, some failed, some are tagged or noted, some are in groups."""
    from core.base.files import write_json
    from core.runs.group import create_group
    from core.runs.group_journal import Made, NewRun, Planned, append
    from core.runs.notes import add_note, change_tags
    from core.runs.outline import Parent
    from core.settings.presets import preset
    from tests.tui.made_runs import make_run

    chance = random.Random(seed)
    template = make_run(1, steps=steps, plan={"steps": steps})
    journal = template.journal.read_bytes()
    shutil.rmtree(template.path)
    before = ""
    for at in range(1, number + 1):
        end = chance.choices(["finished", "stopped", "failed"], [7, 2, 1])[0]
        data = chance.choice(_DATA)
        name = f"{data.partition('.')[0]}-{chance.choice(['balanced', 'quick', 'thorough'])}-{at}"
        scores = {"loss": chance.uniform(0.2, 0.6), "accuracy": chance.uniform(0.6, 0.95), "macro_f1": 0.8}
        figures = {"seconds": math.exp(chance.uniform(2, 9)), "peak_memory_bytes": int(chance.uniform(5e8, 4e9))}
        facts = {"figures": figures, "best": {"validation": scores, "best_epoch": 3.0}}
        run = make_run(at, name=name, end=end, steps=4, data=f"/data/{data}", **facts)
        changes: dict[str, int | float | str] = {
            "epochs": chance.randint(1, 10),
            "learning_rate": chance.choice([1e-5, 2e-5, 5e-5, 1e-4]),
        }
        changes |= {"max_length": chance.choice([128, 256, 512]), "seed": chance.randint(0, 3), "model": "starter"}
        parent = Parent(run=before, step=20) if before and chance.random() < 0.1 else None
        request = run.request().model_copy(update={"settings": preset("balanced").changed(changes), "parent": parent})
        run.settings.write_text(request.to_toml())
        last = run.journal.read_bytes().splitlines(keepends=True)[-1]
        run.journal.write_bytes(b"".join(journal.splitlines(keepends=True)[:-1]) + last)
        if chance.random() < 0.3:
            change_tags(run.notes, chance.sample(_TAGS, chance.randint(1, 2)))
        if chance.random() < 0.2:
            add_note(run.notes, chance.choice(_NOTES))
        before = run.id
        place = (at - 1) % _IN_A_GROUP
        if at <= groups * _IN_A_GROUP:
            if place == 0:
                group = create_group(f"seeds-{at}", "seeds", {"name": name, "data": f"/data/{data}"}, {"seeds": [1, 2]})
                write_json(group.result, {})
                planned = range(1, _IN_A_GROUP + 1)
                new = tuple(NewRun(number=one, name=f"seeds-{at}-{one}", settings={}) for one in planned)
                append(group.journal, Planned(new=new))
            append(group.journal, Made(number=place + 1, run=run.id))


def seconds_to_rows(word: str) -> float:
    """Return the seconds from the start of the workbench to the first frame that shows `word`."""
    began = time.perf_counter()
    program = [sys.executable, "-P", "-m", "tui"]
    process = pexpect.spawn(program[0], program[1:], env={**os.environ, "TERM": "xterm-256color"}, dimensions=(40, 120))
    process.expect_exact(word, timeout=30)
    elapsed = time.perf_counter() - began
    process.close(force=True)
    return elapsed


def seconds_of(*arguments: str) -> float:
    """Return the seconds of a whole command."""
    began = time.perf_counter()
    command = [sys.executable, "-P", "-m", "tui", *arguments]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


async def milliseconds_of_keys() -> tuple[dict[str, list[float]], list[float], list[float]]:
    """Return the milliseconds of work after each key, and how long the event loop was held up and computed at a time.

    It computes for less time than it is held up where the thread that reads the runs, or another process, has its turn.
    """
    from tui.app import ReviewTui
    from tui.screens.runs.screen import RunsScreen
    from tui.terminal import collection

    collection.begin()  # as the command that opens the workbench does
    held: list[float] = []
    computed: list[float] = []

    async def watch() -> None:
        while True:
            began, before = time.perf_counter(), time.thread_time()
            await asyncio.sleep(_TICK)
            computed.append((time.thread_time() - before) * 1000)
            held.append(max(time.perf_counter() - began - _TICK, 0) * 1000)

    times: dict[str, list[float]] = {}
    app = ReviewTui()
    async with app.run_test(size=(200, 50)) as pilot:
        screen = app.screen
        assert isinstance(screen, RunsScreen)
        while not screen.shown or screen.shown[0].bytes_on_disk is None:
            await pilot.pause(0.02)
        await pilot.pause(1.5)
        watcher = asyncio.create_task(watch())
        for _ in range(_ROUNDS):
            for key in KEYS:
                before = len(held)
                await pilot.press(key)
                await pilot.pause(0.03)
                times.setdefault("a letter" if len(key) == 1 and key.isalnum() else key, []).append(sum(held[before:]))
            await pilot.pause(1.2)  # all runs are read once
        watcher.cancel()
    return times, held, computed


def _said(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f}  ({min(values):.{digits}f} to {max(values):.{digits}f})"


def main() -> None:
    """Make the runs, measure, and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("runs", nargs="?", type=int, default=500)
    parser.add_argument("--groups", type=int, default=0, help="groups of ten runs each")
    parser.add_argument("--home", type=Path, help="a folder for the runs; those that are there are used")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["REVIEWTUI_HOME"] = str((arguments.home or Path(temporary)).absolute())
        os.environ["PYTHONPATH"] = str(ROOT)
        if not (Path(os.environ["REVIEWTUI_HOME"]) / "runs").is_dir():
            make_runs(arguments.runs, arguments.groups)
        print(f"first rows, s          {_said([seconds_to_rows('finished') for _ in range(_ROUNDS)], 2)}")
        print(f"reviewtui runs, s      {_said([seconds_of('runs') for _ in range(_ROUNDS)], 2)}")
        query = ("runs", "accuracy>0.8", "--sort", "accuracy")
        print(f"  filtered, sorted, s  {_said([seconds_of(*query) for _ in range(_ROUNDS)], 2)}")
        times, held, computed = asyncio.run(milliseconds_of_keys())
        for key, found in times.items():
            print(f"key {key:<18} {_said(found, 0)} ms")
        print(f"event loop held up     {max(held):.0f} ms at most, {sum(one > 50 for one in held)} times over 50 ms")
        print(f"  of its own computing {max(computed):.0f} ms at most")


if __name__ == "__main__":
    main()
