"""What keys do, as data for bindings, footer, help, command palette, `reviewtui keys` and docs/keys.md.

Each place declares its actions in a `keys.py` next to it; `tui/registry.py` collects them. Nothing here imports
Textual, so that the table can be printed at once.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Action:
    """Something that a key does in one place."""

    id: str
    """`place.name`, as `keys.toml` names it; unique in the whole workbench."""
    keys: str
    """The default keys, as Textual names them, separated by commas."""
    action: str
    """What Textual runs: the name of an `action_` method, with its arguments."""
    title: str
    """A word or two for the footer and the command palette."""
    help: str = ""
    """A sentence; empty if the title says enough."""
    footer: bool = False
    """Whether the footer shows it."""
    shown_as: str = ""
    """How the footer shows the default keys, if not by their names."""
    when: str = ""
    """When the action is available. Actions of one place may share a key if their times differ."""
    over: str = ""
    """The id of an action of an enclosing place that this one replaces on the same key."""
    priority: bool = False
    """Whether the key works before any widget or dialog sees it."""


@dataclass(frozen=True)
class KeyTable:
    """The actions of one place: a screen, a widget or a dialog."""

    place: str
    title: str
    actions: tuple[Action, ...]
    inside: tuple[str, ...] = ()
    """Places whose keys work at the same time; a key here comes before the same key there."""
    typing: bool = False
    """Whether text is typed in this place, so that characters are not free for actions."""
