"""What a kept comparison says of two runs, or of two groups of seeds, in the direction that an entry needs."""

from __future__ import annotations

from collections.abc import Sequence

from core.base.text import clean_line
from core.comparison.prices import price
from core.comparison.report import ComparisonReport, PairReport, SettingReport
from core.lab_journal.entry import Verdict
from core.statistics.difference import Difference
from core.statistics.verdict import judge, sentence


def of_runs(
    comparisons: Sequence[ComparisonReport], run: str, before: str, since: float, until: float | None
) -> Verdict | None:
    """Return the verdict about a run against another from the newest comparison of both; None if there is none.

    Args:
        comparisons: The newest first.
        since, until: When it was made, in seconds since 1970: later, an extended run is another model. None for no end.
    """
    found: Verdict | None = None
    for report in comparisons:
        if report.time < since or (until is not None and report.time >= until):
            continue
        pair = next((one for one in report.pairs if {one.a, one.b} == {run, before}), None)
        if pair is None:
            continue
        if len(report.runs) == 2:  # no other pair takes part in its p value
            return _of_pair(report, pair, run)
        found = found or _of_pair(report, pair, run)
    return found


def _of_pair(report: ComparisonReport, pair: PairReport, run: str) -> Verdict:
    if pair.a == run:
        return Verdict(sentence=pair.sentence, verdict=pair.verdict, comparison=report.id)
    turned = Difference(pair.difference, pair.low, pair.high, pair.p_value).reversed()
    rows = pair.both_right + pair.only_a + pair.only_b + pair.neither
    said = sentence(turned, pair.p_adjusted, report.margin, f"on {rows:,} {'row' if rows == 1 else 'rows'}")
    ratio = 1 / pair.speed_ratio if pair.speed_ratio else None
    cost = price(report.run(pair.b), report.run(pair.a), ratio)
    return Verdict(
        sentence=f"{said}; {cost}" if cost else said,
        verdict=judge(turned, pair.p_adjusted, report.margin).value,
        comparison=report.id,
    )


def of_groups(comparisons: Sequence[ComparisonReport], group: str, before: str) -> Verdict | None:
    """Return the verdict about a group of seeds against another from the newest comparison; None if there is none."""
    for report in comparisons:
        for one in report.settings:
            if (one.a, one.b) == (group, before):
                return Verdict(sentence=one.sentence, verdict=one.verdict, comparison=report.id)
            if (one.b, one.a) == (group, before):
                said = f"{setting_names(report, one)}: {one.sentence}"
                return Verdict(sentence=said, verdict=None, comparison=report.id)
    return None


def setting_names(report: ComparisonReport, pair: SettingReport | PairReport) -> str:
    """Return what is compared: `this against that`."""
    return " against ".join(clean_line(report.name(one), 60) for one in (pair.a, pair.b))


def sentences(report: ComparisonReport) -> tuple[str, ...]:
    """Return the verdict about each pair, with its names."""
    every: tuple[SettingReport | PairReport, ...] = (*report.settings, *report.pairs)
    return tuple(f"{setting_names(report, one)}: {one.sentence}" for one in every)
