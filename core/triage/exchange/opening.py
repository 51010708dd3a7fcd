"""The decisions that a word on the command line names: those about a pile, those of a log, or those in a file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.base.errors import InputError
from core.base.text import clean_line
from core.triage.decision import write_decision
from core.triage.decisions import LOG, pile_folder, read_history
from core.triage.exchange.importing import decision_of, hashes_of_record, read_decisions
from core.triage.exchange.record import Record
from core.triage.history import History
from core.triage.review import Review


@dataclass(frozen=True)
class Decided:
    """What was decided, and where that is written."""

    name: str
    """What to call it, safe to show."""
    kind: Literal["pile", "log", "file"]
    history: History
    damaged: int = 0
    """Lines that cannot be read."""
    file: Path | None = None
    """What is read."""
    names: dict[str, str] = field(default_factory=dict)
    """Id of a run → the name that it has in a file."""


def open_decisions(source: str) -> Decided:
    """Return the decisions that `source` names: a pile, the folder or the file of a log, or a file of decisions.

    Raises:
        InputError: There are none, or they cannot be read; the sentence says what to do.
    """
    path, shown = Path(source).expanduser(), clean_line(Path(source).name, 60)
    log = pile_folder(source) / LOG
    try:
        if log.is_file():
            return Decided(shown, "pile", *read_history(log), log)
        inside = path / LOG if path.is_dir() else path
        if inside.name == LOG and inside.is_file():
            return Decided(_pile_of(inside.parent), "log", *read_history(inside), inside)
        if not path.exists():
            raise InputError(f"{clean_line(source, 120)} does not exist; check the path.")
        if path.is_dir():
            raise InputError(f"{clean_line(source, 120)} holds no {LOG}; name a pile, its log or a file of decisions.")
    except OSError as error:
        raise InputError(
            f"Cannot read {clean_line(source, 120)} ({error.strerror or error}); check the file."
        ) from error
    try:
        _, entries = read_decisions(path)
    except InputError as error:
        raise InputError(
            f"Nothing was decided about {shown} yet: open it with `reviewtui open`, or name a file of decisions "
            f"({clean_line(error, 160).rstrip('.')})."
        ) from error
    records = [one.record for one in entries if one.record is not None]
    names = {one.model: one.model_name for one in records if one.model is not None and one.model_name is not None}
    return Decided(shown, "file", _as_history(records), len(entries) - len(records), path, names)


def _pile_of(folder: Path) -> str:
    """Return the name of the pile whose log is in a folder, or that of the folder."""
    try:
        name = Path(str(json.loads((folder / "pile.json").read_bytes())["source"])).name
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        name = ""
    return clean_line(name or folder.name, 60)


def _as_history(found: Iterable[Record]) -> History:
    """Return the history that a file tells: one decision for each record, in the order in which they were made."""
    records = []
    for number, (row, record) in enumerate(sorted(enumerate(found), key=lambda one: one[1].time), start=1):
        decision = decision_of(record, _review_of(record, row))
        fields = write_decision(decision) | {"source": record.source, "origin": None, "said": None}
        records.append({"kind": "decide", "number": number, "time": record.time, **fields})
    return History(records)


def _review_of(record: Record, row: int) -> Review:
    text_hash = next(iter(hashes_of_record(record)), f"{0:016x}")
    return Review(row, record.file, record.line, record.text, text_hash, record.columns)
