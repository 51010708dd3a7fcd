"""How a comparison is told on the screen and by the command: in rows of a table, and in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.base.text import clean_line
from tui.formatting import in_bytes, in_time, setting_text

if TYPE_CHECKING:
    from core.comparison.report import ComparisonReport, Estimate, PairReport, RunReport, SettingReport

_NAME = 30


def left_out_text(found: ComparisonReport) -> str:
    """Return how many rows were left out for which reason, and who was trained on them; empty if none were."""
    reasons = ", ".join(f"{count:,} {clean_line(reason, 80)}" for reason, count in found.left_out.items())
    seen = [f"{clean_line(found.name(run), _NAME)} {count:,}" for run, count in found.trained_on.items() if count]
    told = f" ({', '.join(seen)})" if seen else ""
    return f"{reasons}{told}" if found.excluded else ""


def points_text(one: Estimate) -> str:
    """Return a difference in points, with its interval and p value: `+0.4 (−0.9…+1.7), p 0.41`."""
    p_value = "p below 0.001" if one.p_adjusted < 0.001 else f"p {one.p_adjusted:.3f}"
    return f"{signed(one.difference)} ({signed(one.low)}…{signed(one.high)}), {p_value}"


def signed(fraction: float) -> str:
    """Format a fraction in points, with a sign unless it rounds to 0."""
    points = round(100 * fraction, 1)
    return f"{points:+.1f}".replace("-", "−") if points else "0.0"


def visible_text(pairs: Sequence[PairReport], settings: Sequence[SettingReport]) -> str:
    """Return the smallest difference that such comparisons see; empty if it is not known."""
    visible = [*(one.smallest_visible for one in pairs), *(one.smallest_visible for one in settings)]
    known = [one for one in visible if one is not None]
    if not known:
        return "" if settings else "such rows show no difference, however large"
    low, high = (f"{100 * end:.1f}" for end in (min(known), max(known)))
    size = low if low == high else f"{low} to {high}"
    if settings:
        return f"a true difference of {size} is seen in 80 of 100 such comparisons, if seeds vary as these do"
    return (
        f"a true difference of {size} is seen in 80 of 100 comparisons on as many rows, if two models disagree as "
        "often as these"
    )


def price_rows(found: ComparisonReport) -> list[list[str]]:
    """Return a table of the runs: its headings, then one row each."""
    heads = [
        "run", "accuracy", "macro F1", "loss", "calibration", "parameters", "model", "peak memory", "trained in",
        "reviews/s", "one review",
    ]  # fmt: skip
    return [heads, *(_price_row(one) for one in found.runs)]


def _price_row(one: RunReport) -> list[str]:
    return [
        clean_line(one.name, _NAME),
        f"{one.accuracy:.4f}",
        f"{one.macro_f1:.4f}",
        f"{one.loss:.4f}",
        calibration_text(one),
        in_millions(one.parameters),
        in_bytes(one.model_bytes),
        in_bytes(one.peak_memory_bytes),
        in_time(one.seconds),
        "?" if one.reviews_per_second is None else f"{one.reviews_per_second:,.0f}",
        "?" if one.one_review_seconds is None else f"{1000 * one.one_review_seconds:.1f} ms",
    ]


def calibration_text(one: RunReport) -> str:
    """Return the calibration error, and whether it is more than chance makes of it on as many rows."""
    return f"{one.ece:.3f} {'off' if one.ece > one.ece_null_95 else 'good'}"


def in_millions(count: int | None) -> str:
    """Format a number of parameters: `22.7 M`; `?` for None."""
    if count is None:
        return "?"
    return f"{count / 1e6:,.1f} M" if count >= 100_000 else f"{count:,}"


def differing_rows(found: ComparisonReport) -> list[list[str]]:
    """Return a row for each setting that differs: its name, then a value for each arm."""
    return [
        [one.setting, *(clean_line(setting_text(value), 40) for value in one.values)]
        for one in found.differing_settings
    ]
