"""The physical lines of a text file, with a count of line ends that does not depend on whoever parses the lines."""

from __future__ import annotations

import io
from collections.abc import Iterator

_BLOCK = 1 << 18
ANY_END = ""
"""The line end of a file in which lines end with `\\n`, `\\r\\n` or `\\r`, mixed; as `io.TextIOWrapper` names it."""


class Lines:
    """Reads a stream of decoded text as lines.

    Attributes:
        counted: Lines so far, by the line ends among their characters; complete after each block.
        nul: Whether a NUL character was among them.
    """

    def __init__(self, stream: io.TextIOWrapper, newline: str) -> None:
        """Args: newline: What ends a line of `stream`, which must have been opened with it: `\\n` or `ANY_END`."""
        self._stream, self._newline = stream, newline
        self.counted = 0
        self.nul = False

    def blocks(self) -> Iterator[list[str]]:
        """Yield the lines with their ends, block by block."""
        while block := self._stream.readlines(_BLOCK):
            text = "".join(block)
            ends = text.count("\n")
            if self._newline == ANY_END:
                ends += text.count("\r") - text.count("\r\n")
            self.counted += ends + (text[-1] not in "\r\n" or (text[-1] == "\r" and self._newline != ANY_END))
            self.nul = self.nul or "\0" in text
            yield block


def split_lines(text: str, newline: str) -> list[str]:
    """Return the lines of `text` with their ends."""
    return list(io.StringIO(text, newline))


def line_ends(head: str) -> tuple[str, ...]:
    """Return the line ends that a text which starts with `head` may have, the usual one first."""
    lone = head.replace("\r\n", "")
    if "\r" not in lone:
        return ("\n",)
    return ("\n", ANY_END) if "\n" in head else (ANY_END,)
