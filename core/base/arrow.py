"""Arrow arrays from NumPy's, by their buffers: `pyarrow.array` imports pandas first, a quarter of a second."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa


def numbers(values: np.ndarray[Any, Any]) -> pa.Array:
    """Return numbers [N], without a copy."""
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def lists(values: np.ndarray[Any, Any]) -> pa.Array:
    """Return numbers [N, C] as N lists of C."""
    rows, columns = values.shape
    starts = numbers(np.arange(rows + 1, dtype=np.int32) * columns)
    return pa.ListArray.from_arrays(starts, numbers(values.reshape(-1)))


def strings(values: list[str]) -> pa.Array:
    """Return texts of together less than 2 GiB [N]."""
    encoded = [value.encode() for value in values]
    ends = np.zeros(len(encoded) + 1, dtype=np.int32)
    np.cumsum([len(value) for value in encoded], out=ends[1:])
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def large_strings(values: list[str]) -> pa.Array:
    """Return texts of any size together [N]."""
    encoded = [value.encode() for value in values]
    ends = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(value) for value in encoded], out=ends[1:])
    return pa.LargeStringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))
