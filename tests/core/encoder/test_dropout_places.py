"""Dropout is where Hugging Face has it: with the masks put into its module, the gradients are its and autograd's.

Reviews of eight tokens fill rows and blocks without padding, so a mask of packed rows is one of Hugging Face's tensors.
"""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from core.encoder.dropout import MaskPool, Masks
from core.models.layers import freeze
from tests.core.encoder.tiny import FAMILIES, Native, build, expected_gradients, is_key_bias, made_step

STEP = made_step([8] * 4)
LAYERS = 3
NUMBER = 37


class Replay:
    """Replaces torch's dropout: takes the masks of a micro-batch in order."""

    def __init__(self, masks: Masks) -> None:
        self._masks = masks
        self.places = 0

    def __call__(self, x: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> torch.Tensor:
        mask = self._masks.take(p, *x.shape) if training else None
        self.places += mask is not None
        return x if mask is None else x * mask


@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize(("num_frozen", "choice"), [(-1, "none"), (0, "embeddings"), (1, 1), (LAYERS, "encoder")])
@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_with_the_same_masks_equal_hugging_faces(
    family: str, num_frozen: int, choice: str | int, recompute: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build(family, layers=LAYERS, dropout=0.2)
    frozen = freeze(model, choice)
    pool = MaskPool(1, torch.float32, 1 << 14)
    # All tokens go through the last layer, as there: its masks are then of the same shapes.
    native = Native(model, num_frozen=num_frozen, first_token_only=False, recompute=recompute, pool=pool)
    plain = native.learn(STEP, 0)
    model.set_attn_implementation("eager")
    model.train()
    for module in frozen:
        module.eval()
    each = 2 if family == "distilbert" else 3
    head = 2 if family == "roberta" else 1
    with monkeypatch.context() as patched:
        replay = Replay(native.pool.masks(NUMBER, 0))
        patched.setattr(functional, "dropout", replay)
        loss, expected = expected_gradients(model, STEP)
        assert replay.places == (num_frozen < 0) + each * (LAYERS - max(num_frozen, 0)) + head
    found = native.learn(STEP, NUMBER)
    assert found.item() == pytest.approx(loss.item(), rel=1e-5) and found.item() != plain.item()
    gradients = native.gradients()
    assert gradients.keys() == expected.keys()
    overall = max(float(gradient.abs().max()) for gradient in expected.values())
    for name, gradient in expected.items():
        largest = max(float(gradient.abs().max()), (1 if is_key_bias(name) else 5e-2) * overall)
        assert float((gradients[name] - gradient).abs().max()) <= 3e-5 * largest, name
