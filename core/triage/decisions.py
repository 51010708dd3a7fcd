"""The decision log of a pile: `triage/<key>/decisions.jsonl`, append-only, with one writer and one record per line.

Lines have the checksummed format of a run's journal (core/runs/journal.py). A record is one `write`, and is durable
before the call returns. An incomplete last line, left by a crash, is ignored by readers and cut off by the next writer.

    kind      fields (besides `number`, counted from 1, and `time`)
    decide    those of `core.triage.decision.Decision`
    bulk      decisions: [those of a `decide`, …], why, facts; notes: [those of a `note`, …], if any came with them;
              part, parts: which of the operation's lines this is
    note      hash, row, file, line, text: the note about a review; an empty text takes it away
    label     name: a label that is added to those of the pile
    undo      of: number of the operation taken back
    redo      of: number of the operation brought back
    moved     data_hash, rows: [[old row, new row], …]: the file has changed, and its reviews were located again

The first four are operations (`core/triage/operation.py`).

Beside it are `pile.json`, which names the source, and `lock`, held by the workbench that has the pile open.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base.checked_lines import decode, encode
from core.base.errors import ReviewtuiError
from core.base.files import home, open_private, private_folder, sync_path, write_json
from core.runs.lock import RunLock, RunLockedError, living_worker
from core.triage.decision import Counts, Decision, Note, Record
from core.triage.history import History
from core.triage.operation import KINDS, Operation, Why, read_operation, write_operation

__all__ = [
    "Counts",
    "Decision",
    "DecisionLog",
    "History",
    "Note",
    "Operation",
    "PileInUseError",
    "Record",
    "pile_folder",
    "read_history",
    "recent_piles",
]


LOG = "decisions.jsonl"
"""The file in a pile's folder."""


class PileInUseError(ReviewtuiError):
    """Raised when another workbench has the pile open."""


def pile_folder(source: str) -> Path:
    """Return the folder of the decisions about `source`, named by a hash of its absolute path or dataset name."""
    return home() / "triage" / hashlib.sha256(_full_name(source).encode("utf-8", "replace")).hexdigest()[:16]


class DecisionLog:
    """The decisions about one pile, open for writing by one process at a time.

    Attributes:
        history: The state of the pile.
        damaged: Number of lines that failed their checksum and were ignored.
    """

    def __init__(
        self,
        source: str,
        *,
        clock: Callable[[], float] = time.time,
        sync: Callable[[int], None] = os.fsync,
    ) -> None:
        """Open the log of `source`, or create it.

        Args:
            sync: Makes the content of a file descriptor durable.

        Raises:
            PileInUseError: Another workbench has it open.
            ReviewtuiError: The log cannot be read or written.
        """
        self.folder = private_folder(pile_folder(source))
        self._path = self.folder / LOG
        self._clock, self._sync = clock, sync
        self._lock = _lock(self.folder / "lock")
        try:
            self._descriptor = open_private(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
            self.history = History()
            self.damaged, self._length = _read(self._path, self.history)
            os.ftruncate(self._descriptor, self._length)
            if not (self.folder / "pile.json").exists():
                write_json(self.folder / "pile.json", {"source": _full_name(source)})
            sync_path(self.folder)
            sync_path(self.folder.parent)
        except OSError as error:
            self._lock.release()
            raise ReviewtuiError(f"Cannot open {self._path} ({error.strerror or error}).") from error
        except ReviewtuiError:
            self._lock.release()
            raise

    def decide(self, decision: Decision) -> Decision:
        """Append a decision. Operations undone before it can no longer be brought back.

        Raises:
            ReviewtuiError: The decision could not be written, and does not count.
        """
        return self._operate(Operation(kind="decide", decisions=(decision,))).decisions[0]

    def bulk(
        self,
        decisions: Sequence[Decision],
        why: Why,
        facts: Mapping[str, Any] | None = None,
        notes: Sequence[Note] = (),
    ) -> Operation:
        """Append decisions that are one operation, and that one undo takes back.

        Args:
            decisions: One for each review, the one that the user looks at first.
            why: What they have in common.
            facts: What else is to be known of them; JSON.
            notes: Notes that came with them.

        Raises:
            ReviewtuiError: They could not be written, and none of them counts.
        """
        found = Operation(kind="bulk", decisions=tuple(decisions), why=why, facts=dict(facts or {}), notes=tuple(notes))
        return self._operate(found)

    def note(self, note: Note) -> Operation:
        """Append a note, which replaces the one before.

        Raises:
            ReviewtuiError: The note could not be written.
        """
        return self._operate(Operation(kind="note", notes=(note,)))

    def add_label(self, name: str) -> Operation:
        """Append a label to those of the pile.

        Raises:
            ReviewtuiError: The label could not be written.
        """
        return self._operate(Operation(kind="label", label=name))

    def undo(self) -> Operation | None:
        """Take back the latest operation and return it; None if there is none."""
        last = self.history.last
        if last is not None:
            self._write([{"kind": "undo", "of": last.number}])
        return last

    def redo(self) -> Operation | None:
        """Bring back the operation that was undone last and return it; None if there is none."""
        following = self.history.next
        if following is not None:
            self._write([{"kind": "redo", "of": following.number}])
        return following

    def found_again(self, data_hash: str, hashes: Iterable[str]) -> int:
        """Locate decided reviews in a changed file, given the text hash of each row; return how many have moved."""
        moves = self.history.moves(hashes)
        self._write([{"kind": "moved", "data_hash": data_hash, "rows": moves}])
        return len(moves)

    def close(self) -> None:
        """Close the log. It can be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._lock.release()

    def _operate(self, operation: Operation) -> Operation:
        """Append an operation, and return it as it counts."""
        self._write(list(write_operation(operation)))
        done = self.history.last
        assert done is not None and done.number == self.history.events
        return done

    def _write(self, event: Sequence[Record]) -> None:
        """Append the lines of one event with one `write`, sync them, and only then apply them."""
        shared = {"number": self.history.events + 1, "time": round(self._clock(), 3)}
        records = [{"kind": record["kind"], **shared, **record} for record in event]
        if records[0]["kind"] in KINDS:
            read_operation(records)  # what could not be read again must not be written
        lines = b"".join([encode(record) for record in records])
        try:
            written = os.write(self._descriptor, lines)
            if written < len(lines):
                raise OSError(28, "no space left on the device")
            self._sync(self._descriptor)
        except OSError as error:
            with contextlib.suppress(OSError):  # an incomplete line would damage the next one
                os.ftruncate(self._descriptor, self._length)
            raise ReviewtuiError(
                f"The decision could not be saved ({error.strerror or error}) and does not count; "
                f"make room on the disk of {self.folder}, then decide again."
            ) from error
        self._length += written
        for record in records:
            self.history.apply(record)


def read_history(file: Path) -> tuple[History, int]:
    """Return what a log says now, and how many of its lines are damaged, without taking its lock.

    Raises:
        OSError: It cannot be read.
    """
    history = History()
    damaged, _ = _read(file, history)
    return history, damaged


@dataclass(frozen=True)
class RecentPile:
    """A pile that was opened before."""

    source: str
    opened: float
    """Time of the last decision, in seconds since 1970."""


def recent_piles(most: int = 8) -> list[RecentPile]:
    """Return the latest `most` piles whose files still exist, newest first."""
    found = []
    for described in (home() / "triage").glob("*/pile.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            source = str(json.loads(described.read_bytes())["source"])
            if Path(source).exists():
                found.append(RecentPile(source, described.with_name(LOG).stat().st_mtime))
    return sorted(found, key=lambda pile: pile.opened, reverse=True)[:most]


def _full_name(source: str) -> str:
    path = Path(source).expanduser()
    return str(path.resolve()) if path.exists() else source


def _lock(path: Path) -> RunLock:
    try:
        lock = RunLock(path)
    except RunLockedError as error:
        holder = living_worker(path)
        who = f"process {holder.pid} on {holder.host}" if holder is not None else "another process"
        raise PileInUseError(
            f"This pile is open in another workbench ({who}); close it there to decide here. Nothing was changed."
        ) from error
    except OSError as error:
        raise ReviewtuiError(f"Cannot write {path} ({error.strerror or error}).") from error
    lock.sign()
    return lock


def _read(path: Path, history: History) -> tuple[int, int]:
    """Apply the events of a log, and return the number of damaged lines and the end of the last complete one in bytes.

    Only one line at a time is held, and none is long, so that other threads of the process go on meanwhile.
    """
    damaged = length = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break  # a crash left it incomplete
            length += len(line)
            record = decode(line[:-1])
            if record is not None:
                history.apply(record)
            else:
                damaged += 1
    return damaged, length
