"""Noticing that the terminal is gone, or that the workbench was asked to end.

A closed terminal does not always send SIGHUP, and whoever started us may have had it ignored; what is certain is that
the terminal's descriptor reports a hang-up. Reading from it then returns at once, forever, so staying would burn a
processor for nobody. Runs are not touched: they have workers of their own.
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

LOOK_SECONDS = 1.0
_STATUS = 128 + signal.SIGHUP


def watch(app: App[Any], close: Callable[[], None]) -> None:
    """End `app` in order on SIGTERM, and at once when its terminal hangs up; `close` ends what the app started."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, app.exit)
    loop.add_signal_handler(signal.SIGHUP, _leave, close)
    terminal = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0

    def look() -> None:
        if hung_up(terminal):
            _leave(close)

    app.set_interval(LOOK_SECONDS, look)


def hung_up(descriptor: int) -> bool:
    """Whether the other end of a terminal is closed."""
    poll = select.poll()
    poll.register(descriptor, 0)  # hang-ups and errors are reported unasked
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))


def _leave(close: Callable[[], None]) -> NoReturn:
    """There is no terminal to restore. What was deleted is not emptied: the next workbench brings it back."""
    close()
    os._exit(_STATUS)
