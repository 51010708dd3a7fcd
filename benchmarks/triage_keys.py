"""The workbench on a pseudo-terminal: from a key that decides until the next review is on the screen."""

from __future__ import annotations

import os
import re
import select
import statistics
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pexpect

from benchmarks.busy import end
from benchmarks.data import ROOT, SAMPLE
from benchmarks.formatting import digits
from benchmarks.ratios import quantile
from core.reviews.options import ReadingOptions
from core.reviews.unlabelled import read_unlabelled
from core.runs.folder import RunFolder, create_run
from core.runs.launch import launch_worker
from core.runs.request import Request
from core.scores.scoring import score
from core.settings.schema import Settings
from core.triage.bookmark import Bookmark, write_bookmark
from core.triage.texts.kept import facts_of

HEAD = ("order", "decisions", "median", "95th percentile", "longest", "bytes a decision")
ORDERS = ("file", "uncertainty", "random")
_PAUSE_SECONDS = 1.0
"""Between two keys, as a person reads."""
_PATIENCE_SECONDS = 180.0
_APP = (
    "import sys; from tui.app import ReviewTui; from core.runs.folder import RunFolder; from pathlib import Path; "
    "ReviewTui(pile=sys.argv[1], run=RunFolder(Path(sys.argv[2]))).run(mouse=False)"
)


def keys(pile: Path, run: RunFolder, decisions: int) -> dict[str, Any]:
    """Decide reviews of a pile in each order while a run trains; return the seconds of each key and its bytes."""
    from benchmarks.triage import costless

    reading = ReadingOptions(text="review", label="label")
    reviews = read_unlabelled(str(pile), reading)
    score(run.model, reviews, str(pile), load=partial(costless, 1))
    facts_of(reviews)
    beside = create_run(Request(name="beside", data=str(SAMPLE), settings=Settings(model="starter", epochs=1000)))
    launch_worker(beside)
    found: dict[str, Any] = {}
    try:
        for order in ORDERS:
            write_bookmark(
                str(pile), Bookmark(model=run.id, model_name="triage", order=order, reading=reading, copies="along")
            )
            found[order] = _decide(pile, run, len(reviews), decisions)
            print(order, row_of(order, found[order]), flush=True)
    finally:
        end(beside)
    return {"orders": found}


def _decide(pile: Path, run: RunFolder, total: int, decisions: int) -> dict[str, list[float]]:
    environment = {**os.environ, "TERM": "xterm-256color", "SSH_CONNECTION": "benchmark", "PYTHONPATH": str(ROOT)}
    process = pexpect.spawn(
        sys.executable, ["-P", "-c", _APP, str(pile), str(run.path)], env=environment, dimensions=(24, 80), timeout=None
    )
    terminal = _Terminal(process, total)
    try:
        terminal.wait_for(b"The model says")
        terminal.rest(5.0)  # the order is applied, pages and predictions are there
        seconds, sizes = [], []
        for _ in range(decisions):
            position, before = terminal.position, terminal.received
            began = time.perf_counter()
            process.send("1")
            while terminal.position == position:
                terminal.read(began)
            seconds.append(time.perf_counter() - began)
            terminal.rest(_PAUSE_SECONDS)
            sizes.append(float(terminal.received - before))
    finally:
        process.close(force=True)
    return {"seconds": [round(one, 4) for one in seconds], "bytes": sizes}


class _Terminal:
    """What a workbench writes: the position that it shows, and how many bytes came."""

    def __init__(self, process: Any, total: int) -> None:
        self._process, self._tail = process, b""
        self._shown = re.compile(rf"([\d,]+) of {total:,}(?! decided)".encode())
        self.position, self.received = b"", 0

    def read(self, began: float, seconds: float = 0.5) -> bool:
        """Take in what comes within `seconds`; return whether anything came.

        Raises:
            RuntimeError: Nothing has changed for too long.
        """
        if time.perf_counter() - began > _PATIENCE_SECONDS:
            raise RuntimeError(f"the workbench does not answer: {self._tail[-300:]!r}")
        ready, _, _ = select.select([self._process.child_fd], [], [], seconds)
        if not ready:
            return False
        data = os.read(self._process.child_fd, 65536)
        self.received += len(data)
        self._tail = (self._tail + data)[-20_000:]
        if found := self._shown.findall(self._tail):
            self.position = found[-1]
        return True

    def wait_for(self, words: bytes) -> None:
        """Read until `words` have come."""
        began = time.perf_counter()
        while words not in self._tail:
            self.read(began)

    def rest(self, seconds: float) -> None:
        """Read for some seconds."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.read(time.perf_counter(), left)


def row_of(order: str, found: dict[str, list[float]]) -> list[str]:
    """Return the row of the table about an order."""
    seconds = [1000 * one for one in found["seconds"]]
    return [
        order,
        str(len(seconds)),
        digits(statistics.median(seconds)),
        digits(quantile(seconds, 0.95)),
        digits(max(seconds)),
        f"{statistics.mean(found['bytes']):,.0f}",
    ]
