"""The keys of the Train screen; the charts on it have their own in `tui/widgets/keys.py`."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable

TRAIN = KeyTable(
    "train",
    "Train",
    (
        Action("train.pause", "p", "pause", "Pause", "Pause the run, or let it continue", footer=True),
        Action("train.stop", "x", "stop", "Stop…", "Stop the run: save first, or at once", footer=True),
        Action("train.resume", "r", "resume", "Resume", "Go on from the last checkpoint", footer=True),
        Action("train.extend", "e", "extend", "Extend…", "Train for more epochs", footer=True),
        Action("train.branch", "b", "branch", "Branch…", "A new run from a checkpoint of this one", footer=True),
        Action("train.classify", "c", "classify", "Classify with it", "Classify reviews with its model", footer=True),
        Action("train.view", "v", "view", "Log / charts", "The log instead of the charts, or back", footer=True),
    ),
    inside=("screen",),
)

TABLES = (TRAIN,)
