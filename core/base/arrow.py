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
    ends, content = _encoded(values, np.int32)
    return pa.StringArray.from_buffers(len(values), ends, content)


def large_strings(values: list[str]) -> pa.Array:
    """Return texts of any size together [N]."""
    ends, content = _encoded(values, np.int64)
    return pa.LargeStringArray.from_buffers(len(values), ends, content)


def _encoded(values: list[str], kind: type[np.signedinteger[Any]]) -> tuple[pa.Buffer, pa.Buffer]:
    """Return where texts end in their UTF-8, and their UTF-8."""
    whole = "".join(values)
    if whole.isascii():  # then characters are bytes, and are encoded at once
        sizes, content = list(map(len, values)), whole.encode()
    else:
        encoded = list(map(str.encode, values))
        sizes, content = list(map(len, encoded)), b"".join(encoded)
    ends = np.zeros(len(values) + 1, dtype=kind)
    np.cumsum(sizes, out=ends[1:])
    return pa.py_buffer(ends), pa.py_buffer(content)
