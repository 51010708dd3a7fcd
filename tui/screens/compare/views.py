"""What the Compare screen shows of a comparison, as functions that return `Content`. They clean text from data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from textual.content import Content

from core.base.text import clean_line
from core.comparison.report import ComparisonReport, PairReport, RunReport, SettingReport
from tui.comparison_text import in_millions, left_out_text, points_text, signed, visible_text
from tui.formatting import in_bytes, in_time, setting_text
from tui.widgets.responsive import indented, lines, row, section

_NAME = 30
_LABEL = 20
_MARKS = {
    "better": ("▲", "$text-success"),
    "worse": ("▼", "$text-warning"),
    "practically equal": ("≈", "$text-accent"),
    "not distinguishable": ("?", "$foreground-muted"),
}
"""A verdict → its mark and colour."""
_PLOT = 61
"""The most cells of the drawn interval."""


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: a run, or all runs of a setting."""

    name: str
    arm: int
    runs: tuple[RunReport, ...]


def verdict_count(report: ComparisonReport) -> int:
    """Return how many pairs there are to step through."""
    return len(report.settings) + len(report.pairs)


def verdict_at(report: ComparisonReport, number: int) -> PairReport | SettingReport:
    """Return one of the pairs."""
    every: tuple[PairReport | SettingReport, ...] = (*report.settings, *report.pairs)
    return every[number]


def sides(report: ComparisonReport, number: int) -> tuple[Side, Side]:
    """Return what a pair compares."""
    one = verdict_at(report, number)
    if isinstance(one, PairReport):
        first, second = report.run(one.a), report.run(one.b)
        return Side(first.name, first.arm, (first,)), Side(second.name, second.arm, (second,))
    arms = [arm.id for arm in report.arms]
    found = []
    for id in (one.a, one.b):
        arm = arms.index(id)
        found.append(Side(report.name(id), arm, tuple(run for run in report.runs if run.arm == arm)))
    return found[0], found[1]


def verdict(report: ComparisonReport, number: int, keys: str, width: int) -> Content:
    """The verdict about a pair in a sentence, its interval drawn, and what the question was."""
    one, (a, b) = verdict_at(report, number), sides(report, number)
    mark, style = _MARKS.get(one.verdict or "", ("·", "$foreground-muted"))
    several = verdict_count(report) > 1
    head = Content.assemble(
        (f" {mark} ", f"bold {style}"),
        (clean_line(a.name, _NAME), "bold"),
        (" against ", "$foreground-muted"),
        (clean_line(b.name, _NAME), "bold"),
        (f"   pair {number + 1} of {verdict_count(report)}  {keys}" if several else "", "$foreground-muted"),
    ).truncate(max(width, 1), ellipsis=True)
    parts = [head, indented(Content.styled(f"{clean_line(one.sentence)}.", "bold"), width, 3)]
    estimate = one if isinstance(one, PairReport) else one.tested
    if estimate is not None:
        drawn = interval(estimate.low, estimate.difference, estimate.high, report.margin, min(width - 20, _PLOT))
        parts.append(drawn.pad_left(3))
    parts.append(indented(Content.styled(f"Asked: {report.question}?", "$foreground-muted"), width, 3))
    return lines(parts)


def interval(low: float, middle: float, high: float, margin: float, width: int) -> Content:
    """Draw an interval on a line around 0, on which the margin is marked: `−6.0 ····┊├─●──┊─┤···· +6.0`."""
    reach = max(abs(low), abs(high), margin, 0.001) * 1.15
    cells = max(width, 21) // 2 * 2 + 1

    def place(value: float) -> int:
        return min(max(round((value / reach + 1) / 2 * (cells - 1)), 0), cells - 1)

    drawn = ["·"] * cells
    drawn[place(low) : place(high) + 1] = "─" * (place(high) - place(low) + 1)
    for value in (margin, -margin) if margin else ():
        drawn[place(value)] = "┊"
    drawn[place(0.0)] = "│"
    drawn[place(low)], drawn[place(high)], drawn[place(middle)] = "├", "┤", "●"
    ends = signed(reach)
    return Content.assemble(
        (f"{signed(-reach)} ", "$foreground-muted"),
        ("".join(drawn), "$text-primary"),
        (f" {ends}", "$foreground-muted"),
    )


def body(report: ComparisonReport, number: int, key: Callable[[str], str], width: int) -> Content:
    """Everything else about a pair: who was right where, prices, differing settings, rows, notes, the other pairs."""
    one, both = verdict_at(report, number), sides(report, number)
    parts = [*(_outcomes(one, both, key) if isinstance(one, PairReport) else _seeds(one, both)), Content("")]
    parts += [*_figures(both, report), Content(""), *_settings(report, both), Content(""), *_rows(report, one, width)]
    if verdict_count(report) > 1:
        parts += [Content(""), *_others(report, number, width)]
    return lines(part.truncate(max(width, 1), ellipsis=True) for part in parts)


def _outcomes(one: PairReport, both: tuple[Side, Side], key: Callable[[str], str]) -> list[Content]:
    a, b = (clean_line(side.name, 18) for side in both)
    counts = [(f"{a} right", one.both_right, one.only_a), (f"{a} wrong", one.only_b, one.neither)]
    pile = (
        f"{key('compare.classify')} opens the {one.answered_differently:,} answered differently"
        if one.answered_differently
        else "both give every review the same class"
    )
    return [
        section("Who was right", pile),
        _line("", f"{b} right", f"{b} wrong", style="$foreground-muted"),
        *(_line(title, f"{first:,}", f"{second:,}") for title, first, second in counts),
        Content.styled(f" accuracy {points_text(one)};  macro F1 {points_text(one.macro_f1)}", "$foreground-muted"),
    ]


def _seeds(one: SettingReport, both: tuple[Side, Side]) -> list[Content]:
    """The accuracies of both settings, those of the same seed beside each other."""
    scores = [{run.seed: run.accuracy for run in side.runs} for side in both]
    found = [section("Seeds", f"compared by {one.method}"), _heads(both)]
    for seed in sorted(set().union(*scores), key=lambda seed: (seed is None, seed)):
        cells = (f"{its[seed]:.4f}" if seed in its else "-" for its in scores)
        found.append(_line(f"seed {seed}", *cells))
    return [*found, _line("mean", f"{one.mean_a:.4f}", f"{one.mean_b:.4f}", style="bold")]


def _figures(both: tuple[Side, Side], report: ComparisonReport) -> list[Content]:
    """What decides in practice, a line for each figure; of a setting the mean over its runs."""

    def mean(figure: Callable[[RunReport], float | None], shown: Callable[[float], str]) -> list[str]:
        values = ([value for run in side.runs if (value := figure(run)) is not None] for side in both)
        return [shown(fmean(found)) if found else "?" for found in values]

    def calibration(side: Side) -> str:
        good = sum(run.ece <= run.ece_null_95 for run in side.runs)
        words = ("good" if good else "off") if len(side.runs) == 1 else f"{good} of {len(side.runs)} good"
        return f"{fmean(run.ece for run in side.runs):.3f} {words}"

    busy = report.speed is not None and not report.speed.comparable
    speed = "reviews/s" if not busy else "reviews/s, busy"
    alone = "one review" if not busy else "one review, busy"
    table: list[tuple[str, Sequence[str]]] = [
        ("accuracy", mean(lambda run: run.accuracy, lambda value: f"{value:.4f}")),
        ("macro F1", mean(lambda run: run.macro_f1, lambda value: f"{value:.4f}")),
        ("loss", mean(lambda run: run.loss, lambda value: f"{value:.4f}")),
        ("calibration error", [calibration(side) for side in both]),
        ("parameters", mean(lambda run: run.parameters, lambda value: in_millions(round(value)))),
        ("model on disk", mean(lambda run: run.model_bytes, in_bytes)),
        ("peak memory", mean(lambda run: run.peak_memory_bytes, in_bytes)),
        ("trained in", mean(lambda run: run.seconds, in_time)),
        (speed, mean(lambda run: run.reviews_per_second, lambda value: f"{value:,.0f}")),
        (alone, mean(lambda run: run.one_review_seconds, lambda value: f"{1000 * value:.1f} ms")),
    ]
    return [section("Scores and prices"), _heads(both), *(_line(title, *cells) for title, cells in table)]


def _settings(report: ComparisonReport, both: tuple[Side, Side]) -> list[Content]:
    found = [
        _line(one.setting, *(setting_text(one.values[side.arm]) for side in both))
        for one in report.differing_settings
        if one.values[both[0].arm] != one.values[both[1].arm]
    ]
    if not found:
        return [section("Settings"), Content.styled(" none differs", "$foreground-muted")]
    return [section("Settings that differ"), *found]


def _rows(report: ComparisonReport, one: PairReport | SettingReport, width: int) -> list[Content]:
    visible = visible_text([one], []) if isinstance(one, PairReport) else visible_text([], [one])
    sentences = [
        f"{report.rows:,} rows: {clean_line(report.data, 200)}.",
        *([f"Left out: {left_out_text(report)}."] if report.excluded else []),
        *([f"{visible[0].upper()}{visible[1:]}."] if visible else []),
        *(clean_line(note, 400) for note in report.notes),
    ]
    wrapped = (part for text in sentences for part in indented(text, width - 1, 1).split("\n"))
    return [section("Rows"), *wrapped]


def _others(report: ComparisonReport, number: int, width: int) -> list[Content]:
    found = [section("All pairs", "p values are adjusted for all of them")]
    for other in range(verdict_count(report)):
        one, (a, b) = verdict_at(report, other), sides(report, other)
        here, style = ("▸", "bold") if other == number else (" ", "")
        names = f"{here} {clean_line(a.name, 18)} / {clean_line(b.name, 18)}"
        room = max(min(width // 2, 40), 12)
        found.append(
            row((f" {names}", room, style), (f" {clean_line(one.sentence)}", max(width - room, 8), "$foreground-muted"))
        )
    return found


def _heads(both: tuple[Side, Side]) -> Content:
    return _line("", both[0].name, both[1].name, style="$foreground-muted")


def _line(title: str, first: str, second: str, style: str = "") -> Content:
    return row(
        (f" {clean_line(title)}", _LABEL, "$foreground-muted"),
        (clean_line(first), -20, style),
        ("", 2, ""),
        (clean_line(second), -20, style),
    )


def waiting(names: Sequence[str], what: str, fraction: float | None, width: int) -> Content:
    """What is being done while runs are compared."""
    share = "" if fraction is None else f" {fraction:.0%}"
    shown = ", ".join(clean_line(name, _NAME) for name in names)
    return lines(
        [
            Content.styled(f" Comparing {shown}", "bold").truncate(max(width, 1), ellipsis=True),
            Content.styled(f"   {clean_line(what)}{share} …", "$text-accent"),
            Content.styled("   esc leaves it", "$foreground-muted"),
        ]
    )


def failed(names: Sequence[str], problem: str, width: int) -> Content:
    """Why runs cannot be compared."""
    shown = ", ".join(clean_line(name, _NAME) for name in names)
    head = Content.styled(f" {shown} cannot be compared", "bold $text-error").truncate(max(width, 1), ellipsis=True)
    return lines([head, indented(clean_line(problem), width, 3)])


def empty(names: Sequence[str], key: Callable[[str], str], width: int) -> Content:
    """How to choose what to compare."""
    chosen = f"{clean_line(names[0], _NAME)} is one; a comparison needs two." if names else "Nothing to compare yet."
    if names[1:]:
        shown = ", ".join(clean_line(name, _NAME) for name in names)
        chosen = f"{shown}: not compared; {key('compare.again')} does it."
    adds = "adds another run, or a group of seeds" if names else "adds a run, or a group of seeds"
    rest = ((key("compare.add"), adds), ("g r", "leads to Runs: mark some there, then C"))
    return lines(
        [
            Content.styled(f" {chosen}", "bold"),
            Content(""),
            *(Content.assemble((f"   {one:<5}", "bold $text-primary"), what) for one, what in rest),
            Content(""),
            indented(
                "Two models are compared on identical reviews: a verdict with its interval, who was right where, and "
                "what each costs.",
                width,
                3,
            ),
        ]
    )
