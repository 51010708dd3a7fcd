"""What a key does, as data. Bindings, footer, help, command palette, `reviewtui keys` and docs/keys.md are made of it.

Each place declares its actions in a `keys.py` beside it; `tui/registry.py` collects them. Nothing here imports
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
    """A sentence; empty where the title says it all."""
    footer: bool = False
    """Whether the footer shows it."""
    shown_as: str = ""
    """How the footer writes the default keys, where their names do not do."""
    when: str = ""
    """When it works. Actions of one place may share a key if each names another time."""
    over: str = ""
    """The id of an action of a place around this one that it stands in for, on the same key."""
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
