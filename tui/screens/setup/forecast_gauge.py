"""The gauge below the settings: the memory, disk and time that a run would take, updated with every key.

The engine collects the facts once for reviews and a model, and measures a few real micro-batches if none were measured
before. The forecast itself is arithmetic in this process (`core/forecast/forecast.py`), so that no key waits for it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from textual import work
from textual.content import Content
from textual.message import Message

from core.base.errors import ReviewtuiError
from core.base.memory import free_bytes
from core.base.text import clean_line
from core.data.length_report import cannot_learn
from core.engine.data_requests import GatherFacts, MeasureLengths
from core.forecast.facts import Facts
from core.forecast.forecast import Forecast, Saving, forecast, savings
from core.forecast.run import Run
from core.settings.schema import Settings
from tui.formatting import in_bytes, in_time, short_time
from tui.state import Draft
from tui.widgets.responsive import Drawn, fitting, lines, track

if TYPE_CHECKING:
    from tui.workbench import Workbench

_BAR = 12
_QUIET_SECONDS = 1.0
"""Seconds without a key press before steps are measured."""
_RETRY_SECONDS = 30.0
"""Seconds until the next attempt, after a measurement was postponed because a run is training."""
_FREE_SECONDS = 3.0
"""Seconds between two looks at the free memory."""
_PARTS = {
    "optimizer": "optimizer state",
    "workspace": "temporary buffers",
    "copies": "copies of the best weights",
}
"""Names of the parts of a forecast, where the screen uses others."""
_MAX_LINES = 3
"""Lines for what cannot be learned."""
_TIGHT, _FULL = 0.7, 0.9
"""Shares of the free memory above which a run is called tight, and too large."""


class ForecastGauge(Drawn):
    """Two lines: memory and disk, and time; below them what no such run can learn, if there is such a thing."""

    DEFAULT_CSS = """
    ForecastGauge { max-height: 5; }
    """

    app: Workbench

    class Known(Message):
        """Posted when something is known of the reviews and the model, or more than before."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.facts: Facts | None = None
        self._settings: Settings | None = None
        self._of: tuple[str, str, str, int] | None = None
        """What the facts belong to: hash of the reviews as they are read, model, device, number of classes."""
        self._refused: set[str] = set()
        """Ways to compute a run that could not be measured on this machine."""
        self._state = ""
        self._note = ""

    def on_mount(self) -> None:
        self.set_interval(_FREE_SECONDS, self._look_again)

    def _look_again(self) -> None:
        """Show the free memory as it is now."""
        if self.facts is not None and self.screen.is_current:
            self._show()

    def follow(self, draft: Draft, settings: Settings | None, note: str = "") -> None:
        """Show what a run of `draft` would take.

        Args:
            draft: The run being set up.
            settings: Its settings; None, while a value is refused, changes nothing.
            note: Which of several runs this is; empty if there is only one.
        """
        self._note = note
        if draft.report is None or settings is None:
            return
        of = (draft.report.data_hash, settings.model, settings.device, len(draft.report.class_counts))
        if of != self._of:
            self._refused = set()
            self._of, self.facts, self._state = of, None, "Looking at reviews and model …"
            self._collect(draft, settings)
        self._settings = settings
        self._show()
        if self.facts is not None and self._is_to_be_measured(settings):
            self._measure(draft, settings)

    def predicted(self) -> Forecast | None:
        """Return the forecast that is shown; None before there is one."""
        if self.facts is None or self._settings is None:
            return None
        facts = self.facts
        if facts.device == "cpu":  # it changes while the user thinks
            facts = facts.model_copy(update={"free_bytes": free_bytes()})
        return forecast(facts, self._settings)

    def choices(self) -> list[Saving]:
        """Return the changes that would save memory, the largest saving first; none before the facts are known."""
        if self.facts is None or self._settings is None:
            return []
        return savings(self.facts, self._settings)

    def _is_to_be_measured(self, settings: Settings) -> bool:
        assert self.facts is not None
        name = self.facts.probe_name(settings)
        return not (self.facts.postponed or Run(self.facts, settings).calibration.measured or name in self._refused)

    def _show(self) -> None:
        lengths = self.app.draft.lengths_with(self._settings.model) if self._settings is not None else None
        cannot = cannot_learn(lengths) if lengths is not None else ""
        if (found := self.predicted()) is None:
            self.show(partial(_words, self._state, cannot=cannot))
        else:
            self.show(partial(gauge_lines, found, self._state, cannot=cannot, note=self._note))

    @work(exclusive=True, exit_on_error=False, group="measure")
    async def _collect(self, draft: Draft, settings: Settings) -> None:
        """Collect the facts."""
        of = self._of
        try:
            if draft.lengths_with(settings.model) is None:
                request = MeasureLengths(
                    source=draft.source, reading=draft.reading, model=settings.model, batch_size=settings.batch_size
                )
                draft.keep_lengths(await self.app.ask(request, self._say), settings.model)
            found = await self._ask(draft, settings, measure=False)
        except asyncio.CancelledError:
            if self._of == of:
                self._of = None  # a run is being started: collect them when this screen comes back
            raise
        except ReviewtuiError as error:
            self._state = f"No forecast: {clean_line(error)}"
            self._show()
            return
        self._state = ""
        self._take(found)

    @work(exclusive=True, exit_on_error=False, group="measure")
    async def _measure(self, draft: Draft, settings: Settings) -> None:
        """Measure a few micro-batches, once the user has stopped typing."""
        await asyncio.sleep(_QUIET_SECONDS)
        assert self.facts is not None
        name = self.facts.probe_name(settings)
        try:
            found = await self._ask(draft, settings, measure=True)
        except ReviewtuiError as error:
            self._refused.add(name)
            self._state = clean_line(error)
            self._show()
        else:
            self._state = "measured once no run is trained" if found.postponed else ""
            self._take(found)
            if found.postponed:
                self.set_timer(_RETRY_SECONDS, self._try_again)

    def _try_again(self) -> None:
        """Measure what was postponed, unless the user has moved on; then it is tried when they come back."""
        if self.facts is None:
            return
        self.facts = self.facts.model_copy(update={"postponed": False})
        if self.screen.is_current:
            self._take(self.facts)

    async def _ask(self, draft: Draft, settings: Settings, *, measure: bool) -> Facts:
        lengths = draft.lengths_with(settings.model)
        assert draft.report is not None and lengths is not None
        classes = max(len(draft.report.class_counts), 2)
        request = GatherFacts(lengths=lengths, classes=classes, settings=settings, measure=measure)
        return await self.app.ask(request, self._say)

    def _take(self, facts: Facts) -> None:
        self.facts = facts
        self._show()
        self.post_message(self.Known())
        if self._settings is not None and self._is_to_be_measured(self._settings):
            self._measure(self.app.draft, self._settings)

    def _say(self, what: str, share: float | None) -> None:
        self._state = f"{what} …" if share is None else f"{what} {share:.0%} …"
        self._show()


def _words(state: str, width: int, *, cannot: str) -> Content:
    said = Content.styled(f" {state}", "$foreground-muted").truncate(max(width, 1), ellipsis=True)
    return lines([said, "", *_unlearnable(cannot, width)])


def _unlearnable(cannot: str, width: int) -> list[Content]:
    """Draw what no such run can learn, on a few lines."""
    if not cannot:
        return []
    wrapped = Content.styled(f"! {cannot}", "$text-warning").wrap(max(width - 2, 10))
    if len(wrapped) > _MAX_LINES:
        wrapped = [*wrapped[: _MAX_LINES - 1], Content("").join([wrapped[_MAX_LINES - 1].truncate(width - 4), " …"])]
    return [line.pad_left(1) for line in wrapped]


def gauge_lines(said: Forecast, state: str, width: int, *, cannot: str = "", note: str = "") -> Content:
    """Draw the memory as a share of what is free, whether it fits, the disk, the time, and what cannot be learned."""
    style, verdict = _verdict(said)
    share = said.peak_bytes / said.free_bytes if said.free_bytes else 0.0
    filled, rest = track(max(share, 1 / _BAR), _BAR)
    sure = f"± {(said.high_bytes / said.peak_bytes - 1):.0%}"
    memory = [
        Content.assemble(
            (" Memory ", "$foreground-muted"),
            (filled, style),
            (rest, "$foreground-muted"),
            (f" {in_bytes(said.peak_bytes)} {sure}", "bold"),
            f" of {in_bytes(said.free_bytes)} free",
        ),
        Content.styled(verdict, style),
        Content.styled(f"{in_bytes(said.disk_bytes)} of disk", "$foreground-muted"),
    ]
    how = "measured here" if said.measured else "a guess"
    time = [
        Content.assemble(
            (" Time   ", "$foreground-muted"),
            (f"about {in_time(said.seconds)}", "bold"),
            f" ({in_time(said.low_seconds)} to {in_time(said.high_seconds)})",
            f", an epoch {short_time(said.seconds_per_epoch)}",
        ),
        Content.styled(note, "$text-accent") if note else Content(""),
        Content.styled(state or how, "$foreground-muted"),
        Content.styled(f"most memory for {_PARTS.get(said.dominant, said.dominant)}", "$foreground-muted"),
    ]
    told = [part for part in time if part.plain]
    return lines([fitting(memory, width, "  "), fitting(told, width, " · "), *_unlearnable(cannot, width)])


def _verdict(said: Forecast) -> tuple[str, str]:
    """Return the colour of the bar, and its meaning in words."""
    size, batch = said.micro_batch_size, said.batch_size
    share = said.peak_bytes / said.free_bytes if said.free_bytes else 0.0
    if not said.largest_micro_batch:
        return "$text-error", "too large: f makes it smaller"
    if not said.fits:
        return "$text-error", f"run as micro-batch {size} × {-(-batch // size)}, batch {batch} kept"
    if share > _FULL:
        return "$text-error", "too large: f makes it smaller"
    if share > _TIGHT:
        return "$text-warning", "tight: f makes it smaller"
    return "$text-success", "fits"


def saving_choices(found: list[Saving]) -> list[Content]:
    """List what each saving changes, saves and costs."""
    choices = []
    for one in found:
        value = str(one.value).lower() if isinstance(one.value, bool) else str(one.value)
        price = f"{in_time(abs(one.seconds))} {'slower' if one.seconds > 0 else 'faster'}"
        price = "same time" if abs(one.seconds) < 1 else price
        choices.append(Content.assemble((f"{one.setting} {value}", "bold"), f"  saves {in_bytes(one.bytes)}, {price}"))
    return choices
