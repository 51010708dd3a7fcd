"""Ends the workbench when its terminal is gone, or when it is asked to end.

A closed terminal does not always send SIGHUP, and the parent process may have set it to be ignored. The terminal's
descriptor always reports a hang-up, so it is polled. Without that, reads from it return at once, forever, and the
process spins. Runs are not affected: they have their own workers.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from textual.app import App

POLL_SECONDS = 1.0
_EXIT_STATUS = 128 + signal.SIGHUP


def watch(app: App[Any], close: Callable[[], None]) -> None:
    """End `app` cleanly on SIGTERM, and at once when its terminal hangs up; `close` ends what the app started."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, app.exit)
    loop.add_signal_handler(signal.SIGHUP, _leave, close)
    terminal = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0

    def poll() -> None:
        if hung_up(terminal):
            _leave(close)

    app.set_interval(POLL_SECONDS, poll)


def hung_up(descriptor: int) -> bool:
    """Return whether the other end of a terminal is closed."""
    poll = select.poll()
    poll.register(descriptor, 0)  # hang-ups and errors are always reported
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))


def _leave(close: Callable[[], None]) -> NoReturn:
    """Exit without restoring the terminal, which is gone. Deleted runs stay in the trash for the next workbench."""
    close()
    os._exit(_EXIT_STATUS)
