"""Tokens: what is fed to a model is what its own tokenizer would feed it, cut where it was asked to be cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.tokens import SpecialTokens, collate, encode, special_tokens_of, tokenizer_sha256
from core.models.tokenizer import load_tokenizer
from tests.core.made import transformers_tokenizer

FAMILIES = ("bert", "distilbert", "roberta")
IDS = st.lists(st.integers(5, 99), max_size=40)


@pytest.fixture(scope="module", params=FAMILIES)
def tokenizer(request: pytest.FixtureRequest, tiny_models: dict[str, Path]) -> Any:
    """As transformers loads it: what it does itself with a text is the reference."""
    return transformers_tokenizer(tiny_models[request.param])


@given(IDS, st.integers(4, 30))
def test_head_keeps_the_beginning_and_tail_the_end(ids: list[int], length: int) -> None:
    room = length - 2
    head = SpecialTokens((1,), (2,), 0, length, "head").cut(np.array(ids))
    tail = SpecialTokens((1,), (2,), 0, length, "tail").cut(np.array(ids))
    assert head.tolist() == ids[:room]
    assert tail.tolist() == (ids[-room:] if len(ids) > room else ids)


@given(IDS, st.integers(4, 30))
def test_head_and_tail_keeps_a_quarter_of_the_beginning_and_the_rest_of_the_end(ids: list[int], length: int) -> None:
    room = length - 2
    found = SpecialTokens((1,), (2,), 0, length, "head+tail").cut(np.array(ids)).tolist()
    if len(ids) <= room:
        assert found == ids
    else:
        quarter = room // 4
        assert len(found) == room and found[:quarter] == ids[:quarter]
        assert found[quarter:] == ids[len(ids) - (room - quarter) :]


@given(IDS, st.integers(0, 30), st.sampled_from(["head", "tail", "head+tail"]))
def test_a_cut_review_fits_and_a_length_is_known_without_cutting(ids: list[int], length: int, truncation: str) -> None:
    special_tokens = SpecialTokens((1, 8), (2,), 0, length, truncation)
    cut = special_tokens.cut(np.array(ids))
    assert len(cut) == min(len(ids), special_tokens.room) and special_tokens.room == max(length - 3, 0)
    assert special_tokens.length(len(ids)) == len(cut) + 3
    assert special_tokens.length(np.array([len(ids)] * 2)).tolist() == [len(cut) + 3] * 2


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_framed_ids_are_the_tokenizers_own_output(tokenizer: Any, text: str) -> None:
    own = tokenizer(text)["input_ids"]
    ids, mask = collate(encode(tokenizer, [text]), special_tokens_of(tokenizer, 512, "head"))
    assert ids[0][mask[0] == 1].tolist() == own
    assert set(ids[0][len(own) :].tolist()) <= {tokenizer.pad_token_id} and mask[0].sum() == len(own)
    assert ids.shape[1] % 8 == 0 and ids.shape[1] - len(own) < 8


@given(text=st.text("abc def.", min_size=20, max_size=120), length=st.integers(4, 20))
def test_a_text_cut_at_head_or_tail_is_cut_as_the_tokenizer_itself_would(
    tokenizer: Any, text: str, length: int
) -> None:
    for truncation, side in (("head", "right"), ("tail", "left")):
        tokenizer.truncation_side = side
        own = tokenizer(text, truncation=True, max_length=length)["input_ids"]
        ids, mask = collate(encode(tokenizer, [text]), special_tokens_of(tokenizer, length, truncation))
        assert ids[0][mask[0] == 1].tolist() == own and ids.shape[1] <= length


def test_a_batch_is_padded_as_the_tokenizer_itself_pads(tokenizer: Any) -> None:
    texts = ["great", "the chair is broken after two weeks of use", "", "lamp lamp"]
    own = tokenizer(texts, padding=True, pad_to_multiple_of=8, return_tensors="np")
    ids, mask = collate(encode(tokenizer, texts), special_tokens_of(tokenizer, 512, "head"))
    assert np.array_equal(ids, own["input_ids"]) and np.array_equal(mask, own["attention_mask"])
    assert ids.dtype == mask.dtype == np.int64


@given(IDS, st.integers(0, 30), st.sampled_from(["head", "tail", "head+tail"]))
def test_a_whole_review_is_the_row_of_a_batch_without_its_padding(ids: list[int], length: int, truncation: str) -> None:
    for special_tokens in (
        SpecialTokens((1, 8), (2,), 0, length, truncation),
        SpecialTokens((), (), 0, length, truncation),
    ):
        whole = special_tokens.encode(np.array(ids, dtype=np.uint16))
        batch, mask = collate([ids, []], special_tokens)
        assert whole.dtype == np.int64 and whole.tolist() == batch[0][mask[0] == 1].tolist()
        assert whole.tolist() == [
            *special_tokens.before,
            *special_tokens.cut(np.array(ids)).tolist(),
            *special_tokens.after,
        ]
        assert len(whole) == special_tokens.length(len(ids))


@given(st.lists(IDS, min_size=1, max_size=5), st.integers(4, 40), st.sampled_from([1, 8]))
def test_a_batch_is_as_long_as_its_longest_review_rounded_up(
    sequences: list[list[int]], length: int, multiple: int
) -> None:
    special_tokens = SpecialTokens((1,), (2,), 0, length, "head")
    ids, _ = collate(sequences, special_tokens, multiple=multiple)
    longest = max(int(special_tokens.length(len(one))) for one in sequences)
    assert ids.shape == (len(sequences), min(-(-longest // multiple) * multiple, length))


def test_the_hash_of_a_tokenizer_is_blind_to_cutting_and_padding_and_to_nothing_else(
    tiny_models: dict[str, Path],
) -> None:
    bert, roberta = (transformers_tokenizer(tiny_models[family]) for family in ("bert", "roberta"))
    before = tokenizer_sha256(bert)
    bert(["great", "the lamp"], padding=True, truncation=True, max_length=7)
    bert.model_max_length = 9
    assert tokenizer_sha256(bert) == before == tokenizer_sha256(load_tokenizer(tiny_models["distilbert"], "x"))
    bert.add_tokens(["newword"])
    changed = tokenizer_sha256(bert)
    bert.split_special_tokens = True
    assert len({before, changed, tokenizer_sha256(bert), tokenizer_sha256(roberta)}) == 4
