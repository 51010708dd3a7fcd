"""The house keeps its measures: files are short, and say what they say in words that others use."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path for room in ("core", "tui") for path in (ROOT / room).rglob("*.py"))
MAX_LINES, MAX_MEDIAN = 400, 150
NOT_ENGLISH = re.compile(r"so many|foretold|want of|nobody foresaw")


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}
    assert statistics.median(lines.values()) <= MAX_MEDIAN


def test_no_phrase_comes_back_that_readers_stumbled_on() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if NOT_ENGLISH.search(line)
    ]
    assert found == []
