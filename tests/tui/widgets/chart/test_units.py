"""How values are written."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tui.widgets.chart.units import BYTES, NUMBER


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (NUMBER, 2345.0, "2,345"),
        (NUMBER, 0.43211999, "0.43212"),
        (NUMBER, 2e-5, "2e-5"),
        (NUMBER, math.nan, "nan"),
        (BYTES, 1.2 * 2**30, "1.2 GiB"),
        (BYTES, 512.0, "512 B"),
        (BYTES, 0.0, "0 B"),
    ],
)
def test_values_are_written_in_their_unit(unit: Any, value: float, text: str) -> None:
    assert unit.text(value, None) == text
