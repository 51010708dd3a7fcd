"""The line of keys at the bottom of a screen."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.widgets import Footer


class QuietFooter(Footer):
    """A footer that is recomposed only when it would show other keys.

    Textual's own footer is recomposed after every change of the focus, which takes longer than moving the focus.
    """

    _keys: object = None
    """What it shows, or is about to show."""

    def bindings_changed(self, screen: Screen[Any]) -> None:
        live = [active for active in screen.active_bindings.values() if active.binding.show]
        keys = [(active.binding, self.app.get_key_display(active.binding), active.enabled) for active in live]
        if keys != self._keys and self.app.app_focus:
            self._keys = keys
            super().bindings_changed(screen)
