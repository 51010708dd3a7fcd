"""The keys that work on every screen, and those of the help and the `g` menu."""

from __future__ import annotations

from tui.keys.actions import Action, KeyTable
from tui.navigation.table import SCREENS

APP = KeyTable(
    "app",
    "Everywhere",
    (
        Action("app.help", "question_mark,f1", "help", "Help", "What this screen is for, and its keys"),
        Action("app.go_to", "g", "go_to", "Go to", "Then the letter of a screen"),
        *(
            Action(
                f"go.{screen.name}", screen.function_key, f"go('{screen.name}')", screen.title, f"Go to {screen.title}"
            )
            for screen in SCREENS
        ),
        Action("app.palette", "ctrl+p", "command_palette", "Commands", "Search everything by name", priority=True),
        Action("app.quit", "ctrl+q", "quit", "Quit", "Runs continue without the workbench", priority=True),
        Action("app.quit_hint", "ctrl+c", "quit_hint", "How to quit"),
    ),
)

SCREEN = KeyTable(
    "screen",
    "Every screen",
    (
        Action("screen.back", "escape", "back", "Back", "Leave what is being typed, or go one screen back"),
        Action("screen.next_part", "tab", "app.focus_next", "Next part"),
        Action("screen.previous_part", "shift+tab", "app.focus_previous", "Previous part"),
    ),
    inside=("app",),
)

HELP = KeyTable("help", "Help", (Action("help.close", "escape,question_mark,q,f1", "dismiss", "Close", footer=True),))

GO_TO = KeyTable(
    "go_to",
    "Go to",
    (
        *(
            Action(f"go_to.{screen.name}", screen.letter, f"choose('{screen.name}')", screen.title)
            for screen in SCREENS
        ),
        Action("go_to.stay", "escape,g,q", "choose('')", "Stay here"),
    ),
)
