"""Telling an out-of-memory from other failures, and trying again without holding on to what has failed."""

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
    "could not create a primitive",  # oneDNN, which has no room for a kernel; of one that it lacks it says
    "could not create a memory",  # "could not create a primitive descriptor"
)
"""What libraries say in a RuntimeError that is an out-of-memory."""


class OutOfMemoryError(ReviewtuiError):
    """There is not enough memory for this, however it is parted."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a failure means that memory could not be had: on a GPU, by torch on the CPU, by numpy or the system."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    said = str(error).lower()
    return isinstance(error, RuntimeError) and "descriptor" not in said and any(saying in said for saying in _SAYINGS)


class Attempt(Generic[T]):
    """What became of some work: its result, or that memory did not suffice.

    The error is not kept: its traceback would hold the tensors that were in use when it was raised, so that nothing
    could be freed before the next attempt.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        """Do `work`. Errors of any other kind are raised as they are."""
        self.failed = False
        try:
            self.result = work()
        except (RuntimeError, MemoryError, OSError) as error:
            if not is_out_of_memory(error):
                raise
            self.failed = True
