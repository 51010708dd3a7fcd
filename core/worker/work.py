"""What the work of a run needs whatever its method: the journal, progress, requests, and samples of memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import torch

from core.base.errors import ReviewtuiError
from core.base.memory import MemorySampler
from core.data.run_data import RunData, read_run_data, write_split
from core.data.token_store import TokenStore
from core.planning.run_plan import cpu_threads
from core.runs.control import ControlReader, ControlRequest
from core.runs.folder import RunFolder
from core.runs.heartbeat import Heartbeat
from core.runs.journal import JournalWriter
from core.runs.records import EndRecord, MemoryRecord, NoticeRecord, PhaseRecord, StoppedRecord

PROGRESS_STEP = 0.02
"""Fraction of a phase between two records of its progress."""


class StoppedEarlyError(ReviewtuiError):
    """Raised when the run is stopped before there is anything to save."""


class Work:
    """One worker's work on one run. A subclass does what its method asks for, in `do`."""

    stopped_early = "stopped before the first step"
    """The message of a run that was stopped before there was anything to save."""

    def __init__(
        self, run: RunFolder, journal: JournalWriter, control: ControlReader, terminated: threading.Event
    ) -> None:
        """Args: terminated: Set by SIGTERM, which means stop and save."""
        self.run, self.journal, self._terminated = run, journal, terminated
        self.request = run.request()
        self._control = control
        self._kept_requests: list[ControlRequest] = []
        self._in_loop = False
        """Whether requests to stop are handled elsewhere than where progress is reported."""
        self._tokens: list[TokenStore] = []
        self._earlier_peak = 0
        """The highest memory of earlier workers, in bytes."""
        self._heartbeat = Heartbeat()
        self._sampler = MemorySampler(
            self._record_memory,
            cuda=torch.cuda if torch.cuda.is_available() else None,
        )

    def work(self, *, resume: bool, restarts: int = 0) -> None:
        """Do the run; the last record of its journal says how it ended.

        Args:
            restarts: How often the kernel has killed a worker of this run; micro-batches are halved as often.
        """
        torch.set_num_threads(cpu_threads())
        self._sampler.start()
        try:
            self.do(resume, restarts)
        except StoppedEarlyError:
            self._write_last(StoppedRecord(message=self.stopped_early))
        finally:
            self.close()
            for store in self._tokens:
                store.close()
            self._sampler.stop()

    def do(self, resume: bool, restarts: int) -> None:
        """Do the run from its data to its last record."""
        raise NotImplementedError

    def close(self) -> None:
        """Wait for whatever else is at work for the run."""

    def _read(self) -> RunData:
        """Read the data of the run, and write split.parquet."""
        data = read_run_data(self.request, self._phase("reading"))
        for sentence in data.notices:
            self._notice(sentence)
        write_split(self.run, data)
        return data

    def _record_memory(self, sample: dict[str, Any]) -> None:
        self.journal.write(msgspec.convert({**sample, **self._heartbeat.read()._asdict()}, MemoryRecord))

    def _write_last(self, record: EndRecord) -> None:
        """Write the record that says how the run ended. No sample of the memory follows it."""
        self._sampler.stop()
        self.journal.write(record, sync=True)

    def _notice(self, text: str) -> None:
        self.journal.write(NoticeRecord(text=text))

    def _phase(self, name: str) -> Callable[[float], None]:
        """Return a progress function that records a phase every few per cent, and ends it on a request to stop."""
        last = -1.0

        def progress(fraction: float) -> None:
            nonlocal last
            self._heartbeat.beat()
            if fraction - last >= PROGRESS_STEP or fraction >= 1 > last:
                last = fraction
                self.journal.write(PhaseRecord(name=name, fraction=round(min(max(fraction, 0.0), 1.0), 4)))
                if not self._in_loop:
                    self._stop_early_if_requested()

        return progress

    def _stop_early_if_requested(self) -> None:
        """Before the first step both kinds of stop end the run; other requests are kept for the loop."""
        self._kept_requests = self.control_requests()
        if {"stop", "stop_and_save"} & set(self._kept_requests):
            raise StoppedEarlyError

    def control_requests(self) -> list[ControlRequest]:
        """Return the requests since the last call; first those that were kept."""
        self._heartbeat.beat()
        found, self._kept_requests = [*self._kept_requests, *self._control.read_new()], []
        if self._terminated.is_set():
            self._terminated.clear()
            found.append("stop_and_save")
        return found
