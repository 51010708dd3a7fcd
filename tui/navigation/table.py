"""The screens of the workbench. A new screen needs a line here, a folder and tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ScreenEntry:
    """A screen that the top line, the `g` menu, the F-keys and the command palette lead to."""

    name: str
    """Its name in `App.MODES`, and its folder in `tui/screens`."""
    title: str
    letter: str
    """What follows `g`; unique."""
    function_key: str
    class_name: str
    """The class in the `screen.py` of its folder."""
    back: str
    """The screen that esc goes to; empty for none."""


SCREENS = (
    ScreenEntry("runs", "Runs", "r", "f2", "RunsScreen", back=""),
    ScreenEntry("data", "Data", "d", "f3", "DataScreen", back="runs"),
    ScreenEntry("setup", "Setup", "s", "f4", "SetupScreen", back="data"),
    ScreenEntry("train", "Train", "t", "f5", "TrainScreen", back="runs"),
    ScreenEntry("classify", "Classify", "c", "f6", "ClassifyScreen", back="runs"),
    ScreenEntry("compare", "Compare", "m", "f7", "CompareScreen", back="runs"),
    ScreenEntry("groups", "Groups", "u", "f8", "GroupsScreen", back="runs"),
    ScreenEntry("journal", "Journal", "j", "f9", "JournalScreen", back="runs"),
)
"""All screens, in the order in which a run passes through them."""

BY_NAME = {screen.name: screen for screen in SCREENS}
