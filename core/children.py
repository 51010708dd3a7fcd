"""What the processes that this project starts, workers and engine services, are given as their environment."""

from __future__ import annotations

import os
from pathlib import Path

SPINS = "2000"
"""How often a thread of GNU OpenMP looks for more work before it sleeps.

By its own choice it looks for milliseconds, and whoever shares the processors waits meanwhile: measured on two of them
beside one busy process, an epoch took 10.5 s, and 6.9 s with this; alone it took 3.4 s with either.
"""

KERNELS = {"LRU_CACHE_CAPACITY": "32", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "160"}
"""How many kernels torch's binding of oneDNN, and oneDNN itself, keep for shapes that they have met.

Both keep 1,024 by their own choice, 0.65 MB each, and reviews bring a new shape in every batch. On the starter,
measured: 150 MB less at the end of a run of short reviews and 270 MB of long ones, for 2 to 4 and 1 % of the time.
"""


def child_environment(**more: str) -> dict[str, str]:
    """The environment of a child: ours, `more`, and where `core` lies, so that it is found from any working folder."""
    here = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**library_settings(), **os.environ, "PYTHONPATH": path, **more}


def library_settings() -> dict[str, str]:
    """What libraries are told; what the person has told them stays as it is."""
    wanted = dict(KERNELS) if "OMP_WAIT_POLICY" in os.environ else {**KERNELS, "GOMP_SPINCOUNT": SPINS}
    return {name: value for name, value in wanted.items() if name not in os.environ}
