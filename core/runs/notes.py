"""What the user says about a run or a group: notes, tags, its name, what is expected, in `notes.jsonl` in its folder.

The file is only ever appended to, one checksummed record a line (core/base/checked_lines.py), and nothing else writes
it: a worker that replaces settings.toml, as an extension does, loses none of it, and what was said stays on record when
it is taken back. A line torn by a crash is skipped by readers, and the next record begins a new line.

    note        id, text
    withdrawn   id: that note no longer counts
    tagged      added, removed
    renamed     name: what the run is called from now on, in place of the name in settings.toml
    expected    text, epochs: a hypothesis, beside the one in settings.toml, which stays as it was said at the start
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.base.checked_lines import checked, encode
from core.base.errors import InputError, ReviewtuiError
from core.base.files import open_private, sync_path
from core.base.text import clean_line

FILE_NAME = "notes.jsonl"
LONGEST_NOTE, LONGEST_TAG, LONGEST_HYPOTHESIS = 1000, 40, 300
_MAX_BYTES = 4 << 20
"""How much of a file is read: some 4,000 of the longest notes."""
_TAG = re.compile(r"[^\W_][\w./-]*")


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    time: float
    """When it was written, in seconds since 1970."""


class Note(_Record, frozen=True, kw_only=True, tag_field="kind", tag="note"):
    """A remark about a run."""

    id: str
    text: str


class Hypothesis(_Record, frozen=True, kw_only=True, tag_field="kind", tag="expected"):
    """What the user expects, as it was said at that time. Later ones do not replace earlier ones."""

    text: str
    """Empty if nothing is expected any more."""
    epochs: int | None = None
    """The total number of epochs of the extension that it is about; None if it is about the run or group itself."""


class _Withdrawn(_Record, frozen=True, kw_only=True, tag_field="kind", tag="withdrawn"):
    id: str


class _Tagged(_Record, frozen=True, kw_only=True, tag_field="kind", tag="tagged"):
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class _Renamed(_Record, frozen=True, kw_only=True, tag_field="kind", tag="renamed"):
    name: str


_DECODER = msgspec.json.Decoder(Note | Hypothesis | _Withdrawn | _Tagged | _Renamed)


@dataclass(frozen=True)
class Annotations:
    """What the user has said about a run so far."""

    name: str = ""
    """The name it was given after it was created; empty if it was never renamed."""
    tags: tuple[str, ...] = ()
    """In alphabetical order."""
    notes: tuple[Note, ...] = ()
    """The oldest first."""
    hypotheses: tuple[Hypothesis, ...] = ()
    """What was expected after the start, or of an extension; the oldest first."""


_NOTHING = Annotations()


def read_annotations(file: Path) -> Annotations:
    """Return what the user has said about a run, given its `notes.jsonl`. Damaged lines are skipped."""
    try:
        with file.open("rb") as stream:
            data = stream.read(_MAX_BYTES)
    except OSError:
        return _NOTHING
    name, tags, notes, expected = "", set[str](), dict[str, Note](), list[Hypothesis]()
    for line in data.splitlines():
        try:
            record = _DECODER.decode(checked(line) or b"")
        except (ValueError, RecursionError):
            continue
        if isinstance(record, Note):
            notes[record.id] = record
        elif isinstance(record, Hypothesis):
            expected.append(record)
        elif isinstance(record, _Withdrawn):
            notes.pop(record.id, None)
        elif isinstance(record, _Tagged):
            tags = (tags | set(record.added)) - set(record.removed)
        else:
            name = record.name
    return Annotations(name, tuple(sorted(tags)), tuple(notes.values()), tuple(expected))


def add_note(file: Path, text: str) -> Note:
    """Add a note to a run, and return it when it is on the disk.

    Raises:
        InputError: The note is empty or too long.
        ReviewtuiError: The file cannot be written.
    """
    line = clean_line(text)
    if not line:
        raise InputError("A note needs some words.")
    if len(line) > LONGEST_NOTE:
        raise InputError(f"A note has at most {LONGEST_NOTE:,} characters, and this one has {len(line):,}: split it.")
    note = Note(time=_now(), id=secrets.token_hex(4), text=line)
    _append(file, note)
    return note


def withdraw_note(file: Path, note: Note) -> None:
    """Take a note back.

    Raises:
        ReviewtuiError: The file cannot be written.
    """
    _append(file, _Withdrawn(time=_now(), id=note.id))


def hypothesis_line(text: str) -> str:
    """Return a hypothesis as it is kept, on one line; empty if there is none.

    Raises:
        InputError: It is too long.
    """
    line = clean_line(text)
    if len(line) > LONGEST_HYPOTHESIS:
        raise InputError(
            f"A hypothesis has at most {LONGEST_HYPOTHESIS} characters, and this one has {len(line):,}: the rest "
            "belongs in a note."
        )
    return line


def add_hypothesis(file: Path, text: str, *, epochs: int | None = None, time: float | None = None) -> Hypothesis:
    """Record what is expected from now on, and return it when it is on the disk. What was said before stays.

    Args:
        text: Empty if nothing is expected any more.
        epochs: The total number of epochs of the extension that it is about; None for the run or group itself.
        time: When it was said, in seconds since 1970; None for now.

    Raises:
        InputError: It is too long.
        ReviewtuiError: The file cannot be written.
    """
    said = Hypothesis(time=_now() if time is None else round(time, 3), text=hypothesis_line(text), epochs=epochs)
    _append(file, said)
    return said


def change_tags(file: Path, add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[list[str], list[str]]:
    """Add and remove tags, and return those that the run did not have, and those that it had.

    A call with both swapped takes the change back.

    Raises:
        ReviewtuiError: The file cannot be written.
    """
    has = read_annotations(file).tags
    added = [tag for tag in dict.fromkeys(add) if tag not in has]
    removed = [tag for tag in dict.fromkeys(remove) if tag in has]
    if added or removed:
        _append(file, _Tagged(time=_now(), added=tuple(added), removed=tuple(removed)))
    return added, removed


def parse_tags(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the tags to add and those to remove that `+good`, `good` and `-bad` name.

    Raises:
        InputError: A word is not a tag.
    """
    add: list[str] = []
    remove: list[str] = []
    for word in words:
        tag = word.removeprefix("-").removeprefix("+").casefold()
        if not _TAG.fullmatch(tag) or len(tag) > LONGEST_TAG:
            raise InputError(
                f"'{clean_line(word, 60)}' is not a tag: it begins with a letter or digit and has up to {LONGEST_TAG} "
                "letters, digits and . _ / - (+good adds a tag, -bad removes one)."
            )
        (remove if word.startswith("-") else add).append(tag)
    if both := set(add) & set(remove):
        raise InputError(f"'{min(both)}' cannot be added and removed at once.")
    return add, remove


def record_name(file: Path, name: str) -> None:
    """Record what a run is called from now on; `core.runs.names.rename_run` checks the name first.

    Raises:
        ReviewtuiError: The file cannot be written.
    """
    _append(file, _Renamed(time=_now(), name=name))


def _now() -> float:
    return round(time.time(), 3)


def _append(file: Path, record: Note | Hypothesis | _Withdrawn | _Tagged | _Renamed) -> None:
    """Append a record with one write, whole or not at all, and return when it is on the disk."""
    line = encode(msgspec.to_builtins(record))
    try:
        descriptor = open_private(file, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":  # a crash tore the last line
                line = b"\n" + line
            if os.write(descriptor, line) < len(line):
                os.ftruncate(descriptor, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_path(file.parent)
    except OSError as error:
        raise ReviewtuiError(f"Cannot write {file} ({error.strerror or error}).") from error
