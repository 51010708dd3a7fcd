"""Every two settings, each trained with several seeds: which one trains better models, as far as the seeds tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import sqrt
from statistics import variance

from core.comparison.prices import mean_price
from core.comparison.report import ArmReport, Estimate, RunReport, SettingReport
from core.statistics.multiple import holm
from core.statistics.seed_power import smallest_visible_over_seeds
from core.statistics.seeds import FEWEST_SEEDS, GroupComparison, Method, compare_groups
from core.statistics.verdict import judge, sentence


def compare_settings(
    arms: Sequence[ArmReport], runs: Sequence[RunReport], margin: float, ratios: Mapping[tuple[int, int], float]
) -> tuple[SettingReport, ...]:
    """Compare every two groups of seeds by the accuracies of their runs.

    Args:
        arms: The groups. runs: All their runs.
        margin: The largest difference that counts as none, as a fraction.
        ratios: Two indices of arms → how much longer the first takes to classify.
    """
    of_arm = [[run for run in runs if run.arm == number] for number in range(len(arms))]
    scores = [_by_seed(its) for its in of_arm]
    pairs = list(combinations(range(len(arms)), 2))
    compared = [compare_groups(scores[a], scores[b]) for a, b in pairs]
    p_values = iter(holm([one.tested.p_value for one in compared if one.tested is not None]))
    found = []
    for (a, b), one in zip(pairs, compared, strict=True):
        p_adjusted = next(p_values) if one.tested is not None else 1.0
        cost = mean_price(of_arm[a], of_arm[b], ratios.get((a, b)))
        said = _sentence(one, p_adjusted, margin)
        found.append(
            SettingReport(
                a=arms[a].id,
                b=arms[b].id,
                seeds_a=one.a.seeds,
                seeds_b=one.b.seeds,
                mean_a=one.a.mean,
                lowest_a=one.a.low,
                highest_a=one.a.high,
                mean_b=one.b.mean,
                lowest_b=one.b.low,
                highest_b=one.b.high,
                apart=one.apart,
                method=one.method.value,
                seeds=one.seeds,
                tested=None
                if one.tested is None
                else Estimate(
                    difference=one.tested.difference,
                    low=one.tested.low,
                    high=one.tested.high,
                    p_value=one.tested.p_value,
                    p_adjusted=p_adjusted,
                ),
                verdict=judge(one.tested, p_adjusted, margin).value if one.tested is not None else None,
                smallest_visible=_visible(scores[a], scores[b], one),
                sentence=f"{said}; {cost}" if cost else said,
            )
        )
    return tuple(found)


def _by_seed(runs: Sequence[RunReport]) -> dict[int, float]:
    """Return the accuracy by seed; runs whose seed is unknown or taken get a number that no seed has."""
    found: dict[int, float] = {}
    for number, run in enumerate(runs, start=1):
        free = run.seed is not None and run.seed not in found
        found[run.seed if free and run.seed is not None else -number] = run.accuracy
    return found


def _visible(a: Mapping[int, float], b: Mapping[int, float], compared: GroupComparison) -> float | None:
    if compared.method is Method.RANGES:
        return None
    if compared.method is Method.PAIRED:
        spread = sqrt(variance([a[seed] - b[seed] for seed in a.keys() & b.keys()]))
    else:
        spread = sqrt(variance(a.values()) + variance(b.values()))
    return smallest_visible_over_seeds(compared.seeds) * spread


def _sentence(compared: GroupComparison, p_adjusted: float, margin: float) -> str:
    if compared.tested is not None:
        return sentence(compared.tested, p_adjusted, margin, f"over {compared.seeds} seeds")
    difference = round(100 * (compared.a.mean - compared.b.mean), 1)
    middle = f"{difference:+.1f}".replace("-", "−") if difference else "0.0"
    ranges = f"{_range(compared.a.low, compared.a.high)} against {_range(compared.b.low, compared.b.high)}"
    seeds = f"{compared.a.seeds} seeds" if compared.a.seeds == compared.b.seeds else "the seeds"
    told = "every run of one beats every run of the other" if compared.apart else "the ranges overlap"
    more = "" if compared.seeds >= FEWEST_SEEDS else f"; no test with fewer than {FEWEST_SEEDS} seeds of each"
    return f"{middle} points on average over {seeds}, {ranges}: {told}{more}"


def _range(low: float, high: float) -> str:
    return f"{100 * low:.1f}…{100 * high:.1f} %"
