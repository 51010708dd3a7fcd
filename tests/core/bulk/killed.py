"""Processes that are killed while they classify: `python -m tests.core.bulk.killed HOW SOURCE MODEL OUTPUT`.

`steps` classifies a chunk for each byte on standard input, and the rest when that closes; prints its answer.
`everywhere` forks a process for each call that changes what is on the disk, which kills itself there, before or in
the middle of the call; then one that goes on. Prints a line for each: where it was killed and what came of it.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from core.bulk.chunk_log import totals_of
from tests.core.bulk.double import Costless, names, partial_of, run

CALLS = ("mkdir", "write", "ftruncate", "fsync", "replace", "unlink", "rmdir")


def steps(source: Path, model: Path, output: Path) -> None:
    found, said = run(Costless(model, lambda seen: os.read(0, 1)), source, output)
    print(json.dumps({**found, "said": said}))


def everywhere(source: Path, model: Path, output: Path) -> None:
    pa.array(["loads what it needs once, not in every fork"])
    whole = output.with_name(f"whole{output.suffix}")
    in_a_fork(lambda: run(Costless(model), source, whole))
    answer = output.with_name("answer.json")
    for number in itertools.count():
        read, write = os.pipe()
        status = in_a_fork(lambda: work_until(number, write, source, model, output))  # noqa: B023 (waited for)
        os.close(write)
        where = os.read(read, 100).decode()
        os.close(read)
        if status == 0:
            break
        partial = partial_of(output)
        rows = totals_of(partial / "index.jsonl", partial / "data").rows
        was_there = output.exists()
        gone_on = in_a_fork(lambda: answer.write_text(json.dumps(run(Costless(model), source, output)[0])))
        fields = {
            "killed": status == -signal.SIGKILL,
            "where": where,
            "rows": rows,
            "was_there": was_there,
            "went_on": gone_on == 0,
            "answer": json.loads(answer.read_text()),
            "same": output.read_bytes() == whole.read_bytes(),
        }
        answer.unlink()
        output.unlink()
        print(json.dumps({**fields, "left": names(output.parent)}))


def work_until(number: int, told: int, source: Path, model: Path, output: Path) -> None:
    """Classify; end by SIGKILL at call `number`, of which writes count twice: before, and half done."""
    count = itertools.count()
    real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in CALLS}

    def end(name: str) -> None:
        real["write"](told, name.encode())
        os.kill(os.getpid(), signal.SIGKILL)

    def watched(name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if next(count) == number:
                end(name)
            if name == "write" and next(count) == number:
                real["write"](given[0], bytes(given[1])[: len(given[1]) // 2])
                end("half a write")
            return real[name](*given, **named)

        return call

    for name in CALLS:
        setattr(os, name, watched(name))
    run(Costless(model), source, output)


def in_a_fork(work: Callable[[], object]) -> int:
    """Do `work` in a process of its own; its exit status, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    {"steps": steps, "everywhere": everywhere}[sys.argv[1]](*map(Path, sys.argv[2:5]))
