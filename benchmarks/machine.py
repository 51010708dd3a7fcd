"""What the figures were measured on and with."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.data import ROOT
from core.base.memory import device_samples

_LIBRARIES = ("torch", "transformers", "accelerate", "tokenizers", "numpy")
_TELLING_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def describe(threads: int, *, gpu: bool = False) -> dict[str, Any]:
    """Processor, its vector units, memory, system and library versions; the first GPU, if it took part."""
    facts = dict(line.partition(":")[::2] for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    flags = facts.get("flags", "").split()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        **({"gpu": device_samples()[0]["name"]} if gpu else {}),
        "processor": facts.get("model name", platform.machine()),
        "flags": [flag for flag in _TELLING_FLAGS if flag in flags],
        "threads": threads,
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in _LIBRARIES},
    }


def commit() -> str:
    """The commit that was measured, with a `+` where files differ from it; empty outside of a repository."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def load() -> float:
    """Processes that wanted to run over the last minute: near 0 on a quiet machine."""
    return round(os.getloadavg()[0], 2)
