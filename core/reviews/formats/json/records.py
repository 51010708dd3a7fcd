"""Records of JSON as rows of cells: nested objects become columns with dotted names, `{"a": {"b": 1}}` a column `a.b`.

A list of objects gives one column per key as well; where its objects differ in a key, the cell holds the list of their
values. Lists of plain values stay lists, written as JSON: what one means (a label, several labels, an embedding) is
for the detection of columns to say.

Two conventions are undone on the way: XML that was converted (`{"label": "5"}`, `{"#text": "5"}` stand for `5`), and
conversations (`[{"role": "user", "content": "…"}]` becomes a column per role).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.reviews.formats.table import BadRow, Chunk, cell

MAX_DEPTH, MAX_KEYS = 8, 200
"""An object that is nested deeper, or that has more keys in one record, stays in its cell as JSON."""
_WRAPPED = ("label", "#text", "$t", "_text", "value")
"""Keys under which converters from XML, and some services, put the only value of an object."""
_BESIDE = ("attributes", "attr", "@attributes")

_ROLES = {"human": "user", "gpt": "assistant"}
"""Names of those who speak in conversations → their usual names."""

_OBJECTS = {dict}
HOLDERS = frozenset((dict, list))
"""The types of values that hold others."""
Item = tuple[int, dict[str, Any] | BadRow]
"""The line on which a record starts, and the record, or why there is none."""


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return `record` with the keys of nested objects joined by dots; its values are scalars or lists of scalars."""
    if HOLDERS.isdisjoint(map(type, record.values())):
        return dict(record)
    result: dict[str, Any] = {}
    _open(record, "", 1, result)
    return result


def _open(record: Mapping[str, Any], path: str, depth: int, result: dict[str, Any]) -> None:
    for key, value in record.items():
        name = f"{path}{key}"
        inner = _unwrapped(value) if isinstance(value, dict) else value
        if isinstance(inner, list) and inner and set(map(type, inner)) == _OBJECTS:
            inner = _merged(inner, depth + 1) if depth < MAX_DEPTH and len(inner) <= MAX_KEYS else inner
            if isinstance(inner, dict):
                for inside, one in inner.items():
                    result[_unused(f"{name}.{inside}", result)] = one
                continue
        if isinstance(inner, dict) and inner and depth < MAX_DEPTH and len(inner) <= MAX_KEYS:
            _open(inner, f"{name}.", depth + 1, result)
        else:
            result[_unused(name, result)] = inner


def _unused(name: str, taken: Mapping[str, Any]) -> str:
    """Return `name`, or a like one if a key with a dot in it has it already."""
    copies = (f"{name}_{copy}" for copy in itertools.count(2))
    return name if name not in taken else next(copy for copy in copies if copy not in taken)


def _unwrapped(value: dict[str, Any]) -> Any:
    """Return the only value of an object that some converter has put there; otherwise the object itself."""
    for key in _WRAPPED[:-1]:
        if key in value and not isinstance(value[key], dict | list):
            rest = [other for other in value if other != key]
            if all(other in _BESIDE or other.startswith("@") for other in rest):
                return value[key]
    return value[_WRAPPED[-1]] if list(value) == [_WRAPPED[-1]] and not isinstance(value["value"], dict) else value


def _merged(objects: Sequence[dict[str, Any]], depth: int) -> dict[str, Any]:
    """Return the columns of a list of objects: by role in a conversation, otherwise by key.

    Answers that an annotator has cancelled do not count.
    """
    for role, content in (("role", "content"), ("from", "value")):
        if all(isinstance(one.get(role), str) and content in one for one in objects):
            spoken: dict[str, list[str]] = {}
            for one in objects:
                spoken.setdefault(_ROLES.get(one[role], one[role]), []).append(cell(one[content]))
            return {speaker: "\n".join(said) for speaker, said in spoken.items()}
    values: dict[str, list[Any]] = {}
    for one in objects:
        if one.get("was_cancelled") is True and len(objects) > 1:
            continue
        opened: dict[str, Any] = {}
        _open(one, "", depth, opened)
        for key, value in opened.items():
            values.setdefault(key, []).append(value)
    return {key: found[0] if _all_equal(found) else _several(found) for key, found in values.items()}


def _all_equal(values: Sequence[Any]) -> bool:
    return all(value == values[0] and type(value) is type(values[0]) for value in values[1:])


def _several(values: Sequence[Any]) -> list[Any]:
    """Return the values as one list, without lists in it."""
    return list(itertools.chain.from_iterable(one if isinstance(one, list) else [one] for one in values))


def record_of(value: Any, names: Sequence[str] | None) -> dict[str, Any] | None:
    """Return a value of a file as a record: an object as it is, a list by the names of its columns, else None.

    Args:
        names: What the columns of lists are called; None if lists are no records.
    """
    if isinstance(value, dict):
        return flat(value)
    if isinstance(value, list) and names is not None:
        numbered = (names[at] if at < len(names) else f"column_{at + 1}" for at in range(len(value)))
        return flat(dict(zip(numbered, value, strict=True)))
    return None


def holds_rows(row: Sequence[Any], fits: bool) -> bool:
    """Return whether the cells of a row are rows themselves.

    Args:
        fits: Whether the row is as long as others.
    """
    lists = sum(isinstance(cell, list) for cell in row)
    objects = sum(isinstance(cell, dict) and not cell.keys() & {"role", "from"} for cell in row)
    return (lists > 1 and (not fits or 2 * lists > len(row))) or 1 < objects == len(row)


def object_chunks(
    items: Iterable[Item], keys: Sequence[str], rows: int, seen: set[str] | None = None, *, by_line: bool = False
) -> Iterator[Chunk]:
    """Yield `items` as chunks with one column per key.

    Args:
        seen: Is given every key that occurs.
        by_line: Whether lines are counted, of which the first record on each takes one, and further ones none.
    """
    iterator, last = iter(items), 0
    while batch := list(itertools.islice(iterator, rows)):
        good, bad, units = list[tuple[int, dict[str, Any]]](), list[BadRow](), list[int]()
        for line, record in batch:
            size = int(not by_line or line != last)
            last = line
            if isinstance(record, BadRow):
                record.units = size
                bad.append(record)
            else:
                good.append((line, record))
                units.append(size)
        columns = []
        for key in keys:
            values = [record.get(key) for _, record in good]
            columns.append([value if type(value) is str else cell(value) for value in values])
        if seen is not None:
            seen.update(*(record for _, record in good))
        yield Chunk([line for line, _ in good], columns, bad, units)
