"""What a student's steps minimize, on both paths: the same loss and the same gradients, whatever the micro-batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from core.learners import choose
from core.learners.tensor_files import Tensors
from tests.core.conftest import MakeLoop, on_transformers
from tests.core.training.test_loop import PLAIN, gradients_of

FAMILIES = ("bert", "roberta", "distilbert")
EXACT: dict[str, Any] = {**PLAIN, "dropout": 0.0, "learning_rate": 0.05, "batch_size": 8, "epochs": 1}
WEIGHTS = [
    {},
    {"hidden_weight": 7.0, "temperature": 3.5},
    {"label_weight": 0.0},
    {"soft_weight": 0.0, "layers": (1,)},
    {"layers": ()},
]


@pytest.mark.parametrize("path", ["native"], indirect=True)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
@pytest.mark.parametrize("micro", ["auto", 3])
def test_both_paths_have_the_same_losses_and_gradients(
    family: str,
    weights: dict[str, Any],
    micro: Any,
    make_loop: MakeLoop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Written out, and by autograd through Hugging Face's module: to 1e-5 of the largest gradient."""
    settings = {**EXACT, "class_weights": "balanced", "label_smoothing": 0.1, "micro_batch_size": micro}
    native, seen = make_loop(family, imitates=weights, **settings)
    mine = gradients_of(native)
    native.run()
    monkeypatch.setattr(choose, "plan_of", on_transformers)
    reference, expected = make_loop(family, imitates=weights, **settings)
    theirs = gradients_of(reference)
    reference.run()
    assert native.learner.plan.path.name == "native" and reference.learner.plan.path.name == "transformers"
    assert seen.losses == pytest.approx(expected.losses, rel=1e-5)
    first, other = mine[0], theirs[0]  # the weights of later steps differ by rounding
    assert first.keys() == other.keys()
    largest = max(float(gradient.abs().max()) for gradient in other.values())
    for name, gradient in other.items():
        torch.testing.assert_close(first[name], gradient, rtol=0, atol=1e-5 * largest, msg=name)


@pytest.mark.parametrize("micro", [1, 3, 8])
@pytest.mark.parametrize("balanced", ["none", "balanced"])
def test_micro_batches_of_any_size_give_the_same_loss_and_weights(
    micro: int, balanced: str, make_loop: MakeLoop, weights_of: Callable[..., Tensors]
) -> None:
    settings = {**EXACT, "class_weights": balanced}
    whole, expected = make_loop(imitates={}, **settings)
    whole.run()
    parts, found = make_loop(imitates={}, micro_batch_size=micro, **settings)
    parts.run()
    assert found.losses == pytest.approx(expected.losses, rel=1e-5)
    for name, weight in weights_of(whole).items():
        torch.testing.assert_close(weights_of(parts)[name], weight, rtol=1e-4, atol=1e-5, msg=name)


def test_without_a_teacher_it_is_the_loss_of_fine_tuning(make_loop: MakeLoop) -> None:
    """On the labelled reviews of a batch; with weight 1 for labels, and none for anything else."""
    alone = {"label_weight": 1.0, "soft_weight": 0.0, "hidden_weight": 0.0, "layers": ()}
    student, found = make_loop(imitates=alone, **EXACT)
    student.run()
    plain, _ = make_loop(**EXACT)
    labelled = student.train.labels >= 0
    assert not labelled.all() and (student.train.labels[labelled] == plain.train.labels[labelled]).all()
    first = next(iter(plain._remaining_batches()))
    assert found.losses[0] == pytest.approx(_cross_entropy(plain, first[labelled[first]]), rel=1e-5)


def _cross_entropy(loop: Any, positions: Any) -> float:
    logits = loop.learner.logits(loop.train, positions)
    return float(torch.nn.functional.cross_entropy(logits, torch.from_numpy(loop.train.labels[positions])))


def test_a_step_without_any_label_learns_from_the_teacher_alone(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(rows=9, imitates={}, **{**EXACT, "batch_size": 1, "class_weights": "balanced"})
    loop.run()
    assert len(recorder.losses) == 9 and all(map(math.isfinite, recorder.losses))
