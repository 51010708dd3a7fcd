"""What the user asked to be told, and in which ways: `notify` in the file of preferences. Nothing unless asked.

Declared here because a run's supervisor reads it, too, after the workbench and its terminal are gone.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeVar, get_args

from core.base.preferences import read_preferences, remember_preference

EventKind = Literal["finished", "failed", "stalled", "diverged", "best"]
EVENTS: dict[EventKind, str] = {
    "finished": "it has finished",
    "failed": "it has failed, or its worker died",
    "stalled": "its worker has been silent for too long",
    "diverged": "its loss is no longer a number, or rises far",
    "best": "an evaluation is the best so far",
}
"""Each event → when it happens to a run."""

Way = Literal["bell", "title", "osc9", "osc777", "command"]
WAYS: dict[Way, str] = {
    "bell": "the terminal's bell",
    "title": "the terminal's title: state and progress",
    "osc9": "a desktop notification (OSC 9)",
    "osc777": "a desktop notification (OSC 777)",
    "command": "a command of your own",
}
"""Each way to tell → what it is."""

_NAME = "notify"
_Name = TypeVar("_Name", bound=str)


@dataclass(frozen=True)
class Notifications:
    """What is told, and how."""

    events: tuple[EventKind, ...] = ()
    ways: tuple[Way, ...] = ()
    command: str = ""
    """A command line, split as a shell would and run without one."""
    asked: float = 0.0
    """When this was chosen, in seconds since 1970: what happened before is not told."""

    @property
    def at_terminal(self) -> tuple[Way, ...]:
        """The ways that tell an event through the terminal. The title only shows the state."""
        return tuple(way for way in self.ways if way in ("bell", "osc9", "osc777"))

    @property
    def by_command(self) -> bool:
        """Whether the command is run."""
        return "command" in self.ways and bool(self.command.strip()) and bool(self.events)

    @property
    def wanted(self) -> bool:
        """Whether anything is told at all."""
        return "title" in self.ways or self.by_command or bool(self.events and self.at_terminal)


def read_notifications() -> Notifications:
    """Return what the user asked for; what cannot be understood was not asked for."""
    found = read_preferences().get(_NAME)
    if not isinstance(found, dict):
        return Notifications()
    command, asked = found.get("command"), found.get("asked")
    return Notifications(
        _known(found.get("events"), get_args(EventKind)),
        _known(found.get("ways"), get_args(Way)),
        command if isinstance(command, str) else "",
        float(asked) if isinstance(asked, int | float) and math.isfinite(asked) else 0.0,
    )


def remember_notifications(chosen: Notifications, now: float) -> Notifications:
    """Save what is asked for at `now`, and return it with that time.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    chosen = replace(chosen, asked=round(now, 3))
    remember_preference(_NAME, asdict(chosen))
    return chosen


def _known(names: Any, known: tuple[_Name, ...]) -> tuple[_Name, ...]:
    """Return those of `known` that are among `names`."""
    return tuple(one for one in known if one in names) if isinstance(names, list) else ()
