"""Reading a run's folder, again and again, for the Train screen."""

from __future__ import annotations

import time
from collections.abc import Mapping

from core.diagnosis.finding import Figures, Finding
from core.diagnosis.rules import diagnose
from core.runs.baselines import Baseline, best_baseline, gain_over
from core.runs.figures import AgainstBaseline
from core.runs.folder import RunFolder
from core.runs.forecast_file import forecast_peak_bytes
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.outline import Method, Outline, Value
from core.runs.records import EndRecord, Record, StepRecord
from core.runs.summary import RunSummary, summary_of
from tui.formatting import settings_text
from tui.screens.train.samples import Samples

_BASELINE_SECONDS = 10.0
"""Seconds between two looks for a baseline, which reads the settings of all runs."""
_DIAGNOSIS_SECONDS = 5.0
"""Seconds between two diagnoses without an evaluation between them; one takes a moment with a million steps."""

_AT_ONCE = 6 << 20
"""Bytes of the journal that are read at once: what takes about a tenth of a second."""


class RunReader:
    """Reads what is new in a run's folder. Its attributes hold what rarely changes."""

    def __init__(self, run: RunFolder, history: RunHistory) -> None:
        """Fill `history`, which must be new, at every look."""
        self.settings = ""
        """The preset, and the settings that differ from it."""
        self.best_metric = "macro_f1"
        self.forecast_peak: int | None = None
        """The forecast peak of memory, in bytes."""
        self.baseline: Baseline | None = None
        """The best baseline on the same rows."""
        self.gain: AgainstBaseline | None = None
        """What the run gained over it, once it has ended."""
        self.method: Method | None = None
        """How the run was trained."""
        self.findings: tuple[Finding, ...] = ()
        """What the figures say about the run."""
        self.samples = Samples()
        """The records of the run about memory and time."""
        self.read = 0.0
        """The share of the journal that has been read."""
        self.max_grad_norm = 0.0
        """The norm above which gradients are clipped."""
        self._looked_for_baseline = -_BASELINE_SECONDS
        self._run, self._history = run, history
        self._journal = JournalReader(run.journal)
        self._outline: Outline | None = None
        self._all_settings: Mapping[str, Value | None] = {}
        self._held: list[Record] = []
        """Records other than steps of the parts that have been read, until the journal has been read to its end."""
        self._whole = False
        """Whether the journal had been read to its end before."""
        self._diagnosed = -_DIAGNOSIS_SECONDS, 0
        """When the run was diagnosed last, and with how many evaluations."""

    def look(self) -> tuple[list[Record], RunSummary]:
        """Return new records and the current summary. It takes some time, so call it in a thread.

        Of a long journal, a part is read at a time. Before `read` is 1, the summary is not that of the run.

        Raises:
            OSError: The folder cannot be read.
        """
        records = self._journal.read_new(_AT_ONCE)
        self._history.update(records)
        self.samples.follow(self._history)
        self.read = self._journal.share
        if self.read < 1:
            self._held += [record for record in records if not isinstance(record, StepRecord)]
            return [], summary_of(self._run, self._history)
        records, self._held = [*self._held, *records], []
        if self.forecast_peak is None:
            self.forecast_peak = forecast_peak_bytes(self._run)
        summary = summary_of(self._run, self._history)
        self._look_for_baseline(ended=any(isinstance(record, EndRecord) for record in records))
        outline = summary.outline
        if outline is not None and outline != self._outline:
            self._outline, self.method = outline, outline.method
            self._all_settings = outline.all_settings()
            self.settings = settings_text(outline.recipe, outline.changed_settings())
            self.max_grad_norm = _number(self._all_settings.get("max_grad_norm"))
            self.best_metric = str(outline.settings.get("best_metric", "macro_f1"))
        if records or not self._whole:
            self._diagnose(ended=not self._whole or any(isinstance(record, EndRecord) for record in records))
        self._whole = True
        return records, summary

    def _diagnose(self, *, ended: bool) -> None:
        """Diagnose the run when it was evaluated or has ended, and otherwise now and then."""
        now, evaluations = time.monotonic(), len(self._history.evaluations)
        if not ended and evaluations == self._diagnosed[1] and now - self._diagnosed[0] < _DIAGNOSIS_SECONDS:
            return
        self._diagnosed = now, evaluations
        baseline = self.baseline.validation if self.baseline is not None else None
        self.findings = tuple(diagnose(Figures(self._history, self._all_settings, baseline)))

    def _look_for_baseline(self, *, ended: bool) -> None:
        """Look now and then, since a baseline may end while the run is shown, and when the run has ended."""
        now = time.monotonic()
        if ended or now - self._looked_for_baseline >= _BASELINE_SECONDS:
            self._looked_for_baseline = now
            self.baseline = best_baseline(self._run)
            self.gain = gain_over(self.baseline, self._run, self._history.end) if self.baseline is not None else None


def _number(value: object) -> float:
    """Return a setting as a number; 0 if it is none."""
    return float(value) if isinstance(value, int | float) else 0.0
