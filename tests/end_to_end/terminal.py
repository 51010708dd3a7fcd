"""A real terminal for tests: a command on a pseudo-terminal, its bytes kept, its screen kept by an emulator."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence

import pexpect
import pyte


class Terminal:
    """Runs a command on a pty of `columns` × `rows` and shows what a person would see."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], columns: int = 80, rows: int = 24, cwd: str | None = None
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.received = b""
        """Every byte that the command wrote."""
        self._hung_up = False
        environment = {**os.environ, "TERM": "xterm-256color", **env}
        for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX", "COLUMNS", "LINES"):
            if name not in env:
                environment.pop(name, None)
        self.process = pexpect.spawn(
            command[0],
            list(command[1:]),
            env=environment,
            dimensions=(rows, columns),
            timeout=None,
            cwd=cwd,
            preexec_fn=lambda: os.umask(0) and None,  # what is private is so by itself
        )

    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join(self.screen.display)

    def read(self, seconds: float = 0.05) -> bool:
        """Take in what the command writes within `seconds`; False once it has ended."""
        ready, _, _ = select.select([self.process.child_fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.process.child_fd, 65536)
        except OSError:
            return False
        self.take(data)
        return bool(data)

    def take(self, data: bytes) -> None:
        """Show what the command wrote."""
        self.received += data
        self._stream.feed(data)

    def wait_for(self, *words: str, seconds: float = 60) -> str:
        """Read until the screen shows all of `words`; returns the screen."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            alive = self.read()
            shown = self.text()
            if all(word in shown for word in words):
                return shown
            assert alive, f"the command ended; its screen was:\n{shown}"
        raise AssertionError(f"{words} did not appear within {seconds} s; the screen was:\n{self.text()}")

    def wait_for_end(self, seconds: float = 30) -> int:
        """Read until the command has ended; its exit status."""
        deadline = time.monotonic() + seconds
        while self.read() and time.monotonic() < deadline:
            pass
        self.process.close(force=True)
        return int(self.process.exitstatus if self.process.exitstatus is not None else -self.process.signalstatus)

    def press(self, keys: str) -> None:
        """Type."""
        self.process.send(keys)

    def wait_until_gone(self, words: str, seconds: float = 60) -> str:
        """Read until the screen shows `words` no more; returns the screen."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.read(), f"the command ended; its screen was:\n{self.text()}"
            if words not in self.text():
                return self.text()
        raise AssertionError(f"{words} stayed for {seconds} s; the screen was:\n{self.text()}")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the command itself."""
        os.kill(self.process.pid, number)

    def hang_up(self) -> None:
        """Close our end, as a terminal window that is closed does; the command is left to itself."""
        self._hung_up = True
        self.process.ptyproc.fileobj.close()

    def close(self) -> None:
        if not self._hung_up:
            self.process.close(force=True)
