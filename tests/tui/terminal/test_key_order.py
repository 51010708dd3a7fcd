"""Each key meets what the keys before it have done, and nothing that is stuck holds up the keys for good."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import ClassVar

import pytest
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from tests.tui.engine_double import until
from tui.terminal.key_order import PATIENCE_SECONDS, OrderedApp
from tui.widgets.line_buffer import LineBuffer


class Inputs(OrderedApp):
    """Two lines; down goes to the second in the way that Textual's own widgets do, a moment later."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "below", show=False), Binding("up", "above", show=False)]

    def compose(self) -> ComposeResult:
        yield Input(id="first", select_on_focus=False)
        yield Input(id="second", select_on_focus=False)

    def action_below(self) -> None:
        self.query_one("#second").focus()

    def action_above(self) -> None:
        self.query_one("#first").focus()


def press_at_once(pilot: Pilot[None], keys: list[str]) -> None:
    for key in keys:
        pilot.app.post_message(events.Key(key, {"slash": "/"}.get(key, key if len(key) == 1 else None)))


@pytest.mark.parametrize("seed", range(5))
async def test_a_burst_of_any_keys_comes_to_what_it_comes_to_one_by_one(seed: int) -> None:
    generator = random.Random(seed)
    keys = generator.choices(["a", "b", "c", "backspace", "left", "right", "home", "end", "down", "up"], k=300)
    wanted = {"first": LineBuffer(""), "second": LineBuffer("")}
    at = "first"
    for key in keys:
        if key in ("down", "up"):
            at = "second" if key == "down" else "first"
        elif not wanted[at].press(key):
            wanted[at].insert(key)
    app = Inputs()
    async with app.run_test() as pilot:
        press_at_once(pilot, keys)
        await until(
            pilot, lambda: all(app.query_one(f"#{name}", Input).value == line.text for name, line in wanted.items())
        )
        await pilot.pause()
        assert {name: app.query_one(f"#{name}", Input).value for name in wanted} == {
            name: line.text for name, line in wanted.items()
        }


async def comes(condition: Callable[[], object]) -> None:
    """Wait for a state; the pilot would wait for the stuck widget."""
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("what was waited for never came")


class Selecting(OrderedApp):
    """The slash goes at once to a line that is selected when it gets the focus: what is typed first replaces it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "type", show=False)]

    def compose(self) -> ComposeResult:
        yield Widget(id="list")
        yield Input("before", id="line")

    def on_mount(self) -> None:
        self.query_one("#list").can_focus = True
        self.query_one("#list").focus()

    def action_type(self) -> None:
        self.screen.set_focus(self.query_one("#line"))


async def test_what_is_typed_after_the_focus_moved_is_not_overtaken_by_the_selection() -> None:
    app, gate = Selecting(), asyncio.Event()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.focused is app.query_one("#list"))
        line = app.query_one("#line", Input)
        line.call_later(gate.wait)  # whatever keeps it busy when the focus comes
        press_at_once(pilot, ["slash", *"tmp"])
        await comes(lambda: app.focused is line and (line.value != "before" or app._keys_waiting))
        gate.set()
        await pilot.pause()
        press_at_once(pilot, ["slash", *"reviews"])
        await until(pilot, lambda: line.value.endswith("reviews"))
        assert line.value == "tmp/reviews"


class Stuck(Widget, can_focus=True):
    """Its handler of enter waits for something that does not come."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "begin", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self.never = asyncio.Event()
        self.heard: list[str] = []

    def action_begin(self) -> None:
        self.call_later(self.never.wait)

    def on_key(self, event: events.Key) -> None:
        self.heard.append(event.key)


class WithStuck(OrderedApp):
    now = 0.0

    def compose(self) -> ComposeResult:
        yield Stuck()


async def test_a_stuck_widget_holds_up_keys_only_for_so_long() -> None:
    app = WithStuck()
    app.clock = lambda: app.now  # type: ignore[method-assign]
    async with app.run_test() as pilot:
        stuck = app.query_one(Stuck)
        stuck.focus()
        await pilot.pause()
        press_at_once(pilot, ["enter", "x"])
        await comes(lambda: stuck.heard and app._keys_waiting)
        assert stuck.heard == ["enter"], "what follows enter waits for its messages"
        app.now = PATIENCE_SECONDS + 1
        press_at_once(pilot, ["y"])
        await comes(lambda: stuck.heard == ["enter", "x", "y"])
        stuck.never.set()


async def test_the_key_that_quits_waits_for_nothing() -> None:
    app = WithStuck()
    async with app.run_test() as pilot:
        stuck = app.query_one(Stuck)
        stuck.focus()
        await pilot.pause()
        press_at_once(pilot, ["enter", "ctrl+q"])
        await comes(lambda: app._exit)
        stuck.never.set()
