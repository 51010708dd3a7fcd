"""The keys of the Setup screen: its own, a row's, and those while a value is typed."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

SETUP = KeyTable(
    "setup",
    "Setup",
    (
        Action("setup.start", "ctrl+s", "start", "Start", "Start training with these settings", footer=True),
        Action(
            "setup.baseline",
            "b",
            "start_baseline",
            "Baseline",
            "Fit the line to beat: logistic regression on the frozen model, in seconds",
            footer=True,
        ),
        Action("setup.presets", "p", "choose_preset", "Presets", "Choose a preset", footer=True),
        Action("setup.undo", "u", "undo", "Undo", "Undo the last change", footer=True),
        Action("setup.copy", "y", "copy", "Copy", "Copy the equivalent command line", footer=True),
        Action("setup.fit", "f", "save_memory", "Fit", "Choose a change that saves memory", footer=True),
        Action("setup.find", "slash", "find", "Find", "Find a setting by a word", footer=True, shown_as="/"),
        Action("setup.reset_all", "a", "reset_all", "Reset all", "Every value back to the preset's"),
        Action("setup.data", "d", "go_to_data", "Data", "Choose other reviews"),
        Action("setup.down", "down,j", "move(1)", "Next setting"),
        Action("setup.up", "up,k", "move(-1)", "Previous setting"),
        Action("setup.next_group", "pagedown", "group(1)", "Next group"),
        Action("setup.previous_group", "pageup", "group(-1)", "Previous group"),
        Action("setup.first", "home", "edge(0)", "First setting"),
        Action("setup.last", "end", "edge(-1)", "Last setting"),
    ),
    inside=("screen",),
)

SETTING = KeyTable(
    "setting",
    "Setting",
    (
        Action("setting.change", "enter", "change", "Change", footer=True),
        Action("setting.next", "right,space", "turn(1)", "Next choice"),
        Action("setting.previous", "left", "turn(-1)", "Previous choice"),
        Action("setting.reset", "r,backspace,delete", "reset", "Reset", "Back to the preset's value", footer=True),
        Action(
            "setting.vary",
            "v",
            "vary",
            "Vary",
            "Give it a range in place of a value, or the single value again: the start is then a sweep",
            footer=True,
        ),
    ),
    inside=("setup", "sweep"),
)

EDITOR = KeyTable(
    "editor",
    "A value being typed",
    (
        Action("editor.confirm", "enter", "confirm", "Confirm", footer=True),
        Action(
            "editor.cancel",
            "escape",
            "cancel",
            "Cancel",
            "The value as it was before",
            footer=True,
        ),
    ),
    inside=("setting",),
    typing=True,
)

SWEEP = KeyTable(
    "sweep",
    "A sweep about to start",
    (
        Action("sweep.start", "ctrl+s", "start", "Start", "Start the sweep", footer=True),
        Action("sweep.close", "escape", "close", "Back", "Back to the settings", footer=True),
        Action("sweep.down", "down,j", "move(1)", "Next answer"),
        Action("sweep.up", "up,k", "move(-1)", "Previous answer"),
    ),
)

TABLES = (SETUP, SETTING, EDITOR, SWEEP)
