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

SPIN = {"GOMP_SPINCOUNT": "1000"}
"""How often a waiting thread of OpenMP looks for work before it sleeps.

By itself torch's `libgomp` looks 300,000 times, for milliseconds, unless its own threads outnumber the processors; of
other processes it knows nothing. Beside a busy process a spinning thread burns the time slice that the thread it waits
for needs, and training drops to a tenth of its speed.

The unit is one look, with the processor's `pause` after it: 40 to 140 cycles, so 1,000 looks are 10 to 50 microseconds,
no fixed time but of the order of what sleeping and waking cost on any processor. A wait that is bounded by the price of
its alternative costs at most twice the better of the two. Measured on two cores: 1,000 is as fast alone as 300,000, 100
is 6 % slower. On many cores the last thread to arrive wakes all others, a microsecond or two each, which only a longer
spin would save, on a machine that nobody else uses; beside others, the more threads there are, the more of them wait
for the one that lost its processor. Hyper-threads gain, for a thread that sleeps leaves its core to its sibling.
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
