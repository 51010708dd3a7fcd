"""The words of texts: the same number for the same word wherever it stands, and another for another."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.triage.texts import words as module
from core.triage.texts.words import Words, words_of

ASCII = st.text(st.characters(codec="ascii"), max_size=60)


def _plain(text: str) -> list[str]:
    """The words of an ASCII text, by a regular expression."""
    return re.findall(r"[a-z0-9]+", text.lower())


@given(st.lists(ASCII, max_size=12))
def test_hashes_are_equal_where_words_are(texts: list[str]) -> None:
    found = words_of([texts])
    expected = [word for text in texts for word in _plain(text)]
    assert found.counts.tolist() == [len(_plain(text)) for text in texts]
    number = {word: int(one) for word, one in zip(expected, found.hashes, strict=True)}
    assert [number[word] for word in expected] == found.hashes.tolist()
    assert len(set(number.values())) == len(number)


@given(st.lists(st.text(max_size=30), max_size=8), st.integers(1, 40))
def test_batches_and_blocks_change_nothing(texts: list[str], block: int) -> None:
    whole, before = words_of([texts]), module._BLOCK
    module._BLOCK = block
    try:
        parts = words_of([text] for text in texts)
    finally:
        module._BLOCK = before
    np.testing.assert_array_equal(whole.hashes, parts.hashes)
    np.testing.assert_array_equal(whole.starts, parts.starts)


def _same(left: str, right: str) -> bool:
    found = words_of([[left, right]])
    return found.of(0).tolist() == found.of(1).tolist()


def test_case_punctuation_and_compatibility_variants_do_not_count() -> None:
    assert _same("Great, product!!", "great product")
    assert _same("STRASSE ﬁne", "straße fine")
    assert not _same("great product", "greatproduct")


def test_symbols_and_characters_of_languages_without_blanks_are_words() -> None:
    assert not _same("👍", "👎") and words_of([["👍👎 ok"]]).counts.tolist() == [3]
    assert words_of([["很好用。"]]).counts.tolist() == [4]


def test_a_huge_text_counts_by_its_beginning_and_costs_no_more() -> None:
    huge = "word " * 200_000
    found: Words = words_of([[huge, "word"]])
    assert 0 < found.counts[0] < 100_000 and found.of(0)[0] == found.of(1)[0]
