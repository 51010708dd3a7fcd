"""What a JSON value is made of, found in one pass over the file without keeping its contents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from core.reviews.formats.json.stream import JsonStream, Position

_MAX_CHILDREN, _MAX_DEPTH, _SAMPLE = 5_000, 6, 20
_SHORT = 200
"""Characters of a string that are kept."""


@dataclass
class Node:
    """One value of the file."""

    kind: Literal["object", "array", "scalar"]
    start: Position
    count: int = 0
    """Values directly in it."""
    children: dict[str, Node] = field(default_factory=dict)
    """The members of an object, at most 5,000; deeper than six levels, none."""
    sample: list[Any] = field(default_factory=list)
    """The first values of an array; the value of a scalar."""
    order: int = 0
    """A hash of the keys of an object, in their order."""

    def array_of(self, *types: type) -> bool:
        """Return whether this is an array that starts with values of these types (null is of any)."""
        known = [value for value in self.sample if value is not None]
        return self.kind == "array" and bool(known) and all(isinstance(value, types) for value in known)

    def keys(self) -> set[str]:
        """Return the keys of the sampled objects of an array."""
        return {key for value in self.sample if isinstance(value, dict) for key in value}


def survey(stream: JsonStream, depth: int = 0) -> Node:
    """Return what the next value of `stream` is made of, and leave the stream behind it.

    Raises:
        BrokenJsonError: It is no JSON.
    """
    opening = stream.peek()
    start = stream.position
    if opening == "[":
        node = Node("array", start)
        for _, value in stream.members():
            node.count += 1
            if len(node.sample) < _SAMPLE:
                node.sample.append(_short(value))
    elif opening == "{":
        node = Node("object", start)
        for key in stream.places():
            node.count += 1
            node.order = hash((node.order, key))
            if depth < _MAX_DEPTH and len(node.children) < _MAX_CHILDREN:
                name = key if key not in node.children else f"{key} ({node.count})"
                node.children[name] = survey(stream, depth + 1)
            else:
                stream.value()
    else:
        node = Node("scalar", start, sample=[_short(stream.value())])
    return node


def _short(value: Any) -> Any:
    return value[:_SHORT] if isinstance(value, str) else value
