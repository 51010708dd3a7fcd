"""The gauge in a real terminal: how long after a key it shows, with a run going on and a model loaded."""

from __future__ import annotations

import json
import os
import re
import select
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.base.subprocess_env import child_environment
from core.runs.folder import find_run
from core.runs.summary import summarize
from tests.end_to_end.terminal import Terminal

pytestmark = [pytest.mark.proof, pytest.mark.starter, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_reviews" / "train.csv"
TUI = (sys.executable, "-m", "tui")
KEYS = 60
_MEMORY = re.compile(r"([\d.,]+ [KMG]i?B) ± ")
_CLASSIFY, _SETUP, _DOWN = "\x1b[17~", "\x1bOS", "\x1b[B"


def command(*words: str) -> Any:
    done = subprocess.run(
        [*TUI, *words, "--json"], env=child_environment(HF_HUB_OFFLINE="1"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def shown_memory(terminal: Terminal) -> str:
    """Return the memory that the gauge shows."""
    found = _MEMORY.search(terminal.text())
    return found[1] if found else ""


def seconds_to_change(terminal: Terminal, key: str) -> float:
    """Return the seconds from a key that edits a value until the terminal receives another figure.

    The screen is parsed afterwards: the emulator is written in Python, and slower than a terminal.
    """
    before, began = shown_memory(terminal), time.perf_counter()
    terminal.press(key)
    sent, taken = b"", 0.0
    while not taken:
        ready, _, _ = select.select([terminal.process.child_fd], [], [], 10)
        assert ready, f"nothing changed; the screen was:\n{terminal.text()}"
        sent += os.read(terminal.process.child_fd, 65536)
        figures = _MEMORY.findall(sent.decode("utf-8", "replace"))
        taken = time.perf_counter() - began if set(figures) - {before} else 0.0
    terminal.take(sent)
    while shown_memory(terminal) in ("", before):
        assert terminal.read(1.0)
    return taken


def test_the_gauge_follows_a_key_within_a_tenth_of_a_second(tmp_path: Path) -> None:
    command("train", str(SAMPLES), "--model", "starter", "--set", "max_steps=1", "--name", "first", "--wait")
    command("forecast", str(SAMPLES), "--model", "starter")  # nothing is left to be measured beside the run
    environment = {**child_environment(HF_HUB_OFFLINE="1"), "COLORTERM": "truecolor"}
    terminal = Terminal((*TUI, "open", str(SAMPLES)), environment, 100, 30, cwd=str(tmp_path))
    terminal.process.delaybeforesend = None  # it would be counted
    try:
        terminal.wait_for("Ready", seconds=120)
        terminal.press("c")
        terminal.wait_for("Start training", "measured here", seconds=180)
        terminal.press("\x13")  # ctrl+s
        terminal.wait_for("[Train]", "running", "reviews/s", seconds=180)
        terminal.press(_CLASSIFY)
        terminal.wait_for("[Classify]")
        terminal.press("a sturdy chair, very comfortable\x13")
        terminal.wait_for("%", "positive", seconds=120)
        terminal.press("\x1b")
        terminal.press(_SETUP)
        terminal.wait_for("[Setup]", "measured here", seconds=60)
        for key, shown in (("\x1b[H", "▸  Name of the run"), (_DOWN, "▸  Model"), (_DOWN, "▸  Max length")):
            terminal.press(key)
            terminal.wait_for(shown)
        taken = [seconds_to_change(terminal, "6")]
        while len(taken) < KEYS:  # 6, 64, 6, 64, …
            taken.append(seconds_to_change(terminal, "4" if len(taken) % 2 else "\x7f"))
        run = find_run("latest")
        assert summarize(run).state == "running", "the run was over: nothing was shown"
    finally:
        terminal.close()
        subprocess.run([*TUI, "stop", "latest", "--now"], env=child_environment(), capture_output=True, check=False)
    late = sorted(taken)[round(0.95 * len(taken)) - 1]
    print(f"{len(taken)} keys: median {statistics.median(taken) * 1e3:.0f} ms, 95 % within {late * 1e3:.0f} ms")
    assert late <= 0.1
