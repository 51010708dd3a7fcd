"""Turns tables of actions into Textual's bindings."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.keys.actions import KeyTable


def bindings(table: KeyTable) -> list[BindingType]:
    """Return the `BINDINGS` for the widget, screen or app of a table."""
    return [
        Binding(
            action.keys,
            action.action,
            action.title,
            show=action.footer,
            key_display=action.shown_as or None,
            priority=action.priority,
            tooltip=action.help,
            id=action.id,
        )
        for action in table.actions
    ]
