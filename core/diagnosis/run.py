"""The diagnosis of a run, from its folder."""

from __future__ import annotations

from typing import Any

from core.diagnosis.finding import Figures, Finding
from core.diagnosis.rules import diagnose
from core.runs.baselines import best_baseline
from core.runs.folder import RunFolder
from core.runs.history import RunHistory
from core.runs.outline import read_outline


def diagnose_run(run: RunFolder, history: RunHistory) -> list[Finding]:
    """Return what the figures of a run say, the weightiest first.

    Args:
        run: Its folder; the settings and the baseline on the same rows are read.
        history: Its journal, as far as it has been read.
    """
    outline, baseline = read_outline(run.settings), best_baseline(run)
    settings = outline.all_settings() if outline is not None else {}
    return diagnose(Figures(history, settings, baseline.validation if baseline is not None else None))


def to_json(finding: Finding) -> dict[str, Any]:
    """Return the JSON object that commands print."""
    return {
        "kind": finding.kind,
        "sentence": finding.sentence,
        "advice": finding.advice,
        "changes": dict(finding.changes),
    }
