"""Keys that the user assigns to actions in `keys.toml` in the home:

    [classify]
    skip = "k"
    agree = ["enter", "space"]

An invalid line is ignored and reported, and its action keeps the default keys. No file can keep the workbench from
starting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.base.text import clean_line
from tui.keys.actions import Action, KeyTable
from tui.keys.names import character_of, parse_key, shown

FILE_NAME = "keys.toml"
MAX_BYTES = 256 << 10


@dataclass(frozen=True)
class Keymap:
    """The changes of `keys.toml`, and the lines of it that are invalid."""

    changed: Mapping[str, str] = field(default_factory=dict)
    """Action id → its keys, as Textual names them, separated by commas."""
    problems: tuple[str, ...] = ()
    """A message for every line that was ignored."""

    def keys(self, action: Action) -> tuple[str, ...]:
        """Return the current keys of an action."""
        return tuple(self.changed.get(action.id, action.keys).split(","))


def read_keymap(file: Path, tables: Sequence[KeyTable]) -> Keymap:
    """Return the keys that `file` assigns to the actions of `tables`. A missing or damaged file changes none."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            return Keymap(problems=(f"{FILE_NAME} is larger than {MAX_BYTES >> 10} kB and was not read.",))
        import tomllib  # imported here because most homes have no such file, and the first frame must not wait

        wanted = dict(_flat(tomllib.loads(content.decode())))
    except FileNotFoundError:
        return Keymap()
    except OSError as error:
        return Keymap(problems=(f"{FILE_NAME} cannot be read ({error.strerror}).",))
    except (ValueError, RecursionError) as error:
        return Keymap(problems=(f"{FILE_NAME} was ignored because it is not valid TOML ({clean_line(error, 120)}).",))
    return _checked(wanted, tables)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _checked(wanted: Mapping[str, Any], tables: Sequence[KeyTable]) -> Keymap:
    places = {action.id: table for table in tables for action in table.actions}
    changed: dict[str, str] = {}
    problems: list[str] = []
    for id, value in wanted.items():
        try:
            if id not in places:
                raise ValueError(_unknown(id, list(places)))
            changed[id] = _keys(value, places[id])
        except ValueError as error:
            problems.append(f"{FILE_NAME}: {clean_line(id, 60)} {error}.")
    while clash := next(clashes(tables, changed), None):
        dropped = next(id for id in reversed(changed) if id in (clash.one.id, clash.other.id))
        del changed[dropped]
        mine, other = (clash.one, clash.other) if clash.one.id == dropped else (clash.other, clash.one)
        problems.append(
            f"{FILE_NAME}: {mine.id} cannot have {shown(clash.key)}, the key of {other.title} ({other.id}); "
            f"it keeps {' '.join(shown(key) for key in mine.keys.split(','))}."
        )
    return Keymap(changed, tuple(problems))


def _unknown(id: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(id, known, 1)
    return "is not an action" + (f"; the nearest is {near[0]}" if near else "; `reviewtui keys` lists them")


def _keys(value: Any, table: KeyTable) -> str:
    """Return the keys in `value` as Textual names them.

    Raises:
        ValueError: A key is invalid. The message continues a sentence that begins with the action.
    """
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError('needs a key like "k", or a list of keys')
    names = []
    for text in texts:
        try:
            name = parse_key(text)
        except ValueError as error:
            raise ValueError(f"cannot have '{clean_line(text, 30)}': {error}") from None
        if table.typing and character_of(name):
            raise ValueError(f"cannot have '{text}': text is typed there, so it has to be a key like ctrl+{text}")
        names.append(name)
    return ",".join(dict.fromkeys(names))


@dataclass(frozen=True)
class Clash:
    """Two actions that have the same key at the same time."""

    key: str
    one: Action
    other: Action


def clashes(tables: Sequence[KeyTable], changed: Mapping[str, str]) -> Iterator[Clash]:
    """Yield every pair of actions that share a key in one place, or in a place and one that encloses it.

    Where text is typed, keys such as enter and escape are meant to override those of the enclosing places.
    """
    by_place = {table.place: table for table in tables}
    first = [action for table in tables for action in table.actions if action.priority]
    for table in tables:
        outer = () if table.typing else _around(table, by_place)
        around = [action for one in outer for action in one.actions]
        everything = [*table.actions, *around, *first]
        for number, one in enumerate(table.actions):
            mine = set(changed.get(one.id, one.keys).split(","))
            for other in everything[number + 1 :]:
                at_other_times = one.when and other.when and one.when != other.when
                if other.id in (one.id, one.over) or at_other_times:
                    continue
                for key in sorted(mine & set(changed.get(other.id, other.keys).split(","))):
                    yield Clash(key, one, other)


def _around(table: KeyTable, by_place: Mapping[str, KeyTable]) -> Iterator[KeyTable]:
    for place in table.inside:
        if place in by_place:
            yield by_place[place]
            yield from _around(by_place[place], by_place)
