"""A line of text that is being typed, with its cursor. It is independent of the screen, so that no key waits for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.base.text import clean

_ONE_LINE = str.maketrans("\n\t", "  ")
_WORD = re.compile(r"\s*\S+\s*$")


@dataclass
class LineBuffer:
    """A line that is edited by keys. Typed or pasted text cannot control the terminal."""

    text: str
    cursor: int = 0
    """Characters before the cursor."""
    selected: bool = False
    """Whether all of the text is selected: the next character takes its place."""

    def insert(self, characters: str) -> None:
        """Type or paste `characters`."""
        if self.selected:
            self.text, self.cursor, self.selected = "", 0, False
        plain = clean(characters).translate(_ONE_LINE)
        self.text = self.text[: self.cursor] + plain + self.text[self.cursor :]
        self.cursor += len(plain)

    def press(self, key: str) -> bool:
        """Move the cursor or delete; returns whether `key` is one that does."""
        before, after = self.text[: self.cursor], self.text[self.cursor :]
        match key:
            case "left":
                self.cursor = max(self.cursor - 1, 0)
            case "right":
                self.cursor = min(self.cursor + 1, len(self.text))
            case "home":
                self.cursor = 0
            case "end" | "ctrl+e":
                self.cursor = len(self.text)
            case "backspace" | "delete" | "ctrl+u" | "ctrl+k" | "ctrl+w" if self.selected:
                self.text, self.cursor = "", 0
            case "backspace":
                self._keep(before[:-1], after)
            case "delete" | "ctrl+d":
                self._keep(before, after[1:])
            case "ctrl+u":
                self._keep("", after)
            case "ctrl+k":
                self._keep(before, "")
            case "ctrl+w":
                self._keep(_WORD.sub("", before), after)
            case _:
                return False
        self.selected = False
        return True

    def _keep(self, before: str, after: str) -> None:
        self.text, self.cursor = before + after, len(before)
