"""Tokenizes in a separate process that yields to the training beside it.

A thread of the training process would hold Python's global interpreter lock half of the time, and every kernel of a
step waits for that lock: training would run at a tenth of its speed. The process has niceness 10 and half of the
processors, so it uses the time that training leaves idle.

`python -m core.data.tokenizer_process` reads one line of JSON with its task from standard input, then chunks: the
number of rows as 8 bytes, little-endian, and the rows as int64. It appends the ids of each chunk to the file named in
the task, then writes the number of ids of each row to standard output, as int32. It ends with its input, so it does not
outlive the process that started it.
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
from core.base.subprocess_env import child_environment, python_module
from core.data.encoding import Encode, write_ids
from core.data.tokens import definition_of, encode
from core.planning.run_plan import cpu_threads
from core.reviews.reading import Reviews

_NICENESS = 10
_LOOK_SECONDS = 0.2
_SAMPLE = 32
"""Reviews on which the tokenizer rebuilt from its definition is compared with the original."""


class TokenizerProcessError(Exception):
    """Raised when the process has ended, or cannot be started."""


class TokenizerProcess:
    """A process that appends token ids to a file, until the `with` block ends."""

    def __init__(self, reviews: Reviews, tokenizer: Any, ids: Path, dtype: str) -> None:
        """Start the process.

        Args:
            reviews: The reviews.
            tokenizer: The tokenizer of the model.
            ids: The file to append to.
            dtype: Type of an id in the file, uint16 or uint32.

        Raises:
            TokenizerProcessError: It cannot be started, or the tokenizer cannot be rebuilt from its definition.
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
                python_module("core.data.tokenizer_process"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=child_environment(RAYON_NUM_THREADS=threads),
            )
            self._send(json.dumps(task).encode() + b"\n")
        except OSError as error:
            raise TokenizerProcessError(str(error)) from error

    def write_ids(self, rows: np.ndarray, progress: Callable[[], None]) -> np.ndarray:
        """Append the ids of ascending `rows` [n] to the file, and wait until they are written.

        Args:
            rows: Rows of the reviews.
            progress: Called several times a second; an exception from it ends the wait.

        Returns:
            [n] int32, the number of ids of each review.

        Raises:
            TokenizerProcessError: The process has ended; the file may hold some of the ids.
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
    """Tokenize chunks from standard input until it ends."""
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
