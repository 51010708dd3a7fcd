"""The data of a chart: named series of values."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
Points = list[Point]
Style = Literal["line", "points", "bundle", "heat"]
"""A line; single points; runs as their mean and their range, from the lowest to the highest; a row of a heat map."""
Colour = Literal["primary", "secondary", "success", "warning", "error", "accent"]


@dataclass(frozen=True, eq=False)
class Series:
    """A named sequence of measurements.

    Lists are copied. Arrays of floats are not: they may grow, and this series shows the values that they have now.
    `ys` may hold None (not measured: a gap) and numbers that are not finite (diverged: a gap, and the chart says so).
    Lines are smoothed when the chart smooths; points never are.
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float | None]
    style: Style = "line"
    colour: Colour | None = None
    """By default each series takes the next one."""
    mark: int | None = None
    """The number of the mark that tells it apart without colour. By default each series takes the next one."""
    of: str = ""
    """The run that it belongs to, with which it is hidden, brought to the front, and taken from others; its name if
    empty."""
    kind: str = ""
    """What it measures: only series of one kind can be taken from each other."""
    gaps: bool = False
    """Whether NaN means that nothing was measured. It does where None is given, too."""
    members: tuple[Series, ...] = ()
    """The runs of a bundle, which has no values of its own."""
    count: int = 0
    """How many values there are; counted when the series is made."""

    def __post_init__(self) -> None:
        xs, ys = _floats(self.xs), _floats(self.ys)
        both_grow = xs is self.xs and ys is self.ys
        if len(xs) != len(ys) and not both_grow:  # two columns that grow may do so one after the other
            raise ValueError(f"series {self.name!r} has {len(xs)} xs and {len(ys)} ys; each x needs one y")
        object.__setattr__(self, "gaps", self.gaps or (ys is not self.ys and any(y is None for y in self.ys)))
        object.__setattr__(self, "xs", xs)
        object.__setattr__(self, "ys", ys)
        object.__setattr__(self, "count", min(len(xs), len(ys)))

    @property
    def arrays(self) -> tuple[array[float], array[float]]:
        """The xs and the ys."""
        assert isinstance(self.xs, array) and isinstance(self.ys, array)
        return self.xs, self.ys

    def same_as(self, other: Series) -> bool:
        """Return whether another series shows the same."""
        if self is other:
            return True
        if self._looks() != other._looks():
            return False
        if len(self.members) != len(other.members):
            return False
        if self.members:
            return all(one.same_as(that) for one, that in zip(self.members, other.members, strict=True))
        pairs = zip(self.arrays, other.arrays, strict=True)
        return all(one is that or one[: self.count].tobytes() == that[: self.count].tobytes() for one, that in pairs)

    def _looks(self) -> tuple[object, ...]:
        return self.name, self.style, self.colour, self.mark, self.of, self.kind, self.gaps, self.count

    @property
    def owner(self) -> str:
        """The run that it belongs to."""
        return self.of or self.name


def bundle(name: str, members: Sequence[Series], colour: Colour | None = None, mark: int | None = None) -> Series:
    """Return runs as one series: their mean, and the range between the lowest and the highest."""
    return Series(name, (), (), "bundle", colour, mark, members=tuple(members))


def _floats(values: Sequence[float | None]) -> array[float]:
    if isinstance(values, array) and values.typecode == "d":
        return values
    return array("d", map(_number, values))


def _number(value: float | None) -> float:
    """Return `value` as a float: NaN if it is not a number, infinity for an integer too large for a float."""
    try:
        return math.nan if value is None else float(value)
    except OverflowError:
        return math.inf if value is not None and value > 0 else -math.inf
    except (TypeError, ValueError):
        return math.nan
