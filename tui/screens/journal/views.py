"""An entry as a line of the list, and in full. All text of users and data is cleaned in `tui/lab_journal/words.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from textual.content import Content

from core.base.text import clean_line
from core.lab_journal.entry import KINDS, Entry
from tui.lab_journal import words
from tui.lab_journal.figures import Figure
from tui.lab_journal.plots import HEIGHT, plot
from tui.widgets.responsive import cell, indented, lines, row

EMPTY = """\
Nothing has been tried yet.

Each run, branch, extension, sweep and comparison becomes an entry: what you
expected, what you changed, what came out, and whether that is more than chance.

  {runs} goes to the runs, where n starts one"""
NONE_FITS = "No entry has these words; esc shows all."

_OUTCOMES = {"practically equal": "equal", "not distinguishable": "undecided"}
"""Verdict → how a line says it, if not in the same word."""
_STYLES = {"better": "$text-success", "worse": "$text-error", "failed": "$text-error", "interrupted": "$text-warning"}
_LABEL = 10
_OUTCOME, _SCORE = 11, 5
_LONG_DATE = 70
"""Cells from which on a line has room for the whole date and the kind of an entry."""
_MOST_PLOT = 90
_LEFT_OUT_FIRST = ("epochs", "loss", "memory")
"""Columns that a narrow table does without, in this order."""


def entry_line(entry: Entry, width: int) -> Content:
    """Return an entry as a line of `width` cells: date, what it is, the best accuracy, verdict."""
    date = words.day(entry.time)
    long = width >= _LONG_DATE
    outcome = words.outcome(entry)
    before = [(date if long else date[5:10], 16 if long else 5, "$foreground-muted"), (" ", 1, "")]
    if long:
        before += [(KINDS[entry.kind].split()[0], 13, "$foreground-muted")]
    used = sum(size for _, size, _ in before) + _SCORE + _OUTCOME + 2
    return row(
        *before,
        (_short_title(entry, long=long), max(width - used, 8), ""),
        (" ", 1, ""),
        (words.headline(entry), -_SCORE, ""),
        (" ", 1, ""),
        (_OUTCOMES.get(outcome, outcome), _OUTCOME, _STYLES.get(outcome, "$foreground-muted")),
    )


def _short_title(entry: Entry, *, long: bool) -> str:
    name = clean_line(entry.name, 80)
    if entry.kind == "extension":
        return f"{name} → {entry.id.partition('@')[2]} epochs"
    if entry.kind == "branch":
        return f"└ {name}"
    if long or entry.kind in ("run", "comparison"):
        return name
    return f"{KINDS[entry.kind].split()[0]}: {name}"


def entry_in_full(entry: Entry, figures: Sequence[Figure] | None, key: Callable[[str], str], width: int) -> Content:
    """Return everything about an entry.

    Args:
        figures: Its figures; None while they are being read.
        key: Returns the key of an action.
    """
    parts = [Content.styled(f"{words.title(entry)}", "bold")]
    about = ", ".join(part for part in (words.kind(entry), entry.state) if part)
    parts.append(Content.styled(f"{words.day(entry.time)} · {about}", "$foreground-muted"))
    parts.append(Content(""))
    parts += _facts(entry, key, width)
    for heads, rows in ((words.HEADS, words.table(entry)), (words.MEMBER_HEADS, words.members_table(entry))):
        if rows:
            parts += [Content(""), *_table(heads, rows, width)]
    if figures is None and (entry.run is not None or entry.members):
        parts += [Content(""), Content.styled("Reading the curves…", "$foreground-muted")]
    for figure in figures or ():
        parts += [Content(""), Content(plot(figure, min(width, _MOST_PLOT), HEIGHT))]
    return lines(parts)


def _facts(entry: Entry, key: Callable[[str], str], width: int) -> Iterator[Content]:
    if entry.kind != "comparison":
        yield _fact("data", words.about_data(entry), width)
    for one in entry.expected:
        yield _fact("expected", words.expected(one), width, "$text-accent")
    if not entry.expected:
        yield _fact(
            "expected", f"nothing was said; {key('journal.hypothesis')} says it now", width, "$foreground-muted"
        )
    if changed := words.changed(entry):
        from_ = f" (from {words.against(entry)})" if words.against(entry) else ""
        yield _fact("changed" if entry.kind != "comparison" else "differs", f"{changed}{from_}", width)
    for finding in entry.findings:
        yield _fact("found", clean_line(finding), width)
    if entry.message:
        yield _fact("ended", clean_line(entry.message), width, "$text-warning")
    if verdict := words.verdict(entry):
        yield _fact("verdict", verdict, width, "bold" if entry.verdict is not None else "$foreground-muted")
    if entry.against_baseline:
        yield _fact("baseline", clean_line(entry.against_baseline), width)
    for note in entry.notes:
        yield _fact("note", f"{words.day(note.time)}  {clean_line(note.text)}", width)


def _fact(name: str, text: str, width: int, style: str = "") -> Content:
    """Return a name, and beside it a text on as many lines as it needs."""
    body = indented(Content.styled(text, style) if style else Content(text), width, _LABEL)
    label = cell(Content.styled(name, "$foreground-muted"), _LABEL)
    return Content("").join([label, body[_LABEL:]])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[Content]:
    """Yield a table without columns that no row fills, and without some figures where words need their room."""
    kept = [place for place in range(len(heads)) if place == 0 or any(one[place] for one in rows)]
    texts = [place for place in kept if place == 0 or heads[place] in ("differs", "state")]
    sizes = {place: max(len(heads[place]), *(Content(one[place]).cell_length for one in rows)) for place in kept}

    def room_for_words() -> int:
        return width - sum(sizes[place] + 1 for place in kept if place not in texts) - len(texts)

    for place in (heads.index(name) for name in _LEFT_OUT_FIRST if name in heads):
        if place in kept and sum(sizes[one] for one in texts) > room_for_words():
            kept.remove(place)
    room = room_for_words()
    while sum(sizes[place] for place in texts) > max(room, 8 * len(texts)):
        widest = max(texts, key=lambda place: sizes[place])
        sizes[widest] -= 1
    for number, one in enumerate((heads, *rows)):
        style = "" if number else "$foreground-muted"
        cells = [(one[place], sizes[place] if place in texts else -sizes[place], style) for place in kept]
        spaced = [part for each in cells for part in (each, (" ", 1, ""))]
        yield row(*spaced[:-1]).truncate(max(width, 1), ellipsis=True)
