"""What a terminal is sent to tell something: its bell, its title, and desktop notifications.

Each function returns exactly one control sequence, whatever the text holds: names of runs come from strangers. The
sequences that tmux does not know are wrapped, so that it passes them to the terminal around it, if its option
`allow-passthrough` is on; tmux handles the bell and the title itself.

Sources: xterm's control sequences (OSC 2, and CSI 22 and 23 t, which keep and restore a title); iTerm2 for OSC 9;
urxvt's notify extension for OSC 777; tmux(1), `allow-passthrough`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from core.base.text import clean_line

BELL = "\a"
KEEP_TITLE = "\x1b[22;2t"
RESTORE_TITLE = "\x1b]2;\a\x1b[23;2t"
"""An empty title for terminals that keep none, and the one that was kept for those that do."""

_LONGEST = 200
"""Characters of a text; some terminals drop longer sequences."""
_HEAD = "reviewtui"


def title(text: str) -> str:
    """Return what shows `text` as the title of the window or tab."""
    return f"\x1b]2;{clean_line(text, _LONGEST)}\a"


def osc9(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return what shows `text` as a desktop notification: iTerm2, kitty, WezTerm, Ghostty, Windows Terminal.

    It begins with our name, because a text that begins with a number would mean something else to some of them.
    """
    return _passed_on(f"\x1b]9;{_HEAD}: {clean_line(text, _LONGEST)}\a", environment)


def osc777(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return what shows `text` as a desktop notification: urxvt, foot, kitty, WezTerm, Ghostty, VTE of some systems."""
    body = clean_line(text, _LONGEST).replace(";", ",")  # it would begin another field
    return _passed_on(f"\x1b]777;notify;{_HEAD};{body}\a", environment)


def told(ways: Iterable[str], text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return what tells `text` in these ways, one sequence for each; a way that is not of the terminal has none."""
    found = {"bell": BELL, "osc9": osc9(text, environment), "osc777": osc777(text, environment)}
    return "".join(found.get(way, "") for way in ways)


def in_tmux(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the terminal is tmux, on this machine or, by the name it gives itself, on the one around it."""
    return bool(environment.get("TMUX")) or environment.get("TERM", "").startswith("tmux")


def _passed_on(sequence: str, environment: Mapping[str, str]) -> str:
    if not in_tmux(environment):
        return sequence
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
