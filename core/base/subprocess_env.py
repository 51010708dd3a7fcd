"""The environment of the processes that this project starts: workers, engine services, probes."""

from __future__ import annotations

import os
from pathlib import Path

KERNELS = {"LRU_CACHE_CAPACITY": "32", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "256"}
"""How many kernels torch's binding of oneDNN, and oneDNN itself, keep for shapes that they have met.

Both keep 1,024 by their own choice, 0.65 MB each, and reviews bring a new shape in every batch. On the starter,
measured: 130 MB less at the end of a run of short reviews, more of long ones, and no difference in time.
"""

CUBLAS_WORKSPACE = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
"""With workspaces of a fixed size cuBLAS gives the same bits every time (its own documentation); see
`core/models/determinism.py`."""


SPIN = {"GOMP_SPINCOUNT": "100"}
"""How often a thread of OpenMP looks for work before it sleeps.

torch's `libgomp` looks 300,000 times by default, some milliseconds, unless its own threads outnumber the processors; it
cannot see other processes. A thread that spins beside a busy process burns the very time slice that the thread it
waits for needs, so a shared machine trains at a tenth of its speed.

The unit is one look, with a `pause` of the processor between two: 40 to 140 cycles, so 100 looks are 1 to 5
microseconds. That is about what sleeping and waking cost, and a wait that is bounded by the price of the alternative
costs at most twice the better of the two, whatever the clock of the processor. 100 is also what libgomp chooses itself
where it knows that its threads share processors. On many cores the last thread to arrive wakes all others, some
microseconds each, which a longer bound would save on a quiet machine; but the more threads there are, the more one slow
thread makes all others spin. Hyper-threads gain: a sleeping thread leaves its core to its sibling.
"""


def child_environment(**more: str) -> dict[str, str]:
    """The environment of a child: ours, `more`, and where `core` lies, so that it is found from any working folder."""
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**library_settings(), **os.environ, "PYTHONPATH": path, **more}


def library_settings() -> dict[str, str]:
    """Settings of libraries, without those that the person has set.

    `OMP_WAIT_POLICY` sets how long threads spin, too, so where it is set the spin is left alone. Libraries read all of
    these when they are loaded: they have to be in the environment of a process when it starts.
    """
    spin = {} if "OMP_WAIT_POLICY" in os.environ else SPIN
    return {name: value for name, value in {**KERNELS, **CUBLAS_WORKSPACE, **spin}.items() if name not in os.environ}
