"""Every two models on the same rows: who was right where, the difference with its interval and test, the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from core.comparison.prices import price
from core.comparison.report import Estimate, PairReport, RunReport
from core.comparison.rows import Progress
from core.comparison.speed import Speeds
from core.statistics.bootstrap import RESAMPLES, compare_figures
from core.statistics.difference import Difference
from core.statistics.multiple import holm
from core.statistics.paired import PairedOutcomes, compare_accuracy, count_outcomes
from core.statistics.power import smallest_visible
from core.statistics.verdict import judge, sentence

_FEWEST_RESAMPLES = 2_000
_ALL_RESAMPLES = 200_000
"""Of all pairs together, so that many pairs do not take minutes."""


def compare_pairs(
    labels: np.ndarray,
    predicted: Sequence[np.ndarray],
    runs: Sequence[RunReport],
    classes: int,
    margin: float,
    speeds: Speeds | None,
    progress: Progress,
) -> tuple[PairReport, ...]:
    """Compare every two of K models that do not belong to the same group.

    Args:
        labels: [N] class indices. predicted: K times [N].
        runs: The K runs.
        classes: How many there are.
        margin: The largest difference in accuracy that counts as none, as a fraction.
        speeds: None if they were not measured, or cannot be compared.
    """
    pairs = [(a, b) for a, b in combinations(range(len(runs)), 2) if runs[a].arm != runs[b].arm]
    resamples = max(min(RESAMPLES, _ALL_RESAMPLES // len(pairs)), _FEWEST_RESAMPLES)
    right = [one == labels for one in predicted]
    outcomes = [count_outcomes(right[a], right[b]) for a, b in pairs]
    accuracy = [compare_accuracy(one) for one in outcomes]
    f1: list[Difference] = []
    for done, (a, b) in enumerate(pairs):
        progress("comparing", done / len(pairs))
        generator = np.random.default_rng(0)
        f1.append(compare_figures(labels, predicted[a], predicted[b], classes, generator, resamples=resamples))
    progress("comparing", 1.0)
    found = []
    for (a, b), table, one, one_f1 in zip(pairs, outcomes, _adjusted(accuracy), _adjusted(f1), strict=True):
        difference = Difference(one.difference, one.low, one.high, one.p_value)
        said = sentence(difference, one.p_adjusted, margin, f"on {table.rows:,} {'row' if table.rows == 1 else 'rows'}")
        ratio = speeds.ratio(a, b) if speeds is not None else None
        cost = price(runs[a], runs[b], ratio)
        found.append(
            PairReport(
                a=runs[a].run,
                b=runs[b].run,
                both_right=table.both_right,
                only_a=table.only_a,
                only_b=table.only_b,
                neither=table.neither,
                answered_differently=int((predicted[a] != predicted[b]).sum()),
                **{name: getattr(one, name) for name in Estimate.__struct_fields__},
                verdict=judge(difference, one.p_adjusted, margin).value,
                smallest_visible=visible_difference(table),
                macro_f1=one_f1,
                speed_ratio=ratio,
                sentence=f"{said}; {cost}" if cost else said,
            )
        )
    return tuple(found)


def visible_difference(table: PairedOutcomes) -> float | None:
    """The smallest difference in accuracy that such rows show in 80 of 100 cases, from the share that is discordant.

    Models that hardly differ leave too few discordant rows for any difference among these to be seen. Then the least
    is returned that would be seen at all: rows that all speak for one model.
    """
    if not table.rows:
        return None
    # One row more on either side, as for the interval of the macro F1: none seen does not mean that there are none.
    seen = min((table.discordant + 2) / (table.rows + 2), 1.0)
    if (found := smallest_visible(table.rows, seen)) is not None:
        return found
    low, high = seen, 1.0
    if smallest_visible(table.rows, high) is None:
        return None
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if smallest_visible(table.rows, middle) is not None else (middle, high)
    return smallest_visible(table.rows, high)


def _adjusted(differences: Sequence[Difference]) -> list[Estimate]:
    p_values = holm([one.p_value for one in differences])
    return [
        Estimate(difference=one.difference, low=one.low, high=one.high, p_value=one.p_value, p_adjusted=p_value)
        for one, p_value in zip(differences, p_values, strict=True)
    ]
