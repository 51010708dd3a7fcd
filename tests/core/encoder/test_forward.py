"""The network for inference gives the logits of Hugging Face's module, whatever else is in the batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoder.architecture import architecture_of
from core.encoder.forward import Forward
from core.encoder.layout import pack
from core.encoder.network import Network
from core.encoder.weights import Weights
from tests.core.encoder.tiny import FAMILIES, LONGEST, build, expected_logits, made_reviews

LENGTHS = st.lists(st.integers(1, LONGEST), min_size=1, max_size=20)


def forward_logits(model: object, reviews: list[np.ndarray], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    shape = architecture_of(model)  # type: ignore[arg-type]
    network = Forward(Weights(model, shape, dtype))  # type: ignore[arg-type]
    return network.logits(
        pack(reviews, shape.heads, shape.padding, offset_positions=shape.offset_positions, dtype=dtype)
    ).clone()


@settings(max_examples=50)
@given(family=st.sampled_from(FAMILIES), layers=st.integers(1, 3), heads=st.sampled_from([1, 2, 4, 8]), lengths=LENGTHS)
def test_logits_equal_hugging_faces(family: str, layers: int, heads: int, lengths: list[int]) -> None:
    model = build(family, layers=layers, heads=heads)
    reviews = made_reviews(lengths)
    expected = expected_logits(model, reviews).detach()
    torch.testing.assert_close(forward_logits(model, reviews), expected, rtol=1e-5, atol=1e-5)


@settings(max_examples=25)
@given(family=st.sampled_from(FAMILIES), lengths=LENGTHS, data=st.data())
def test_no_review_sees_another(family: str, lengths: list[int], data: st.DataObject) -> None:
    """Replacing every other review by one of the same length changes no bit of the answer."""
    model, place = build(family), data.draw(st.integers(0, len(lengths) - 1))
    first, second = made_reviews(lengths, seed=1), made_reviews(lengths, seed=2)
    second[place] = first[place]
    for dtype in (torch.float32, torch.bfloat16):
        found = [forward_logits(model, reviews, dtype)[place] for reviews in (first, second)]
        torch.testing.assert_close(found[0], found[1], rtol=0, atol=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_in_bf16_logits_are_as_near_those_in_fp32_as_the_training_networks(family: str) -> None:
    model, reviews = build(family), made_reviews([30, 31, 17, 60, 44, 8, 21, 50] * 4)
    shape = architecture_of(model)
    wide, narrow = (forward_logits(model, reviews, dtype) for dtype in (torch.float32, torch.bfloat16))
    batch = pack(reviews, shape.heads, shape.padding, offset_positions=shape.offset_positions, dtype=torch.bfloat16)
    training = Network(Weights(model, shape, torch.bfloat16)).logits(batch)
    assert float((narrow - wide).abs().max()) < max(2 * float((training - wide).abs().max()), 0.05)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_words_of_the_model_stay_as_they_are(family: str) -> None:
    model = build(family)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    forward_logits(model, made_reviews([5, 60, 17]), torch.bfloat16)
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, before[name]), name


@settings(max_examples=25)
@given(family=st.sampled_from(FAMILIES), lengths=LENGTHS, layers=st.sampled_from([(0,), (2,), (0, 1), (1, 2)]))
def test_means_over_tokens_equal_those_of_hugging_faces_hidden_states(
    family: str, lengths: list[int], layers: tuple[int, ...]
) -> None:
    model = build(family, layers=3)
    reviews = made_reviews(lengths)
    shape = architecture_of(model)
    batch = pack(reviews, shape.heads, shape.padding, offset_positions=shape.offset_positions)
    found = Forward(Weights(model, shape, torch.float32)).means(batch, layers)
    for place, review in enumerate(reviews):
        with torch.no_grad():
            states = model.base_model(torch.from_numpy(review)[None], output_hidden_states=True).hidden_states
        expected = torch.cat([states[layer][0].mean(dim=0) for layer in layers])
        torch.testing.assert_close(found[place], expected, rtol=1e-4, atol=1e-4)
