"""Variants hold nothing that their review does not, and are always the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.distillation.variants import MOST, count_variants, make_variants, variant


@given(st.text(min_size=1, max_size=80), st.integers(0, 99))
def test_a_variant_is_a_part_of_the_words_in_their_order(text: str, seed: int) -> None:
    found = variant(text, np.random.default_rng(seed))
    left = iter(text.split() if len(text.split()) >= 3 else list(text))
    assert all(part in left for part in (found.split() if len(text.split()) >= 3 else list(found)))
    assert found or not text.split()


def test_text_without_blanks_loses_characters() -> None:
    found = {variant("质量很好物流也快我很喜欢", np.random.default_rng(seed)) for seed in range(20)}
    assert len(found) > 10 and all(found)


@given(st.integers(1, 40), st.integers(0, 9))
def test_every_review_has_as_many(reviews: int, each: int) -> None:
    asked: list[int] = []

    def text(position: int) -> str:
        asked.append(position)
        return f"a b c d e {position}"

    found = make_variants(text, reviews, each)
    assert len(found) == count_variants(reviews, each) == reviews * each
    assert sorted(asked) == sorted(list(range(reviews)) * each)
    assert found == make_variants(text, reviews, each)


def test_of_many_reviews_some_have_one_and_no_more_are_made() -> None:
    read: list[int] = []
    found = make_variants(lambda position: read.append(position) or "one two three four", 10 * MOST, 8)  # type: ignore[func-returns-value]
    assert len(found) == len(set(read)) == MOST
