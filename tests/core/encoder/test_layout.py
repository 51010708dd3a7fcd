"""Packing: every token once and in order, little padding, and blocks of whole reviews."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoder.layout import Block, Packed, pack
from tests.core.encoder.tiny import made_reviews

PADDING = 1
LENGTHS = st.lists(st.integers(1, 512), min_size=1, max_size=40)
HEADS = st.sampled_from([1, 2, 12])


def packed(reviews: list[np.ndarray], heads: int = 12, *, offset_positions: bool = False) -> Packed:
    return pack(reviews, heads, PADDING, offset_positions=offset_positions)


def rows_of_places(block: Block) -> np.ndarray:
    """[reviews, L] packed row of each place, -1 for padding; from the slice where nothing is padded."""
    if block.gather is None:
        return np.arange(block.rows.start, block.rows.stop).reshape(block.reviews, block.length)
    assert block.mask is not None
    heads = len(block.mask) // block.reviews
    beyond = block.mask.view(block.reviews, heads, block.length)
    assert bool((beyond == beyond[:, :1]).all())
    return np.where(beyond[:, 0].numpy() < 0, -1, block.gather.view(block.reviews, block.length).numpy())


@settings(max_examples=60)
@given(LENGTHS, HEADS)
def test_every_token_is_there_once_and_in_its_order(lengths: list[int], heads: int) -> None:
    reviews = made_reviews(lengths)
    batch = packed(reviews, heads)
    assert batch.tokens == sum(lengths) and batch.rows == len(batch.ids) == len(batch.positions)
    assert batch.lengths.tolist() == lengths
    assert np.array_equal(batch.ids[: batch.tokens], np.concatenate(reviews))
    assert (batch.ids[batch.tokens :] == PADDING).all()
    for row, review in zip(batch.first.tolist(), reviews, strict=True):
        assert np.array_equal(batch.ids[row : row + len(review)], review)


@settings(max_examples=60)
@given(LENGTHS, HEADS)
def test_blocks_hold_every_review_whole_and_once(lengths: list[int], heads: int) -> None:
    batch = packed(made_reviews(lengths), heads)
    review = token = 0
    for block in batch.blocks:
        assert (block.start, block.rows.start) == (review, token)
        assert block.reviews & (block.reviews - 1) == 0
        for number, rows in enumerate(rows_of_places(block)):
            length = lengths[review + number]
            first = int(batch.first[review + number])
            assert rows[:length].tolist() == list(range(first, first + length))
            assert (rows[length:] == -1).all()
        review += block.reviews
        token = block.rows.stop
    assert (review, token) == (len(lengths), sum(lengths))


@settings(max_examples=40)
@given(LENGTHS)
def test_gathering_and_scattering_are_inverse(lengths: list[int]) -> None:
    batch = packed(made_reviews(lengths))
    rows = torch.arange(batch.rows + 1)
    for block in batch.blocks:
        missing = {block.gather is None, block.gather_any is None, block.scatter is None, block.mask is None}
        assert len(missing) == 1
        if block.gather is None or block.gather_any is None or block.scatter is None:
            continue
        assert torch.equal(rows[block.gather][block.scatter], rows[block.rows])
        assert torch.equal(rows[block.gather_any][block.scatter], rows[block.rows])
        assert bool((block.gather[block.gather != block.gather_any] == batch.rows).all())
        assert int(block.gather_any.min()) >= block.rows.start and int(block.gather_any.max()) < block.rows.stop


@given(LENGTHS)
def test_positions_begin_anew_with_each_review(lengths: list[int]) -> None:
    batch = packed(made_reviews(lengths))
    expected = np.concatenate([np.arange(length) for length in lengths])
    assert np.array_equal(batch.positions[: batch.tokens].numpy(), expected)


@settings(max_examples=60)
@given(st.lists(st.lists(st.sampled_from([0, PADDING, 2, 7, 8]), min_size=1, max_size=30), min_size=1, max_size=9))
def test_positions_of_roberta_are_counted_past_padding_tokens(ids: list[list[int]]) -> None:
    from transformers.models.roberta.modeling_roberta import RobertaEmbeddings

    batch = packed([np.array(review) for review in ids], offset_positions=True)
    expected = [
        RobertaEmbeddings.create_position_ids_from_input_ids(torch.tensor([review]), PADDING)[0] for review in ids
    ]
    assert torch.equal(batch.positions[: batch.tokens], torch.cat(expected))


def realistic(seed: int, reviews: int) -> list[int]:
    """Typical lengths: many short reviews, few long ones, truncated to 256; batches of similar length."""
    generator = np.random.default_rng(seed)
    lengths = np.sort(np.clip(generator.lognormal(4, 0.8, size=64 * reviews), 4, 256).astype(int))
    start = int(generator.integers(0, len(lengths) - reviews))
    return [int(length) for length in lengths[start : start + reviews]]


@pytest.mark.parametrize("reviews", [16, 32, 64])
def test_few_rows_are_padding_in_batches_of_like_lengths(reviews: int) -> None:
    shares = []
    for seed in range(60):
        lengths = realistic(seed, reviews)
        if sum(lengths) > 640:
            batch = packed([np.full(length, 7) for length in lengths])
            shares.append(1 - batch.tokens / batch.rows)
    assert len(shares) > 20 and float(np.mean(shares)) < 0.03
    assert max(shares) <= 0.05


@given(st.integers(1, 20_000))
def test_the_rows_that_are_added_are_fewer_than_a_step(tokens: int) -> None:
    lengths = [500] * (tokens // 500) + [tokens % 500] * (tokens % 500 > 0)
    batch = packed([np.full(length, 7) for length in lengths])
    step = 8 if len(lengths) == 1 else 32 if tokens <= 1024 else 64
    assert 0 <= batch.rows - tokens < step
    assert batch.rows % min(step, 32) == 0


@given(st.integers(1, 500))
def test_a_review_alone_is_a_block_of_its_own_length(tokens: int) -> None:
    (block,) = packed([np.full(tokens, 7)]).blocks
    assert block.length == tokens and block.mask is None and block.gather is None


@pytest.mark.parametrize("reviews", [8, 32])
def test_blocks_of_batches_of_like_lengths_are_little_padded(reviews: int) -> None:
    padded_tokens = tokens = 0
    for seed in range(40):
        batch = packed([np.full(length, 7) for length in realistic(seed, reviews)])
        padded_tokens += sum(block.padded_tokens for block in batch.blocks)
        tokens += batch.tokens
    assert tokens > 0.85 * padded_tokens
