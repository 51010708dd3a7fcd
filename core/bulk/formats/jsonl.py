"""Answers as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from core.bulk.chunk_log import ChunkLog
from core.bulk.formats.base import Answer


class JsonLinesFormat:
    """JSON Lines: one object per review, with its text unchanged."""

    name = "jsonl"

    def __init__(self) -> None:
        self.columns = ["file", "line", "text", "label", "probability", "probabilities", "tokens", "truncated"]

    def chunk(self, answers: Sequence[Answer], *, first: bool) -> bytes:
        lines = [
            json.dumps({"file": file, "line": line, **found.to_json()}, ensure_ascii=False) + "\n"
            for file, line, found in answers
        ]
        return "".join(lines).encode("utf-8", "replace")

    def assemble(self, log: ChunkLog, folder: Path, progress: Callable[[float], None]) -> Path:
        return log.data
