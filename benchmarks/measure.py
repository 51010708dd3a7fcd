"""Contestants in processes of their own, one at a time, in turn: ours, a peer, the next peer, ours, …

All of them get the same environment: as many threads as this process may use processors, no network, one GPU or none,
and no allocator or its settings preloaded. Ours adds what it gives its own workers (core/base/subprocess_env.py).
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
    """A contestant ended without a measurement."""


@dataclass(frozen=True)
class Run:
    """One contestant's turn."""

    peer: str
    repeat: int
    """Counted from 1; also the seed."""
    scale: float
    """What the seconds have to be multiplied by: 10 where one of ten epochs was measured."""
    process_seconds: float
    """Wall time of the whole process, with imports, reading, tokenizing, loading, and the accuracy at the end."""
    measured: Measurement
    agreement: dict[str, float] | None = None
    """With ours of the same repeat, where both classify."""

    def to_json(self) -> dict[str, Any]:
        facts = {name: value for name, value in vars(self.measured).items() if name != "probabilities"}
        own = {name: value for name, value in vars(self).items() if name != "measured"}
        return {**own, **facts}


@dataclass(frozen=True)
class Entrant:
    """Who takes part, and with what job in the n-th repeat."""

    peer: str
    job: Callable[[int], Job]
    scale: float = 1.0


def threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def environment(count: int, *, gpu: bool = False) -> dict[str, str]:
    """What every contestant's process is given. Args: gpu: it may see the first one."""
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
    """Start a contestant, wait for it, and return its measurement and the seconds its whole process took.

    Raises:
        PeerFailedError: it ended badly, or its last line is no measurement.
    """
    began = time.perf_counter()
    command = [sys.executable, "-m", f"benchmarks.peers.{job.peer}", job.to_json()]
    own = library_settings() if job.peer == OURS else {}  # as this project's workers have it; others have theirs
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
    """Every entrant once, in order, then all of them again: neighbours in time make the pairs.

    Raises:
        PeerFailedError: two entrants did not read the same reviews, or one found what is no accuracy.
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
