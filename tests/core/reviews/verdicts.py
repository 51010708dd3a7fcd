"""What a person expects of a file, and the verdict on what reading makes of it.

An expectation is one or more outcomes: the file is `Read`, with these rows and classes; it is `Refused`, with these
words; or it is read in some way and the report has `Told` that something is off. The verdicts:

    right                      read as a person would read it
    asked                      read otherwise, but a doubt names the way to read it right, and that way works
    refused with the way out   the words are there, or the options that the sentence names read the file right
    refused badly              refused, or read without classes, and the sentence does not help
    wrong in silence           read otherwise than a person would, and nothing is said
    crash                      ended in an error that is not a sentence
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.reviews.split import split_by_hash
from core.reviews.trainable import require_trainable
from tui.shell_command import READING_FLAGS, parse_reading

Verdict = Literal["right", "asked", "refused with the way out", "refused badly", "wrong in silence", "crash"]
VERDICTS: tuple[Verdict, ...] = (
    "right", "asked", "refused with the way out", "refused badly", "wrong in silence", "crash",
)  # fmt: skip
GOOD = VERDICTS[:3]
ANY = ".*"
"""The pattern of all classes together; every other pattern stands for one class."""
_LONGEST_TITLE = 120


@dataclass(frozen=True, kw_only=True)
class Read:
    """The file is read. Patterns are regular expressions that must match a whole name, in any case."""

    kept: int
    classes: Mapping[str, int] = field(default_factory=dict)
    """Pattern of a class's name → reviews in it; empty to be read without labels."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Words in the reason → rows left out for it."""
    aside: tuple[str, ...] = ()
    """Words in a reason that may be counted or not: repeated headers, comments and other lines that are no rows."""
    shows: Mapping[str, str | None] = field(default_factory=dict)
    """Texts that are among the reviews, exactly so but for a title before them → the pattern of their class."""
    text: str = ".*"
    label: str = ".+"
    said: tuple[str, ...] = ()
    """Words that must be in a notice or a doubt."""
    repeats: int | None = None
    """Rows that repeat the text of an earlier one."""


class Refused:
    """The file is refused, or cannot be trained on, in a sentence that contains `words` (patterns)."""

    def __init__(self, *words: str) -> None:
        self.words = words


class Told(Refused):
    """However the file is read, a notice or a doubt contains `words` (patterns)."""


Outcome = Read | Refused


@dataclass(frozen=True)
class Case:
    """A file or folder and what may become of it."""

    path: str
    """Relative to the folder of all cases."""
    expected: Outcome | Sequence[Outcome]
    """One of these."""
    options: Mapping[str, object] = field(default_factory=dict)
    """What a person has to say for it to be read right, as fields of `ReadingOptions`; normally nothing."""
    name: str = ""

    @property
    def id(self) -> str:
        return self.name or self.path


@dataclass(frozen=True)
class Judged:
    """A verdict, with the sentence of a refusal, or what is wrong."""

    verdict: Verdict
    why: str = ""

    @property
    def good(self) -> bool:
        return self.verdict in GOOD


def judge(case: Case, folder: Path) -> Judged:
    """Read the file of `case` in `folder` and return the verdict."""
    outcomes = [case.expected] if isinstance(case.expected, Read | Refused) else list(case.expected)
    options = ReadingOptions.model_validate(case.options)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            judged = _judge(folder / case.path, options, outcomes)
            return Judged(judged.verdict, judged.why.replace(f"{folder}/", ""))
    except Exception as error:
        return Judged("crash", f"{type(error).__name__}: {error}")


def _judge(path: Path, options: ReadingOptions, outcomes: Sequence[Outcome]) -> Judged:
    reads = [outcome for outcome in outcomes if isinstance(outcome, Read)]
    try:
        reviews = read_reviews(path, options)
    except ReviewtuiError as error:
        return _refusal(str(error), path, options, outcomes)
    unsound = list(unsound_counts(reviews))
    if unsound:
        return Judged("wrong in silence", unsound[0])
    problems = [_problem(read, reviews) for read in reads]
    if None in problems:
        return _trained(reviews)
    if any(isinstance(outcome, Told) and _matches(outcome.words, _said(reviews)) for outcome in outcomes):
        return Judged("refused with the way out", _said(reviews))
    try:
        require_trainable(reviews)
    except InputError as error:
        judged = _refusal(str(error), path, options, outcomes)
        if judged.good or any(_problem_of_texts(read, reviews) is None for read in reads):
            return judged
    else:
        for doubt in reviews.report.doubts:
            for ways in doubt.ways.values():
                if _reads_right(path, options.model_copy(update=_typed(ways)), reads):
                    return Judged("asked", doubt.sentence)
    return Judged("wrong in silence", problems[0] if problems and problems[0] else "read, and not told what it is")


def _trained(reviews: Reviews) -> Judged:
    """Return "right" unless reviews that are called trainable cannot be split."""
    try:
        require_trainable(reviews)
    except InputError:
        return Judged("right")
    train, validation = split_by_hash(reviews, 0.1)
    if not len(train) or not len(validation):
        return Judged("wrong in silence", "it is called trainable, and one side of the split is empty")
    return Judged("right")


def _refusal(sentence: str, path: Path, options: ReadingOptions, outcomes: Sequence[Outcome]) -> Judged:
    if clean_line(sentence) != sentence:
        return Judged("refused badly", f"not one clean line: {sentence!r}")
    if any(isinstance(one, Refused) and _matches(one.words, _without(path, sentence)) for one in outcomes):
        return Judged("refused with the way out", sentence)
    reads = [outcome for outcome in outcomes if isinstance(outcome, Read)]
    for way in ways_out(sentence, options):
        if _reads_right(path, way, reads):
            return Judged("refused with the way out", sentence)
    return Judged("refused badly", sentence)


def ways_out(sentence: str, options: ReadingOptions) -> Iterator[ReadingOptions]:
    """Yield the options that a sentence names with a value, one at a time, then the first values together."""
    together: dict[str, object] = {}
    for flag in READING_FLAGS:
        if flag.kind is bool:
            values: list[object] = [
                word == flag.flag.split("/")[0]
                for word in flag.flag.split("/")
                if re.search(rf"{word}(?![\w-])", sentence)
            ]
        else:
            values = [_unquoted(word) for word in re.findall(rf"{flag.flag}[ =](\"[^\"]*\"|'[^']*'|\S+)", sentence)]
        for value in values:
            given = [value] if flag.kind is dict else value
            together.setdefault(flag.field, given)
            if (way := _parsed({flag.field: given}, options)) is not None:
                yield way
    if len(together) > 1 and (way := _parsed(together, options)) is not None:
        yield way


def _unquoted(word: str) -> str:
    return word[1:-1] if word[0] in "\"'" and word[-1] == word[0] else word.rstrip(".,;:)")


def _parsed(given: Mapping[str, object], options: ReadingOptions) -> ReadingOptions | None:
    try:
        chosen = parse_reading(given)
    except ValueError:
        return None
    return options.model_copy(update=chosen.model_dump(exclude_unset=True))


def _typed(ways: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a doubt's alternative, as `ReadingOptions` types them."""
    return ReadingOptions.model_validate(dict(ways)).model_dump(exclude_unset=True)


def _reads_right(path: Path, options: ReadingOptions, reads: Sequence[Read]) -> bool:
    try:
        reviews = read_reviews(path, options)
    except ReviewtuiError:
        return False
    return any(_problem(read, reviews, silent=True) is None for read in reads)


def unsound_counts(reviews: Reviews) -> Iterator[str]:
    """Yield what does not add up in a report."""
    report = reviews.report
    if report.rows != report.kept + sum(report.left_out.values()):
        yield f"{report.rows} rows are not {report.kept} kept and {report.left_out} left out"
    classed = sum(report.class_counts.values())
    if classed not in (report.kept, 0) or (classed == 0 and set(reviews.labels.tolist()) != {-1}):
        yield f"classes {report.class_counts} are not {report.kept} reviews"
    for one in report.accounts:
        if one.total != one.reviews + one.left_out + sum(one.skipped.values()):
            yield f"{one.file}: {one.total} {one.unit} are not {one}"


def _problem(read: Read, reviews: Reviews, silent: bool = False) -> str | None:
    """Return what is wrong with `reviews`, or None. If `silent`, nothing need be said about them."""
    problem = _problem_of_texts(read, reviews) or _problem_of_classes(read, reviews)
    if problem is None and not silent and not _matches(read.said, _said(reviews)):
        return f"nothing says {read.said}"
    return problem


def _problem_of_classes(read: Read, reviews: Reviews) -> str | None:
    report = reviews.report
    counts = {name: count for name, count in report.class_counts.items() if count}
    if not read.classes:
        return f"“{report.label_column}” is taken for the label" if counts else None
    label = report.label_column
    if not counts or label is None:
        return "no label is found"
    if not _whole(read.label, label):
        return f"“{label}” is taken for the label"
    left = dict(counts)
    for pattern, count in read.classes.items():
        found = [name for name in counts if _whole(pattern, name)]
        if sum(left.pop(name, 0) for name in found) != count or (len(found) > 1 and pattern != ANY):
            return f"classes are {counts}, not {dict(read.classes)}"
    if left:
        return f"classes are {counts}, not {dict(read.classes)}"
    texts = reviews.texts(range(len(reviews)))
    for shown, pattern in read.shows.items():
        name = reviews.label_names[int(reviews.labels[_find(shown, texts, report.title_column is not None)])]
        if pattern is not None and not _whole(pattern, name):
            return f"“{shown[:40]}” is “{name}”, not “{pattern}”"
    return None


def _problem_of_texts(read: Read, reviews: Reviews) -> str | None:
    report = reviews.report
    texts = reviews.texts(range(len(reviews)))
    for shown in read.shows:
        if _find(shown, texts, report.title_column is not None) < 0:
            return f"no review is “{shown[:60]}”; the first is “{clean_line(texts[0][:100])}”"
    if not _whole(read.text, report.text_column):
        return f"“{report.text_column}” is taken for the text"
    reasons = dict(report.left_out)
    for words, count in read.left_out.items():
        found = [reason for reason in reasons if re.search(words, reason, re.IGNORECASE)]
        if sum(reasons.pop(reason) for reason in found) != count:
            return f"left out are {report.left_out}, not {dict(read.left_out)}"
    reasons = {reason: n for reason, n in reasons.items() if not any(re.search(w, reason, re.I) for w in read.aside)}
    if report.kept != read.kept or reasons:
        return f"{report.kept} are kept, not {read.kept}; left out are {report.left_out}"
    if read.repeats is not None and report.duplicates.rows != read.repeats:
        return f"{report.duplicates.rows} repeated texts, not {read.repeats}"
    return None


def _find(shown: str, texts: Sequence[str], titled: bool) -> int:
    """Return the row whose text is `shown`, with a title before it if there are titles; −1 if there is none."""
    for row, text in enumerate(texts):
        if text == shown:
            return row
        lead = len(text) - len(shown)
        if titled and text.endswith(shown) and 0 < lead <= _LONGEST_TITLE and text[lead - 1].isspace():
            return row
    return -1


def _said(reviews: Reviews) -> str:
    report = reviews.report
    doubts = [" ".join((doubt.sentence, *doubt.ways)) for doubt in report.doubts]
    return _without(Path(report.source), " | ".join([*report.notices, *doubts]))


def _without(path: Path, sentence: str) -> str:
    """Return `sentence` without the name of the source, which often says what is in it."""
    return sentence.replace(str(path), "…").replace(path.name, "…")


def _matches(words: Sequence[str], sentence: str) -> bool:
    return all(re.search(word, sentence, re.IGNORECASE) for word in words)


def _whole(pattern: str, name: str) -> bool:
    return re.fullmatch(pattern, name.strip(), re.IGNORECASE) is not None
