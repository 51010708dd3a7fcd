"""Near copies: every member is one of its representative, nothing else is grouped, and what must be found is found."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.reviews.hashing import text_hash
from core.triage.texts.near_copies import SIMILAR, near_copies
from core.triage.texts.words import words_of
from tests.conftest import PLAIN, made_reviews


def groups_of(texts: list[str]) -> list[int]:
    hashes = np.array([text_hash(text) for text in texts], dtype=np.uint64)
    groups: list[int] = near_copies(words_of([texts]), hashes).tolist()
    return groups


def similarity(left: str, right: str) -> float:
    """The Jaccard similarity of the sets of word pairs, edges included, by the book."""
    sets = []
    for text in (left, right):
        words = ["<", *re.findall(r"[a-z0-9]+", text.lower()), ">"]
        sets.append(set(pairwise(words)) if len(words) > 2 else set())
    together = sets[0] | sets[1]
    return len(sets[0] & sets[1]) / len(together) if together else 0.0


def varied(seed: int, rows: int = 60) -> list[str]:
    """Reviews, and copies of some of them with one or two words changed, added or left out."""
    generator = random.Random(seed)
    texts = [f"{text} {' '.join(generator.choices(PLAIN, k=14))}" for text, _ in made_reviews(rows, seed)]
    for _ in range(rows):
        words = generator.choice(texts).split()
        for _ in range(generator.choice((0, 1, 1, 2))):
            place = generator.randrange(len(words))
            words[place : place + generator.choice((0, 1))] = generator.choice((["not"], [], ["quite", "so"]))
        texts.append(" ".join(words) + generator.choice(("", "!", " ")))
    generator.shuffle(texts)
    return texts


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_members_are_near_copies_of_their_representative_which_comes_first(seed: int) -> None:
    texts = varied(seed)
    groups = groups_of(texts)
    for row, first in enumerate(groups):
        assert first <= row and groups[first] == first
        if first != row:
            assert similarity(texts[row], texts[first]) >= SIMILAR or text_hash(texts[row]) == text_hash(texts[first])


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_a_near_copy_of_a_representative_is_in_a_group(seed: int) -> None:
    texts = varied(seed, 30)
    groups = groups_of(texts)
    leaders = [row for row, first in enumerate(groups) if first == row]
    missed = 0
    for place, row in enumerate(leaders):
        for earlier in leaders[:place]:
            missed += similarity(texts[row], texts[earlier]) >= SIMILAR
    found = len(texts) - len(leaders)
    assert found and missed <= 0.02 * found  # MinHash misses one candidate in a thousand at the border


def test_the_first_pair_of_many_with_the_same_beginning_is_no_chain() -> None:
    words = [f"w{number}" for number in range(80)]
    steps = [" ".join([*[f"x{number}" for number in range(done)], *words[done:]]) for done in range(30)]
    groups = groups_of(steps)
    for row, first in enumerate(groups):
        assert groups[first] == first and similarity(steps[row], steps[first]) >= SIMILAR
    assert len(set(groups)) > 2


def test_thousands_of_copies_are_one_group() -> None:
    text = "this chair is very comfortable and I would buy it again at any time for my whole family"
    texts = [f"{text} {row}" if row % 2 else text for row in range(4000)]
    assert set(groups_of(texts)) == {0}


@pytest.mark.parametrize("texts", [[], [""], ["", "", "!!!", "???", "good", "good.", "👍", "👎"]])
def test_texts_without_words_are_copies_only_of_the_same(texts: list[str]) -> None:
    expected = [next(at for at, other in enumerate(texts) if text_hash(other) == text_hash(text)) for text in texts]
    if "good." in texts:
        expected[texts.index("good.")] = texts.index("good")
    assert groups_of(texts) == expected


def test_the_same_words_in_another_order_are_no_copies() -> None:
    assert groups_of(["not good but cheap and it broke", "good but not cheap and it broke"]) == [0, 1]
