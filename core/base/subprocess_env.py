"""Command and environment of the processes that this project starts: workers, the engine, probes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

KERNELS = {"LRU_CACHE_CAPACITY": "32", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "256"}
"""Sizes of the kernel caches of torch's oneDNN binding and of oneDNN itself, which hold one kernel per shape.

Both default to 1,024 kernels of 0.65 MB each, and every batch of reviews has a new shape. Measured on the starter: a
run of short reviews ends with 130 MB less, one of long reviews saves more, and the time is the same.
"""

CUBLAS_WORKSPACE = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
"""Workspaces of a fixed size make cuBLAS reproduce its results bit for bit, according to its documentation; see
`core/models/determinism.py`."""

SPIN = {"GOMP_SPINCOUNT": "1000"}
"""How many times a waiting OpenMP thread checks for work before it sleeps.

By default torch's `libgomp` checks 300,000 times, which takes milliseconds, unless its own threads outnumber the
processors; it knows nothing about other processes. Beside a busy process a spinning thread uses up the time slice of
the thread that it waits for, and training drops to a tenth of its speed.

One check, including the processor's `pause`, takes 40 to 140 cycles, so 1,000 checks take 10 to 50 microseconds. That
is not a fixed time, but on any processor it is of the order of the cost of sleeping and waking. Spinning for as long as
the alternative costs takes at most twice the time of the better choice. Measured on two cores: alone, 1,000 is as fast
as 300,000, and 100 is 6 % slower. On many cores the last thread to arrive wakes all others, at a microsecond or two
each. A longer spin would save that only on an otherwise idle machine; beside other processes, the more threads there
are, the more of them wait for the one that has lost its processor. Hyper-threads benefit, because a sleeping thread
leaves its core to its sibling.
"""


def python_module(name: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this project. `-P`: a folder `core` where one works is not ours."""
    return [sys.executable, "-P", "-m", name, *arguments]


def child_environment(**more: str) -> dict[str, str]:
    """Return a child's environment: this process's own, `more`, and a PYTHONPATH that finds `core` from anywhere."""
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**library_settings(), **os.environ, "PYTHONPATH": path, **more}


def library_settings() -> dict[str, str]:
    """Return environment variables for libraries, except those that are already set.

    `OMP_WAIT_POLICY` also controls how long threads spin, so `SPIN` does not apply if it is set. Libraries read these
    variables when they are loaded, so they must be in the environment of a process when it starts.
    """
    spin = {} if "OMP_WAIT_POLICY" in os.environ else SPIN
    return {name: value for name, value in {**KERNELS, **CUBLAS_WORKSPACE, **spin}.items() if name not in os.environ}


def foreign_environment() -> dict[str, str]:
    """Return the environment for a program that is not ours: this process's own, without our part of PYTHONPATH."""
    ours = str(Path(__file__).resolve().parents[2])
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != ours]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "PYTHONPATH": os.pathsep.join(paths)} if paths else kept
