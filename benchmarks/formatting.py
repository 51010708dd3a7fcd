"""Figures and tables as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.ratios import Spread


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, or a sentence if it has no rows."""
    if not rows:
        return "Not measured.\n"
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def shown(spread: Spread) -> str:
    """Format seconds: the median and, if there are several, the range."""
    if spread.count == 1:
        return digits(spread.median)
    return f"{digits(spread.median)} ({digits(spread.low)}–{digits(spread.high)})"


def times(spread: Spread) -> str:
    """Format a ratio with two decimals, and its range if there are several."""
    if spread.count == 1:
        return f"{spread.median:.2f}×"
    return f"{spread.median:.2f}× ({spread.low:.2f}–{spread.high:.2f})"


def digits(value: float) -> str:
    """Format a number with three significant digits, or four decimals below 0.1; never with an exponent."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:#.3g}" if value >= 0.1 else f"{value:.4f}"
