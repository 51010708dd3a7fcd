"""Where the reviews are in a JSON value: the shapes that libraries, services and people write.

[{…}, {…}]                                     records
{"feed": {"entry": [{…}, {…}]}}                records inside something else
{"train": [{…}], "test": [{…}]}                parts, of which only the first is learned from
{"good": [{…}], "bad": [{…}]}                  records by class; also {"good": ["…"], "bad": ["…"]}
{"text": ["…"], "label": [1]}                  columns; also {"text": {"0": "…"}, "label": {"0": 1}}
{"0": {"text": "…", "label": 1}}               records by index
{"columns": ["text"], "data": [["…"]]}         rows without names
{"text": "…", "label": 1}                      one record
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.base.text import clean_line
from core.reviews.detect.names import CLASS_NAMES, LABEL_NAMES, RATING_NAMES, TEXT_NAMES, is_known_name, plain
from core.reviews.formats.json.nested_reviews import is_row
from core.reviews.formats.json.stream import Position
from core.reviews.formats.json.survey import Node

_TRAIN = re.compile(r"train(ing)?([ _-]?(set|data|split|examples))?", re.IGNORECASE)
_HELD_OUT = re.compile(
    r"(test(ing)?|val(id(ation)?)?|dev(elopment)?|eval(uation)?|holdout|unsupervised|unlabell?ed)"
    r"([ _-]?(set|data|split|examples))?",
    re.IGNORECASE,
)
_SAID = 4
"""How many values that are not read a notice names."""
_SIMILAR, _SOMEWHAT_SIMILAR = 0.75, 0.25
"""Share of keys that two records of the same kind have in common, at least."""


@dataclass
class Part:
    """An array or object whose members are reviews."""

    start: Position
    key: str = ""
    """What the members have in common, if the file says so: their class, for example."""


@dataclass
class Layout:
    """Where the reviews of a file are."""

    parts: list[Part] = field(default_factory=list)
    columns: dict[str, Position] = field(default_factory=dict)
    """Column → the array or object that holds its cells. Without any, the reviews are in `parts`."""
    single: Position | None = None
    """The only record."""
    key_column: str = ""
    """The column that holds the keys of the parts."""
    names: Position | None = None
    """Where the names of the columns are, for records that are lists."""
    notices: list[str] = field(default_factory=list)
    count: int | None = None
    """How many reviews there are, as counted while the file was surveyed."""
    problem: str = ""
    """Why the reviews cannot be told apart, if they cannot."""


def find_layout(root: Node, wanted: str | None = None) -> Layout:
    """Return where the reviews are in an object.

    Args:
        wanted: The path (`feed.entry`) or the key of the value to read, if the user named one.
    """
    named = _named(root, wanted) if wanted else None
    if named is not None:
        return _in_value(named)
    return _in_value(root)


def _in_value(node: Node) -> Layout:
    if node.kind == "array":
        return Layout([Part(node.start)], count=node.count)
    return _in_object(node) or Layout(single=node.start, count=1)


def paths(node: Node, above: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every array and object in an object, with its path."""
    for key, child in node.children.items():
        if child.kind != "scalar":
            yield f"{above}{key}", child
            yield from paths(child, f"{above}{key}.")


def _named(root: Node, wanted: str) -> Node | None:
    found = dict(paths(root))
    by_key = [node for path, node in found.items() if path.rpartition(".")[2] == wanted]
    return found.get(wanted, by_key[0] if len(by_key) == 1 else None)


def _in_object(node: Node) -> Layout | None:
    """Return where the reviews are in `node`; None if it is one record itself."""
    inside = {key: child for key, child in node.children.items() if child.kind != "scalar" and child.count}
    if not inside or is_record(node):
        return None
    return (
        _splits(inside)
        or _rows_without_names(node.children)
        or _records_by_index(node, inside)
        or _tables(node)
        or _by_class(inside)
        or _columns(node, inside)
        or _deeper(node, inside)
    )


def is_record(node: Node) -> bool:
    """Return whether an object is a review itself."""
    return any(_is_review(key, child) for key, child in node.children.items())


def _is_review(key: str, node: Node) -> bool:
    """Return whether a member of an object is the text of a review, and the object therefore its record."""
    text = node.sample[0] if node.kind == "scalar" else None
    return plain(key) in TEXT_NAMES and isinstance(text, str) and len(text.split()) > 1


def _splits(inside: Mapping[str, Node]) -> Layout | None:
    train = [key for key in inside if _TRAIN.fullmatch(key)]
    others = [key for key in inside if _HELD_OUT.fullmatch(key)]
    if len(train) != 1 or not others:
        return None
    node = inside[train[0]]
    layout = _in_value(node)
    apart = ", ".join(f"“{clean_line(key, 40)}” ({inside[key].count:,})" for key in others[:_SAID])
    layout.notices.append(
        f"Only “{clean_line(train[0], 40)}” ({node.count:,}) is read, for training; kept apart: {apart}. "
        "--table KEY reads another one."
    )
    rest = {key: child for key, child in inside.items() if key not in (train[0], *others)}
    layout.notices += _not_read(rest.items())
    return layout


def _rows_without_names(children: Mapping[str, Node]) -> Layout | None:
    """Return the layout of rows that are lists, if their columns are named beside them."""
    rows = [key for key, child in children.items() if child.array_of(list)]
    names = [key for key in ("columns", "header", "headers", "fields", "names") if key in children]
    if len(rows) != 1:
        return None
    width = max(len(row) for row in children[rows[0]].sample if row is not None)
    fitting = [children[key] for key in names if children[key].array_of(str) and children[key].count == width]
    found = children[rows[0]]
    index = children.get("index")
    notices = []
    if index is not None and index.kind == "array" and index.count != found.count:
        named = clean_line(rows[0], 40)
        notices = [f"“{named}” has {found.count:,} rows, but “index” has {index.count:,}: some may be lost."]
    return Layout([Part(found.start)], names=fitting[0].start if fitting else None, count=found.count, notices=notices)


def _tables(node: Node) -> Layout | None:
    """Return the layout of the array of records that looks most like reviews, or of several that are alike."""
    found = {path: child for path, child in paths(node) if child.array_of(dict)}
    if not found:
        return None
    best = min(found, key=lambda path: (not _names_reviews(found[path].keys()), -found[path].count, path))
    alike = [
        path
        for path, child in found.items()
        if path.count(".") == best.count(".") and _similarity(child.keys(), found[best].keys()) >= _SIMILAR
    ]
    layout = Layout()
    if len(alike) > 1:
        layout.key_column = "key" if _names_labels(found[best].keys()) else "label"
        layout.parts = [Part(found[path].start, _own_words(path, alike)) for path in alike]
    else:
        layout.parts = [Part(found[best].start)]
    layout.count = sum(found[path].count for path in alike)
    layout.notices += _not_read((path, child) for path, child in found.items() if path not in (*alike, best))
    return layout


def _own_words(path: str, all_paths: Sequence[str]) -> str:
    """Return the segments of `path` that are not in every one of the paths, which are equally long."""
    levels = zip(*(one.split(".") for one in all_paths), strict=False)
    return ".".join(word for word, level in zip(path.split("."), levels, strict=False) if len(set(level)) > 1) or path


def _records_by_index(node: Node, inside: Mapping[str, Node]) -> Layout | None:
    """Return the layout of an object whose values are records with much the same keys."""
    records = [child for child in inside.values() if child.kind == "object"]
    if len(records) < max(2, len(node.children)) or len(records) < len(inside):
        return None
    often = Counter(key for child in records for key in child.children)
    common = {key for key, count in often.items() if count >= len(records) / 2}
    if not common or any(_similarity(set(child.children), common) < _SOMEWHAT_SIMILAR for child in records):
        return None
    if all(records[0].children[key].array_of(dict) for key in common if key in records[0].children):
        return None
    if not _by_rows(list(inside), list(often)):
        return None
    return Layout([Part(node.start)], count=node.count)


def _by_rows(outer: Sequence[str], inner: Sequence[str]) -> bool:
    """Return whether the outer keys of an object of objects are rows, and the inner ones columns."""
    known = [any(map(is_known_name, keys)) for keys in (outer, inner)]
    numbers = [all(key.isdecimal() for key in keys) for keys in (outer, inner)]
    if known[0] != known[1]:
        return known[1]
    if numbers[0] != numbers[1]:
        return numbers[0]
    return len(outer) > len(inner)


def _by_class(inside: Mapping[str, Node]) -> Layout | None:
    """Return the layout of an object that holds the texts of each class under its name."""
    lists = {key: child for key, child in inside.items() if child.array_of(str)}
    if len(lists) < 2 or len(lists) < len(inside) or any(map(is_known_name, lists)):
        return None
    words = [len(text.split()) for child in lists.values() for text in child.sample if text]
    unequal = len({child.count for child in lists.values()}) > 1
    if not words or (not unequal and sum(words) / len(words) < 3):
        return None
    count = sum(child.count for child in lists.values())
    return Layout([Part(child.start, key) for key, child in lists.items()], key_column="label", count=count)


def _columns(node: Node, inside: Mapping[str, Node]) -> Layout | None:
    """Return the layout of an object of columns: arrays of plain values, or objects that number them."""
    columns = {key: child for key, child in inside.items() if _is_column(child)}
    if not columns or (len(columns) == 1 and (len(node.children) > 1 or not _is_numbered(*columns.values()))):
        return None
    longest = max(child.count for child in columns.values())
    full = {key: child for key, child in columns.items() if child.count == longest}
    if len(full) == 1 and len(columns) > 1 and not any(map(is_known_name, columns)):
        return None
    layout = Layout(columns={key: child.start for key, child in full.items()}, count=longest)
    layout.problem = _mismatch(columns, full)
    layout.notices += _not_read((key, child) for key, child in inside.items() if key not in full)
    return layout


def _mismatch(columns: Mapping[str, Node], full: Mapping[str, Node]) -> str:
    """Return why cells of columns cannot be put together to rows; empty if they can."""
    short = [key for key in columns if key not in full and is_known_name(key)]
    if short:
        named = [f"“{clean_line(key, 40)}” {columns[key].count:,}" for key in (next(iter(full)), short[0])]
        return f"its columns are of different lengths ({named[0]}, {named[1]} values)"
    keyed = [key for key, child in full.items() if child.kind == "object"]
    other = [key for key in keyed if full[key].order != full[keyed[0]].order]
    if other:
        named = [f"“{clean_line(key, 40)}”" for key in (keyed[0], other[0])]
        return f"its columns {named[0]} and {named[1]} number their rows differently"
    return ""


def _is_numbered(column: Node) -> bool:
    """Return whether a column is an array, or an object whose keys are numbers."""
    return column.kind == "array" or all(key.isdecimal() for key in column.children)


def _is_column(node: Node) -> bool:
    if node.kind == "array":
        return not any(isinstance(value, dict) or is_row(value) for value in node.sample)
    return bool(node.children) and all(child.kind != "object" for child in node.children.values())


def _deeper(node: Node, inside: Mapping[str, Node]) -> Layout | None:
    """Return the layout of the object inside that holds most."""
    found = {key: layout for key, child in inside.items() if child.kind == "object" and (layout := _in_object(child))}
    if not found or len(inside) < len(node.children) / 2:
        return None
    best = min(found, key=lambda key: (-inside[key].count, key))
    found[best].notices += _not_read((key, child) for key, child in inside.items() if key != best)
    return found[best]


def _not_read(others: Iterable[tuple[str, Node]]) -> list[str]:
    """Return a notice about values that hold something and are not read; descriptions of columns go unsaid."""
    listed = [(path, child) for path, child in others if child.count and not child.keys() >= {"name", "type"}]
    if not listed:
        return []
    said = ", ".join(f"“{clean_line(path, 40)}” ({child.count:,})" for path, child in listed[:_SAID])
    more = f" and {len(listed) - _SAID:,} more" if len(listed) > _SAID else ""
    return [f"Not read: {said}{more}; --table KEY reads another one."]


def _similarity(left: set[str], right: set[str]) -> float:
    return len(left & right) / max(len(left | right), 1)


def _names_reviews(keys: set[str]) -> bool:
    return any(map(is_known_name, keys))


def _names_labels(keys: set[str]) -> bool:
    return any(plain(key) in (*LABEL_NAMES, *RATING_NAMES, *CLASS_NAMES) for key in keys)
