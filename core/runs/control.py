"""Requests to a running worker: `control.jsonl`, to which anyone may append and which the worker reads.

pause            keep everything in memory and wait
continue         go on after a pause
stop_and_save    finish the step, evaluate, write checkpoint and model, end
stop             end now; the last checkpoint stays, no model is written unless there was one
checkpoint       write a checkpoint after this step
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Literal

import msgspec

from core.base.files import open_private

ControlRequest = Literal["pause", "continue", "stop_and_save", "stop", "checkpoint"]


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `control.jsonl`."""

    request: ControlRequest
    time: float = 0.0
    """The time of the request, in seconds since 1970."""


_LINE = msgspec.json.Decoder(_Line)


def send(path: Path, request: ControlRequest) -> None:
    """Append a request, and return when it is on disk."""
    line = msgspec.json.encode(_Line(request=request, time=round(time.time(), 3))) + b"\n"
    descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class ControlReader:
    """Reads requests for the worker. Requests made before the reader was created, to an earlier worker, are ignored."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = path.stat().st_size if path.exists() else 0

    def read_new(self) -> list[ControlRequest]:
        """Return new requests in order; one `stat` when there are none."""
        try:
            if self._path.stat().st_size <= self._offset:
                return []
        except FileNotFoundError:
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        whole = data.rfind(b"\n") + 1
        self._offset += whole
        return [request for line in data[:whole].splitlines() if (request := _request_of(line)) is not None]


def _request_of(line: bytes) -> ControlRequest | None:
    try:
        return _LINE.decode(line).request
    except (ValueError, RecursionError):
        return None
