"""Reads the decision log of a pile while another process writes it: whatever is durable, as often as asked."""

from __future__ import annotations

import os
from collections.abc import Sequence

from core.base.checked_lines import decode
from core.triage.decision import Decision
from core.triage.decisions import pile_folder
from core.triage.history import History


class LogReader:
    """The decisions about one pile, as far as they are on the disk."""

    def __init__(self, source: str) -> None:
        self._path = pile_folder(source) / "decisions.jsonl"
        self._history, self._read = History(), 0
        self._sorted: Sequence[Decision] = ()
        self._sorted_at = -1

    def history(self) -> History:
        """Return the state of the pile now; the same object, brought up to date."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, os.SEEK_END) < self._read:  # cut off after a crash, or another file
                    self._start_over()
                file.seek(self._read)
                new = file.read()
        except OSError:
            self._start_over()
            return self._history
        whole = new[: new.rfind(b"\n") + 1]
        for line in whole.splitlines():
            record = decode(line)
            if record is not None:
                self._history.apply(record)
        self._read += len(whole)
        return self._history

    def decisions(self) -> Sequence[Decision]:
        """Return the current decisions about the reviews in the file, newest first."""
        history = self.history()
        if self._sorted_at != history.events:
            self._sorted_at, self._sorted = history.events, history.decided()
        return self._sorted

    def _start_over(self) -> None:
        self._history, self._read = History(), 0
        self._sorted_at = -1
