"""Reading a source for the Data screen: the engine inspects it, fetches reviews, and counts their tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

from textual import getters, work
from textual.worker import Worker

from core.base.errors import ReviewtuiError
from core.data.length_report import LengthReport
from core.engine.data_requests import FirstRows, Glance, Inspect, Inspection, MeasureLengths, Rows
from core.reviews.options import ReadingOptions
from core.reviews.report import ReadingReport
from core.reviews.sources import absolute_source
from core.settings.schema import Settings
from tui.form_values import check, preset
from tui.navigation.place import Place
from tui.screens.data.file_listing import existing
from tui.screens.data.findings import FETCHED, Findings
from tui.state import Draft
from tui.widgets.responsive import gauge

Stage = Literal["picking", "waiting", "found"]


class ReadsReviews(Place):
    """Reads a source through the engine and holds what is known about it. Subclasses draw it."""

    findings = getters.query_one(Findings)

    def __init__(self) -> None:
        super().__init__()
        self._draft: Draft | None = None
        """The draft that the screen shows; the app may have begun another."""
        self._source = ""
        self._wanted: ReadingOptions | None = None
        """The options of the reading in progress; None if there is none."""
        self._report: ReadingReport | None = None
        self._preliminary = False
        """Whether the report is of the first rows only, because the others are still being read."""
        self._trainable = ""
        """Why a run cannot be trained on the reviews; empty if it can."""
        self._refusal = ""
        self._on_disk = False
        """Whether the source is an existing path: only then can other reading options help."""
        self._lengths: LengthReport | None = None
        self._measured_for: tuple[str, int] = ("", 0)
        """Model and batch size that the lengths were measured for, or are being measured for."""

    @property
    def stage(self) -> str:
        """`picking`, `waiting` or `found`."""
        raise NotImplementedError

    def _stage(self, stage: Stage) -> None:
        """Show a stage."""
        raise NotImplementedError

    def _draw_verdict(self, waiting: str = "") -> None:
        """Show whether a run could learn from the reviews, or what is being waited for."""
        raise NotImplementedError

    def _look_through(self, lengths: LengthReport) -> None:
        """Show new lengths through the lens."""
        raise NotImplementedError

    def _draw_progress(self, what: str, share: float | None, detail: str, classes: Mapping[str, int]) -> None:
        """Show the progress of the first reading of a source, and what has been counted so far."""
        raise NotImplementedError

    @property
    def blocked(self) -> str:
        """Why a run cannot learn from the reviews; empty if it can."""
        if self._wanted is not None or self._report is None:
            return "The reviews are still being read."
        return self._trainable

    def _begin(self, source: str, reading: ReadingOptions) -> None:
        """Read another source."""
        self._source, self._report, self._lengths, self._preliminary = source, None, None, False
        self.app.draft.lengths = None
        for group in ("rows", "measure", "lens", "speed", "judge"):
            self.workers.cancel_group(self, group)
        self.findings.open(0, focus=False)
        self._ask(reading)

    def _ask(self, reading: ReadingOptions) -> None:
        """Read the source with `reading`, and cancel any reading in progress."""
        self._wanted, self._refusal = reading, ""
        if self._report is None:
            self._stage("waiting")
        self._progressed(reading, "reading", None)
        self._inspect(reading)

    @work(exclusive=True, exit_on_error=False, group="inspect")
    async def _inspect(self, reading: ReadingOptions) -> None:
        source = await asyncio.to_thread(absolute_source, self._source)
        self._on_disk = await asyncio.to_thread(existing, Path.cwd(), source) is not None
        if source != self._source:
            self._source = self.app.draft.source = source
        try:
            if self._report is None and self._on_disk:
                self._glimpsed(reading, await self.app.ask(Glance(source=source, reading=reading)))
            found = await self.app.ask(
                Inspect(source=source, reading=reading, count_classes=True), partial(self._progressed, reading)
            )
        except ReviewtuiError as error:
            self._refused(str(error))
        else:
            self._found(reading, found)

    def _glimpsed(self, reading: ReadingOptions, seen: FirstRows) -> None:
        """Show the first rows of a large file while all of it is being read."""
        if seen.report is None or reading is not self._wanted:
            return
        self._report, self._preliminary = seen.report, True
        self.findings.show_report(seen.report, reading)
        self.findings.show_rows(seen.rows, 0)
        self._progressed(reading, "reading", None)
        self._stage("found")

    def _progressed(
        self, reading: ReadingOptions, what: str, share: float | None, classes: Mapping[str, int] | None = None
    ) -> None:
        """Show the progress of the reading and the reviews of each class so far; a cancelled one's is ignored."""
        if reading is not self._wanted:
            return
        head, _, detail = what.partition(", ")
        if self._report is None:
            self._draw_progress(head, share, detail, classes or {})
        elif self._preliminary:
            self.findings.say_rows(f"{detail}; below is what the first ones show" if detail else "The first rows")
            self._draw_verdict(f"… {head} the rest of the file  {gauge(share, 20)}")
            if classes:
                self.findings.show_classes(self._report.model_copy(update={"class_counts": dict(classes)}))
        else:
            self._draw_verdict(f"… {head} again  {gauge(share, 20)}")

    def _refused(self, sentence: str) -> None:
        """Show why the source cannot be read. What was found before stays; without it, another source can be chosen."""
        self._wanted, self._refusal = None, sentence
        if self._preliminary:
            self._report, self._preliminary = None, False
        if self._report is None:
            self.app.draft.report = None
            self._stage("picking")
        else:
            self._draw_verdict()

    def _found(self, reading: ReadingOptions, found: Inspection) -> None:
        report = found.report
        self._wanted, self._refusal, self._report, self._trainable = None, "", report, found.trainable
        self._preliminary = False
        draft = self.app.draft
        draft.source, draft.reading = self._source, reading
        draft.report = None if found.trainable else report
        self.findings.show_report(report, reading)
        self._draw_verdict()
        if self.stage == "waiting":
            self._stage("found")
        self._fetch(0, then_measure=True)

    @work(exclusive=True, exit_on_error=False, group="rows")
    async def _fetch(self, start: int, then_measure: bool = False) -> None:
        """Fetch reviews from row `start` on; lengths are measured after the first, as the engine answers in order."""
        wanted = Rows(source=self._source, reading=self.app.draft.reading, offset=start, limit=FETCHED)
        try:
            page = await self.app.ask(wanted)
        except ReviewtuiError as error:
            self.findings.rows_refused(str(error))
        else:
            self.findings.show_rows(page.rows, start)
        if then_measure:
            self._measure()

    @work(exclusive=True, exit_on_error=False, group="measure")
    async def _measure(self) -> None:
        """Count the tokens."""
        settings, draft = self._settings(), self.app.draft
        self._measured_for = (settings.model, settings.batch_size)
        self._lengths = draft.lengths = None
        request = MeasureLengths(
            source=self._source, reading=draft.reading, model=settings.model, batch_size=settings.batch_size
        )
        self._measuring("waiting for the engine", None)
        try:
            found = await self.app.ask(request, self._measuring)
        except asyncio.CancelledError:
            self._measured_for = ("", 0)  # a run is being started: measure when this screen comes back
            raise
        except ReviewtuiError as error:
            self.findings.lengths_refused(str(error))
        else:
            self._lengths = found
            draft.keep_lengths(found, settings.model)
            self._look_through(found)

    def _measuring(self, what: str, share: float | None) -> None:
        if self._lengths is None:
            self.findings.measuring(what, share)

    def _settings(self) -> Settings:
        """Return the settings of the draft; those of its preset while a value is refused."""
        draft = self.app.draft
        return check(draft.preset, draft.typed).settings or preset(draft.preset)

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        """Show a failed reading where the reviews would be."""
        if worker.group == "inspect":
            self._refused(sentence)
        return worker.group == "inspect"
