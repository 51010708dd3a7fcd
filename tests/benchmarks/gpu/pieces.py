"""A few pieces that are processes, for a test that kills whoever runs them.

    python -m tests.benchmarks.gpu.pieces FOLDER

does `first`, then `second`, which waits until FOLDER/go is there, then `third`; each writes its name to FOLDER/log.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from benchmarks.gpu.runner import Deadline, Piece, Runner, Stage, command
from benchmarks.gpu.store import Record, Store

NAMES = ("first", "second", "third")
_WORK = """
import sys, time
from pathlib import Path
folder, name = Path(sys.argv[1]), sys.argv[2]
(folder / f"{name} began").touch()
while name == "second" and not (folder / "go").exists():
    time.sleep(0.01)
"""


def work(folder: Path, name: str, deadline: Deadline) -> Record:
    ended = command([sys.executable, "-c", _WORK, str(folder), name], os.environ, deadline)
    assert ended.status == 0, ended.err
    with (folder / "log").open("a") as log:
        log.write(f"{name}\n")
    return {"worked": True}


if __name__ == "__main__":
    place = Path(sys.argv[1])
    made = [Piece("part", name, "kind", partial(work, place, name)) for name in NAMES]
    Runner(Store(place / "results"), Deadline(60), 0.0, lambda: None).run([Stage(made)])
