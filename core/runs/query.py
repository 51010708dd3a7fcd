"""What is typed to find runs among many: `balanced accuracy>0.9 state:finished tag:good epochs=4`.

    word            in the name, data, model, tags, notes, state, method, group or preset
    field:words     the field has them; tags and states begin with them
    field=value     also != < <= > >=; numbers compare as numbers, with k, M, G (bytes) or s, m, h (time) behind them
    -term           runs that the term does not fit
    "two words"     are one

A field is one of `core.runs.listed.FIELDS`, or any setting. Terms are joined by and. A term that is still being typed,
such as `accuracy>`, does not count yet.
"""

from __future__ import annotations

import operator
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from core.base.text import clean_line
from core.runs.listed import ALIASES, Field, FieldValue, Kind, ListedRun, field_of

Test = Callable[[ListedRun], bool]

_WORDS = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_TERM = re.compile(r"([A-Za-z_]\w*)(>=|<=|!=|=|>|<|:)(.*)", re.DOTALL)
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z%]*)", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d\d)")
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    **{"=": operator.eq, "!=": operator.ne},
    **{">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le},
}
_BYTES = {"b": 1.0}
for _power, _letter in enumerate("kmgt", start=1):
    _BYTES |= {_letter: 1024.0**_power, f"{_letter}ib": 1024.0**_power, f"{_letter}b": 1000.0**_power}
_UNITS: dict[Kind, dict[str, float]] = {
    "bytes": _BYTES,
    "seconds": {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0},
    "share": {"%": 0.01},
}


@dataclass(frozen=True)
class Query:
    """What runs must fit."""

    tests: tuple[Test, ...] = ()
    problem: str = ""
    """What is wrong with a term, which then does not count; empty if nothing is."""

    def fits(self, run: ListedRun) -> bool:
        """Return whether a run fits all terms."""
        return all(test(run) for test in self.tests)


def parse_query(text: str, names: Iterable[str]) -> Query:
    """Return what `text` asks for.

    Args:
        names: The names of all fields and settings.
    """
    known = list(names)
    tests: list[Test] = []
    problem = ""
    for word in _WORDS.findall(text):
        turned = word.startswith("-") and len(word) > 1
        try:
            test = _test(word.removeprefix("-") if turned else word, known)
        except ValueError as error:
            problem = problem or str(error)
            continue
        if test is not None:
            tests.append(_not(test) if turned else test)
    return Query(tuple(tests), problem)


def _not(test: Test) -> Test:
    return lambda run: not test(run)


def _test(word: str, known: Sequence[str]) -> Test | None:
    """Return the test of one term; None if it is not complete.

    Raises:
        ValueError: There is no such field; the message is a sentence.
    """
    term = _TERM.fullmatch(word)
    if term is not None:
        name, sign, value = term[1].casefold(), term[2], term[3].replace('"', "")
        name = ALIASES.get(name, name)
        if name in known:
            return _compared(field_of(name), sign, value) if value else None
        if sign != ":":
            near = get_close_matches(name, [*known, *ALIASES], 1)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise ValueError(f"There is no column '{clean_line(term[1], 30)}'{hint}")
    wanted = word.replace('"', "").casefold()
    return (lambda run: wanted in run.searched) if wanted else None


def _compared(field: Field, sign: str, value: str) -> Test:
    wanted = value.casefold()
    if field.name == "note" and sign == ":":
        return lambda run: any(wanted in note.text.casefold() for note in run.summary.notes)
    if sign == ":" and field.kind in ("words", "tags"):
        begins = field.name in ("state", "tags")
        return lambda run: _has(field.of(run), wanted, begins=begins)
    if field.kind == "moment":
        return _compared_moment(field, sign, wanted)
    order, number = _ORDERS["=" if sign == ":" else sign], _number(wanted, field.kind)

    def test(run: ListedRun) -> bool:
        found = field.of(run)
        if isinstance(found, bool):
            found = "on" if found else "off"
        elif number is not None and isinstance(found, int | float):
            return order(found, number)
        if isinstance(found, tuple):
            return (wanted in found) is (sign != "!=")
        alike = {_text(found), {"on": "true", "off": "false", "": "none"}.get(_text(found), _text(found))}
        if sign in ("=", ":", "!="):
            return (wanted in alike) is (sign != "!=")
        return isinstance(found, str) and number is None and order(found.casefold(), wanted)

    return test


def _compared_moment(field: Field, sign: str, wanted: str) -> Test:
    """Compare a moment with a date as far as it is written: `began>2026-09`, `began:2026-09-21`."""
    order = _ORDERS["=" if sign == ":" else sign]

    def test(run: ListedRun) -> bool:
        moment = field.of(run)
        if not isinstance(moment, float):
            return sign == "!="
        return order(time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))[: len(wanted)], wanted)

    return test


def _has(found: FieldValue, wanted: str, *, begins: bool) -> bool:
    parts = found if isinstance(found, tuple) else (_text(found),)
    return any(part.startswith(wanted) if begins else wanted in part for part in parts)


def _text(value: FieldValue) -> str:
    if value is None:
        return ""
    return " ".join(value) if isinstance(value, tuple) else str(value).casefold()


def _number(text: str, kind: Kind) -> float | None:
    if kind == "seconds" and (clock := _CLOCK.fullmatch(text)):
        return int(clock[1] or 0) * 3600.0 + int(clock[2]) * 60.0 + int(clock[3])
    match = _NUMBER.fullmatch(text)
    unit = _UNITS.get(kind, {}).get(match[2], None if match[2] else 1.0) if match is not None else None
    return float(match[1]) * unit if match is not None and unit is not None else None
