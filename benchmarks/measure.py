"""Runs contestants in separate processes, one at a time, in turn: ours, a peer, the next peer, ours, …

All of them get the same environment: one thread per processor that this process may use, no network, one GPU or none,
and neither a preloaded allocator nor settings for one. Ours also gets the variables that this project sets for its own
workers (core/base/subprocess_env.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.cases import OURS
from benchmarks.data import ROOT
from benchmarks.jobs import Job, Measurement
from core.base.subprocess_env import library_settings

_NOT_PASSED_ON = ("LD_PRELOAD", "GLIBC_TUNABLES", "KMP_AFFINITY", "KMP_BLOCKTIME")
_NOT_PASSED_ON_PREFIXES = ("MALLOC_", "TCMALLOC_", "REVIEWTUI_", "TORCHINDUCTOR_")


class PeerFailedError(RuntimeError):
    """Raised when a contestant ends without a valid measurement."""


@dataclass(frozen=True)
class Run:
    """One contestant's turn."""

    peer: str
    repeat: int
    """Counted from 1; also the seed."""
    scale: float
    """Factor for the seconds: 10 if one of ten epochs was measured."""
    process_seconds: float
    """Wall time of the whole process, including imports, reading, tokenizing, loading, and measuring accuracy."""
    measured: Measurement
    agreement: dict[str, float] | None = None
    """How far its answers agree with ours in the same repeat, if both classify."""

    def to_json(self) -> dict[str, Any]:
        facts = {name: value for name, value in vars(self.measured).items() if name != "probabilities"}
        own = {name: value for name, value in vars(self).items() if name != "measured"}
        return {**own, **facts}


@dataclass(frozen=True)
class Entrant:
    """A contestant, and its job in each repeat."""

    peer: str
    job: Callable[[int], Job]
    """Returns the job of the n-th repeat."""
    scale: float = 1.0


def threads() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def environment(count: int, *, gpu: bool = False) -> dict[str, str]:
    """Return the environment of every contestant's process.

    Args:
        count: Threads.
        gpu: Whether it may use the first GPU.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_PASSED_ON and not name.startswith(_NOT_PASSED_ON_PREFIXES)
    }
    same = {
        "OMP_NUM_THREADS": str(count),
        "MKL_NUM_THREADS": str(count),
        "CUDA_VISIBLE_DEVICES": "0" if gpu else "",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }
    return {**kept, **same}


def measure(job: Job, given: Mapping[str, str]) -> tuple[Measurement, float]:
    """Run a contestant; return its measurement and the wall time of its whole process, in seconds.

    Raises:
        PeerFailedError: The process failed, or its last line is not a measurement.
    """
    began = time.perf_counter()
    command = [sys.executable, "-m", f"benchmarks.peers.{job.peer}", job.to_json()]
    own = library_settings() if job.peer == OURS else {}  # as this project's workers get it
    done = subprocess.run(command, env={**given, **own}, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    try:
        if done.returncode:
            raise ValueError(f"exit status {done.returncode}")
        return Measurement.from_json(done.stdout.splitlines()[-1]), seconds
    except (ValueError, TypeError, IndexError) as error:
        raise PeerFailedError(f"{job.peer}, {job.task}: {error}\n{done.stderr[-3000:]}") from error


def interleave(
    entrants: Sequence[Entrant], repeats: int, measure_one: Callable[[Job], tuple[Measurement, float]]
) -> Iterator[Run]:
    """Run every entrant once, in order, then all of them again, so that the runs of a pair are close in time.

    Raises:
        PeerFailedError: Two entrants have not read the same reviews, or an accuracy is not between 0 and 1.
    """
    rows: set[str] = set()
    for repeat in range(1, repeats + 1):
        ours: Measurement | None = None
        for entrant in entrants:
            found, seconds = measure_one(entrant.job(repeat))
            rows.add(found.rows_sha256)
            if len(rows) > 1:
                raise PeerFailedError(f"{entrant.peer} read other reviews than those before it")
            if found.accuracy is not None and not 0 <= found.accuracy <= 1:
                raise PeerFailedError(f"{entrant.peer} found the accuracy {found.accuracy}")
            run = Run(entrant.peer, repeat, entrant.scale, seconds, found)
            if entrant.peer == OURS:
                ours = found
            elif ours is not None and ours.probabilities and found.probabilities:
                run = replace(run, agreement=_agreement(ours.probabilities, found.probabilities))
            yield run


def _agreement(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    pairs = list(zip(ours, theirs, strict=True))
    return {
        "same_label": sum((a > 0.5) == (b > 0.5) for a, b in pairs) / len(pairs),
        "largest_difference": max(abs(a - b) for a, b in pairs),
    }
