"""Says what the validation rows of a run could show before it is trained: the smallest difference in accuracy.

How often two models will disagree is not known then. It is taken from the accuracy of the best run on the same data and
the usual correlation of two fine-tuned models (`core.statistics.power`); how much seeds vary, from an earlier group of
seeds. Without either, assumptions stand in, and are named.
"""

from __future__ import annotations

from math import sqrt
from statistics import stdev

from core.base.errors import InputError
from core.base.text import clean_line
from core.comparison.foresight import Foresight
from core.runs.folder import list_runs
from core.runs.group import list_groups, read_group
from core.runs.group_journal import read_group_journal
from core.runs.summary import RunSummary, summarize
from core.statistics.power import discordant_share, rows_needed, smallest_visible
from core.statistics.seed_power import seeds_needed

ASSUMED_ACCURACY = 0.9
ASSUMED_SPREAD = 0.01
"""Standard deviation of the accuracy over seeds: a guess, until a group of seeds was trained on the same data."""


def foresee(rows: int, source: str, difference: float | None = None) -> Foresight:
    """Return what validation rows of some data can show.

    Args:
        rows: Different texts to validate on.
        source: The data, as runs record it.
        difference: That the user wants to see, as a fraction.

    Raises:
        InputError: The difference is none.
    """
    if difference is not None and not 0 < difference < 1:
        raise InputError("A difference is a number of points above 0 and below 100.")
    accuracy, accuracy_of = _best_accuracy(source)
    spread, spread_of = _spread(source)
    discordant = discordant_share(min(max(accuracy, 0.5), 0.995))
    needed = None
    if difference is not None:
        # Models that differ by more than is expected disagree at least on the rows that make the difference.
        needed = rows_needed(difference, max(discordant, difference))
    return Foresight(
        rows=rows,
        accuracy=accuracy,
        accuracy_of=accuracy_of,
        discordant=discordant,
        smallest_visible=smallest_visible(rows, discordant) if rows else None,
        spread=spread,
        spread_of=spread_of,
        difference=difference,
        rows_needed=needed,
        seeds_needed=seeds_needed(difference / (sqrt(2) * spread)) if difference is not None else None,
    )


def _best_accuracy(source: str) -> tuple[float, str]:
    """Return the best accuracy of a run on this data, and the run's name; an assumption without one."""
    ended = [one for one in map(summarize, list_runs()) if one.data == source]
    scored = [(one.validation.accuracy, one.name) for one in ended if one.validation is not None]
    accuracy, name = max(scored, default=(ASSUMED_ACCURACY, ""))
    return accuracy, clean_line(name, 40)


def _spread(source: str) -> tuple[float, str]:
    """Return the standard deviation of the newest group of seeds on this data, and its name; an assumption without."""
    for group in list_groups():
        outline = read_group(group)
        if outline is None or outline.kind != "seeds" or outline.request.data != source:
            continue
        members = {member.run for member in read_group_journal(group.journal).members.values()}
        found = [_accuracy(summarize(run)) for run in list_runs() if run.id in members]
        accuracies = [one for one in found if one is not None]
        if len(accuracies) > 2 and (spread := stdev(accuracies)) > 0:
            return spread, clean_line(outline.name, 40)
    return ASSUMED_SPREAD, ""


def _accuracy(summary: RunSummary) -> float | None:
    return summary.validation.accuracy if summary.validation is not None else None
