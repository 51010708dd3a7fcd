"""The text of a review from its columns: the title before it, or the two halves of which it is made."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from core.reviews.detect.names import words_of
from core.reviews.detect.words import is_template


def join_halves(names: Sequence[str], columns: list[list[str]]) -> list[str]:
    """Return the texts of a chunk: one column, or two halves joined by their names, without halves that say nothing."""
    if len(columns) == 1:
        return columns[0]
    heads = [_spoken(name) for name in names]
    return [
        " ".join(f"{head}: {half.strip()}" for head, half in zip(heads, halves, strict=True) if _says(half))
        for halves in zip(*columns, strict=True)
    ]


def _says(half: str) -> bool:
    return bool(half) and not half.isspace() and not is_template(half)


def _spoken(name: str) -> str:
    """Return the name of a column as it stands before its text: `positive_review` as `Positive review`."""
    return " ".join(words_of(name.rpartition(".")[2])).capitalize() or name


def with_titles(titles: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Return texts with their titles before them."""
    return [f"{lead_of(title)}{text}" if title else text for title, text in zip(titles, texts, strict=True)]


def lead_of(title: str) -> str:
    """Return a title as the beginning of a text, with a full stop unless it ends in punctuation."""
    stripped = title.strip()
    if not stripped:
        return ""
    if stripped[-1].isalnum():
        return f"{stripped}. "
    return stripped + (" " if unicodedata.category(stripped[-1]).startswith("P") else ". ")
