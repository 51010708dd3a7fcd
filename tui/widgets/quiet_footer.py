"""The line of keys at the bottom of a screen."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class QuietFooter(Footer):
    """A footer that is recomposed only when it would show other keys, and shows no key that does not fit.

    Textual's own footer is recomposed after every change of the focus, which takes longer than moving the focus, and
    cuts off the last key in the middle of a word.
    """

    _keys: object = None
    """What it shows, or is about to show."""

    def compose(self) -> ComposeResult:
        room = self.app.size.width
        for key in super().compose():
            if isinstance(key, FooterKey):
                room -= cell_len(key.key_display) + cell_len(key.description) + 1
                if room < 0:
                    return
                room -= 1  # between this key and the next
                key.set_class(self.compact, "-compact", update=False)  # it would be styled twice
            yield key

    def on_resize(self, event: events.Resize) -> None:
        self._keys = None
        self.bindings_changed(self.screen)

    def bindings_changed(self, screen: Screen[Any]) -> None:
        live = [active for active in screen.active_bindings.values() if active.binding.show]
        keys = [(active.binding, self.app.get_key_display(active.binding), active.enabled) for active in live]
        if keys != self._keys and self.app.app_focus:
            self._keys = keys
            super().bindings_changed(screen)
