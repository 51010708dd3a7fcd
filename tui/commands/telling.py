"""Tells what happens to a run that a command follows, through the terminal that the command runs in.

Nothing is written unless standard error, where the progress is shown, is a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.notifications.followed import FollowedRun
from core.notifications.preferences import EVENTS, read_notifications
from core.notifications.told import claim
from core.runs.folder import RunFolder
from tui.formatting import run_title
from tui.terminal.notification import told
from tui.terminal.title import TerminalTitle

_RINGS_FOR = tuple(name for name in EVENTS if name != "best")


@contextmanager
def telling(run: RunFolder, began: float, *, bell: bool) -> Iterator[Callable[[], None]]:
    """Yield a function that tells what is new of a run: what the user asked for, and by the bell in any case if `bell`.

    Args:
        run: The run.
        began: When the command began, in seconds since 1970; what happened before is not told.
        bell: Whether the bell is rung here although the user asked for nothing.
    """
    chosen = read_notifications()
    terminal = sys.stderr  # as it is now: a progress bar takes its place, and would show sequences as text
    if not (bell or chosen.wanted) or not terminal.isatty():
        yield lambda: None
        return

    def write(sequences: str) -> None:
        terminal.write(sequences)
        terminal.flush()

    title, followed = TerminalTitle(write), FollowedRun(run, began)

    def look() -> None:
        for event in followed.look():
            ways = chosen.at_terminal if event.kind in chosen.events else ()
            if ways and not claim(run, event, "terminal"):
                ways = ()
            if bell and event.kind in _RINGS_FOR and "bell" not in ways:
                ways = ("bell", *ways)
            if ways:
                write(told(ways, followed.facts(event)["text"]))
        if "title" in chosen.ways:
            title.show(run_title(followed.name, followed.status.state, followed.progress))

    try:
        yield look
    finally:
        title.give_back()
