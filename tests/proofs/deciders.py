"""Processes that decide as fast as they can, until they are killed; forked from one that has imported what they need.

`python -m tests.proofs.deciders` takes one line of JSON a process, `{"pile": …, "seed": …}`, and says its pid, then
each operation once it is acknowledged, and how the process ended.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from core.triage.decision import STATES, Decision, Note
from core.triage.decisions import DecisionLog

ROWS = 400


class Deciders:
    """The process that they are forked from; one lives at a time."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.deciders"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
            env={**os.environ, "REVIEWTUI_HOME": str(home)},
        )  # fmt: skip

    def killed_after(self, pile: str, seed: int, seconds: float) -> list[list[Any]]:
        """Let one decide about a pile, kill it after so long, and return what it acknowledged until then."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"pile": pile, "seed": seed}) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        said = []
        while (line := self._process.stdout.readline()) and not line.startswith("ended"):
            said.append(json.loads(line))
        assert line == f"ended {-signal.SIGKILL}\n", line
        return said

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)


def decide_on(pile: str, seed: int) -> None:
    """Decide, undo, note and so on, for ever; each operation is told once it has returned."""
    chance = random.Random(seed)
    log = DecisionLog(pile)
    for count in range(1 << 30):
        mark = f"{seed}-{count}"
        what = chance.choice(("decide", "decide", "bulk", "note", "label", "undo", "undo", "redo"))
        if what == "decide":
            log.decide(_decision(chance.randrange(ROWS), mark, chance))
        elif what == "bulk":
            rows = chance.sample(range(ROWS), chance.randrange(1, ROWS))
            log.bulk([_decision(row, mark, chance) for row in rows], "accept", {"mark": mark})
        elif what == "note":
            log.note(Note(hash=f"{3:016x}", row=3, file="f", line=5, text=mark))
        elif what == "label":
            log.add_label(mark)
        elif getattr(log, what)() is None:
            continue
        os.write(1, f"{json.dumps([log.history.events, what, mark])}\n".encode())


def _decision(row: int, mark: str, chance: random.Random) -> Decision:
    state = chance.choice(STATES)
    return Decision(
        hash=f"{row:016x}", row=row, file="f", line=row + 2, text=mark, state=state,
        verdict="positive" if state == "label" else "",
    )  # fmt: skip


def _main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.write(1, f"{os.getpid()}\n".encode())
            decide_on(**asked)
        _, status = os.waitpid(pid, 0)
        os.write(1, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    _main()
