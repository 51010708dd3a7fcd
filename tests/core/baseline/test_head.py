"""The head that a regression becomes, in every family and on every path: the model computes what was fitted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.baseline.head import features_of, put_regression
from core.models.classifier import Classifier, build_classifier, build_native_classifier
from core.models.head import head_of
from core.models.sources import ModelSource
from core.settings.schema import Settings

FAMILIES = ("bert", "roberta", "distilbert")
MANY = 20
"""More classes than half of the hidden size of the tiny models: a head with relu has no two units for each."""


def _built(folder: Path, classes: int, *, native: bool) -> Classifier:
    names, settings = [f"class {number}" for number in range(classes)], Settings(device="cpu", max_length=32)
    build = build_native_classifier if native else build_classifier
    found = build(ModelSource("tiny", folder), names, settings)
    assert found is not None
    return found


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("classes", [2, 5, MANY])
def test_the_head_gives_the_logits_of_the_regression(
    family: str, native: bool, classes: int, tiny_models: dict[str, Path]
) -> None:
    model = _built(tiny_models[family], classes, native=native).model
    head = head_of(model)
    generator = torch.Generator().manual_seed(3)
    inputs = 3 * torch.randn(40, 32, generator=generator)
    seen = features_of(inputs, head)
    weights = np.random.default_rng(1).normal(size=(classes, seen.shape[1]))
    bias = np.random.default_rng(2).normal(size=classes)
    put_regression(weights, bias, head)
    dense = torch.nn.functional.linear(inputs, head.dense.weight, head.dense.bias)
    inner = torch.relu(dense) if family == "distilbert" else torch.tanh(dense)
    logits = torch.nn.functional.linear(inner, head.output.weight, head.output.bias).detach().numpy()
    np.testing.assert_allclose(logits, seen @ weights.T + bias, atol=1e-4)


def test_another_architecture_keeps_its_head_but_for_the_last_layer(tmp_path: Path) -> None:
    import transformers

    config = transformers.ElectraConfig(
        vocab_size=50, embedding_size=16, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, num_labels=3,
    )  # fmt: skip
    model = transformers.ElectraForSequenceClassification(config).eval()
    head = head_of(model)
    assert head.dense is None and head.first is head.output is model.classifier.out_proj
    taken: list[torch.Tensor] = []
    hook = head.first.register_forward_pre_hook(lambda module, inputs: taken.append(inputs[0]))
    ids = torch.arange(20).view(2, 10)
    model(input_ids=ids)
    hook.remove()
    weights, bias = np.random.default_rng(0).normal(size=(3, 32)), np.array([1.0, 2.0, 3.0])
    put_regression(weights, bias, head)
    np.testing.assert_allclose(
        model(input_ids=ids).logits.detach().numpy(), features_of(taken[0], head) @ weights.T + bias, atol=1e-5
    )
