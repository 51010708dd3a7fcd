"""The choices of how a source is read, as functions that turn a report into lists of choices.

An `Offer` says which fields of `ReadingOptions` each line of a list sets. The Data screen shows it, and has the source
read again. `changed` drops earlier choices that no longer make sense.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from textual.content import Content

from core.base.text import clean_line
from core.reviews.options import ReadingOptions
from core.reviews.report import ReadingReport
from tui.screens.data.report_views import DELIMITERS, SCHEMES, scheme_in_words
from tui.widgets.responsive import row

Changes = dict[str, Any]
_HOW_FIELDS_ARE_FOUND = frozenset(("delimiter", "header", "quoting", "table"))
"""Options after whose change columns are others."""


@dataclass
class Offer:
    """A list to choose from."""

    title: str
    help: str = ""
    lines: list[Content] = field(default_factory=list)
    changes: list[Changes] = field(default_factory=list)
    """What each line sets; for a value of `...` the user is asked first."""
    current: int | None = None

    def add(self, line: str | Content, changes: Changes, current: bool = False) -> None:
        """Add a line."""
        if current:
            self.current = len(self.lines)
        self.lines.append(Content(line) if isinstance(line, str) else line)
        self.changes.append(changes)


def offer_columns(report: ReadingReport, role: str) -> Offer:
    """List the columns for a role: text, title or label. Title and label may be none."""
    helps = {
        "text": "The column that holds the review itself.",
        "title": "Joined before the text; a title often says it all.",
        "label": "What is learned. Without one, reviews can only be reviewed one by one.",
    }
    offer = Offer(f"The column of the {role}", helps[role])
    now = {"text": report.text_column, "title": report.title_column, "label": report.label_column}[role]
    if role != "text":
        offer.add("none", {role: ""}, current=now is None)
    reasons = {one.column: one.why for one in report.candidates.get(role, [])}
    offered = {column.name for column in report.columns}
    for joined in (name for name in reasons if name not in offered):
        line = row((clean_line(joined), 20, ""), ("  " + clean_line(reasons[joined]), 39, "$foreground-muted"))
        offer.add(line, {role: joined}, current=joined == now)
    ranks = {name: rank for rank, name in enumerate(reasons)}
    for column in sorted(report.columns, key=lambda column: ranks.get(column.name, len(ranks))):
        examples = clean_line(reasons.get(column.name, "")) or " · ".join(
            clean_line(example, 20) for example in column.examples
        )
        line = row(
            (clean_line(column.name), 20, ""),
            ("  " + clean_line(column.kind), 11, "$foreground-muted"),
            (examples, 40, "$foreground-muted"),
        )
        offer.add(line, {role: column.name}, current=column.name == now)
    return offer


def offer_schemes(report: ReadingReport) -> Offer:
    """List the ways in which labels can become classes."""
    offer = Offer("How labels become classes")
    for scheme in report.schemes:
        used = scheme == report.scheme or (scheme == "auto" and report.scheme in ("binary", "sentiment"))
        words = scheme_in_words(report) if used else SCHEMES.get(scheme, clean_line(scheme))
        offer.add(words, {"scheme": scheme}, current=used)
    if "stars_binary" in report.schemes:
        offer.add("the scale has other ends …", {"scale": ...})
    return offer


def offer_reading(report: ReadingReport | None, options: ReadingOptions) -> Offer:
    """List encodings, delimiters and headers, as far as the format has them; all of them if nothing was read yet."""
    offer = Offer("How the file is read", "Everything that was detected can be set.")

    def add(what: str, words: str, changes: Changes, current: bool) -> None:
        offer.add(
            Content.assemble((f"{what:<11}", "$foreground-muted"), words, ("  now" if current else "", "$text-accent")),
            changes,
        )

    if report is None or report.encoding is not None:
        found = f" ({clean_line(report.encoding)})" if report and options.encoding is None else ""
        add("Encoding", f"detect{found}", {"encoding": None}, options.encoding is None)
        for encoding in ("utf-8", "cp1252", "latin-1", "utf-16"):
            add("", encoding, {"encoding": encoding}, options.encoding == encoding)
        add("", "another …", {"encoding": ...}, False)
    if report is None or report.delimiter is not None:
        found = f" ({DELIMITERS.get(report.delimiter or '', '')})" if report and options.delimiter is None else ""
        add("Delimiter", f"detect{found}", {"delimiter": None}, options.delimiter is None)
        for delimiter in (",", ";", "\t", "|"):
            add("", DELIMITERS[delimiter], {"delimiter": delimiter}, options.delimiter == delimiter)
        add("", "another …", {"delimiter": ...}, False)
    if report is None or report.header is not None:
        add("First row", "detect", {"header": None}, options.header is None)
        add("", "names the columns", {"header": True}, options.header is True)
        add("", "is a review", {"header": False}, options.header is False)
    return offer


def changed(options: ReadingOptions, changes: Changes) -> ReadingOptions:
    """Return `options` with `changes`, without the earlier choices that they invalidate.

    A column has one role only. Another label column or scheme has other classes, and another delimiter or header has
    other columns.
    """
    update = dict(changes)
    for role in ("text", "title", "label"):
        for other in ("text", "title", "label"):
            if changes.get(role) and other != role and getattr(options, other) == changes[role]:
                update[other] = None
    if "label" in changes:
        update |= {"scheme": "auto", "scale": None, "label_names": {}}
    if "scheme" in changes or "scale" in changes:
        update |= {"label_names": {}}
    if changes.get("scale"):
        update |= {"scheme": "auto"}
    if not _HOW_FIELDS_ARE_FOUND.isdisjoint(changes):
        update |= {"text": None, "title": None, "label": None, "scheme": "auto", "scale": None, "label_names": {}}
    update |= changes
    return ReadingOptions.model_validate(options.model_copy(update=update).model_dump())
