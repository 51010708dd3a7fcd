"""Describes the machine, the libraries and the commit that figures were measured with."""

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
_VECTOR_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def describe(threads: int, *, gpu: bool = False) -> dict[str, Any]:
    """Return the processor, its vector units, memory, system and library versions; the first GPU too, if `gpu`."""
    facts = dict(line.partition(":")[::2] for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    flags = facts.get("flags", "").split()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        **({"gpu": device_samples()[0]["name"]} if gpu else {}),
        "processor": facts.get("model name", platform.machine()),
        "flags": [flag for flag in _VECTOR_FLAGS if flag in flags],
        "threads": threads,
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in _LIBRARIES},
    }


def commit() -> str:
    """Return the current commit, with a `+` if files differ from it; empty outside of a repository."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def load() -> float:
    """Return the average number of runnable processes over the last minute: near 0 on a quiet machine."""
    return round(os.getloadavg()[0], 2)
