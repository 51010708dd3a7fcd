"""How chart values are written: plain numbers and bytes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Base = Literal[2, 10, 60]


@dataclass(frozen=True)
class Unit:
    """How one kind of value is written.

    `text(value, step)` formats a tick label, where `step` is the distance between ticks. With `step` None it formats
    a readout, as precisely as is readable. `base` 2 places ticks at powers of two, 60 at round times of day.
    """

    text: Callable[[float, float | None], str]
    base: Base = 10


def number_text(value: float, step: float | None = None) -> str:
    """Format a plain number: `1,200`, `0.25`, `2e-5`. Readouts have six significant digits."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    whole = value == math.trunc(value) and abs(value) < 1e15
    if step is None:
        return f"{value:,.0f}" if whole else _short_exponent(f"{value:.6g}")
    if step == 0:  # a logarithmic axis: each label stands alone
        return f"{value:,.0f}" if whole and abs(value) < 1e6 else _short_exponent(f"{value:.3g}")
    if step < 1e-4 or abs(value) >= 1e6:
        digits = math.floor(math.log10(abs(value))) - math.floor(math.log10(step))
        return _short_exponent(f"{value:.{min(max(digits, 0), 8)}e}")
    return f"{value:,.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"


def byte_text(value: float, step: float | None = None) -> str:
    """Format bytes in binary units: `1.2 GiB`. Tick labels drop decimals that they do not need."""
    if not math.isfinite(value):
        return str(value)
    names = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    power = min(max(int(math.log2(abs(value)) // 10), 0), 6) if value else 0
    scaled = value / 1024.0**power
    if abs(scaled) >= 1e5 or 0 < abs(scaled) < 0.01:
        return f"{_short_exponent(f'{scaled:.3g}')} {names[power]}"
    text = f"{scaled:.2f}" if step is not None or abs(scaled) < 10 else f"{scaled:.1f}"
    return f"{text.rstrip('0').rstrip('.')} {names[power]}"


def clock_text(value: float, step: float | None = None) -> str:
    """Format seconds since 1970 as the local time of day: `14:05`, or `14:05:30` in a readout; with days, `3 May`."""
    try:
        then = datetime.fromtimestamp(value)
    except (OverflowError, OSError, ValueError):
        return str(value)
    if step is None or step < 60:
        return f"{then:%H:%M:%S}"
    return f"{then:%H:%M}" if step < 86_400 else f"{then.day} {then:%b}"


def percent_text(value: float, step: float | None = None) -> str:
    """Format a share: `12 %`, or `12.3 %` where ticks or a readout need it."""
    if not math.isfinite(value):
        return str(value)
    return f"{value * 100:.0f} %" if step is not None and step >= 0.01 else f"{value * 100:.3g} %"


NUMBER = Unit(number_text)
BYTES = Unit(byte_text, base=2)
PERCENT = Unit(percent_text)
CLOCK = Unit(clock_text, base=60)


def _short_exponent(text: str) -> str:
    """Shorten `2.50e-05` to `2.5e-5`."""
    digits, mark, exponent = text.partition("e")
    if not mark:
        return digits
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}e{int(exponent)}"
