"""Tiny classifiers with random weights, ragged batches, and the results of Hugging Face and autograd for them."""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from torch import nn

from core.encoder.architecture import architecture_of
from core.encoder.dropout import MaskPool
from core.encoder.layout import Packed, pack
from core.encoder.network import Network
from core.encoder.weights import Weights
from core.training.loss import loss_sum, step_divisor

FAMILIES = ("bert", "roberta", "distilbert")
WORDS, WIDTH, POSITIONS = 90, 32, 64
LONGEST = POSITIONS - 4
"""Tokens of the longest review; RoBERTa's positions begin at 2."""
PADDING = {"bert": 0, "roberta": 1, "distilbert": 0}
PLAIN_WORDS = 5
"""Ids from here on are not special tokens."""

Tensors = dict[str, torch.Tensor]
Group = Callable[[str, nn.Parameter], tuple[float, float]]


def build(
    family: str, *, layers: int = 2, heads: int = 4, classes: int = 3, dropout: float = 0.0, seed: int = 0, **more: Any
) -> Any:
    """Return a classifier in evaluation mode, with random weights, biases and layer norms."""
    import transformers

    if family == "distilbert":
        names = {"dim": WIDTH, "n_layers": layers, "n_heads": heads, "hidden_dim": 2 * WIDTH}
        names |= {"dropout": dropout, "attention_dropout": dropout, "seq_classif_dropout": dropout}  # type: ignore[dict-item]
        kind = transformers.DistilBertForSequenceClassification
        config: Any = transformers.DistilBertConfig
    else:
        names = {"hidden_size": WIDTH, "num_hidden_layers": layers, "num_attention_heads": heads}
        names |= {"intermediate_size": 2 * WIDTH}
        names |= {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}  # type: ignore[dict-item]
        kind = getattr(transformers, f"{family.capitalize()}ForSequenceClassification")
        config = getattr(transformers, f"{family.capitalize()}Config")
    sizes = {"vocab_size": WORDS, "max_position_embeddings": POSITIONS, "pad_token_id": PADDING[family]}
    model: Any = kind(config(**(sizes | names | {"num_labels": classes} | more)))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.normal_(0, 0.25, generator=generator)
            if "norm" in name.lower() and name.endswith("weight"):
                weight.add_(1)
    return model.eval()


def made_reviews(
    lengths: Sequence[int], seed: int = 0, words: tuple[int, int] = (PLAIN_WORDS, WORDS)
) -> list[np.ndarray]:
    """Return reviews with these numbers of tokens, of random words from a range."""
    generator = np.random.default_rng(seed)
    return [generator.integers(*words, size=length) for length in lengths]


@dataclass
class Step:
    """The reviews of one optimizer step, with labels and loss."""

    reviews: list[np.ndarray]
    labels: torch.Tensor
    class_weights: torch.Tensor | None = None
    smoothing: float = 0.0
    cuts: tuple[int, ...] = field(default=())
    """Where it is split into micro-batches."""

    @property
    def parts(self) -> list[slice]:
        edges = [0, *self.cuts, len(self.reviews)]
        return [slice(start, stop) for start, stop in itertools.pairwise(edges)]

    def loss(self, logits: torch.Tensor, part: slice) -> torch.Tensor:
        """Return the contribution of a micro-batch to the loss of the step."""
        summed = loss_sum(logits, self.labels[part], self.class_weights, self.smoothing)
        return summed / step_divisor(self.labels, self.class_weights)


def made_step(
    lengths: Sequence[int] = (3, 9, 12, 12, 20, 1, 60),
    seed: int = 0,
    classes: int = 3,
    words: tuple[int, int] = (PLAIN_WORDS, WORDS),
    **more: Any,
) -> Step:
    labels = torch.from_numpy(np.random.default_rng(seed + 1).integers(0, classes, size=len(lengths)))
    return Step(made_reviews(lengths, seed, words), labels, **more)


@st.composite
def steps(draw: st.DrawFn, classes: int) -> Step:
    """Steps of 1 to 13 reviews of 1 to 60 tokens in up to 3 micro-batches, with and without weights and smoothing."""
    lengths = draw(st.lists(st.integers(1, LONGEST), min_size=1, max_size=13))
    cuts = draw(st.sets(st.integers(1, len(lengths) - 1), max_size=2)) if len(lengths) > 1 else set()
    seed = draw(st.integers(0, 1000))
    weights = None
    if draw(st.booleans()):
        weights = torch.rand(classes, generator=torch.Generator().manual_seed(seed)) + 0.2
    smoothing = draw(st.sampled_from([0.0, 0.1, 0.4]))
    cuts_in_order = tuple(sorted(cuts))
    return made_step(lengths, seed, classes, class_weights=weights, smoothing=smoothing, cuts=cuts_in_order)


def padded(reviews: Sequence[np.ndarray], padding: int) -> dict[str, torch.Tensor]:
    """Return reviews as the input of a Hugging Face model."""
    ids = torch.full((len(reviews), max(map(len, reviews))), padding)
    mask = torch.zeros_like(ids)
    for row, review in enumerate(reviews):
        ids[row, : len(review)] = torch.from_numpy(review)
        mask[row, : len(review)] = 1
    return {"input_ids": ids, "attention_mask": mask}


def expected_logits(model: Any, reviews: Sequence[np.ndarray]) -> torch.Tensor:
    logits: torch.Tensor = model(**padded(reviews, model.config.pad_token_id)).logits
    return logits


def expected_gradients(model: Any, step: Step) -> tuple[torch.Tensor, Tensors]:
    """Return the loss of a whole step and the gradients of all trainable weights, by Hugging Face and autograd."""
    model.zero_grad()
    loss = step.loss(expected_logits(model, step.reviews), slice(None))
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach(), {
        name: weight.grad.clone() for name, weight in model.named_parameters() if weight.requires_grad
    }


def by_shape(name: str, weight: nn.Parameter) -> tuple[float, float]:
    """Weight decay for matrices, none for vectors."""
    return 1.0, 0.01 if weight.ndim > 1 else 0.0


class Native:
    """The native encoder on a copy of a Hugging Face classifier."""

    def __init__(
        self,
        model: Any,
        *,
        dtype: torch.dtype = torch.float32,
        groups: Group = by_shape,
        limit_rows: bool = True,
        pool: MaskPool | None = None,
        **choices: Any,
    ) -> None:
        self.model = copy.deepcopy(model)
        self.architecture = architecture_of(self.model)
        self.weights = Weights(self.model, self.architecture, dtype, groups, limit_rows)
        self.network = Network(self.weights, **choices)
        self.dtype = dtype
        self.pool = MaskPool(0, dtype, 1 << 18) if pool is None else pool

    def pack(self, reviews: Sequence[np.ndarray]) -> Packed:
        shape = self.architecture
        return pack(reviews, shape.heads, shape.padding, offset_positions=shape.offset_positions, dtype=self.dtype)

    def logits(self, reviews: Sequence[np.ndarray]) -> torch.Tensor:
        return self.network.logits(self.pack(reviews))

    def learn(self, step: Step, number: int = 0, *, known: int | None = None) -> torch.Tensor:
        """Run all micro-batches of a step, and return its loss.

        Args:
            known: Give the network the output of this many lowest layers.
        """
        total = torch.zeros(())
        for micro, part in enumerate(step.parts):
            batch = self.pack(step.reviews[part])
            masks = self.pool.masks(number, micro)
            hidden = None if known is None else self.network.hidden_states(batch, known).clone()
            total += self.network.learn(
                batch, masks, functools.partial(step.loss, part=part), first=micro == 0, hidden=hidden
            )
        return total

    def gradients(self) -> Tensors:
        """Return gradients by name, in the shapes of the module; rows of unseen words are zero."""
        found = self.weights.named(self.weights.grad)
        name = self.weights.word_name
        if name in found:
            whole = torch.zeros(WORDS, WIDTH)
            whole[self.weights.words_in_use()] = found[name]
            found[name] = whole
        return found

    def released(self) -> Tensors:
        """Release the module's weights, and return them."""
        self.weights.release(self.model)
        return values(self.model)


def values(model: Any) -> Tensors:
    """Return copies of a module's weights."""
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def is_key_bias(name: str) -> bool:
    """Whether its gradient is zero up to rounding: a constant added to all scores does not change the softmax."""
    return name.endswith(("key.bias", "k_lin.bias"))


def assert_gradients(found: Tensors, model: Any, step: Step, tolerance: float = 1e-5) -> None:
    """Each parameter's gradient is Hugging Face's to a share of its own largest element, or of the largest of all
    where its own is tiny. Where digits cancel, it is about as near to the gradient in fp64 as autograd's in fp32 is.
    """
    expected = expected_gradients(model, step)[1]
    assert found.keys() == expected.keys()
    overall = max(float(gradient.abs().max()) for gradient in expected.values())
    exact: Tensors = {}
    for name, gradient in expected.items():
        largest = overall if is_key_bias(name) else max(float(gradient.abs().max()), 5e-2 * overall)
        error = float((found[name] - gradient).abs().max())
        if error > tolerance * largest:
            exact = exact or expected_gradients(copy.deepcopy(model).double(), step)[1]
            assert_same(expected_gradients(model, step)[1], expected)  # else fp64 says nothing
            theirs = float((gradient - exact[name]).abs().max())
            error = float((found[name] - exact[name]).abs().max())
            assert error <= max(4 * theirs, tolerance * largest), f"{name}: off by {error:.3g}, torch by {theirs:.3g}"


def assert_same(found: Tensors, expected: Tensors) -> None:
    """Bit for bit."""
    assert found.keys() == expected.keys()
    assert [name for name in found if not torch.equal(found[name], expected[name])] == []
