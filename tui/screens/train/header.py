"""The top of the Train screen: state, progress and the most important figures."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from core.base.text import clean, clean_line
from core.inference.cut_report import cut_report, verdict
from core.runs.baselines import Baseline, gain_in_words
from core.runs.figures import AgainstBaseline, ValidationFigures
from core.runs.history import RunHistory
from core.runs.outline import Method
from core.runs.records import EndRecord
from core.runs.status import OVER
from core.runs.summary import RunSummary
from tui.formatting import STATE_MARKS, baseline_in_words, in_time, trouble
from tui.screens.train.log import METRICS
from tui.widgets.responsive import fitting
from tui.widgets.still import Still


@dataclass(frozen=True)
class ToBeat:
    """What a run is held against."""

    baseline: Baseline | None = None
    """The best baseline on the same rows."""
    gain: AgainstBaseline | None = None
    """What the run gained over it, once it has ended."""
    method: Method | None = None
    """How the run was trained."""


class RunHeader(Still):
    """Shows state and progress, a bar, loss and speed, the evaluation kept, and the results before each extension."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)

    def show_loading(self) -> None:
        """Show that the journal is being read."""
        self.update(Content("Reading the run's journal…"))

    def show_reading(self, share: float) -> None:
        """Show how much of a long journal has been read."""
        self.update(Content(f"Reading the run's journal, {share:.0%}… The curves show what has been read."))

    def show_trouble(self, sentence: str) -> None:
        """Show why the run's folder cannot be read."""
        self.update(Content.styled(clean(sentence), "$text-error"))

    def show(
        self,
        summary: RunSummary,
        history: RunHistory,
        now: float,
        asked: str,
        best_metric: str,
        to_beat: ToBeat = ToBeat(),
        *,
        folded: bool = False,
    ) -> None:
        """Show a run.

        Args:
            summary: State and progress of the run.
            history: Its figures.
            now: The current time in seconds since 1970.
            asked: The request that the worker has not carried out yet; empty if there is none.
            best_metric: The setting that decides which evaluation is kept.
            to_beat: What the run is held against.
            folded: Whether to leave out what seldom changes.
        """
        width = max(self.content_size.width, 10)
        lines = [_state(summary, history, now, asked, width), _bar(summary, history, width)]
        majority, baseline = _majority(history), _baseline(to_beat)
        has_room = Content("  ").join([*baseline, *majority]).cell_length <= width
        beside, below = ([], majority) if has_room else (majority, [])
        lines += [_losses(summary, history, width), _best(summary, best_metric, beside, width)]
        if not folded:
            lines += [fitting([*baseline, *below], width, "  ")] if baseline or below else []
            lines += _cut(history, width)
            lines += [_earlier(one, width) for one in history.earlier if one.validation is not None]
        self.update(Content("\n").join(lines))


def _state(summary: RunSummary, history: RunHistory, now: float, asked: str, width: int) -> Content:
    """Return state and as much of the progress as fits, then any problem or closing message in full."""
    mark, colour = STATE_MARKS[summary.state]
    parts = [Content.styled(f"{mark} {summary.state}", f"bold {colour}")]
    if asked:
        parts.append(Content.styled(asked, "$text-accent"))
    if summary.phase:
        parts.append(Content(clean_line(summary.phase)))
    if history.steps:
        last = history.steps[-1]
        epochs = f"/{summary.epochs:.3g}" if summary.epochs else ""
        parts += [
            _named("epoch", f"{last.epoch:.2f}{epochs}"),
            _named("step", f"{summary.step}/{summary.steps or '?'}"),
        ]
        parts.append(_named("elapsed", in_time(_elapsed(history))))
        left = history.seconds_left() if summary.state in ("running", "paused") else None
        if left is not None:
            parts.append(_named("left", f"~{in_time(left)}"))
    elif history.end is not None and history.end.seconds is not None:
        parts.append(_named("elapsed", in_time(history.end.seconds)))
    wrong = clean_line(trouble(summary, now, "r resumes") or _no_checkpoint(summary) or summary.message, 300)
    return Content.assemble(fitting(parts, width, "  "), (wrong and f"  {wrong}", "$text-warning"))


def _elapsed(history: RunHistory) -> float:
    """Return the seconds of training so far."""
    ended = history.end.seconds if history.end is not None else None
    return ended if ended is not None else history.steps[-1].seconds


def _bar(summary: RunSummary, history: RunHistory, width: int) -> Content:
    """Return a bar of the steps done, with the percentage."""
    share = summary.step / summary.steps if summary.steps else 0.0
    if not history.steps and summary.state == "finished":
        share = 1.0
    elif not history.steps and history.phase is not None and history.phase.fraction is not None:
        share = history.phase.fraction
    cells = max(width - 6, 10)
    full = min(round(share * cells), cells)
    return Content.assemble(
        ("━" * full, "$text-primary"), ("╌" * (cells - full), "$foreground-muted"), (f" {share:>5.0%}", "bold")
    )


def _losses(summary: RunSummary, history: RunHistory, width: int) -> Content:
    """Return the losses, learning rate and speed; before the first step, the model and the data."""
    if not history.steps:
        words = f"{clean_line(summary.model)} on {clean_line(summary.data)}"
        return fitting([Content.styled(words, "$foreground-muted")], width, "")
    parts = [_named("training loss", f"{history.smoothed_loss():.4f}") + Content(" smoothed")]
    if history.evaluations:
        parts.append(_named("validation loss", f"{history.evaluations[-1].loss:.4f}"))
    parts.append(_named("lr", f"{history.steps[-1].learning_rate:.1e}", ""))
    if (speed := history.reviews_per_second()) is not None:
        parts.append(Content(f"{speed:.0f} reviews/s"))
    return fitting(parts, width, "  ")


def _best(summary: RunSummary, best_metric: str, beside: list[Content], width: int) -> Content:
    """Return the evaluation whose weights are kept, what stands beside it, and the rule that chose it."""
    if summary.validation is None:
        return Content.styled("not evaluated yet", "$foreground-muted")
    when = f" epoch {summary.best_epoch:.3g}" if summary.best_epoch is not None else ""
    parts = [Content.assemble(("kept", "$foreground-muted"), (when, "bold")), *_figures(summary.validation), *beside]
    if summary.best_epoch is None:
        return fitting([Content.styled("validation", "$foreground-muted"), *parts[1:]], width, "  ")
    rule = METRICS.get(best_metric, "macro F1")
    within = "" if best_metric == "loss" else " (of ties within chance, the latest)"
    parts.append(Content.styled(f"best {rule}{within}", "$foreground-muted"))
    return fitting(parts, width, "  ")


def _baseline(to_beat: ToBeat) -> list[Content]:
    """Return the baseline, and whether the run gained anything over it."""
    baseline, gain = to_beat.baseline, to_beat.gain
    parts = [_named("baseline", baseline_in_words(baseline))] if baseline is not None else []
    if gain is not None:
        parts.append(
            Content.styled(
                gain_in_words(gain, to_beat.method), "$text-warning" if gain.low <= 0 else "$foreground-muted"
            )
        )
    return parts


def _majority(history: RunHistory) -> list[Content]:
    majority = history.plan.majority if history.plan is not None else None
    return [_named("majority guess", f"{majority.accuracy:.2f}")] if majority is not None else []


def _cut(history: RunHistory, width: int) -> list[Content]:
    """Return the accuracy on reviews that were cut and on whole ones, if there are both."""
    found = cut_report(history.end.cut) if history.end is not None else None
    if found is None:
        return []
    parts = [
        Content.assemble(
            (f"{named} ", "$foreground-muted"),
            (f"{one.accuracy:.3f}", "bold"),
            (f" ({one.low:.2f}–{one.high:.2f}, n={one.rows:,})", "$foreground-muted"),
        )
        for named, one in ((f"accuracy: cut to {found.max_length}", found.cut), ("whole", found.whole))
    ]
    style = "$text-warning" if found.high < 0 else "$foreground-muted"
    difference = f"difference {found.difference:+.3f} ({found.low:+.2f} to {found.high:+.2f}): {verdict(found)}"
    line = Content("  ").join([*parts, Content.styled(verdict(found), style)])
    if line.cell_length <= width:
        return [line]
    return [fitting(parts, width, "  "), Content.styled(difference, style).truncate(max(width, 1), ellipsis=True)]


def _earlier(end: EndRecord, width: int) -> Content:
    """Return the results that the run had before it was extended."""
    when = f"after {end.epochs:.3g} epochs" if end.epochs is not None else "before"
    figures = _figures(end.validation) if end.validation is not None else []
    return fitting([Content.styled(when, "$foreground-muted"), *figures], width, "  ")


def _figures(figures: ValidationFigures) -> list[Content]:
    return [
        _named("accuracy", f"{figures.accuracy:.3f}"),
        _named("F1", f"{figures.macro_f1:.3f}"),
        _named("loss", f"{figures.loss:.4f}"),
    ]


def _no_checkpoint(summary: RunSummary) -> str:
    """Return since when no checkpoint could be written, and why; empty if checkpoints are written."""
    if not summary.no_checkpoint or summary.state in OVER:
        return ""
    since = f"since step {summary.checkpoint_step}" if summary.checkpoint_step else "yet"
    return f"no checkpoint {since}: {summary.no_checkpoint}"


def _named(name: str, value: str, style: str = "bold") -> Content:
    """Return a figure preceded by its name."""
    return Content.assemble((f"{name} ", "$foreground-muted"), (value, style))
