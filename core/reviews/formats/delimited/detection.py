"""Which dialect a delimited file is written in: the one that accounts for all of its lines.

Every dialect that could be meant is tried on the start of the file. Lines count against it if they are in records with
an unusual number of fields, if their quotes make no sense, if they lie inside a quoted field and yet look like records,
or, where quotes are said to mean nothing, if fields are wrapped in them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from core.reviews.detect.names import is_known_name
from core.reviews.formats.delimited.dialect import NEVER_IN_TEXT, NO_DELIMITER, Dialect, unwrapped
from core.reviews.formats.delimited.layout import END_OF_COPY, SEPARATOR, Layout, Record, find_layout
from core.reviews.formats.delimited.records import Batch, RecordReader
from core.reviews.formats.lines import line_ends, split_lines
from core.reviews.options import ReadingOptions

DELIMITERS = (",", "\t", ";", "|")
_SIGN = r"[^\w\s\"'.,!?()/-]|[\x00-\x08\x0e-\x1f]"
_RUN = re.compile(rf" ?(?:{_SIGN})(?:[^\w\s\"]*(?:{_SIGN}))? ?|\t\S\t")
"""What may be a rare delimiter: signs in a row that do not end a sentence, or one between tabs."""
_SINGLE = frozenset("@^~§¦¬¤·") | frozenset(map(chr, range(1, 9))) | frozenset(map(chr, range(14, 32)))
"""Signs that are delimiters alone."""
_QUOTED_WORD = re.compile(r'(?:^|[^,;|\t ] )"[^"]*"(?:$|\r?\n| [^ ])')
_WRAPPED_LINE = re.compile(r'"(?:[^"]|"")*"\r?\n?')
_END_OF_COPY = re.compile(rf"^{re.escape(END_OF_COPY)}\s*\Z", re.MULTILINE)
_RAGGED = 0.9
_LONGEST_RUN = 12
_FEW_LINES = 3
_SAMPLE_LINES = 400
_RECORDS = 200
_BATCH = 4_000
_MOST_CLASSES = 50


@dataclass
class Fit:
    """How well a dialect reads some lines."""

    dialect: Dialect
    width: int = 1
    """How many fields most records have."""
    records: int = 0
    misfits: int = 0
    """Records with another number of fields, and lines that were given up."""
    stray: int = 0
    swallowed: int = 0
    wrapped: int = 0
    """Records with a field in quotes, in a dialect without quotes."""
    first: list[Record] = field(default_factory=list)
    """The first records."""

    @property
    def loss(self) -> int:
        """How many lines count against the dialect."""
        return self.misfits + self.stray + self.swallowed + self.wrapped

    @property
    def share(self) -> float:
        """The share of records that count for it."""
        return max(1 - self.loss / max(self.records, 1), 0.0)


@dataclass
class Choice:
    """The dialect of a file, and the next best."""

    fit: Fit
    layout: Layout
    other: Fit | None = None
    """The best way to read the file with other quotes, if that gives other records."""

    @property
    def dialect(self) -> Dialect:
        return self.fit.dialect

    @property
    def loss(self) -> int:
        """How many lines count against the dialect, apart from a header that leaves out the name of a column."""
        shorter = self.layout.names is not None and bool(self.fit.first) and len(self.fit.first[0][1]) < self.fit.width
        return self.fit.loss - (shorter and self.layout.width == self.fit.width)


def find_dialect(head: str, complete: bool, options: ReadingOptions, preferred: str = ",") -> Choice | None:
    """Return the dialect of a file that starts with `head`, or None if it has no records.

    A file without a delimiter has the delimiter `NO_DELIMITER`.

    Args:
        complete: Whether `head` is the whole file; otherwise its last line may be cut, and is ignored.
        options: What the user said; its delimiter must be the characters themselves.
        preferred: The delimiter to choose when several fit equally well.
    """
    head = _END_OF_COPY.sub("", head) if complete else head
    if (wrapped := _find_wrapped(head, complete, options, preferred)) is not None:
        return wrapped
    said = separator_line(head)
    given = options.delimiter or said
    best: Choice | None = None
    best_score: tuple[bool, float, bool, bool, bool] = (False, -1.0, False, False, False)
    for newline in line_ends(head):
        lines = split_lines(head, newline)
        lines = lines if complete or len(lines) < 2 else lines[:-1]
        for delimiter in _delimiters(lines, given, preferred):
            sample, cut = lines[:_SAMPLE_LINES], not complete or len(lines) > _SAMPLE_LINES
            choice = _best_quoting(sample, delimiter, newline, options, said, cut=cut)
            if choice is None or not (given or _is_plausible(choice)):
                continue
            named, share = choice.layout.named, choice.fit.share
            score = named, share, not _is_prose(lines, delimiter), _is_whole(lines, delimiter), delimiter == preferred
            if best is None or score > best_score:
                best, best_score = choice, score
    found = best.dialect if best is not None else Dialect(NO_DELIMITER, options.quoting or "standard")
    newlines = line_ends(head) if best is not None and options.delimiter != NO_DELIMITER else (found.newline,)
    whole: Choice | None = None
    for newline in newlines:
        lines = split_lines(head, newline)
        lines = lines if complete or len(lines) < 2 else lines[:-1]
        choice = _best_quoting(lines, found.delimiter, newline, options, said, cut=not complete)
        if choice is not None and (whole is None or choice.fit.loss < whole.fit.loss):
            whole = choice
    return whole


def _find_wrapped(head: str, complete: bool, options: ReadingOptions, preferred: str) -> Choice | None:
    """Return the dialect inside the quotes of a file whose whole lines are in quotes; None if it is none.

    Such files come about where a table with commas is opened, and saved, as one of a single column.
    """
    lines = split_lines(head, line_ends(head)[0])
    lines = lines if complete or len(lines) < 2 else lines[:-1]
    sample = [line for line in lines[:_SAMPLE_LINES] if line.strip()]
    quoted = [line for line in sample if '"' in line]
    wrapped = [line for line in quoted if _WRAPPED_LINE.fullmatch(line)]
    if 2 * len(quoted) <= len(sample) or len(wrapped) < _RAGGED * len(quoted):
        return None
    choice = find_dialect("".join(map(unwrapped, lines)), True, options, preferred)
    if choice is None or choice.dialect.wrapped or choice.dialect.delimiter == NO_DELIMITER:
        return None
    doubled = any('""' in line[1:].rstrip("\r\n")[:-1] for line in wrapped)
    sure = choice.layout.named or (doubled and has_classes(choice.layout))
    if not sure or choice.loss > (1 - _RAGGED) * choice.fit.records:
        return None
    return replace(choice, fit=replace(choice.fit, dialect=replace(choice.dialect, wrapped=True)), other=None)


def separator_line(head: str) -> str:
    """Return the delimiter that a first line such as `sep=;` names, as Excel writes it; empty if there is none."""
    first = head.lstrip("\ufeff").split("\n", 1)[0].strip("\r\"'")
    return first[4:] if len(first) == 5 and first[:4].casefold() == "sep=" else ""


def _delimiters(lines: list[str], given: str | None, preferred: str) -> Iterator[str]:
    """Yield the delimiters that can be meant."""
    if given:
        yield given
        return
    sample = lines[:_RECORDS]
    for delimiter in dict.fromkeys((preferred, *DELIMITERS)):
        if any(delimiter in line for line in sample):
            yield delimiter
    if _has_quoted_words(sample):
        yield " "
    yield from _rare_delimiters(sample)


def _has_quoted_words(lines: list[str]) -> bool:
    """Return whether fields in quotes stand between blanks, as R writes them (`"1" "It works" 5`)."""
    filled = [line for line in lines if line.strip()]
    found = sum(_QUOTED_WORD.search(line) is not None for line in filled)
    return len(filled) >= _FEW_LINES and found >= _RAGGED * len(filled)


def _rare_delimiters(lines: list[str]) -> list[str]:
    """Return the other runs of signs that are in every line equally often, the longest first.

    One that is part of a longer one comes after it.
    """
    filled = [line for line in lines if line.strip()]
    if len(filled) < _FEW_LINES:
        return []
    runs = {run for line in filled[:2] for run in _RUN.findall(line.rstrip("\r\n")) if len(run) <= _LONGEST_RUN}
    runs |= {run.strip(" ") for run in runs}
    runs = {run for run in runs if len(run.strip(" ")) > 1 or run.strip(" ") in _SINGLE or run == " | "}
    constant = [run for run in runs if len({line.count(run) for line in filled}) == 1]
    return sorted(constant, key=lambda run: (-len(run), run))


def _best_quoting(
    lines: list[str], delimiter: str, newline: str, options: ReadingOptions, said: str, *, cut: bool
) -> Choice | None:
    """Return the best way to read quotes, given the delimiter; the first of equals.

    Args:
        said: What a first line such as `sep=;` says; empty if there is none.
        cut: Whether the last record may be incomplete.
    """
    fits = [measure([lines], dialect, cut=cut) for dialect in dialects(lines, delimiter, newline, options)]
    fits = [one for one in fits if one.first]
    if not fits:
        return None
    best = min(fits, key=lambda one: one.loss)
    escaped = next((one for one in fits if one.dialect.quoting == "backslash" and one.loss == best.loss), None)
    if escaped is not None and best.dialect.quoting == "standard" and _are_escaped("".join(lines), delimiter):
        best = escaped
    if best.misfits and delimiter in NEVER_IN_TEXT and options.quoting in (None, "none"):
        best = _joined(lines, best) or best
    others = [
        one for one in fits if one.dialect.quoting != best.dialect.quoting and (_differs(one, best) or best is escaped)
    ]
    layout = find_layout(best.first[bool(said) :], best.width, options.header)
    if said:
        layout.lead[1] = SEPARATOR
    return Choice(best, layout, min(others, key=lambda one: one.loss, default=None))


def _are_escaped(text: str, delimiter: str) -> bool:
    """Return whether every quote in `text` that is not at the edge of a field is escaped, and none is doubled."""
    if '\\"' not in text:
        return False
    edge = re.escape(delimiter)
    others = re.sub(rf'\\.|(?:^|(?<={edge}))"|"(?=\r?$|{edge})', "", text, flags=re.MULTILINE)
    return '"' not in others


def _differs(one: Fit, other: Fit) -> bool:
    """Return whether two dialects give different records, as far as counts tell."""
    return (one.records, one.misfits, one.stray) != (other.records, other.misfits, other.stray)


def _joined(lines: list[str], fit: Fit) -> Fit | None:
    """Return a dialect that joins the lines of texts broken without quotes, if that accounts for all lines."""
    width = len(fit.first[0][1])
    plain = replace(fit.dialect, quoting="none", spaced=False, width=width)
    found = [measure([lines], replace(plain, joined=where), width) for where in ("tail", "inside")]
    whole = [one for one in found if not one.loss and one.first and width > 1]
    if len(whole) < 2:
        return whole[0] if whole else None
    rows = [row for _, row in whole[0].first[1:]]
    last_is_longest = sum(len(row[-1]) > max(map(len, row[:-1])) for row in rows) > len(rows) / 2
    return whole[0] if last_is_longest else whole[1]


def dialects(lines: Iterable[str], delimiter: str, newline: str, options: ReadingOptions) -> list[Dialect]:
    """Return the dialects that lines with quotes, escapes and lone returns like these may have, the usual first."""
    text = "".join(lines)
    returns = newline == "\n" and "\r" in text.replace("\r\n", "")
    plain = Dialect(delimiter, "none", newline=newline, returns=returns)
    usual = Dialect(delimiter, newline=newline)
    backslash = Dialect(delimiter, "backslash", newline=newline)
    blanks = f'{delimiter} "' in text or f'" {delimiter}' in text
    spaced = [replace(one, spaced=True) for one in (usual, backslash)] if blanks and delimiter != " " else []
    found = [usual, *spaced[:1]]
    if "\\" in text:
        found += [backslash, *spaced[1:]]
        found += [replace(backslash, joined="escaped")] if "\\\n" in text or "\\\r\n" in text else []
    if options.quoting is not None:
        found = [one for one in found if one.quoting == options.quoting]
        return found or [{"none": plain, "backslash": backslash}.get(options.quoting, usual)]
    if '"' in text or returns:
        found.append(plain)
    return found


def measure(blocks: Iterable[Sequence[str]], dialect: Dialect, width: int | None = None, *, cut: bool = False) -> Fit:
    """Return how well `dialect` reads some lines.

    Args:
        blocks: The lines, in blocks of any size; a list if there is no `width`.
        width: How many fields a record has; found in the first lines if it is None.
        cut: Whether the last record may be incomplete.
    """
    if width is None:
        width = _usual_width(next(RecordReader(blocks, dialect, None).batches(_RECORDS)))
    fit = Fit(replace(dialect, width=width), width)
    reader = RecordReader(blocks, fit.dialect, width, cut=cut)
    for batch in reader.batches(_BATCH):
        room = _RECORDS + 1 - len(fit.first)
        if room > 0:
            fit.first += list(zip(batch.starts[:room], batch.rows[:room], strict=True))
        widths = Counter(map(len, batch.rows))
        fit.records += len(batch.rows) + len(batch.broken)
        fit.misfits += len(batch.rows) - widths[width] + len(batch.broken)
        if dialect.quoting == "none":
            fit.wrapped += sum(map(_is_wrapped, batch.rows))
    fit.stray, fit.swallowed = reader.stray, reader.swallowed
    if dialect.rewritten:
        fit.first = [(line, fit.dialect.restore(row)) for line, row in fit.first]
    return fit


def _usual_width(batch: Batch) -> int:
    widths = Counter(map(len, batch.rows))
    if not widths:
        return 1
    usual, agreeing = widths.most_common(1)[0]
    first = len(batch.rows[0])
    return first if widths[first] == agreeing else usual


def _is_wrapped(row: list[str]) -> bool:
    return any(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in row)


def _is_plausible(choice: Choice) -> bool:
    """Return whether a delimiter that nobody named separates fields."""
    fit, layout = choice.fit, choice.layout
    if choice.dialect.delimiter not in DELIMITERS:
        allowed = (1 - _RAGGED) * fit.records if choice.dialect.delimiter == " " else 0
        fits = fit.width > 1 and choice.loss <= allowed and fit.records > 1
        return fits and (layout.named or not choice.dialect.delimiter.isprintable() or has_classes(layout))
    if layout.named:
        return True
    begins = len(layout.first) == fit.width
    return fit.width > 1 and fit.share >= (0.6 if begins else 0.9)


def _is_prose(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether the delimiter is a punctuation mark after which there is always a blank, and nothing is quoted."""
    if delimiter not in (",", ";"):
        return False
    sample = "".join(lines[:_SAMPLE_LINES])
    return '"' not in sample and sample.count(delimiter) == sample.count(f"{delimiter} ")


def _is_whole(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether a usual delimiter occurs only as part of this longer one."""
    parts = [usual for usual in DELIMITERS if usual in delimiter != usual]
    sample = "".join(lines[:_SAMPLE_LINES])
    return bool(parts) and all(sample.count(one) == sample.count(delimiter) * delimiter.count(one) for one in parts)


def has_classes(layout: Layout) -> bool:
    """Return whether the first or the last column has few values that repeat."""
    rows = [row for row in layout.rows if len(row) == layout.width]
    for column in (0, -1):
        distinct = {row[column] for row in rows}
        prose = any(value.startswith(" ") for value in distinct)
        if len(rows) > 3 and 1 < len(distinct) <= min(_MOST_CLASSES, len(rows) // 2) and not prose:
            return True
    return False


def is_delimited(head: str, complete: bool) -> bool:
    """Return whether a file that starts with `head` has several columns, or one whose name review files often use."""
    choice = find_dialect(head, complete, ReadingOptions())
    if choice is None:
        return False
    if choice.dialect.delimiter == NO_DELIMITER or choice.layout.named:
        return any(map(is_known_name, choice.layout.first))
    return not _is_prose(split_lines(head, choice.dialect.newline), choice.dialect.delimiter)
