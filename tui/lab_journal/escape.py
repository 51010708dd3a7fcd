"""Text of users and data in Markdown: a reader gets the text as it is, and no text makes a heading, link or table cell.

Cleaned (`core.base.text.clean_line`) text stands on one line. Every character that CommonMark, or GitHub's extensions
of it (tables, strikethrough, bare links, mentions, formulas), gives a meaning within a line gets a backslash.
"""

from __future__ import annotations

import re

from core.base.text import clean_line

_MEANT = re.compile(
    r"[\\`*\[\]<>&|~#$^@]"  # emphasis, code, links, HTML, entities, cells; formulas and mentions on GitHub
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis, but not within a word
    r"|(?<=[wW])\.|:(?=//)"  # bare links
    r"|^[-+](?=\s|$)|^[-=](?=[-=]*$)|^(?P<number>\d+)(?P<after>[.)])(?=\s|$)"  # at the start of a line
)


def inline(text: object, width: int | None = None) -> str:
    """Return text for a place within a line: a paragraph, a heading, an item of a list, or a cell of a table.

    Args:
        width: The most characters of the text; longer text is cut and ends in `…`. None for no limit.
    """
    return _MEANT.sub(_escaped, clean_line(text, width))


def _escaped(match: re.Match[str]) -> str:
    return f"{match['number']}\\{match['after']}" if match["after"] else f"\\{match[0]}"


def fenced(lines: str, language: str = "text") -> str:
    """Return lines as a block of code, behind a fence that is longer than any run of backticks in them."""
    longest = max((len(run) for run in re.findall(r"`+", lines)), default=0)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}{language}\n{lines}\n{fence}"
