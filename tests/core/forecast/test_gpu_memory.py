"""Memory on a GPU, against what an H100 was seen to take, and in which direction it moves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.forecast import autograd, gpu_memory
from core.forecast.run import Run
from core.planning.model_shape import ModelShape, shape_of
from core.planning.run_plan import UNLIMITED, MicroBatchLimits
from core.settings.schema import Settings
from tests.core.forecast.test_forecast import facts

MIB = 1 << 20
BERT = {
    "model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2,
}  # fmt: skip
DISTILBERT = {
    "model_type": "distilbert", "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "vocab_size": 30522,
    "max_position_embeddings": 512,
}  # fmt: skip

KEPT_ON_AN_H100: list[tuple[dict[str, Any], str, bool, int, int, int]] = [
    (BERT, "fp32", False, 8, 128, 630_844_480),
    (BERT, "fp32", False, 8, 512, 2_523_199_552),
    (BERT, "bf16", False, 8, 128, 572_221_696),
    (BERT, "bf16", False, 32, 128, 1_775_714_752),
    (BERT, "fp32", True, 8, 256, 1_650_088_000),
    (BERT, "bf16", True, 16, 256, 2_169_425_216),
    (DISTILBERT, "fp32", False, 8, 256, 628_500_544),
    (DISTILBERT, "bf16", False, 16, 256, 877_472_992),
]
"""Model, precision, LoRA, reviews, tokens of each, and bytes that a forward pass kept for the way back (torch 2.11)."""

PEAKS_ON_AN_H100: list[tuple[dict[str, Any], dict[str, Any], int, int, int]] = [
    (BERT, {"precision": "fp32"}, 8, 512, 3_997_467_648),
    (BERT, {"precision": "fp32"}, 8, 128, 2_054_031_360),
    (BERT, {"precision": "bf16"}, 32, 128, 3_307_028_480),
    (BERT, {"precision": "fp32", "gradient_checkpointing": True}, 8, 512, 2_009_364_992),
    (BERT, {"precision": "bf16", "gradient_checkpointing": True}, 16, 256, 1_960_082_432),
    (BERT, {"precision": "fp32", "lora": True}, 16, 256, 3_932_680_192),
    (BERT, {"precision": "bf16", "lora": True}, 8, 512, 2_888_724_480),
    (DISTILBERT, {"precision": "fp32"}, 32, 128, 2_223_432_192),
    (DISTILBERT, {"precision": "bf16"}, 8, 512, 1_865_306_624),
]
"""Model, settings, reviews, tokens of each, and the peak of a step of that one micro-batch."""
_WORKSPACES = 64 * MIB
"""Of matrix products there: no formula says them, a calibration does."""


def shape(config: dict[str, Any]) -> ModelShape:
    return shape_of(config, 2)


def on_gpu(config: dict[str, Any], length: int, reviews: int, **changes: Any) -> Run:
    """Return a run whose reviews all have one length and are in one batch."""
    here = facts(
        shape=shape(config),
        device="cuda",
        table=[(length, reviews)],
        reviews=reviews,
        validation=1,
        free_bytes=0,
        calibrations={},
    )
    return Run(here, Settings().changed({"batch_size": reviews, "max_length": 512, **changes}))


@pytest.mark.parametrize(("config", "precision", "lora", "reviews", "length", "bytes_kept"), KEPT_ON_AN_H100)
def test_what_a_forward_pass_keeps_on_a_gpu_is_counted(
    config: dict[str, Any], precision: str, lora: bool, reviews: int, length: int, bytes_kept: int
) -> None:
    model, item = shape(config), 4 if precision == "fp32" else 2
    lengths = [length] * reviews
    one = autograd.kept(model, lengths, item, autograd.Lora(8, True) if lora else None, fused=True)
    counted = model.layers * one + (0 if lora else autograd.fused_embedding(model, lengths))
    counted += model.layers * 2 * model.layer_products if item == 2 else 0  # weights in the products' format
    assert counted == pytest.approx(bytes_kept, rel=0.02)


@pytest.mark.parametrize(("config", "changes", "reviews", "length", "highest"), PEAKS_ON_AN_H100)
def test_the_moment_that_needs_most_is_found(
    config: dict[str, Any], changes: dict[str, Any], reviews: int, length: int, highest: int
) -> None:
    run = on_gpu(config, length, reviews, **changes)
    found = gpu_memory.peak(run, MicroBatchLimits(tokens=UNLIMITED, reviews=reviews))
    assert 0.94 * highest - _WORKSPACES <= sum(found) + run.moment_bytes <= 1.02 * highest


@st.composite
def wanted(draw: st.DrawFn) -> dict[str, Any]:
    given = {
        "precision": draw(st.sampled_from(["fp32", "bf16", "fp16"])),
        "freeze_layers": draw(st.sampled_from(["none", "embeddings", 3, "encoder"])),
        "gradient_checkpointing": draw(st.booleans()),
        "lora": draw(st.booleans()),
        "optimizer": draw(st.sampled_from(["adamw", "sgd"])),
        "device": "cuda",
    }
    try:
        Settings().changed(given)
    except InputError:
        assume(False)
    return given


@given(wanted(), st.sampled_from([8, 64, 256, 512]), st.integers(2, 64), st.integers(1, 64), st.integers(1, 64))
def test_smaller_micro_batches_and_shorter_reviews_never_take_more(
    given: dict[str, Any], length: int, reviews: int, one: int, other: int
) -> None:
    def peak(length: int, micro: int) -> int:
        run = on_gpu(BERT, length, reviews, **given)
        found = gpu_memory.peak(run, MicroBatchLimits(tokens=UNLIMITED, reviews=micro))
        assert min(found) >= 0 and found.weights >= 4 * run.shape.weights
        return sum(found)

    few, many = sorted(min(micro, reviews - 1) for micro in (one, other))
    assert peak(length, few) <= peak(length, many)
    assert peak(max(length // 2, 1), many) <= peak(length, many)
    # Beside a second micro-batch are the first one's gradients, so that parting a small batch may cost those.
    assert peak(length, many) <= peak(length, reviews) + 2 * on_gpu(BERT, length, reviews, **given).learned_bytes
