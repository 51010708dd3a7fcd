"""How the C library treats memory that is freed."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of `mallopt` (malloc.h of the GNU C library)."""
_LARGE, _KEPT = 4 << 20, 32 << 20


def give_back_large_blocks() -> None:
    """From now on, return blocks of 4 MiB and more to the system as soon as they are freed.

    By default, the GNU C library keeps them, in pieces that do not fit the next block. Measured on the starter with
    LoRA and gradient checkpointing: the peak is a sixth lower and varies by 10 MB between runs instead of 70, and a
    step takes 11 to 18 % longer. With another C library this does nothing.
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGE)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)


def give_back_what_is_free() -> None:
    """Return memory that was freed, but kept by the library, to the system now."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
