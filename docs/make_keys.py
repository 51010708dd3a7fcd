"""Writes docs/keys.md from the tables of actions (`make keys-docs`)."""

from __future__ import annotations

from pathlib import Path

from tui.keys.actions import KeyTable
from tui.keys.names import shown
from tui.registry import TABLES

TARGET = Path(__file__).with_name("keys.md")

_HEAD = """\
# Keys

`make keys-docs` writes this page from the `keys.py` of each screen. `reviewtui keys` prints the same table, including
your changes. `?` in the workbench shows the keys of the current screen, and why some of them are not available.

## Changing keys

In `keys.toml` in the home (`$REVIEWTUI_HOME`, or `~/.local/share/reviewtui`) you can assign other keys to any action:

```toml
[classify]
skip = "w"
agree = ["enter", "ctrl+k"]
```

A key is a character (`k`, `K`, `?`), a name (`enter`, `escape`, `tab`, `space`, `pageup`, `f5`), or one of these after
`ctrl+`, `shift+` or `alt+`. A line is ignored if it names an unknown action, a key that terminals do not send, or a key
that another action in the same place uses. The workbench reports this when it starts, and so does `reviewtui keys`. Two
actions may swap their keys.

On French, Belgian, Czech and Slovak keyboards, the keys of the top row act as digits without shift, unless their
characters are bound to an action.
"""


def keys_page() -> str:
    """Return the text of docs/keys.md."""
    return "\n".join([_HEAD, *(_section(table) for table in TABLES)])


def _section(table: KeyTable) -> str:
    lines = [f"## {table.title}\n", "| keys | action | what it does |", "|---|---|---|"]
    for action in table.actions:
        keys = " ".join(f"`{shown(key)}`" for key in action.keys.split(","))
        when = f" ({action.when})" if action.when else ""
        help = f": {action.help}" if action.help else ""
        lines.append(f"| {keys} | `{action.id}` | {action.title}{help}{when} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(keys_page(), encoding="utf-8")
