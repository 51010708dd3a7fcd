"""Changes to runs that can be taken back, the latest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class UndoStep:
    """A change that can be taken back."""

    done: str
    """What to say when it has been taken back."""
    back: Callable[[], object]
    """Takes it back; called in a thread. If it fails, it can be called again and does what is left."""
    run: str
    """Id of the run that the cursor goes to."""


def each(items: list[Callable[[], object]]) -> Callable[[], None]:
    """Return a function that calls all of `items`, the last first; called again, it calls those that were left."""

    def back() -> None:
        while items:
            items[-1]()
            items.pop()

    return back
