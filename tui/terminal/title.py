"""The title of the terminal while something is shown there, and the one that it had before."""

from __future__ import annotations

from collections.abc import Callable

from tui.terminal.notification import KEEP_TITLE, RESTORE_TITLE, title


class TerminalTitle:
    """Shows a title, and gives the terminal its own back. Until something is shown, the terminal is left alone."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """Args: write: Takes what is for the terminal."""
        self._write, self._shown = write, ""

    def show(self, text: str) -> None:
        """Show `text`, unless it is shown already."""
        if text != self._shown:
            self._write(("" if self._shown else KEEP_TITLE) + title(text))
            self._shown = text

    def give_back(self) -> None:
        """Restore the title that the terminal had."""
        if self._shown:
            self._shown = ""
            self._write(RESTORE_TITLE)
