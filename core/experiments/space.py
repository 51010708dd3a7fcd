"""The space of a sweep: which settings vary, and over which values: `--space learning_rate=1e-5..2e-4:log`.

    NAME=LOW..HIGH          any number from LOW to HIGH; whole numbers where the setting takes whole numbers
    NAME=LOW..HIGH:log      equally likely per factor, as suits learning rates
    NAME=LOW..HIGH:STEP     LOW, LOW + STEP, …
    NAME=A,B,C              one of these values

Names, kinds and ranges are those of the declared settings, and every end and value is checked against them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.base.errors import InputError
from core.base.text import clean_line
from core.runs.outline import Value
from core.settings.messages import unknown_setting
from core.settings.parsing import parse_assignment
from core.settings.schema import Settings, describe

_MAX_VALUES = 1000
NOT_VARIED = {
    "seed": "`reviewtui train --seeds` does",
    "model": "`reviewtui versus` does",
    "validation_fraction": "its trials would be measured on different reviews",
}
"""Settings that a sweep cannot vary, and what to do instead or why."""


@dataclass(frozen=True)
class Choices:
    """Values to choose from."""

    values: tuple[Value | None, ...]

    def __str__(self) -> str:
        return ",".join("none" if value is None else str(value) for value in self.values)


@dataclass(frozen=True)
class Range:
    """Numbers to choose from."""

    low: float
    high: float
    whole: bool
    """Whether only whole numbers are allowed."""
    log: bool = False
    """Whether equal factors are equally likely, not equal differences."""
    step: float | None = None
    """The distance between neighbouring values; None for any value."""

    def __str__(self) -> str:
        how = ":log" if self.log else f":{self.step:g}" if self.step is not None else ""
        return f"{self.low:g}..{self.high:g}{how}"

    @property
    def grid(self) -> tuple[float, ...] | None:
        """All values, if they are finitely many."""
        step = self.step if self.step is not None else 1.0 if self.whole and not self.log else None
        if step is None:
            return None
        count = math.floor((self.high - self.low) / step + 1e-9) + 1
        return tuple(self.low + step * number for number in range(count))


Dimension = Choices | Range
Space = Mapping[str, Dimension]


def parse_space(words: Sequence[str], base: Settings) -> dict[str, Dimension]:
    """Return the space that the user described.

    Args:
        words: One `name=RANGE` for each setting that varies.
        base: The settings that all runs share otherwise.

    Raises:
        InputError: A name is unknown or repeated, a range cannot be read, or a value is not allowed.
    """
    if not words:
        raise InputError("A sweep needs at least one --space NAME=RANGE, such as --space learning_rate=1e-5..2e-4:log.")
    space: dict[str, Dimension] = {}
    for word in words:
        name, text = parse_assignment(word)
        if name in space:
            raise InputError(f"--space names {clean_line(name, 40)} twice.")
        space[name] = parse_dimension(name, text, base)
    return space


def parse_dimension(name: str, text: str, base: Settings) -> Dimension:
    """Return the values that one setting takes; see `parse_space`."""
    declared = {one.name: one for one in describe()}
    if name not in declared:
        raise InputError(unknown_setting(name, declared))
    if name in NOT_VARIED:
        raise InputError(f"A sweep cannot vary {name}; {NOT_VARIED[name]}.")
    found = _range(name, text) if ".." in text else _choices(name, text, base)
    ends = found.values if isinstance(found, Choices) else (_number(found, found.low), _number(found, found.high))
    for value in ends:
        base.changed({name: value})
    if isinstance(found, Range) and declared[name].kind not in ("number", "whole number"):
        raise InputError(f"{name} is no number; list its values: --space {name}=A,B.")
    return found


def _range(name: str, text: str) -> Range:
    span, _, how = text.partition(":")
    low_text, _, high_text = span.partition("..")
    try:
        low, high = float(low_text), float(high_text)
        step = float(how) if how not in ("", "log", "linear") else None
    except ValueError:
        low, high, step = 1.0, 0.0, None
    log = how == "log"
    finite = math.isfinite(low) and math.isfinite(high) and (step is None or (math.isfinite(step) and step > 0))
    if not finite or low >= high or (log and low <= 0):
        raise InputError(
            f"--space {name} cannot be '{clean_line(text, 40)}': it is LOW..HIGH with LOW below HIGH, then :log (for "
            "positive numbers) or :STEP if wanted, or a list such as A,B,C."
        )
    if step is not None and (high - low) / step > _MAX_VALUES:
        raise InputError(f"--space {name} has more than {_MAX_VALUES} values; take a longer step.")
    whole = next(one.kind for one in describe() if one.name == name) == "whole number"
    if whole and not (low.is_integer() and high.is_integer() and (step is None or step.is_integer())):
        raise InputError(f"{name} takes whole numbers; '{clean_line(text, 40)}' has others.")
    return Range(low, high, whole, log, step)


def _choices(name: str, text: str, base: Settings) -> Choices:
    words = [word.strip() for word in text.split(",")]
    values = [getattr(base.changed({name: word}), name) for word in words if word]
    if len(values) != len(words) or len(set(map(str, values))) != len(values) or len(values) < 2:
        raise InputError(
            f"--space {name} cannot be '{clean_line(text, 40)}': it is a list of at least two different values, or "
            "LOW..HIGH."
        )
    return Choices(tuple(values))


def _number(dimension: Range, value: float) -> Value:
    return round(value) if dimension.whole else value


def grid_of(space: Space) -> list[dict[str, Value | None]]:
    """Return every combination of the values of a space.

    Raises:
        InputError: A setting takes any number of a range, or there are more than a thousand combinations.
    """
    found: list[dict[str, Value | None]] = [{}]
    for name, one in space.items():
        values: Sequence[Value | None]
        if isinstance(one, Choices):
            values = one.values
        elif one.grid is not None:
            values = [_number(one, value) for value in one.grid]
        else:
            raise InputError(
                f"A grid needs finitely many values, and {name}={one} has any number: list some, or give a step."
            )
        found = [{**before, name: value} for before in found for value in values]
        if len(found) > _MAX_VALUES:
            raise InputError(f"The grid has more than {_MAX_VALUES:,} combinations.")
    return found


def contains(space: Space, settings: Settings) -> dict[str, Value | None] | None:
    """Return the part of `settings` that the space varies; None if a value lies outside the space."""
    found: dict[str, Value | None] = {name: getattr(settings, name) for name in space}
    return found if all(_holds(one, found[name]) for name, one in space.items()) else None


def _holds(one: Dimension, value: Value | None) -> bool:
    if isinstance(one, Choices):
        return value in one.values
    if isinstance(value, bool) or not isinstance(value, int | float) or not one.low <= value <= one.high:
        return False
    return one.grid is None or any(math.isclose(value, point) for point in one.grid)
