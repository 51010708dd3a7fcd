"""Validates the values that the user typed over a preset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ValidationError

from core.base.errors import InputError
from core.base.text import clean_line
from core.settings import presets
from core.settings.messages import validation_messages
from core.settings.schema import Settings, describe

preset = cache(presets.preset)
"""The settings of a preset, cached because they are looked up with every key."""
_DECLARATIONS = {declaration.name: declaration for declaration in describe()}
_ORDER = {name: at for at, name in enumerate(_DECLARATIONS)}


@dataclass(frozen=True)
class Checked:
    """The result of `check`."""

    settings: Settings | None
    """The settings of the run; None if a value is refused."""
    typed: dict[str, str]
    """What was typed, in the order of the form, without the values that equal the preset's."""
    problems: dict[str, str] = field(default_factory=dict)
    """Setting → why it is refused. For conflicting values: those of which resetting one would end the conflict."""
    sentence: str = ""
    """The first problem; empty if there is none."""


def check(preset_name: str, typed: Mapping[str, str]) -> Checked:
    """Validate `typed` (setting → text) over a preset, and return the settings or the problems."""
    base = preset(preset_name)
    in_order = sorted(typed, key=lambda name: _ORDER.get(name, len(_ORDER)))
    typed = {name: typed[name] for name in in_order if typed[name] != as_typed(getattr(base, name, None))}
    try:
        settings = base.changed(typed)
    except InputError as error:
        cause, sentence = error.__cause__, str(error)
        problems = validation_messages(cause, _DECLARATIONS) if isinstance(cause, ValidationError) else {}
        problems = problems or dict.fromkeys(_in_conflict(base, typed, sentence), sentence)
        return Checked(None, typed, problems, sentence)
    changed = {name: text for name, text in typed.items() if getattr(settings, name) != getattr(base, name)}
    return Checked(settings, changed)


def _in_conflict(base: Settings, typed: Mapping[str, str], sentence: str) -> list[str]:
    """Return the settings whose reset would end a conflict between values."""

    def remains_without(name: str) -> bool:
        try:
            base.changed({other: text for other, text in typed.items() if other != name})
        except InputError as error:
            return str(error) == sentence
        return False

    return [name for name in typed if not remains_without(name)]


def shown(value: Any) -> str:
    """Return a value as the form shows it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else clean_line(value)


def as_typed(value: Any) -> str:
    """Return a value as the user would type it; `Settings.changed` parses it."""
    return ("true" if value else "false") if isinstance(value, bool) else shown(value)


def steps_in_words(kept: int, settings: Settings) -> str:
    """Return the approximate length of the run: `about 900 reviews, 29 steps an epoch, 116 in all`."""
    learn = round(kept * (1 - settings.validation_fraction))
    each = max(-(-learn // settings.batch_size), 1)
    total = each * settings.epochs
    if settings.max_steps is not None:
        total = min(total, settings.max_steps)
    return f"about {learn:,} reviews, {each:,} steps an epoch, {total:,} in all"
