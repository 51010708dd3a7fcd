"""Sends engine requests from a command, to a separate engine process; progress is shown on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from tui.commands.output import progress_on_stderr

if TYPE_CHECKING:
    from core.engine.requests import A, EngineRequest


class Ask(Protocol):
    """Asks the engine, and waits for its answer."""

    def __call__(self, request: EngineRequest[A]) -> A: ...


@contextmanager
def engine() -> Iterator[Ask]:
    """Provide a function that asks one engine process, with progress on standard error."""
    from core.engine.client import EngineClient

    client = EngineClient()
    try:
        with progress_on_stderr() as progress:
            yield partial(client.call, progress=progress)
    finally:
        client.close()


def ask(request: EngineRequest[A]) -> A:
    """Start an engine process, send it one request, and return the answer."""
    with engine() as ask_it:
        return ask_it(request)
