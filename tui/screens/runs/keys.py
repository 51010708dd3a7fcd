"""The keys of the Runs screen."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

RUNS = KeyTable(
    "runs",
    "Runs",
    (
        Action("runs.new", "n", "new", "New", "Choose data and start a new run", footer=True),
        Action("runs.open", "enter", "open", "Open", "Watch the run, or look back at it", footer=True),
        Action("runs.classify", "c", "classify", "Classify", "Classify reviews with its model", footer=True),
        Action("runs.settings", "i", "settings", "Settings", "All settings of the run", footer=True),
        Action("runs.stop", "x", "stop", "Stop", "Stop and save", footer=True),
        Action("runs.resume", "r", "resume", "Resume", "From its last checkpoint", footer=True),
        Action("runs.resume_all", "R", "resume_all", "Resume all", "Resume every interrupted run", footer=True),
        Action("runs.delete", "d", "delete", "Delete", "Undo restores it until you quit", footer=True),
        Action("runs.undo", "u", "undo", "Undo delete", "Restore the run deleted last", footer=True),
        Action("runs.samples", "s", "samples", "Samples", "Start a new run on the sample reviews"),
        Action("runs.quit", "q", "app.quit", "Quit", "Runs continue without the workbench", footer=True),
    ),
    inside=("screen",),
)

RUN_TABLE = KeyTable(
    "runs_table",
    "The list of runs",
    (
        Action("runs.down", "j", "cursor_down", "Down"),
        Action("runs.up", "k", "cursor_up", "Up"),
        Action("runs.first", "home", "scroll_top", "First"),
        Action("runs.last", "end", "scroll_bottom", "Last"),
    ),
    inside=("runs",),
)

TABLES = (RUNS, RUN_TABLE)
