"""`reviewtui keys`: every key of the workbench, and what `keys.toml` changes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from core.base.files import home
from tui.commands.output import complain, say, say_json, table
from tui.keys.keymap import FILE_NAME, read_keymap
from tui.keys.names import shown
from tui.registry import TABLES


def keys(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> int:
    """Print every key of the workbench and its action; keys.toml in the home remaps them."""
    file = home() / FILE_NAME
    keymap = read_keymap(file, TABLES)
    entries: list[dict[str, Any]] = [
        {
            "id": action.id,
            "place": place.title,
            "keys": [shown(key) for key in keymap.keys(action)],
            "default": [shown(key) for key in action.keys.split(",")],
            "title": action.title,
            "help": action.help,
            "when": action.when,
            "remapped": action.id in keymap.changed,
        }
        for place in TABLES
        for action in place.actions
    ]
    if as_json:
        say_json({"file": str(file), "keys": entries, "problems": list(keymap.problems)})
        return 0
    rows: list[list[object]] = []
    for entry in entries:
        what = f"{entry['title']}: {entry['help']}" if entry["help"] else entry["title"]
        mark = f"  (was {' '.join(entry['default'])})" if entry["remapped"] else ""
        rows.append([entry["place"], " ".join(entry["keys"]), entry["id"], f"{what}{mark}"])
    table(["place", "keys", "action", "what it does"], rows)
    say()
    say(f"To change keys, edit {file}: write an action, =, and a key or a list of keys on each line.")
    for problem in keymap.problems:
        complain(problem)
    return 0
