"""Runs the user's own command for an event: without a shell, apart from everything, and never for long.

It gets the facts of the event as one JSON object on its standard input. What it prints is thrown away.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.subprocess_env import foreign_environment
from core.base.text import clean_line

TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 0.05


def words_of(command: str) -> list[str]:
    """Return the words of a command line, split as a shell would; nothing in them is expanded.

    Raises:
        InputError: There are none, or a quote is not closed.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(f"That is no command ({error}).") from error
    if not words or "\0" in command:
        raise InputError("That is no command.")
    return words


class RunningCommand:
    """A command that was started. It is asked now and then how it went; nobody has to wait for it."""

    def __init__(self, command: str, facts: Mapping[str, Any], clock: Callable[[], float] = time.monotonic) -> None:
        """Start a command. Whatever goes wrong is said by `outcome`.

        Args:
            command: A command line.
            facts: What it gets on its standard input.
            clock: In seconds.
        """
        self._clock, self._deadline = clock, clock() + TIMEOUT_SECONDS
        self._process: subprocess.Popen[bytes] | None = None
        self._outcome: str | None = None
        try:
            self._process = _start(words_of(command), json.dumps(facts).encode() + b"\n")
        except (OSError, InputError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self._outcome = f"The command that tells you about runs could not be started ({clean_line(why, 200)})."

    def outcome(self) -> str | None:
        """Return how it went: empty if well, a sentence if not, None while it runs. After half a minute it is ended."""
        process = self._process
        if self._outcome is None and process is not None:
            if (status := process.poll()) is not None:
                self._outcome = f"The command that tells you about runs failed ({_in_words(status)})." if status else ""
            elif self._clock() >= self._deadline:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                self._outcome = (
                    f"The command that tells you about runs took more than {TIMEOUT_SECONDS:.0f} seconds and was ended."
                )
        return self._outcome

    def wait(self) -> str:
        """Return how it went, once it has ended."""
        while (outcome := self.outcome()) is None:
            time.sleep(_POLL_SECONDS)
        return outcome


def _start(words: list[str], given: bytes) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own. Its input is a file, so that writing it cannot block."""
    with tempfile.TemporaryFile() as stream:
        stream.write(given)
        stream.seek(0)
        return subprocess.Popen(
            words,
            stdin=stream,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=_working_folder(),
            env=foreign_environment(),
        )


def _working_folder() -> str:
    with suppress(RuntimeError):
        if (folder := Path.home()).is_dir():
            return str(folder)
    return "/"


def _in_words(status: int) -> str:
    return f"exit status {status}" if status > 0 else f"signal {-status}"
