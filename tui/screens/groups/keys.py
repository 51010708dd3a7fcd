"""The keys of the Groups screen."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

GROUPS = KeyTable(
    "groups",
    "Groups",
    (
        Action("groups.open", "enter", "open", "Open", "Watch its run that trains, or its best one", footer=True),
        Action("groups.choose", "o", "choose", "A run", "Open one of its runs", footer=True),
        Action("groups.compare", "c", "compare", "Compare", "Its runs, with a verdict", footer=True),
        Action("groups.stop", "x", "stop", "Stop", "No further run; the one that trains saves", footer=True),
        Action("groups.resume", "r", "resume", "Resume", "Continue after a stop or a kill", footer=True),
        Action("groups.copy", "y", "copy", "Copy", "What it found, as text", footer=True),
        Action("groups.page_down", "pagedown,space", "scroll_by(10)", "Page down"),
        Action("groups.page_up", "pageup", "scroll_by(-10)", "Page up"),
    ),
    inside=("screen",),
)

TABLES = (GROUPS,)
