"""The registry of formats: every entry is whole, no two claim the same file, and it is light."""

from __future__ import annotations

import subprocess
import sys
from pkgutil import resolve_name

import pytest

from core.reviews.formats.registry import FORMATS, SUFFIXES, Format, format_titles


@pytest.mark.parametrize("entry", FORMATS, ids=lambda entry: entry.name)
def test_every_entry_names_a_reader_that_is_there(entry: Format) -> None:
    assert callable(resolve_name(f"core.reviews.formats.{entry.reader}"))
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in entry.suffixes)
    assert entry.title in format_titles()


def test_no_two_formats_claim_a_file() -> None:
    assert len(SUFFIXES) == sum(len(entry.suffixes) for entry in FORMATS)
    assert len({entry.name for entry in FORMATS}) == len(FORMATS)
    magics = [magic for entry in FORMATS for magic in entry.magic]
    assert not any(one != other and one.startswith(other) for one in magics for other in magics)


def test_the_last_that_looks_at_content_takes_any() -> None:
    """So that every text file has a format."""
    assert FORMATS[-1].matches is not None and FORMATS[-1].matches(object())  # type: ignore[arg-type]


def test_the_registry_loads_no_heavy_library() -> None:
    code = "import sys, core.reviews.formats.registry; print(*({'numpy', 'pyarrow', 'torch'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
