"""How a setting is declared: `setting()` makes the field, `declaration_of()` reads the declaration back from it.

The fields themselves are in `core/settings/schema.py`.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import Field
from pydantic.fields import FieldInfo

Kind = Literal["number", "whole number", "choice", "switch", "text"]
Decides = Literal["model", "trainable", "optimizer", "training", "duration"]
"""What a setting decides, and so what a change means for a run that branches from a checkpoint of another:

    model       which weights there are, or which reviews are held out: a branch cannot change it
    trainable   which weights learn, or where and how they are stored: a branch takes the weights, with a new optimizer
    optimizer   what the optimizer keeps for each weight: the branch continues, with a new optimizer
    training    the rest of the computation: the branch continues with the new value
    duration    only how long the run is and how often it is saved: what an extension changes
"""


@dataclass(frozen=True)
class Declaration:
    """One setting, as a form, a table or a message needs it."""

    name: str
    title: str
    group: str
    unit: str
    help: str
    default: Any
    kind: Kind
    choices: tuple[str, ...]
    """All values of a choice; for a number, the words it also accepts (`auto`, `none`)."""
    range: str
    """The range in words, such as `≥ 0 and < 1`; empty if there is none."""
    decides: Decides


def setting(
    default: Any, group: str, title: str, help: str, unit: str = "", decides: Decides = "training", **limits: Any
) -> Any:
    """Return a field of `Settings`; `limits` are pydantic's own (`ge`, `gt`, `le`, `lt`, `union_mode`)."""
    extra: dict[str, Any] = {"group": group, "unit": unit, "decides": decides}
    return Field(default, title=title, description=help, json_schema_extra=extra, **limits)


def declaration_of(name: str, field: FieldInfo) -> Declaration:
    """Return the declaration of a field; kind, choices and range come from its type."""
    extra: Any = field.json_schema_extra
    members = _members(field.annotation)
    words = tuple(str(value) for member in members if get_origin(member) is Literal for value in get_args(member))
    limits = [*field.metadata]
    for member in members:
        for note in getattr(member, "__metadata__", ()):
            limits += getattr(note, "metadata", [note])
    bare = {get_args(member)[0] if get_origin(member) is Annotated else member for member in members}
    if type(None) in bare:
        words = ("none", *words)
    kinds: dict[type, Kind] = {bool: "switch", float: "number", int: "whole number", str: "text"}
    return Declaration(
        name=name,
        title=str(field.title),
        group=extra["group"],
        unit=extra["unit"],
        help=str(field.description),
        default=field.default,
        kind=next((kind for python_type, kind in kinds.items() if python_type in bare), "choice"),
        choices=words,
        range=_range_in_words(limits),
        decides=extra["decides"],
    )


def _members(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def _range_in_words(limits: Iterable[Any]) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    parts = [f"{sign} {getattr(limit, key)}" for limit in limits for key, sign in signs.items() if hasattr(limit, key)]
    return " and ".join(parts)
