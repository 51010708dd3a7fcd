"""Waiting until an app has nothing left to do.

Textual's pilot sleeps until the process has hardly computed for 20 ms, three times a key. That is most of the time of a
test, and under load it ends too early, because a process that gets no processor looks idle, too. Here the state says
it: nothing is ready to run, no thread is at work, no timer is about to fire, and the screen is drawn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual._context import active_app
from textual.app import App
from textual.pilot import Pilot

_SOON = 0.02
"""Seconds within which a timer counts as about to fire."""
_STEP, _STEPS = 0.001, 200
"""Seconds between two looks, and the looks after which what is at work counts as held up by the test, and what fires
all the time as usual. Looks are counted, not time: under load they are further apart."""
_TURNS = 100_000
"""Turns of the event loop after which they count as endless, as when two wait for each other's rest."""
_PAUSE = 0.002
"""Seconds that a pause leaves the processor to others."""


async def at_rest(app: App[Any]) -> None:
    """Return once nothing is left to do but what the test itself holds up."""
    loop: Any = asyncio.get_running_loop()
    await asyncio.sleep(0)
    looks = 0.0
    while looks < _STEPS:
        due = _next_timer(loop) - loop.time()
        if loop._ready:
            looks += _STEPS / _TURNS
            await asyncio.sleep(0)
        elif due <= 0 or _threads_at_work(loop):
            looks += 1
            await asyncio.sleep(_STEP)
        elif _draw(app):
            looks += _STEPS / _TURNS
            await asyncio.sleep(0)
        elif due < _SOON:
            looks += _STEPS // 10
            await asyncio.sleep(due)
        else:
            return
    _draw(app)


def _threads_at_work(loop: Any) -> bool:
    executor = loop._default_executor
    return executor is not None and len(executor._threads) > executor._idle_semaphore._value


def _next_timer(loop: Any) -> float:
    return min((handle.when() for handle in loop._scheduled if not handle.cancelled()), default=float("inf"))


def _draw(app: App[Any]) -> bool:
    """Draw what the screen has to draw, as its timer would at the next frame; returns whether there was anything."""
    if not app._screen_stack or app._batch_count:
        return False
    screen = app.screen
    pending = (
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )
    if not pending or not screen.is_running:
        return False
    screen._on_timer_update()
    return True


def install(patch: pytest.MonkeyPatch) -> None:
    """Have pilots wait for rest instead of for a while."""
    patch.setattr("textual.app.wait_for_idle", _after_a_key)
    patch.setattr("textual.pilot.wait_for_idle", _in_a_pause)
    patch.setattr(Pilot, "_wait_for_screen", _wait_for_screen)


async def _after_a_key(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Instead of the app's `wait_for_idle`."""
    await at_rest(active_app.get())


async def _in_a_pause(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Instead of the pilot's `wait_for_idle`: a loop of pauses leaves the processor to others."""
    await asyncio.sleep(_PAUSE)
    await at_rest(active_app.get())


async def _wait_for_screen(pilot: Pilot[Any], timeout: float = 30.0) -> bool:
    """Instead of `Pilot._wait_for_screen`, which queues a message for each widget."""
    await at_rest(pilot.app)
    return not pilot.app._exception_event.is_set()


async def until(pilot: Pilot[Any], condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Return what `condition` returns once it is true; a failure shows the screen."""
    from tests.tui.frames import frame

    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not (found := condition()):
        if loop.time() > deadline:
            pytest.fail(f"not within {seconds:g} s:\n{frame(pilot.app)}")
        await pilot.pause()
    return found
