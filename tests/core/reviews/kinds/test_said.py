"""Whatever option a notice or a refusal names can be given and reads the file, and a doubt has a way that matters."""

from __future__ import annotations

import re
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.reviews.report import ReadingReport
from tests.core.reviews.kinds.cases import CASES, write_all
from tests.core.reviews.verdicts import ways_out
from tui.shell_command import READING_FLAGS

_PLACEHOLDERS = {"COLUMN", "KEY", "NAME", "SHEET", "TABLE", "FILE", "chooses", "reads", "takes", "gives"}
"""What follows an option and is no value of it."""


def read(path: Path, options: ReadingOptions) -> Reviews | str:
    try:
        return read_reviews(path, options)
    except ReviewtuiError as error:
        return str(error)


def said_flags(sentence: str) -> int:
    """Return how many options with a value a sentence names, placeholders aside."""
    flags = "|".join(flag.flag for flag in READING_FLAGS if flag.kind is not bool)
    words = re.findall(rf"(?:{flags})[ =](\S+)", sentence)
    return sum(word.strip("\"'.,;:)") not in _PLACEHOLDERS for word in words)


def gist(report: ReadingReport) -> tuple[object, ...]:
    return (report.text_column, report.label_column, report.scheme, report.class_counts, report.kept, report.rows,
            report.encoding, report.delimiter, report.data_hash, report.files)  # fmt: skip


def test_what_is_said_can_be_done(tmp_path: Path) -> None:
    folder = write_all(tmp_path)
    failing = {}
    for case in CASES:
        try:
            require_doable(folder / case.path, ReadingOptions.model_validate(case.options))
        except AssertionError as error:
            failing[case.id] = str(error)
    assert failing == {}


def require_doable(path: Path, options: ReadingOptions) -> None:
    found = read(path, options)
    if isinstance(found, str):
        sentence = found.replace(str(path), "…")
        ways = [way for way in ways_out(sentence, options) if way != options]
        assert len(ways) >= said_flags(sentence) or not said_flags(sentence), sentence
        return
    for notice in found.report.notices:
        for way in ways_out(notice.replace(str(path), "…"), options):
            if not {str(value) for value in way.model_dump().values()} & _PLACEHOLDERS:
                assert isinstance(read(path, way), Reviews), (notice, way, read(path, way))
    for doubt in found.report.doubts:
        assert re.search(r"\b(\d+) \w+ instead of \1\b", doubt.sentence) is None, doubt.sentence
        others = [
            read(path, options.model_copy(update=ReadingOptions.model_validate(fields).model_dump(exclude_unset=True)))
            for fields in doubt.ways.values()
        ]
        assert all(isinstance(other, Reviews) for other in others), (doubt, others)
        changed = [isinstance(other, Reviews) and gist(other.report) != gist(found.report) for other in others]
        assert any(changed), doubt
