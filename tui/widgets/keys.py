"""The keys of widgets and dialogs that more than one screen uses."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

MAX_DIGITS = 9
"""Choices that a digit picks."""

CHART = KeyTable(
    "chart",
    "Chart",
    (
        Action("chart.smoother", "s", "smooth(1)", "Smooth", footer=True),
        Action("chart.rougher", "S", "smooth(-1)", "Less smooth"),
        Action("chart.log", "l", "toggle_log", "Log", "A logarithmic scale, or a linear one again", footer=True),
        Action("chart.cursor_left", "left", "cursor(-1)", "Cursor left"),
        Action("chart.cursor_right", "right", "cursor(1)", "Cursor right"),
        Action("chart.cursor_far_left", "shift+left", "cursor(-10)", "Cursor far left"),
        Action("chart.cursor_far_right", "shift+right", "cursor(10)", "Cursor far right"),
        Action("chart.zoom_in", "plus,equals_sign", "zoom(0.5)", "Zoom in", shown_as="+"),
        Action("chart.zoom_out", "minus", "zoom(2)", "Zoom out", shown_as="-"),
        Action(
            "chart.pan_left", "comma", "pan(-0.5)", "Move left", "Move the part that is shown to the left", shown_as=","
        ),
        Action("chart.pan_right", "full_stop", "pan(0.5)", "Move right", "Move it to the right", shown_as="."),
        Action("chart.step_back", "backspace", "step_back", "Back a step", "The part of before the last zoom or move"),
        Action("chart.all", "0", "show_all", "Show everything"),
        Action("chart.follow", "t", "toggle_follow", "Follow the newest points"),
        Action("chart.copy", "y", "copy", "Copy", "Copy the figures at the cursor"),
        Action(
            "chart.outliers", "o", "toggle_robust", "Outliers", "Make room for outliers, or leave them beyond the edge"
        ),
        Action("chart.front", "n", "front", "To the front", "The next curve above the others", footer=True),
        Action("chart.hide", "h", "hide", "Hide", "Hide the curve in front; without one, show all again"),
        Action("chart.difference", "d", "difference", "Difference", "Take the curve in front from all others"),
    ),
    inside=("train",),
)

PANE = KeyTable(
    "pane",
    "Text that scrolls",
    (
        Action("pane.up", "up,k", "scroll_up", "Scroll up"),
        Action("pane.down", "down,j", "scroll_down", "Scroll down"),
        Action("pane.top", "home", "scroll_home", "Top"),
        Action("pane.end", "end", "scroll_end", "End"),
        Action("pane.page_up", "pageup", "page_up", "Page up"),
        Action("pane.page_down", "pagedown", "page_down", "Page down"),
    ),
    inside=("data",),
)

LINE = KeyTable("line", "A line to type in", (Action("line.start", "home", "home", "Start of the line"),), typing=True)

CHOOSE = KeyTable(
    "choose",
    "A list to choose from",
    (
        Action("choose.close", "escape,q", "close", "Close", footer=True),
        *(
            Action(f"choose.{digit}", str(digit), f"pick({digit - 1})", f"Choice {digit}")
            for digit in range(1, MAX_DIGITS + 1)
        ),
    ),
)

ASK = KeyTable("ask", "A question", (Action("ask.close", "escape", "close", "Close", footer=True),), typing=True)

FIND = KeyTable(
    "find",
    "A list to search",
    (
        Action("find.close", "escape", "close", "Close", footer=True),
        Action("find.down", "down", "move('down')", "Down"),
        Action("find.up", "up", "move('up')", "Up"),
    ),
    typing=True,
)

ATTEMPT = KeyTable(
    "attempt",
    "Extend, Branch and Distil",
    (
        Action("attempt.close", "escape", "close", "Cancel", footer=True),
        Action("attempt.complete", "tab", "complete", "Complete", "Complete a name"),
    ),
    typing=True,
)

CHECK_LIST = KeyTable(
    "check_list",
    "A list to tick",
    (
        Action("check_list.close", "escape,q", "close", "Close", footer=True),
        Action("check_list.tick", "space", "tick", "Tick", footer=True),
        Action("check_list.none", "x", "untick_all", "Untick all", footer=True),
        Action("check_list.up", "shift+up,K", "move(-1)", "Move up"),
        Action("check_list.down", "shift+down,J", "move(1)", "Move down"),
    ),
)

DETAILS = KeyTable(
    "run_settings",
    "Settings and memory of a run",
    (Action("run_settings.close", "escape,i,R,q", "dismiss", "Close", footer=True),),
)
