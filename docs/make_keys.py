"""Writes docs/keys.md from the tables of actions: `make keys-docs`."""

from __future__ import annotations

from pathlib import Path

from tui.keys.actions import KeyTable
from tui.keys.names import shown
from tui.registry import TABLES

TARGET = Path(__file__).with_name("keys.md")

_HEAD = """\
# Keys

Made from the `keys.py` of each screen by `make keys-docs`; `reviewtui keys` prints the same with your own keys. `?` in
the workbench shows the keys of the screen you are on, and why some of them do nothing at the moment.

## Other keys

`keys.toml` in the home (`$REVIEWTUI_HOME`, or `~/.local/share/reviewtui`) gives any action other keys:

```toml
[classify]
skip = "w"
agree = ["enter", "ctrl+k"]
```

A key is a character (`k`, `K`, `?`), a name (`enter`, `escape`, `tab`, `space`, `pageup`, `f5`), or one of them with
`ctrl+`, `shift+` or `alt+` before it. A line that cannot hold is left out, with a sentence when the workbench starts
and from `reviewtui keys`: an unknown action, a key that terminals do not send, a key that another action of the same
place has. Two actions may trade their keys.

On French, Belgian, Czech and Slovak keyboards, the keys of the top row act as digits without shift where nothing else
is bound to their characters.
"""


def keys_page() -> str:
    """The whole page."""
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
