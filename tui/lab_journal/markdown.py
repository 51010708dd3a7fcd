"""Entries of the lab journal as a Markdown document that a teacher or a colleague can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from core.lab_journal.entry import Entry
from tui.formatting import counted
from tui.lab_journal import words
from tui.lab_journal.escape import fenced, inline
from tui.lab_journal.figures import Figure, figures_of
from tui.lab_journal.plots import plot

TITLE = "# Lab journal"
"""The first line of every such document, by which a file is known as one."""

Draws = Callable[[Entry, Sequence[Figure]], Iterator[str]]
"""Returns the blocks that show the figures of an entry."""


def document(entries: Sequence[Entry], draw: Draws | None = None) -> str:
    """Return the document; figures are text plots unless `draw` draws them otherwise."""
    blocks = [TITLE, _summary(entries)]
    for entry in entries:
        blocks += _entry(entry, draw or text_plots)
    return "\n\n".join(blocks) + "\n"


def text_plots(entry: Entry, figures: Sequence[Figure]) -> Iterator[str]:
    """Yield the figures of an entry as one block of text plots."""
    if figures:
        yield fenced("\n\n".join(plot(one) for one in figures))


def _summary(entries: Sequence[Entry]) -> str:
    if not entries:
        return "There is no entry."
    first, last = (words.day(entries[place].time)[:10] for place in (0, -1))
    days = first if first == last else f"{first} to {last}"
    return (
        f"{counted(len(entries), 'entry') if len(entries) == 1 else f'{len(entries):,} entries'}, {days}. A verdict is "
        "about accuracy on the same reviews, with its 95 % interval in points."
    )


def _entry(entry: Entry, draw: Draws) -> Iterator[str]:
    yield f"## {words.day(entry.time)} · {inline(words.title(entry))}"
    yield "\n".join(_facts(entry))
    if rows := words.table(entry):
        yield _table(words.HEADS, rows)
    if rows := words.members_table(entry):
        yield _table(words.MEMBER_HEADS, rows)
    yield from draw(entry, figures_of(entry))
    if entry.notes:
        yield "\n".join(["**Notes**", "", *(f"- {words.day(one.time)}: {inline(one.text)}" for one in entry.notes)])


def _facts(entry: Entry) -> Iterator[str]:
    """Yield the lines about an entry, as a list: what it is, what was expected, changed and found."""
    about = ", ".join(part for part in (words.kind(entry), entry.state) if part)
    data = words.about_data(entry) if entry.kind != "comparison" else ""
    yield f"- **What:** {inline(about)}{f'; {inline(data)}' if data else ''}"
    for one in entry.expected:
        yield f"- **Expected:** {inline(words.expected(one))}"
    if (changed := words.changed(entry)) and entry.kind == "comparison":
        yield f"- **Differs:** {inline(changed)}"
    elif changed:
        yield f"- **Changed** from {inline(words.against(entry))}: {inline(changed)}"
    for finding in entry.findings:
        yield f"- **Found:** {inline(finding)}"
    if entry.message:
        yield f"- **Ended:** {inline(entry.message)}"
    if verdict := words.verdict(entry):
        source = words.verdict_source(entry)
        more = f" (`{source}`)" if source.startswith("reviewtui ") else f" ({inline(source)})" if source else ""
        yield f"- **Verdict:** {inline(verdict)}{more}"
    if entry.against_baseline:
        yield f"- **Baseline:** {inline(entry.against_baseline)}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table without the columns that no row fills."""
    kept = [place for place in range(len(heads)) if place == 0 or any(row[place] for row in rows)]
    lines = [[heads[place] for place in kept], ["---" if place < 1 else "---:" for place in kept]]
    lines += [[inline(row[place]) for place in kept] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
