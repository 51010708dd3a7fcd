"""The keys of the Compare screen."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

COMPARE = KeyTable(
    "compare",
    "Compare",
    (
        Action("compare.add", "a", "add", "Add", "Another run, or a group of seeds", footer=True),
        Action("compare.remove", "x", "remove", "Take out", "Leave a run out", footer=True),
        Action("compare.next", "n,right", "pair(1)", "Next pair", footer=True),
        Action("compare.previous", "p,left", "pair(-1)", "Previous pair", footer=True),
        Action(
            "compare.classify",
            "c,enter",
            "classify",
            "Disagreements",
            "As a pile in Classify",
            footer=True,
        ),
        Action("compare.data", "o", "data", "On a file", "Labelled reviews instead of validation rows", footer=True),
        Action("compare.margin", "m", "margin", "Margin", "The difference that counts as none", footer=True),
        Action("compare.again", "r", "again", "Again", "Compare anew, speeds included", footer=True),
        Action("compare.down", "down,j", "scroll_by(1)", "Scroll down"),
        Action("compare.up", "up,k", "scroll_by(-1)", "Scroll up"),
        Action("compare.page_down", "pagedown,space", "scroll_by(10)", "Page down"),
        Action("compare.page_up", "pageup", "scroll_by(-10)", "Page up"),
    ),
    inside=("screen",),
)

TABLES = (COMPARE,)
