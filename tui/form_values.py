"""What a person typed over a preset, checked: which values are refused, why, and what the run would be asked to do.

Pure functions on `core.settings.schema`; the Setup screen draws what they say.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from core.base.errors import InputError
from core.base.text import STEERING, clean_line
from core.reviews.options import ReadingOptions
from core.settings.presets import preset
from core.settings.schema import Settings


@dataclass(frozen=True)
class Checked:
    """The outcome of `check`: settings, or what stands in their way."""

    settings: Settings | None
    problems: dict[str, str] = field(default_factory=dict)
    """Setting → why it is refused; of values that do not fit together, each whose reset would end that."""
    sentence: str = ""
    """The first thing to mend; empty when all is well."""


def check(preset_name: str, typed: Mapping[str, str]) -> Checked:
    """Put what was `typed` over the preset."""
    base = preset(preset_name)
    try:
        return Checked(base.changed(typed))
    except InputError as error:
        cause = error.__cause__
        errors = cause.errors() if isinstance(cause, ValidationError) else []
        fields = [str(one["loc"][0]) for one in errors if one["loc"]]
        if not fields:
            return Checked(None, dict.fromkeys(_at_odds(base, typed, str(error)), str(error)), str(error))
        problems = {name: _refusal(base, name, typed[name]) for name in fields if name in typed}
        return Checked(None, problems, next(iter(problems.values()), str(error)))


def _at_odds(base: Settings, typed: Mapping[str, str], sentence: str) -> list[str]:
    """Of values that do not fit together, those whose reset would end it."""

    def still(without: str) -> bool:
        try:
            base.changed({name: text for name, text in typed.items() if name != without})
        except InputError as error:
            return str(error) == sentence
        return False

    return [name for name in typed if not still(name)]


def _refusal(base: Settings, name: str, text: str) -> str:
    try:
        base.changed({name: text})
    except InputError as error:
        return str(error)
    return ""


def differs(preset_name: str, name: str, text: str) -> bool:
    """Whether `text` means another value than the preset's; text that means nothing does."""
    base = preset(preset_name)
    try:
        value = Settings.model_validate({name: text})
    except ValidationError:
        return True
    return bool(getattr(value, name) != getattr(base, name))


def shown(value: Any) -> str:
    """A value as the form shows it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else clean_line(value)


def as_typed(value: Any) -> str:
    """A value as a person would type it: what `Settings.changed` reads back."""
    return ("true" if value else "false") if isinstance(value, bool) else shown(value)


def suggested_name(source: str, preset_name: str) -> str:
    """A name for the run: the data's, and the preset's."""
    stem = PurePath(source).stem if "://" not in source else source
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', clean_line(stem, 40)).strip('-.') or 'run'}-{preset_name}"


def command_line(
    source: str, reading: ReadingOptions, preset_name: str, typed: Mapping[str, str], name: str
) -> list[str]:
    """The words of the command that starts the same run."""
    words = ["reviewtui", "train", source]
    for flag, column in (("--text", reading.text), ("--label", reading.label)):
        words += [flag, column] if column else []
    words += ["--preset", preset_name]
    for setting, text in typed.items():
        words += ["--set", f"{setting}={text}"]
    return [*words, "--name", name] if name else words


_ACTS = STEERING | {0x09, 0x0A}
"""What a terminal, or the shell's line in it, obeys when it is pasted."""


def quoted(words: list[str]) -> str:
    """The words as a shell reads them back; safe to paste, too: nothing in it steers the terminal on the way."""
    return " ".join(_spelled(word) if _ACTS.intersection(map(ord, word)) else shlex.quote(word) for word in words)


def _spelled(word: str) -> str:
    """A word as `$'…'`, all but plain ASCII by its bytes; bash, zsh and ksh read it back."""
    return "$'" + "".join(map(_spelled_character, word)) + "'"


def _spelled_character(character: str) -> str:
    if " " <= character <= "~" and character not in "'\\":
        return character
    halves = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", halves))


def not_in_command(reading: ReadingOptions) -> list[str]:
    """What was chosen about the reading that the command line has no flag for."""
    chosen = reading.model_dump(exclude_defaults=True)
    return [clean_line(name.replace("_", " ")) for name in chosen if name not in ("text", "label")]


def steps_in_words(kept: int, settings: Settings) -> str:
    """How long the run would be, about."""
    learn = round(kept * (1 - settings.validation_fraction))
    each = max(-(-learn // settings.batch_size), 1)
    total = each * settings.epochs
    if settings.max_steps is not None:
        total = min(total, settings.max_steps)
    return f"about {learn:,} reviews, {each:,} steps an epoch, {total:,} in all"
