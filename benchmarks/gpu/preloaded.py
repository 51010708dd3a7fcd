"""Contestants that need not load PyTorch and transformers: each is forked from a process that has done so.

Loading them takes a good part of a contestant's time where minutes count, and is outside of what is timed. The process
that they are forked from never touches the GPU. `python -m benchmarks.gpu.preloaded` is that process: it reads one line
of JSON for each contestant and answers with how it ended.
"""

from __future__ import annotations

import json
import os
import runpy
import select
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.gpu.runner import Deadline, Ended, OutOfTimeError, PieceFailedError, kill_group
from benchmarks.jobs import Job, Measurement

_FORKS_WELL = {"PYTORCH_NVML_BASED_CUDA_CHECK": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Have PyTorch ask the driver's library, not CUDA, whether there is a GPU, and numpy's library start no threads:
neither CUDA nor threads survive a fork. PyTorch's own threads begin after it."""


_STUCK_SECONDS = 90.0
"""After which a forked contestant is given up: none takes half as long."""


class ForkFailedError(PieceFailedError):
    """A contestant could not be forked, or could not use the GPU after it."""


class Preloaded:
    """The process that contestants of one environment are forked from."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gpu.preloaded"],
            env={**env, **_FORKS_WELL},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def measure(self, job: Job, deadline: Deadline) -> tuple[Measurement, float]:
        """Let a contestant do its job; returns what it measured and the seconds since its fork.

        Raises:
            OutOfTimeError: the deadline came first.
            ForkFailedError: it would do better in a process that was not forked.
            PieceFailedError: it ended badly, or its last line is no measurement.
        """
        with tempfile.TemporaryDirectory(prefix="contestant-") as folder:
            out, err = Path(folder) / "out", Path(folder) / "err"
            began = time.perf_counter()
            status = self._ask({"job": job.to_json(), "peer": job.peer, "out": str(out), "err": str(err)}, deadline)
            seconds = time.perf_counter() - began
            texts = [file.read_text(errors="replace") if file.exists() else "" for file in (out, err)]
            if status and "CUDA" in texts[1]:
                raise ForkFailedError(texts[1][-3000:])
            return measurement_of(job, Ended(status, *texts)), seconds

    def close(self) -> None:
        """End the process and whatever it has forked."""
        kill_group(self._process)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _ask(self, what: dict[str, Any], deadline: Deadline) -> int:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(json.dumps(what) + "\n")
            stdin.flush()
        except (BrokenPipeError, ValueError) as error:  # it has ended, or was closed
            raise ForkFailedError("the process that contestants are forked from has ended") from error
        until = time.perf_counter() + _STUCK_SECONDS
        try:
            deadline.wait(lambda most: select.select([stdout], [], [], most)[0] or time.perf_counter() > until)
        except OutOfTimeError:
            self.close()
            raise
        if not select.select([stdout], [], [], 0)[0]:
            self.close()
            raise ForkFailedError(f"no answer after {_STUCK_SECONDS:.0f} s")
        if not (answer := stdout.readline()):
            raise ForkFailedError("the process that contestants are forked from has ended")
        return int(answer)


def measurement_of(job: Job, ended: Ended) -> Measurement:
    """What a contestant measured.

    Raises:
        PieceFailedError: it ended badly, or its last line is no measurement.
    """
    try:
        if ended.status:
            raise ValueError(f"exit status {ended.status}")
        return Measurement.from_json(ended.out.splitlines()[-1])
    except (ValueError, TypeError, IndexError) as error:
        raise PieceFailedError(f"{job.peer}, {job.task}: {error}\n{ended.err[-3000:]}") from error


def _serve() -> None:
    _load()
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(asked)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _load() -> None:
    """Import what contestants import; a library that is loaded by name only when it is named is named."""
    import transformers

    import core.inference.predictor
    import core.worker.session  # noqa: F401

    names = ("AutoModelForSequenceClassification", "AutoTokenizer", "BertModel", "Trainer", "pipeline")
    assert all(hasattr(transformers, name) for name in names)


def _become(asked: dict[str, Any]) -> None:
    """Turn this process into a contestant; never returns."""
    status = 1
    try:
        for stream, file in ((1, asked["out"]), (2, asked["err"])):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        name = f"benchmarks.peers.{asked['peer']}"
        sys.argv = [name, asked["job"]]
        runpy.run_module(name, run_name="__main__")
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
