"""What the user expects of a branch or an extension, typed behind a `#` in the line that asks for it."""

from __future__ import annotations

from core.runs.notes import hypothesis_line

HINT = "After # you can say what you expect: it goes into the lab journal."


def split_expected(line: str) -> tuple[str, str]:
    """Return what is typed before a `#`, and the hypothesis behind it; empty if there is none.

    Raises:
        InputError: The hypothesis is too long.
    """
    asked, _, expected = line.partition("#")
    return asked, hypothesis_line(expected)
