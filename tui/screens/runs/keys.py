"""The keys of the Runs screen, of its list, and of its filter."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

RUNS = KeyTable(
    "runs",
    "Runs",
    (
        Action("runs.new", "n", "new", "New", "Choose data and start a new run", footer=True),
        Action("runs.open", "enter", "open", "Open", "Watch the run, or see what the group found", footer=True),
        Action("runs.classify", "c", "classify", "Classify", "Classify reviews with its model", footer=True),
        Action(
            "runs.filter", "slash", "filter", "Filter", "Show runs that fit, as you type", footer=True, shown_as="/"
        ),
        Action("runs.stop", "x", "stop", "Stop", "Stop and save, leave the queue, or end a group", footer=True),
        Action("runs.resume", "r", "resume", "Resume", "From its last checkpoint", footer=True),
        Action("runs.resume_all", "R", "resume_all", "Resume all", "Resume every interrupted run"),
        Action("runs.continue_queue", "Q", "continue_queue", "Continue queue", "If it has stopped", footer=True),
        Action("runs.delete", "d", "delete", "Delete", "Undo restores it until you quit", footer=True),
        Action("runs.undo", "u", "undo", "Undo", "Take the latest change back", footer=True),
        Action("runs.compare", "C", "compare", "Compare", "The marked runs, on identical reviews", footer=True),
        Action("runs.charts", "V", "charts", "On charts", "The marked runs, on the same charts"),
        Action("runs.distil", "D", "distil", "Distil…", "A smaller and faster model that learns from its model"),
        Action("runs.settings", "i", "settings", "Settings", "All settings of the run"),
        Action("runs.mark", "space", "mark", "Mark", "Then keys act on all marked runs", footer=True),
        Action("runs.mark_all", "a", "mark_all", "Mark all", "All runs that are shown, or none"),
        Action("runs.sort", "o", "sort", "Sort", "By any column or setting"),
        Action("runs.turn", "O", "turn", "Turn the order around"),
        Action("runs.columns", "v", "columns", "Columns", "Choose the columns of the list"),
        Action("runs.repeat", "N", "repeat", "New like this", "Set up a new run with its data and settings"),
        Action("runs.rename", "e", "rename", "Rename"),
        Action("runs.tag", "t", "tag", "Tags", "Add and remove tags"),
        Action("runs.note", "w", "note", "Note", "Write a note, which is kept with its date"),
        Action("runs.earlier", "K,shift+up", "earlier(1)", "Earlier", "Earlier in the queue"),
        Action("runs.later", "J,shift+down", "earlier(-1)", "Later", "Later in the queue"),
        Action("runs.prune", "p", "prune", "Free space", "See what could be freed on the disk"),
        Action("runs.samples", "s", "samples", "Samples", "Start a new run on the sample reviews"),
        Action("runs.quit", "q", "app.quit", "Quit", "Runs continue without the workbench", footer=True),
    ),
    inside=("screen",),
)

RUN_TABLE = KeyTable(
    "runs_table",
    "The list of runs",
    (
        Action("runs.down", "down,j", "move(1)", "Down"),
        Action("runs.up", "up,k", "move(-1)", "Up"),
        Action("runs.page_down", "pagedown", "page(1)", "Page down"),
        Action("runs.page_up", "pageup", "page(-1)", "Page up"),
        Action("runs.first", "home", "edge(0)", "First"),
        Action("runs.last", "end", "edge(1)", "Last"),
        Action("runs.unfold", "right,l", "unfold", "Unfold", "Show the runs of a group below it"),
        Action("runs.fold", "left,h", "fold", "Fold", "Show a group as one line"),
    ),
    inside=("runs",),
)

RUN_FILTER = KeyTable(
    "runs_filter",
    "The filter of the list",
    (Action("runs_filter.leave", "down", "leave", "To the list"),),
    inside=("runs",),
    typing=True,
)

TABLES = (RUNS, RUN_TABLE, RUN_FILTER)
