"""What a run is held against: the majority guess, and the best baseline on the same rows."""

from __future__ import annotations

from typing import Any

import msgspec

from core.base.text import clean_line
from core.runs.baselines import best_baseline, gain_in_words, gain_over
from core.runs.folder import RunFolder
from core.runs.history import RunHistory
from core.runs.outline import read_outline
from tui.formatting import baseline_in_words, majority_in_words


def line_to_beat(run: RunFolder, history: RunHistory) -> list[tuple[str, object]]:
    """Return the facts about it; none where there is nothing to be held against."""
    found: list[tuple[str, object]] = []
    if history.plan is not None and history.plan.majority is not None:
        found.append(("majority guess", majority_in_words(history.plan.majority)))
    if (baseline := best_baseline(run)) is not None:
        found.append(("baseline", f"{baseline_in_words(baseline)} ({clean_line(baseline.name, 60)}, {baseline.run})"))
        if (gain := gain_over(baseline, run, history.end)) is not None:
            outline = read_outline(run.settings)
            found.append(("against it", gain_in_words(gain, outline.method if outline is not None else None)))
    return found


def line_to_beat_json(run: RunFolder, history: RunHistory) -> dict[str, Any]:
    """Return the same as fields of a JSON object; None for what there is not."""
    majority = history.plan.majority if history.plan is not None else None
    baseline = best_baseline(run)
    gain = gain_over(baseline, run, history.end) if baseline is not None else None
    return {
        "majority": majority.to_json() if majority is not None else None,
        "baseline": baseline.to_json() if baseline is not None else None,
        "against_baseline": msgspec.to_builtins(gain),
    }
