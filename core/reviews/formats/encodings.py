"""How the bytes of a file become text: detecting the encoding, refusing binary files, marking bytes that are not text.

The rules, in order: a byte order mark; zero bytes at every other position (UTF-16 without a mark); zero bytes elsewhere
(a binary file, unless there are very few); valid UTF-8; what `encoding_evidence` finds; otherwise Windows-1252, unless
most of the bytes that are not UTF-8 are implausible there, too. Then the file is damaged UTF-8, and each damaged
sequence becomes `UNDECODABLE`.
"""

from __future__ import annotations

import codecs
import io
import re
from pathlib import Path
from typing import BinaryIO

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.encoding_evidence import WESTERN, Guess, guess_encoding
from core.reviews.formats.table import UNDECODABLE

HEAD = 65_536
_WINDOW = 1 << 20
_EVIDENCE = 1 << 20
"""Bytes of lines that are not ASCII which are enough to find an encoding."""
_SCANNED_WHOLE = 256 << 20
"""Files up to this many bytes are scanned completely, larger ones in windows: a few seconds at most."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_IMPLAUSIBLE = re.compile(rb"[\x81\x8d\x8f\x90\x9d\xc2\xc3\xd0\xdd\xde\xf0\xfd-\xff]")
"""Bytes that are undefined in Windows-1252, or rare in Western text but common in damaged UTF-8."""
_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")


class BinaryFileError(InputError):
    """Raised when a file is not text, and nothing is known about its format."""


def find_encoding(path: Path, name: str) -> str:
    """Return the name of the encoding of `path`; see `find_guess`."""
    return find_guess(path, name).encoding


def find_guess(path: Path, name: str) -> Guess:
    """Return the encoding of `path`, which messages call `name`, and perhaps another that is nearly as likely.

    Raises:
        InputError: The file is empty, or in a known format that is not text.
        BinaryFileError: The file is not text.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        if not head:
            raise InputError(f"{clean_line(name)} is empty; give a file with reviews.")
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                return Guess(encoding)
        if (unmarked := _utf16_without_mark(head)) is not None:
            return Guess(unmarked)
        _refuse_binary(name, head)
        return _utf8_or_other(file)


def open_text(path: Path, encoding: str, newline: str = "\n") -> tuple[io.TextIOWrapper, BinaryIO]:
    """Open `path` as text with undecodable bytes marked; return it with the raw file, whose position shows progress.

    Lines end with `newline` and nothing else; line ends are not translated.

    Raises:
        InputError: There is no such encoding.
    """
    raw = path.open("rb")
    try:
        return io.TextIOWrapper(raw, encoding=encoding, errors="reviewtui-mark", newline=newline), raw
    except (LookupError, ValueError):
        raw.close()
        message = f"There is no text encoding “{clean_line(encoding, 40)}”; try --encoding utf-8 or windows-1252."
        raise InputError(message) from None


def _mark(error: UnicodeError) -> tuple[str, int]:
    return UNDECODABLE, (error.end if isinstance(error, UnicodeDecodeError) else 1)


codecs.register_error("reviewtui-mark", _mark)


def _utf16_without_mark(head: bytes) -> str | None:
    """Return the encoding if `head` is UTF-16: every other byte of digits, commas and most letters is zero."""
    pairs = len(head) // 2
    even, odd = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if pairs > 1 and zeros > pairs * 0.1 and others < max(pairs * 0.01, 1):
            try:
                codecs.getincrementaldecoder(encoding)().decode(head)
            except UnicodeDecodeError:
                return None
            return encoding
    return None


def _refuse_binary(name: str, head: bytes) -> None:
    if len(_CONTROL.findall(head)) > len(head) * (0.02 if b"\0" in head else 0.3):
        raise BinaryFileError(f"{clean_line(name)} is a binary file.")


def _utf8_or_other(file: BinaryIO) -> Guess:
    """Decide between UTF-8 and others by the bytes above 0x7F in the file; a large file is sampled."""
    size = file.seek(0, io.SEEK_END)
    step = _WINDOW if size <= _SCANNED_WHOLE else size * _WINDOW // _SCANNED_WHOLE
    valid = invalid = implausible = kept = 0
    lines: list[bytes] = []
    for start in range(0, size, step):
        file.seek(start)
        window = file.read(_WINDOW)
        if window.isascii():
            continue
        broken = _not_utf8(window, at_start=start == 0, at_end=start + len(window) >= size)
        valid += _characters_above_ascii(window)
        invalid += len(broken)
        implausible += len(_IMPLAUSIBLE.findall(broken))
        if broken and kept < _EVIDENCE:
            whole = window.split(b"\n")[(start > 0) : None if start + len(window) >= size else -1]
            lines += [line for line in whole if not line.isascii()]
            kept = sum(map(len, lines))
    if invalid <= valid:
        return Guess("utf-8")
    guess = guess_encoding(lines) if lines else None
    if guess is not None and guess.encoding != WESTERN:
        return guess
    return Guess("utf-8") if implausible * 2 >= invalid else guess or Guess(WESTERN)


def _characters_above_ascii(window: bytes) -> int:
    text = window.decode("utf-8", "ignore")
    return len(text) - len(text.encode("ascii", "ignore"))


def _not_utf8(window: bytes, at_start: bool, at_end: bool) -> bytes:
    """Return the bytes of `window` that are not UTF-8, except for characters cut by the edges of the window."""
    text = window.decode("utf-8", "surrogateescape")
    head, tail = (0 if at_start else 3), (0 if at_end else 3)
    inner = text[head : len(text) - tail]
    try:
        inner.encode()
    except UnicodeEncodeError:
        pass
    else:
        return b""  # which is quick to see
    marked = "".join(re.findall("[\udc80-\udcff]", inner))
    return marked.encode("utf-8", "surrogateescape")
