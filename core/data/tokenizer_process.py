"""Tokenizing in a process of its own, which gives way to the training beside it.

In a thread of the training process it would hold Python's lock half of the time, and every kernel of a step waits for
that lock: training beside it runs at a tenth of its speed. The process has the lowest but ten of priorities and half of
the processors, so it computes where training leaves a processor idle.

It is started as `python -m core.data.tokenizer_process`, reads one line of JSON (`_Task`) from standard input, then
chunks: 8 bytes with the number of rows, and the rows as int64. It appends the ids of each chunk to the file it was
given, then answers with the int32 count of ids of each row. It ends when its input does, so it outlives nobody.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from core.base.priority import lower_process_priority
from core.base.subprocess_env import child_environment
from core.data.encoding import Encode, write_ids
from core.data.tokens import definition_of, encode
from core.planning.run_plan import cpu_threads
from core.reviews.reading import Reviews

_NICENESS = 10
_LOOK_SECONDS = 0.2
_SAMPLE = 32
"""Reviews on which the process's tokenizer is compared with the one that it stands for."""


class TokenizerProcessError(Exception):
    """The process ended, or could not be started."""


class TokenizerProcess:
    """A process that appends token ids to a file; ends with the `with` block."""

    def __init__(self, reviews: Reviews, tokenizer: Any, ids: Path, dtype: str) -> None:
        """Start it.

        Raises:
            TokenizerProcessError: it cannot be started, or this tokenizer does more than its definition says.
        """
        definition = definition_of(tokenizer)
        special = bool(getattr(tokenizer, "split_special_tokens", False))
        texts = reviews.texts(range(min(len(reviews), _SAMPLE)))
        if _encoder(definition, special)(texts) != encode(tokenizer, texts):
            raise TokenizerProcessError("this tokenizer does more than its definition says")
        task = {
            "reviews": str(reviews.folder),
            "definition": definition,
            "split_special_tokens": special,
            "ids": str(ids),
            "dtype": dtype,
        }
        threads = os.environ.get("RAYON_NUM_THREADS", str(max(cpu_threads() // 2, 1)))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "core.data.tokenizer_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=child_environment(RAYON_NUM_THREADS=threads),
            )
            self._send(json.dumps(task).encode() + b"\n")
        except OSError as error:
            raise TokenizerProcessError(str(error)) from error

    def write_ids(self, rows: np.ndarray, progress: Callable[[], None]) -> np.ndarray:
        """Have the ids of `rows` [n], which ascend, appended.

        Args:
            progress: called several times a second; what it raises ends the waiting.

        Returns:
            [n] int32, how many ids each review has.

        Raises:
            TokenizerProcessError: the process has ended; the file may hold a part of the ids.
        """
        try:
            self._send(len(rows).to_bytes(8, "little") + rows.astype(np.int64).tobytes())
        except OSError as error:
            raise TokenizerProcessError(str(error)) from error
        answer, size = b"", 4 * len(rows)
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while len(answer) < size:
            progress()
            if select.select([descriptor], [], [], _LOOK_SECONDS)[0]:
                if not (part := os.read(descriptor, size - len(answer))):
                    raise TokenizerProcessError(f"it ended with status {self._process.wait()}")
                answer += part
        return np.frombuffer(answer, dtype=np.int32)

    def _send(self, content: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(content)
        self._process.stdin.flush()

    def __enter__(self) -> TokenizerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._process.kill()
        with self._process:  # closes the pipes and waits
            pass


def _encoder(definition: str, split_special_tokens: bool) -> Encode:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(definition)
    tokenizer.encode_special_tokens = split_special_tokens
    return lambda texts: [found.ids for found in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def main() -> None:
    """Tokenize what standard input asks for, until it ends."""
    lower_process_priority(_NICENESS)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    task = json.loads(source.readline())
    reviews = Reviews(Path(task["reviews"]))
    encoder = _encoder(task["definition"], task["split_special_tokens"])
    with Path(task["ids"]).open("ab") as file:
        while header := source.read(8):
            rows = np.frombuffer(source.read(8 * int.from_bytes(header, "little")), dtype=np.int64)
            target.write(write_ids(file, task["dtype"], reviews, rows, encoder).tobytes())
            target.flush()


if __name__ == "__main__":
    main()
