"""One setting's declaration, read back from its field: kind, choices and the range in words.

The fields themselves, and `describe()`, which lists the declarations of all of them, are in `core/settings/schema.py`.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Declaration:
    """One setting as whoever draws or documents it needs it."""

    name: str
    title: str
    group: str
    unit: str
    help: str
    default: Any
    kind: Literal["number", "whole number", "choice", "switch", "text"]
    choices: tuple[str, ...]
    """For a choice all its values; for a number the words that are allowed besides (`auto`, `none`)."""
    range: str
    """The range in words, such as `≥ 0 and < 1`; empty when anything goes."""


def declaration_of(name: str, field: FieldInfo) -> Declaration:
    """What the field says of itself, and what its type says: kind, choices and range."""
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    members = _members(field.annotation)
    words = tuple(str(value) for member in members if get_origin(member) is Literal for value in get_args(member))
    limits = [*field.metadata]
    for member in members:
        for note in getattr(member, "__metadata__", ()):
            limits += getattr(note, "metadata", [note])
    bare = {get_args(member)[0] if get_origin(member) is Annotated else member for member in members}
    if type(None) in bare:
        words = ("none", *words)
    kind: Any = "choice"
    for python_type, word in ((bool, "switch"), (float, "number"), (int, "whole number"), (str, "text")):
        if python_type in bare:
            kind = word
            break
    return Declaration(
        name=name,
        title=str(field.title),
        group=str(extra["group"]),
        unit=str(extra["unit"]),
        help=str(field.description),
        default=field.default,
        kind=kind,
        choices=words,
        range=_range_in_words(limits),
    )


def _members(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def _range_in_words(limits: Iterable[Any]) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    parts = [f"{sign} {getattr(limit, key)}" for limit in limits for key, sign in signs.items() if hasattr(limit, key)]
    return " and ".join(parts)
