"""The keys of the Train screen; the charts on it have their own in `tui/widgets/keys.py`."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

_NEXT, _PREVIOUS = "screen.next_part", "screen.previous_part"

TRAIN = KeyTable(
    "train",
    "Train",
    (
        Action("train.pause", "p", "pause", "Pause", "Pause after the current step", footer=True, when="running"),
        Action("train.continue", "p", "unpause", "Continue", "Let it continue", footer=True, when="paused"),
        Action("train.stop", "x", "stop", "Stop…", "Stop the run: save first, or at once", footer=True),
        Action("train.resume", "r", "resume", "Resume", "Resume from the last checkpoint", footer=True),
        Action("train.try", "a", "try", "Try", "A new run with what the diagnosis advises", footer=True),
        Action("train.chart", "v", "chart(1)", "Chart", "Another chart in place of this one", footer=True),
        Action(
            "train.enlarge",
            "z",
            "enlarge",
            "Enlarge",
            "All the room for one of them",
            footer=True,
            when="shared",
        ),
        Action("train.shrink", "z", "shrink", "Shrink", "Charts and log again", footer=True, when="enlarged"),
        Action("train.extend", "e", "extend", "Extend…", "Train for more epochs", footer=True),
        Action("train.branch", "b", "branch", "Branch…", "A new run from a checkpoint of this one", footer=True),
        Action("train.distil", "D", "distil", "Distil…", "A smaller and faster model that learns from its model"),
        Action("train.classify", "c", "classify", "Classify", "Classify reviews with its model", footer=True),
        Action("train.settings", "i", "settings", "Settings", "All settings of the run", footer=True),
        Action("train.tell", "N", "tell", "Notify…", "What you want to be told about runs, and how"),
        Action("train.memory", "R", "memory", "Memory", "Memory by process, by GPU and by what it is for"),
        Action("train.chart_back", "V", "chart(-1)", "Chart back", "The chart before in place of this one"),
        Action("train.one_chart", "1", "charts(1)", "One chart"),
        Action("train.two_charts", "2", "charts(2)", "Two charts"),
        Action("train.four_charts", "4", "charts(4)", "Four charts", "Four at once, where there is room"),
        Action("train.overlay", "O", "overlay", "Overlay…", "Other runs and groups on the same charts"),
        Action("train.axis", "X", "axis", "Axis", "Curves along steps, epochs, reviews, seconds, or the time of day"),
        Action("train.pin", "P", "pin", "Pin", "What is laid over stays when another run is opened"),
        Action("train.write", "w", "write", "Write…", "The chart as SVG, CSV or text"),
        Action("train.fold", "f", "fold", "Figures", "Figures that seldom change: hide or show them", footer=True),
        Action("train.next_pane", "tab", "pane(1)", "Next", "The next chart, or the log", footer=True, over=_NEXT),
        Action("train.previous_pane", "shift+tab", "pane(-1)", "Previous", "The one before", over=_PREVIOUS),
    ),
    inside=("screen",),
)

TABLES = (TRAIN,)
