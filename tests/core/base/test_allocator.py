"""Freed memory is returned to the system when requested: real blocks, in separate processes."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from core.base.subprocess_env import child_environment

MIB = 1 << 20

pytestmark = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library")

LARGE = """
import numpy as np
from core.base.allocator import give_back_large_blocks
from core.base.memory import process_bytes
give_back_large_blocks()
for size in (9, 5):  # the first would have the library keep all that is no larger
    before = process_bytes()
    blocks = [np.ones(size << 20, np.uint8) for _ in range(24)]
    between = [np.ones(100, np.uint8) for _ in range(1000)]
    held = process_bytes() - before
    del blocks
    print(held, process_bytes() - before)
"""

SMALL = """
import numpy as np
from core.base.allocator import give_back_what_is_free
from core.base.memory import process_bytes
before = process_bytes()
blocks = [np.ones(1 << 16, np.uint8) for _ in range(2048)]
kept = blocks[::64]
del blocks
held = process_bytes() - before
give_back_what_is_free()
print(held, process_bytes() - before)
"""


def said(script: str) -> list[list[int]]:
    done = subprocess.run(
        [sys.executable, "-c", script], env=child_environment(), capture_output=True, text=True, check=True
    )
    return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]


def test_large_blocks_go_back_as_soon_as_they_are_freed() -> None:
    for held, left in said(LARGE):
        assert held > 100 * MIB and left < 4 * MIB


def test_what_lies_free_between_blocks_that_are_in_use_goes_back() -> None:
    ((held, left),) = said(SMALL)
    assert held > 100 * MIB and left < 16 * MIB
