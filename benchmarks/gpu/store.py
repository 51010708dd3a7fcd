"""Results as files that grow: one line of JSON for each finished piece, on disk before the next piece begins.

A process that is killed while it writes leaves half a line; it is not read, and the next line begins in its place.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Store:
    """The files of one folder, one for each part of the results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def append(self, part: str, record: Record) -> None:
        """Add a line to `PART.jsonl` and have it on disk."""
        file = self._file(part)
        whole = _whole_lines(file)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.ftruncate(descriptor, len(whole))
            os.lseek(descriptor, 0, os.SEEK_END)
            os.write(descriptor, json.dumps(record).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self, part: str) -> list[Record]:
        """Every whole line of `PART.jsonl`, in the order written; empty where there is no such file."""
        return [json.loads(line) for line in _whole_lines(self._file(part)).splitlines()]

    def latest(self, part: str) -> dict[str, Record]:
        """The last record of each piece by name, in the order in which the names first came."""
        return {record["name"]: record for record in self.read(part)}

    def _file(self, part: str) -> Path:
        return self.folder / f"{part}.jsonl"


def _whole_lines(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return b""
    return content[: content.rfind(b"\n") + 1]
