"""The steps of a run, kept in columns: a million of them take 100 MB instead of 500, and charts read them as they are.

A column is an array of floats. It is only ever appended to: a run that makes steps again gets new `Steps`. So whoever
holds a column and a count of its values sees the same values later.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice, pairwise
from operator import attrgetter
from typing import Any, Literal, get_args, overload

from core.runs.records import StepRecord

Measured = Literal["time", "step", "epoch", "loss", "learning_rate", "gradient_norm", "reviews", "tokens", "seconds"]
"""What a record of a step holds."""
Derived = Literal["since_first", "reviews_so_far", "reviews_per_second"]
"""What follows from the records: seconds by the clock since the record of the first step, the reviews of all steps so
far, and the speed of each step, which is NaN where the step before it is not known."""
Column = Measured | Derived

_MEASURED: tuple[Measured, ...] = get_args(Measured)
_COUNTS = ("step", "reviews", "tokens")


class Steps(Sequence[StepRecord]):
    """The records of steps, in the order of the journal."""

    def __init__(self, records: Iterable[StepRecord] = ()) -> None:
        self._hold({name: array("d") for name in (*_MEASURED, *get_args(Derived))})
        self.extend(list(records))

    def _hold(self, columns: dict[Column, array[float]]) -> None:
        self._columns = columns
        self._last = self._record(len(self) - 1) if len(self) else None
        self._seen = columns["reviews_so_far"][-1] if len(self) else 0.0

    def append(self, record: StepRecord) -> None:
        """Add a step."""
        self.extend([record])

    def extend(self, records: Sequence[StepRecord]) -> None:
        """Add steps. Many at once take a fifth of the time."""
        if not records:
            return
        columns, last = self._columns, self._last
        known = records if last is None else [last, *records]
        speeds = [_speed(one, other) for one, other in pairwise(known)]
        seen = accumulate((float(one.reviews) for one in records), initial=self._seen)
        for name in _MEASURED:
            columns[name].extend(map(attrgetter(name), records))
        first = columns["time"][0]
        columns["since_first"].extend(max(one.time - first, 0.0) for one in records)
        columns["reviews_so_far"].extend(islice(seen, 1, None))
        columns["reviews_per_second"].extend(speeds if last is not None else [math.nan, *speeds])
        self._last, self._seen = records[-1], columns["reviews_so_far"][-1]

    def column(self, name: Column) -> array[float]:
        """Return a figure of all steps. It grows with them, and must not be changed."""
        return self._columns[name]

    def up_to(self, step: int) -> Steps:
        """Return the steps that a run resumed after `step` does not make again, in columns of their own."""
        numbers = self._columns["step"]
        if all(before < after for before, after in pairwise(numbers)):
            return self[: bisect_right(numbers, step)]
        return Steps(record for record in self if record.step <= step)

    def __len__(self) -> int:
        return len(self._columns["reviews_per_second"])  # the column that is appended to last

    @overload
    def __getitem__(self, place: int) -> StepRecord: ...
    @overload
    def __getitem__(self, place: slice) -> Steps: ...
    def __getitem__(self, place: int | slice) -> StepRecord | Steps:
        if isinstance(place, slice):
            part = Steps()
            part._hold({name: values[place] for name, values in self._columns.items()})
            return part
        if place == -1 and self._last is not None:
            return self._last
        return self._record(range(len(self))[place])

    def __iter__(self) -> Iterator[StepRecord]:
        return (self._record(place) for place in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Steps({list(self)!r})"

    def _record(self, place: int) -> StepRecord:
        values = ((name, self._columns[name][place]) for name in _MEASURED)
        fields: dict[str, Any] = {name: int(value) if name in _COUNTS else value for name, value in values}
        return StepRecord(**fields)


def _speed(before: StepRecord, after: StepRecord) -> float:
    """Return the reviews per second of a step."""
    if after.step != before.step + 1 or not after.seconds > before.seconds:
        return math.nan
    return after.reviews / (after.seconds - before.seconds)
