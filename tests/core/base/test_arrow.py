"""Arrow arrays made from buffers are those that pyarrow would make."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.arrow import lists, numbers, strings
from core.base.subprocess_env import child_environment


@given(st.lists(st.integers(-(2**31), 2**31 - 1)), st.sampled_from(["int64", "int32", "float32", "uint64"]))
def test_numbers_are_kept(values: list[int], dtype: str) -> None:
    given = np.array(values, dtype=np.int64).astype(dtype)
    assert numbers(given).equals(pa.array(given))
    assert numbers(given[::2]).equals(pa.array(given[::2]))


@given(st.integers(0, 9), st.integers(0, 4))
def test_lists_are_kept(rows: int, columns: int) -> None:
    given = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    assert lists(given).equals(pa.array(given.tolist(), type=pa.list_(pa.float32())))


@given(st.lists(st.text()))
def test_strings_are_kept(values: list[str]) -> None:
    assert strings(values).equals(pa.array(values, type=pa.string()))


@pytest.mark.parametrize("module", ["core.data.run_data", "core.worker.results"])
def test_a_worker_writes_its_tables_without_pandas(module: str, tmp_path: Path) -> None:
    words = f"""
import sys, numpy as np, pyarrow as pa, {module}
from pathlib import Path
from core.base.arrow import lists, numbers, strings
from core.data.run_data import write_table
values = np.arange(6.0, dtype=np.float32).reshape(3, 2)
columns = {{"numbers": numbers(values[:, 0]), "texts": strings(["a", "b", "c"]), "lists": lists(values)}}
write_table(columns, Path({str(tmp_path / "table.parquet")!r}))
print("pandas" in sys.modules)
"""
    said = subprocess.check_output([sys.executable, "-c", words], env=child_environment(), text=True)
    assert said.split() == ["False"]
