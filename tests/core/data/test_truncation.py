"""What a limit leaves of a review: the characters shown as cut off are those of the tokens that are cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.tokens import encode, special_tokens_of
from core.data.truncation import MOST_PLACES, joined, lost_characters, tokens_lost
from core.data.unknown import find_tokens
from core.models.tokenizer import load_tokenizer

WORDS = st.lists(
    st.sampled_from("great broken chair the 😡 👍🏽 naïve 很好 x-ray \t \n isn't [UNK]".split(" ")), max_size=30
)
TRUNCATIONS = st.sampled_from(["head", "tail", "head+tail"])


@pytest.fixture(scope="module", params=("bert", "roberta"))
def tokenizer(request: pytest.FixtureRequest, tiny_models: dict[str, Path]) -> Any:
    return load_tokenizer(tiny_models[request.param], "tiny")


@given(words=WORDS, limit=st.integers(0, 40), truncation=TRUNCATIONS)
def test_lost_characters_are_those_of_lost_tokens(
    tokenizer: Any, words: list[str], limit: int, truncation: str
) -> None:
    text = " ".join(words)
    (places,) = find_tokens(tokenizer, [text])
    ids = encode(tokenizer, [text])[0]
    frame = special_tokens_of(tokenizer, limit, truncation)
    kept = frame.cut(np.arange(len(ids)))
    assert places.count == len(ids) and places.special == len(frame.before) + len(frame.after)
    assert tokens_lost(places, limit) == len(ids) - len(kept)
    lost = lost_characters(places, len(text), limit, truncation)
    if len(kept) == len(ids):
        assert lost is None
        return
    assert lost is not None
    missing = sorted(set(range(len(ids))) - set(kept.tolist()))
    assert lost[0] == (places.start_of(missing[0]) if missing[0] else 0)
    assert lost[1] == (places.start_of(missing[-1] + 1) if missing[-1] + 1 < len(ids) else len(text))


@given(words=WORDS)
def test_unknown_parts_hold_all_that_is_unknown_and_nothing_else(tokenizer: Any, words: list[str]) -> None:
    text = " ".join(words)
    (places,) = find_tokens(tokenizer, [text])
    known = text
    for start, end in reversed(places.unknown):
        assert text[start:end].strip()
        known = known[:start] + " " + known[end:]
    (rest,) = find_tokens(tokenizer, [known])
    assert rest.unknown_count == 0
    assert places.unknown_count >= len(places.unknown)


def test_a_review_of_any_length_has_few_places(tokenizer: Any) -> None:
    text = "great " * (3 * MOST_PLACES)
    (places,) = find_tokens(tokenizer, [text])
    assert len(places.first) == len(places.last) == MOST_PLACES < places.count
    for truncation in ("head", "tail", "head+tail"):
        lost = lost_characters(places, len(text), MOST_PLACES, truncation)
        assert lost is not None and 0 <= lost[0] < lost[1] <= len(text)


def test_typed_bytes_that_are_no_text_have_tokens(tokenizer: Any) -> None:
    (places,) = find_tokens(tokenizer, ["good \udcff chair"])
    assert places.count > 1


def test_neighbours_are_joined_over_white_space_only() -> None:
    assert joined([(0, 1), (2, 3), (5, 6)], "a b ,c") == [(0, 3), (5, 6)]
