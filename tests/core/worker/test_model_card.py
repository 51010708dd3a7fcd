"""The model card: what comes from data stays text in it."""

from __future__ import annotations

import pytest

from core.worker.model_card import _cell
from tests.hostile import CORPUS, steering


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![x](http://evil.example/x.png)", "!\\[x](http://evil.example/x.png)"),
        ("\\[x](http://evil.example)", "\\\\\\[x](http://evil.example)"),
        ("a | b\\| c", "a \\| b\\\\\\| c"),
        ("<script>`x`", "&lt;script>'x'"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_cell_is_text(text: str, shown: str) -> None:
    assert _cell(text) == shown


def test_no_string_of_the_corpus_leaves_its_cell() -> None:
    for text in CORPUS:
        cell = _cell(text)
        assert not steering(cell) and "\n" not in cell and "<" not in cell and "`" not in cell
        assert "|" not in cell.replace("\\\\", "").replace("\\|", "")
