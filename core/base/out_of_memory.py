"""Recognizing that memory ran out, and trying again without keeping what failed alive."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Generic, TypeVar

from core.base.errors import ReviewtuiError

T = TypeVar("T")

_SAYINGS = (
    "out of memory",  # the CUDA runtime, torch's allocators
    "can't allocate memory",  # torch's CPU allocator
    "not enough memory",  # the same on other systems
    "cannot allocate memory",  # the C library
    "alloc_failed",  # cuBLAS and cuDNN: CUBLAS_STATUS_ALLOC_FAILED
    "bad_alloc",  # the C++ library
    "bad allocation",
    "could not create a primitive",  # oneDNN: no room for a kernel; "primitive descriptor" means something else
    "could not create a memory",  # the same
)
"""What the message of a RuntimeError contains if memory ran out."""


class OutOfMemoryError(ReviewtuiError):
    """Raised when there is not enough memory, however small the micro-batches."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that memory ran out: on a GPU, in torch on the CPU, in numpy or in the system."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    said = str(error).lower()
    return isinstance(error, RuntimeError) and "descriptor" not in said and any(saying in said for saying in _SAYINGS)


class Attempt(Generic[T]):
    """The outcome of some work: its result, or that memory ran out.

    The error is not kept, because its traceback would keep the tensors in use alive, and no memory could be freed
    before the next attempt.

    Attributes:
        failed: Whether memory ran out.
        result: What `work` returned, unless it failed.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        """Call `work`. All other errors are raised."""
        self.failed = False
        try:
            self.result = work()
        except (RuntimeError, MemoryError, OSError) as error:
            if not is_out_of_memory(error):
                raise
            self.failed = True
