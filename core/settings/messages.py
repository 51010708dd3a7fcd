"""Error messages for settings that are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.base.text import clean_line
from core.settings.declarations import Declaration


def validation_message(error: ValidationError, declarations: Mapping[str, Declaration]) -> str:
    """Return the first problem pydantic found, as one sentence with the value, the range and the setting's name."""
    return _message(error.errors(include_url=False)[0], declarations)


def validation_messages(error: ValidationError, declarations: Mapping[str, Declaration]) -> dict[str, str]:
    """Return a sentence for each setting that pydantic refused; empty if only settings together are at odds."""
    found = {str(one["loc"][0]): one for one in reversed(error.errors(include_url=False)) if one["loc"]}
    return {name: _message(one, declarations) for name, one in reversed(found.items())}


def _message(first: ErrorDetails, declarations: Mapping[str, Declaration]) -> str:
    message = str(first["msg"]).removeprefix("Value error, ")
    if not first["loc"]:
        return f"These do not fit together: {message}."
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return unknown_setting(name, declarations)
    declaration = declarations[name]
    given = clean_line(first["input"], 40)
    if declaration.kind == "choice":
        return f"{name} cannot be '{given}'; it is one of {', '.join(declaration.choices)}."
    if declaration.kind == "switch":
        return f"{name} cannot be '{given}'; it is true or false."
    if declaration.kind == "text":
        return f"{name} cannot be '{given}': it {message if first['type'] == 'value_error' else 'must be text'}."
    words = f", or {' or '.join(declaration.choices)}" if declaration.choices else ""
    limits = f" {declaration.range}" if declaration.range else ""
    return f"{name} cannot be '{given}'; it is a {declaration.kind}{limits}{words}."


def unknown_setting(name: str, known: Iterable[str]) -> str:
    """Return a sentence that says there is no such setting and suggests the nearest names."""
    known = list(known)
    words = [word for word in known if "".join(part[0] for part in word.split("_")) == name.lower()]
    close = words or get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else "`reviewtui train --help` lists them."
    return f"There is no setting '{clean_line(name, 40)}'; {hint}"
