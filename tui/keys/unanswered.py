"""Handles keys to which no widget or enabled action responds.

For the key of a disabled action, the reason is shown. A character that another keyboard layout types in place of a
digit acts as the digit. For a letter of another script, a hint is shown once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual import actions, events
from textual.app import App
from textual.dom import DOMNode

from tui.keys.keymap import FILE_NAME
from tui.keys.layouts import DIGITS, foreign_script

REPEAT_SECONDS = 3.0
"""Seconds during which the same message is not repeated."""


class UnansweredKeys:
    """Handles the keys of `app` to which no widget or enabled binding responds."""

    def __init__(self, app: App[Any], say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._say, self._clock = app, say, clock
        self._scripts_told: set[str] = set()
        self._last: tuple[str, float] | None = None

    async def answer(self, event: events.Key) -> bool:
        """Handle a key that no widget handled, and return whether that is all; otherwise Textual looks it up."""
        # The same chain that Textual looks a key up in: there is no public name for it.
        chain = self._app.screen._modal_binding_chain
        bound = [
            (node, binding.action)
            for node, bindings in chain
            for binding in bindings.key_to_bindings.get(event.key, ())
        ]
        if any(self._app._check_action_state(action, node) for node, action in bound):
            return False
        if bound:
            return self._explain(bound)
        character = event.character or ""
        digit = self._app.screen.active_bindings.get(DIGITS.get(character, ""))
        if digit is not None and digit.enabled:
            await self._app.run_action(digit.binding.action, digit.node)
            return True
        if (script := foreign_script(character)) and script not in self._scripts_told:
            self._scripts_told.add(script)
            self._say(
                f"'{character}' is not a key here: the keyboard types {script} letters. Switch it to Latin letters, or "
                f"give actions other keys in {FILE_NAME} (`reviewtui keys` lists them)."
            )
        return False

    def _explain(self, bound: list[tuple[DOMNode, str]]) -> bool:
        for node, action in bound:
            namespace, name, _ = actions.parse(action)
            target = self._app if namespace == "app" else node
            why_not: Callable[[str], str] | None = getattr(target, "why_not", None)
            if why_not is not None and (reason := why_not(name)):
                now = self._clock()
                if self._last is None or self._last[0] != reason or now - self._last[1] >= REPEAT_SECONDS:
                    self._last = (reason, now)
                    getattr(target, "explain", self._say)(reason)
                return True
        return False
