"""Answers as a Parquet file. Chunks are kept as Arrow streams, and the file is written from them at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ipc

from core.base.files import open_private
from core.bulk.chunk_log import ChunkLog
from core.bulk.formats.base import Answer, columns_of

_GROUP_ROWS = 1 << 16
_GROUP_BYTES = 32 << 20


class ParquetFormat:
    """Parquet with the columns of the CSV file, typed, and unchanged texts. A row group has 65,536 rows or 32 MiB."""

    name = "parquet"

    def __init__(self, labels: Sequence[str], kept: Sequence[str]) -> None:
        self._labels, self._kept = list(dict.fromkeys(labels)), len(kept)
        self.columns = [_sound(name) for name in columns_of(labels, kept)]
        kinds = [pa.string(), pa.int64(), pa.string(), pa.string(), pa.float64()]
        kinds += [pa.float64()] * len(self._labels) + [pa.int64(), pa.bool_()]
        kinds += [pa.string()] * len(kept)
        self._schema = pa.schema(list(zip(self.columns, kinds, strict=True)))

    def chunk(self, answers: Sequence[Answer], *, first: bool) -> bytes:
        founds = [found for _, _, found, _ in answers]
        columns: list[list[Any]] = [
            [file for file, _, _, _ in answers],
            [line for _, line, _, _ in answers],
            [_sound(found.text) for found in founds],
            [_sound(found.label) for found in founds],
            [found.probability for found in founds],
            *([found.probabilities[label] for found in founds] for label in self._labels),
            [found.tokens for found in founds],
            [found.truncated for found in founds],
            *([cells[number] for _, _, _, cells in answers] for number in range(self._kept)),
        ]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        target = pa.BufferOutputStream()
        with ipc.new_stream(target, self._schema) as stream:
            stream.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        content: bytes = target.getvalue().to_pybytes()
        return content

    def assemble(self, log: ChunkLog, folder: Path, progress: Callable[[float], None]) -> Path:
        whole = folder / "whole.parquet"
        with os.fdopen(open_private(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            with pq.ParquetWriter(file, self._schema, compression="zstd") as writer:
                waiting: list[Any] = []
                rows = size = done = 0
                for chunk, content in log.contents():
                    waiting.append(ipc.open_stream(content).read_all())
                    rows, size, done = rows + chunk.rows, size + chunk.size, done + chunk.rows
                    if rows >= _GROUP_ROWS or size >= _GROUP_BYTES or done == log.rows:
                        writer.write_table(pa.concat_tables(waiting), row_group_size=rows)
                        waiting, rows, size = [], 0, 0
                        progress(done / log.rows)
            file.flush()
            os.fsync(file.fileno())
        if done != log.rows:
            raise OSError(f"only {done:,} of {log.rows:,} rows could be read back")
        return whole


def _sound(text: str) -> str:
    """Return `text` without lone surrogates, which UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode()
