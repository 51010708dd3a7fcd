"""Every optimizer that can be chosen: all values of the settings that are declared to decide it, in all combinations.

A setting that is added with `decides="optimizer"` is thereby in every test that is parametrized by `CHOICES`.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from core.base.errors import InputError
from core.settings.declarations import Declaration
from core.settings.schema import Settings, describe


def _values(declaration: Declaration) -> list[Any]:
    """All words of a choice; of a number its default and the middle of its range."""
    if declaration.kind == "choice":
        return list(declaration.choices)
    low, high = (float(number) for number in re.findall(r"[\d.]+", declaration.range))
    return [declaration.default, (low + high) / 2]


def _choices() -> list[Any]:
    deciding = [declaration for declaration in describe() if declaration.decides == "optimizer"]
    names = [declaration.name for declaration in deciding]
    found = []
    for values in itertools.product(*map(_values, deciding)):
        changes = dict(zip(names, values, strict=True))
        try:
            Settings().changed(changes)
        except InputError:  # values that do not go together
            continue
        found.append(pytest.param(changes, id=" ".join(f"{name}={value}" for name, value in changes.items())))
    return found


CHOICES = _choices()
"""Changes of the default settings, as parameters of pytest."""
EVERY = [choice.values[0] for choice in CHOICES]
