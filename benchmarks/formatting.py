"""Figures and tables as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.ratios import Spread


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; a sentence where it would be empty."""
    if not rows:
        return "Not measured.\n"
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def shown(spread: Spread) -> str:
    """Seconds: the median and, of several, the smallest and the largest."""
    if spread.count == 1:
        return digits(spread.median)
    return f"{digits(spread.median)} ({digits(spread.low)}–{digits(spread.high)})"


def times(spread: Spread) -> str:
    """A ratio, two decimals."""
    if spread.count == 1:
        return f"{spread.median:.2f}×"
    return f"{spread.median:.2f}× ({spread.low:.2f}–{spread.high:.2f})"


def digits(value: float) -> str:
    """Three significant digits, never as a power of ten; four decimals below a tenth."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:#.3g}" if value >= 0.1 else f"{value:.4f}"
