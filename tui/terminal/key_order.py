"""Keys take effect in the order in which they were typed, however fast they come.

Textual posts a key to the widget that has the focus when the key is read. From there it bubbles through the message
queue of every ancestor to the app, which looks up its binding. A second key that is read meanwhile overtakes the first:
it reaches a widget that is about to lose the focus, or a line whose deleted character is still there.

`OrderedApp` hands a key from widget to widget itself, at once, so that the next key meets what the one before has done.
Where a key works through messages (enter on a button, whatever is pressed in a dialog, a screen that is opened, a focus
that moves), the next one waits until those have been handled.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen

PATIENCE_SECONDS = 10.0
"""How long messages may take before the next key is handed out regardless, so that nothing stuck holds up all keys."""
_ROUNDS = 2
"""Passages through the message queues: for what the key posted, and for what was posted in answer to that."""


class _Key(events.Key):
    """A key event that records the next widget to bubble to, instead of being posted to it."""

    above: MessagePump | None = None

    def _bubble_to(self, widget: MessagePump) -> None:
        self._no_default_action = False
        self.above = widget


_Key.handler_name = events.Key.handler_name


class OrderedApp(App[None]):
    """An app in which each key takes effect after the keys before it."""

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self) -> None:
        super().__init__()
        self._keys_waiting: deque[events.Key | events.Paste] = deque()
        self._keys_handed_out = 0
        self._acts_later = False
        """Whether the key in hand left something for later: `Widget.focus` moves the focus so."""
        self._settling_since: float | None = None
        """Since when the messages of a key are being handled; None while none are."""

    def call_later(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        self._acts_later = True
        return super().call_later(callback, *args, **kwargs)

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, (events.Key, events.Paste)) or event.is_forwarded:
            await super().on_event(event)
            return
        self._keys_waiting.append(event)
        if self._settling_since is not None and (
            self.clock() - self._settling_since > PATIENCE_SECONDS or self._quits(event)
        ):
            self._settling_since = None
        await self._hand_out_keys()

    def _quits(self, event: events.Event) -> bool:
        bindings = self._bindings.key_to_bindings.get(event.key, []) if isinstance(event, events.Key) else []
        return any(binding.priority and binding.action == "quit" for binding in bindings)

    async def _hand_out_keys(self) -> None:
        while self._keys_waiting and self._settling_since is None and self._screen_stack:
            event = self._keys_waiting.popleft()
            self._keys_handed_out += 1
            screen, focused = self.screen, self.focused
            target = focused or screen
            self._acts_later = False
            way = [node for node in target.ancestors_with_self if node is not self]
            if isinstance(event, events.Paste) or screen.maximized is not None:
                await super().on_event(event)
            elif not await self._check_bindings(event.key, priority=True):
                await self._hand_up(_Key(event.key, event.character), target)
            opens = self.screen is not screen or isinstance(screen, ModalScreen)
            moved = [self.focused] if self.focused is not None and self.focused is not focused else []
            if opens or moved or self._acts_later or isinstance(event, events.Paste) or event.key == "enter":
                self._settling_since = self.clock()
                self._pass_through([*moved, *way, self], screen, self._keys_handed_out, _ROUNDS)

    async def _hand_up(self, key: _Key, target: MessagePump) -> None:
        """Let `target` and its ancestors handle a key, as far as it bubbles."""
        key._set_forwarded()
        above: MessagePump | None = target
        while above is not None and above.check_message_enabled(key):
            key.above = None
            await above._dispatch_message(key)
            above = key.above

    def _pass_through(self, pumps: list[MessagePump], screen: Screen[object], number: int, rounds: int) -> None:
        """Go through the message queues of `pumps`, the app's last, as often as `rounds`."""

        def step(at: int, left: int) -> None:
            while at < len(pumps) and not pumps[at].call_later(step, at + 1, left):
                at += 1  # this widget is gone
            if at == len(pumps) and left > 1:
                step(0, left - 1)
            elif at == len(pumps):
                self.call_next(self._settled, screen, number)

        step(0, rounds)

    async def _settled(self, screen: Screen[object], number: int) -> None:
        """Hand out what was typed meanwhile, once the screen that is now in view is ready for it."""
        if number != self._keys_handed_out or not self._screen_stack:
            return  # a later key has not waited for this one, or the app is quitting
        if self.screen is not screen:
            self._pass_through([self.screen, self], self.screen, number, 1)
            return
        self._settling_since = None
        await self._hand_out_keys()
