"""Every action of the workbench, in one table.

Bindings, footer, help, command palette, `reviewtui keys` and docs/keys.md are derived from it.
"""

from __future__ import annotations

from importlib import import_module

from tui.keys.actions import Action, KeyTable
from tui.navigation.keys import APP, GO_TO, HELP, SCREEN
from tui.navigation.table import SCREENS
from tui.widgets.keys import ASK, ATTEMPT, CHART, CHECK_LIST, CHOOSE, DETAILS, FIND, LINE, PANE


def _tables() -> tuple[KeyTable, ...]:
    of_screens = [table for screen in SCREENS for table in import_module(f"tui.screens.{screen.name}.keys").TABLES]
    return (
        APP,
        SCREEN,
        *of_screens,
        CHART,
        PANE,
        LINE,
        CHOOSE,
        CHECK_LIST,
        FIND,
        ASK,
        ATTEMPT,
        GO_TO,
        HELP,
        DETAILS,
    )


TABLES: tuple[KeyTable, ...] = _tables()
ACTIONS: dict[str, Action] = {action.id: action for table in TABLES for action in table.actions}
TABLE_OF: dict[str, KeyTable] = {action.id: table for table in TABLES for action in table.actions}
