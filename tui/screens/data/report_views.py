"""Views of a reading report (`core/reviews/report.py`) and of token lengths, for the Data screen.

Functions of what the engine answered and of a width in cells. Names and values come from data: they are cleaned here,
once, and end up in `Content`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from core.base.text import clean, clean_line
from core.reviews.options import ReadingOptions
from core.reviews.page import Row
from core.reviews.report import ReadingReport, SkippedRow
from tui.formatting import counted
from tui.widgets.responsive import READABLE, bar, gauge, indented, lines, row, section, widest

Report = ReadingReport
SCHEMES = {
    "auto": "0 and 1 as negative and positive",
    "binary": "0 and 1 as negative and positive",
    "sentiment": "−1, 0 and 1 as negative, neutral and positive",
    "stars_binary": "low ratings negative, high ones positive, the middle left out",
    "stars": "one class for each rating",
    "as_is": "each value as its own class",
    "unlabelled": "no labels",
}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}
_NONE: Mapping[str, int] = {}
_MAX_TEXT = 1200
"""The most characters of a review that the samples show."""
_MIN_EXAMPLES = 12
"""The least cells that examples need."""
_MOST_EXAMPLES = 6
"""The most classes of which a row is shown."""
_MAX_LINES = 60
"""The most classes or columns that are listed."""


def headline(report: Report) -> Content:
    """Draw how many rows were read, kept and left out."""
    left = sum(report.left_out.values())
    fate = f"{report.kept:,} kept, {left:,} left out" if left else "all kept"
    files = len(report.files)
    several = f" in {files} files" if files > 1 else ""
    return Content.assemble(
        (f" {counted(report.rows, 'review')}", "bold"), f"{several}, ", (fate, "$text-warning" if left else "")
    )


def reading_in_words(report: Report) -> str:
    """Return a description of format, encoding, delimiter and header."""
    parts = [clean_line(report.format).upper()]
    if report.encoding:
        parts.append(clean_line(report.encoding))
    if report.delimiter:
        parts.append(DELIMITERS.get(report.delimiter, f"delimiter {clean_line(repr(report.delimiter))}"))
    if report.header is not None:
        parts.append("header row" if report.header else "no header row")
    return ", ".join(parts)


def scheme_in_words(report: Report) -> str:
    """Return how labels became classes, with the boundaries if they are known."""
    return clean_line(report.meaning) or SCHEMES.get(report.scheme, clean_line(report.scheme))


def read_as(report: Report, options: ReadingOptions, width: int) -> Content:
    """Draw how the source is read, with the key that changes each choice; `set` marks what the user chose."""
    names = ", ".join(clean_line(name, 30) for name in report.label_names[:_MAX_LINES])
    facts = [
        ("t", "Text", clean_line(report.text_column), options.text is not None),
        ("i", "Title", clean_line(report.title_column or "none"), options.title is not None),
        ("l", "Label", clean_line(report.label_column or "none"), options.label is not None),
        ("s", "Scheme", scheme_in_words(report), options.scheme != "auto" or options.scale is not None),
        ("n", "Classes", names or "none", bool(options.label_names)),
        ("e", "Reading", reading_in_words(report), options.encoding or options.delimiter or options.header is not None),
    ]
    return lines(
        [
            section("How it is read", "press a key to change"),
            *(
                row(
                    (f" {key} ", 3, "bold $text-primary"),
                    (f" {title}", 11, "$foreground-muted"),
                    (value, max(width - 20, 10), ""),
                    (" set" if chosen else "", 6, "$text-accent"),
                )
                for key, title, value, chosen in facts
            ),
        ]
    )


def classes(report: Report, width: int) -> Content:
    """Draw the class balance: counts, shares and bars."""
    counts: Mapping[str, int] = report.class_counts
    if not counts:
        return lines([section("Classes"), " no labels: you can review them one by one, but not train on them"])
    total, most = max(sum(counts.values()), 1), max(*counts.values(), 1)
    listed = list(counts.items())[:_MAX_LINES]
    title = widest([clean_line(name) for name, _ in listed], max(min(width // 3, 30), 8))
    room = min(max(width - title - 20, 4), 60)
    more = len(counts) - len(listed)
    return lines(
        [
            section("Classes", _balance(counts)),
            *(
                row(
                    (" ", 1, ""),
                    (clean_line(name), title, ""),
                    (f"{count:,}", -9, ""),
                    (f"{count / total:.1%}", -8, "$foreground-muted"),
                    ("  " + bar(count / most, room), room + 2, "$text-accent"),
                )
                for name, count in listed
            ),
            *([f" and {more:,} more"] if more else []),
            *_examples(report, title, width),
        ]
    )


def _examples(report: Report, title: int, width: int) -> list[Content]:
    """Draw a row of each class, so that one sees what the class means."""
    found = list(report.examples.items())[:_MOST_EXAMPLES]
    label = widest([clean_line(example.raw) for _, example in found], 16) if found else 0
    rest = max(width - title - label - 5, 10)
    return [
        row(
            (" ", 1, ""),
            (clean_line(name), title, "$foreground-muted"),
            (f"  {clean_line(example.raw)}", label + 2, "bold"),
            (f"  {clean_line(example.excerpt)}", rest, "$foreground-muted"),
        )
        for name, example in found
    ]


def _balance(counts: Mapping[str, int]) -> str:
    filled = [count for count in counts.values() if count]
    if len(filled) < 2:
        return ""
    ratio = max(filled) / min(filled)
    return "balanced" if ratio < 1.5 else f"largest {ratio:.1f} times the smallest"


def rows_and_notices(report: Report, width: int, more: Sequence[Content] = ()) -> Content:
    """Draw the rows kept and left out, by reason, duplicates, and notices of the reader.

    Args:
        more: What to draw before the notices.
    """
    left: Mapping[str, int] = report.left_out
    twice = report.duplicates
    what = max(min(width - 24, 44), 12)
    shown = [
        section("Rows"),
        row((" kept", what, ""), (f"{report.kept:,}", -9, ""), (f" of {report.rows:,}", 14, "$foreground-muted")),
    ]
    shown += [
        row((f" left out: {clean_line(reason)}", what, ""), (f"{count:,}", -9, "$text-warning"))
        for reason, count in sorted(left.items(), key=lambda item: -item[1])
    ]
    if twice.rows:
        conflict = f"; {twice.conflicting:,} of them with different labels" if twice.conflicting else ""
        words = f"{twice.rows:,} repeat the text of an earlier row ({twice.groups:,} texts{conflict})"
        shown.append(indented(words, min(width, READABLE), 1))
    else:
        shown.append(Content(" no duplicates"))
    shown += more
    if report.notices:
        shown += [Content(""), section("Notices")]
        for notice in report.notices:
            body = indented(clean_line(notice), min(width, READABLE), 3)
            shown.append(Content(" •") + body[2:])
    return lines(shown)


def columns(report: Report, width: int) -> Content:
    """Draw every column: its role, its kind, how many rows have it, and examples.

    Figures are never cut. In a narrow space the examples are dropped first, then the kinds; then names are cut.
    """
    roles = {report.text_column: "text", report.title_column: "title", report.label_column: "label"}
    listed, rows = report.columns[:_MAX_LINES], max(report.rows, 1)
    name_width = max(widest([clean_line(column.name) for column in listed], 28), 6) + 1
    figures = 1 + 9 + 7 + 10
    rest = width - figures - name_width - 9
    kind_width = 9 if rest >= 0 else 0
    name_width = max(min(name_width, width - figures - kind_width), 6)
    shown = []
    for column in (None, *listed):
        if column is None:
            cells = ("used as", "column", "kind", "filled", "distinct", "for example")
        else:
            role = roles.get(column.name, "")
            cells = (
                f"▸ {role}" if role else "",
                clean_line(column.name),
                clean_line(column.kind),
                f"{min(column.filled / rows, 1):.0%}",
                "many" if column.distinct is None else f"{column.distinct:,}",
                " · ".join(clean_line(example) or "(blank)" for example in column.examples),
            )
        used = bool(cells[0]) and column is not None
        parts = [(" ", 1, ""), (cells[0], 9, "bold $text-primary"), (cells[1], name_width, "bold" if used else "")]
        parts += [(cells[2], kind_width, "")] if kind_width else []
        parts += [(cells[3], -7, ""), (cells[4], -10, "")]
        parts += [(f"  {cells[5]}", rest, "$foreground-muted")] if rest >= _MIN_EXAMPLES else []
        shown.append(
            row(*parts) if column is not None else row(*((text, size, "$foreground-muted") for text, size, _ in parts))
        )
    more = len(report.columns) - len(listed)
    hint = f"{f' and {more:,} more.' if more else ''} t, i and l choose the columns of text, title and label."
    return lines([*shown, "", indented(Content.styled(hint.strip(), "$foreground-muted"), width, 1)])


def samples(page: Sequence[Row], width: int) -> Content:
    """Draw a page of reviews with their places and labels, wrapped at words."""
    room = min(width, READABLE)
    if not page:
        return Content(" Nothing here.")
    shown: list[Content] = []
    for review in page:
        label = "no label" if review.label is None else clean_line(review.label, 40)
        text = clean(review.text[:_MAX_TEXT]).expandtabs(4)
        rest = len(review.text) - _MAX_TEXT
        if rest > 0:
            text = text.rstrip() + f"… ({rest:,} more characters)"
        shown += [
            row(
                (f"{review.row + 1:,}", -7, "$foreground-muted"),
                (f"  {label}", max(room - 36, 12), "bold $text-primary"),
                (_place(review), -28, "$foreground-muted"),
            ),
            indented(Content(text), room, 9),
            Content(""),
        ]
    return lines(shown[:-1])


def left_out(report: Report, width: int) -> Content:
    """Draw the rows that were left out: where they are, why, and how they begin."""
    rows = report.skipped
    total = sum(report.left_out.values())
    if not total:
        return Content(" No row was left out.")
    place = max(widest([_place(skipped) for skipped in rows], 30), 5) + 2
    reason = max(widest([clean_line(skipped.reason) for skipped in rows], max(width // 3, 16)), 6) + 2
    rest = max(width - place - reason - 1, 10)
    shown = [
        row((" ", 1, ""), ("place", place, ""), ("why", reason, ""), ("begins", rest, "")).stylize("$foreground-muted")
    ]
    shown += [
        row(
            (" ", 1, ""),
            (_place(skipped), place, ""),
            (clean_line(skipped.reason), reason, "$text-warning"),
            (clean_line(skipped.excerpt), rest, "$foreground-muted"),
        )
        for skipped in rows
    ]
    if total > len(rows):
        where = clean_line(report.skipped_file)
        shown += [
            Content(""),
            indented(f"These are the first {len(rows):,} of {total:,}; all are in {where}", width, 1),
        ]
    return lines(shown)


def _place(found: Row | SkippedRow) -> str:
    file = clean_line(found.file).rpartition("/")[2]
    return f"{file[-20:]}:{found.line}"


def refused(title: str, sentence: str, width: int) -> Content:
    """Draw why a part has nothing to show."""
    return lines([section(title), indented(Content.styled(f"✗ {clean_line(sentence)}", "$text-error"), width, 1)])


def waiting(
    what: str, source: str, share: float | None, detail: str = "", classes: Mapping[str, int] = _NONE
) -> Content:
    """Draw the progress of the first reading of a source, and what has been counted so far."""
    name = clean_line(source.rpartition("/")[2] or source, 50)
    counts = " · ".join(f"{clean_line(one, 30)} {count:,}" for one, count in list(classes.items())[:_MOST_EXAMPLES])
    known = "".join(f"\n\n{words}" for words in (clean_line(detail), counts) if words)
    leave = ("\n\nesc  choose others", "$foreground-muted")
    return Content.assemble((f"{what.capitalize()} {name}\n\n", "bold"), gauge(share, 30), known, leave)


def verdict(report: Report | None, refusal: str, blocked: str) -> Content:
    """Draw whether a run could learn from the reviews, or why not. A refused change comes first."""
    if refusal:
        return Content.styled(f"✗ {clean_line(refusal)} It is read as before.", "$text-error")
    if report is not None and report.label_column is None and blocked:
        words = "No column of labels: press l to choose one and train, or w to review these one by one."
        return Content.styled(f"· {words}", "$text-warning")
    if blocked or report is None:
        # The engine's sentence names the flag that chooses another column on the command line.
        words = clean_line(blocked).replace("name another with --label COLUMN", "press l to choose another")
        return Content.styled(f"✗ {words}", "$text-warning")
    kept, count = report.kept, len(report.label_names)
    ready = Content.styled(f"✓ Ready: {kept:,} labelled reviews in {count} classes.", "$text-success")
    if not report.doubts:
        return ready
    return ready + Content.styled(f"  ? {counted(len(report.doubts), 'question')}: d", "$text-warning")
