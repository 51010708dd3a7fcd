"""A file to read, and what its first characters show: found once, for choosing the format and for reading."""

from __future__ import annotations

import io
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.encoding_evidence import TITLES, Guess
from core.reviews.formats.encodings import find_guess, open_text
from core.reviews.report import Doubt

_HEAD_CHARACTERS = 262_144


class InputFile:
    """One file of a source.

    Attributes:
        path: Where it is.
        name: What it is called in reports and messages.
    """

    def __init__(self, path: Path, name: str, encoding: str | None = None) -> None:
        """Args: encoding: The text encoding, if the user named one; otherwise it is detected."""
        self.path, self.name = path, name
        self._encoding = encoding
        self._raw: BinaryIO | None = None

    @cached_property
    def encoding(self) -> str:
        """The text encoding.

        Raises:
            InputError: The file is empty, or is not text.
        """
        return self._encoding or self._guess.encoding

    @property
    def encoding_doubts(self) -> list[Doubt]:
        """The encoding that is nearly as likely, if there is one and the user named none."""
        if self._encoding or self._guess.other is None:
            return []
        names = self._guess.encoding, self._guess.other
        chosen, other = (TITLES.get(name, name) for name in names)
        sentence = (
            f"{clean_line(self.name)} is read as {chosen}, and could be {other}: --encoding {names[1]} reads it so."
        )
        return [Doubt(about="encoding", sentence=sentence, ways={TITLES.get(n, n): {"encoding": n} for n in names})]

    @cached_property
    def _guess(self) -> Guess:
        return find_guess(self.path, self.name)

    @property
    def head(self) -> str:
        """The first characters, as many as fit in a quarter of a million."""
        return self._head[0]

    @property
    def complete(self) -> bool:
        """Whether `head` is the whole file."""
        return self._head[1]

    @property
    def newline(self) -> str:
        """What ends a line: `\\r` in files from old Macs, `\\n` in all others, also after `\\r`."""
        return "\r" if "\r" in self.head and "\n" not in self.head else "\n"

    @cached_property
    def size(self) -> int:
        """Bytes, at least 1."""
        return max(self.path.stat().st_size, 1)

    @cached_property
    def magic(self) -> bytes:
        """The first 8 bytes."""
        with self.path.open("rb") as file:
            return file.read(8)

    def open(self, newline: str | None = None) -> io.TextIOWrapper:
        """Open the file as text; see `open_text`.

        Args:
            newline: What ends a line; `self.newline` if it is None.
        """
        stream, self._raw = open_text(self.path, self.encoding, self.newline if newline is None else newline)
        return stream

    def fraction(self) -> float:
        """Return how much of the file has been read since it was opened, 0 to 1; 1 if it is not open."""
        return 1.0 if self._raw is None or self._raw.closed else self._raw.tell() / self.size

    @cached_property
    def _head(self) -> tuple[str, bool]:
        stream, _ = open_text(self.path, self.encoding)
        with stream:
            head = stream.read(_HEAD_CHARACTERS)
            complete = not stream.read(1)
        if not head.strip():
            raise InputError(f"{clean_line(self.name)} is empty; give a file with reviews.")
        return head, complete
