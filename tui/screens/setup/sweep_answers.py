"""What a sweep wants to know besides its space: the strategy, how many trials or minutes, the metric, test reviews.

Each is declared as a setting is, so that the same rows edit it (`sweep_dialog.py`). What is refused is refused in the
words of the command.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from core.base.errors import InputError
from core.base.text import clean_line
from core.experiments.sweep_spec import Metric, Strategy, SweepSpec, check_sweep, usual_runs
from core.reviews.sources import absolute_source
from core.settings.declarations import Declaration, Kind
from core.settings.schema import Settings


def _declared(
    name: str, title: str, kind: Kind, help: str, default: str = "", choices: tuple[str, ...] = (), range: str = ""
) -> Declaration:
    return Declaration(name, title, "Sweep", "", help, default, kind, choices, range, "duration")


ANSWERS = (
    _declared(
        "strategy",
        "Strategy",
        "choice",
        "search: your settings and the presets in the space, then optuna proposes each trial from the results so far. "
        "grid: every combination. halving: many short trials, of which the best third trains on to three times the "
        "epochs, and so on; it decides epochs and schedule itself.",
        "search",
        get_args(Strategy),
    ),
    _declared(
        "runs",
        "Trials",
        "whole number",
        "How many trials at most. Empty takes 12, 9 for halving, or as many as the minutes allow. A grid has all "
        "combinations.",
        range="2 to 1000",
    ),
    _declared(
        "minutes",
        "Minutes",
        "number",
        "No trial is planned that would probably end later than this. Empty sets no limit.",
        range="> 0",
    ),
    _declared(
        "metric",
        "Metric",
        "choice",
        "What decides which trial is better. accuracy-and-seconds looks for those that no other one beats in both.",
        "macro_f1",
        get_args(Metric),
    ),
    _declared(
        "test",
        "Test reviews",
        "text",
        "A file of labelled reviews that no trial sees, on which the winner is measured. Empty trains it twice more "
        "with fresh seeds: the best of many trials looks better than it is.",
    ),
)
"""In the order of the dialog."""
USUAL: dict[str, str] = {one.name: one.default for one in ANSWERS}


def spec_of(
    space: Mapping[str, str], answers: Mapping[str, str], base: Settings
) -> tuple[SweepSpec | None, dict[str, str]]:
    """Return what a sweep wants to know; or None, and for each answer that is refused why.

    Args:
        space: Setting → its range.
        answers: Those that differ from `USUAL`, as they were typed.
        base: The settings that all trials share otherwise.
    """
    said = {**USUAL, **answers}
    refused = {name: sentence for name in ("runs", "minutes", "test") if (sentence := _refusal(name, said[name]))}
    if refused:
        return None, refused
    minutes = float(said["minutes"] or 0)
    fields: dict[str, Any] = {
        "space": dict(space),
        "strategy": said["strategy"],
        "metric": said["metric"],
        "runs": int(said["runs"] or usual_runs(said["strategy"], minutes)),
        "minutes": minutes,
        "test": absolute_source(said["test"]) if said["test"] else "",
    }
    spec = msgspec.convert(fields, SweepSpec)
    try:
        check_sweep(spec, base)
    except InputError as error:
        return None, {"strategy": str(error)}
    return spec, {}


def _refusal(name: str, text: str) -> str:
    """Return why an answer is refused on its own; empty if it is not."""
    if not text:
        return ""
    shown = clean_line(text, 40)
    if name == "test":
        return f"There is no '{shown}'." if text.startswith(("/", ".", "~")) and not _exists(text) else ""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if name == "minutes":
        return "" if 0 < number < math.inf else f"minutes cannot be '{shown}'; it is a number > 0."
    whole = number.is_integer() and text.isdecimal() and 2 <= number <= usual_runs("search", 1)
    return "" if whole else f"runs cannot be '{shown}'; it is a whole number from 2 to {usual_runs('search', 1)}."


def _exists(path: str) -> bool:
    try:
        return Path(path).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # a name that is too long, an unknown user
        return False
