"""What the native encoder reads from the config of a classifier, and where its weights are in the module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from core.planning.architecture import FAMILIES, Family, UnsupportedModelError, native_family

_CLASSES = {name for name, _ in FAMILIES.values()}


@dataclass(frozen=True)
class Dropouts:
    """Dropout probabilities; 0 where the architecture has no dropout."""

    embedding: float
    attention: float
    projection: float
    """After the output projection of attention."""
    feed_forward: float
    before_head: float
    head: float
    """Between the dense layer of the head and its output."""


@dataclass(frozen=True)
class Architecture:
    """The shape of an encoder classifier."""

    family: Family
    layers: int
    hidden_size: int
    heads: int
    intermediate_size: int
    classes: int
    vocabulary: int
    epsilon: float
    """The epsilon of the layer norms."""
    padding: int
    """Id of the padding token; its embedding is not trained."""
    offset_positions: bool
    """Whether positions are counted from `padding` + 1, as in RoBERTa."""
    dropouts: Dropouts

    @property
    def head_size(self) -> int:
        return self.hidden_size // self.heads


def architecture_of(model: nn.Module) -> Architecture:
    """Return the architecture of a Hugging Face classifier.

    Raises:
        UnsupportedModelError: The native encoder does not support it.
    """
    name = str(getattr(model, "class_name", type(model).__name__))
    if name not in _CLASSES:
        raise UnsupportedModelError(f"{name} is not an architecture it supports")
    config: Any = model.config
    family = native_family(config.to_dict())
    if getattr(config, "problem_type", None) not in (None, "single_label_classification") or config.num_labels < 2:
        raise UnsupportedModelError("its head does not predict exactly one class per review")
    if config.pad_token_id is None:
        raise UnsupportedModelError("it has no padding token")
    if family == "distilbert":
        return Architecture(
            family=family,
            layers=config.n_layers,
            hidden_size=config.dim,
            heads=config.n_heads,
            intermediate_size=config.hidden_dim,
            classes=config.num_labels,
            vocabulary=config.vocab_size,
            epsilon=1e-12,
            padding=config.pad_token_id,
            offset_positions=False,
            dropouts=Dropouts(
                config.dropout, config.attention_dropout, 0.0, config.dropout, 0.0, config.seq_classif_dropout
            ),
        )
    rate = config.hidden_dropout_prob
    head = config.classifier_dropout if config.classifier_dropout is not None else rate
    return Architecture(
        family=family,
        layers=config.num_hidden_layers,
        hidden_size=config.hidden_size,
        heads=config.num_attention_heads,
        intermediate_size=config.intermediate_size,
        classes=config.num_labels,
        vocabulary=config.vocab_size,
        epsilon=config.layer_norm_eps,
        padding=config.pad_token_id,
        offset_positions=family == "roberta",
        dropouts=Dropouts(
            rate, config.attention_probs_dropout_prob, rate, rate, head if family == "roberta" else 0.0, head
        ),
    )


@dataclass(frozen=True)
class LayerNames:
    """Names of a layer's modules in the Hugging Face model, relative to the layer."""

    query: str
    key: str
    value: str
    out: str
    attention_norm: str
    up: str
    down: str
    output_norm: str


@dataclass(frozen=True)
class Names:
    """Names of an architecture's modules in the Hugging Face model."""

    embeddings: str
    layer: str
    """Name of a layer, with `{}` for its number."""
    token_types: bool
    inside: LayerNames
    dense: str
    """First layer of the head."""
    output: str
    """Last layer of the head."""


_BERT_LAYER = LayerNames(
    query="attention.self.query",
    key="attention.self.key",
    value="attention.self.value",
    out="attention.output.dense",
    attention_norm="attention.output.LayerNorm",
    up="intermediate.dense",
    down="output.dense",
    output_norm="output.LayerNorm",
)
_DISTILBERT_LAYER = LayerNames(
    query="attention.q_lin",
    key="attention.k_lin",
    value="attention.v_lin",
    out="attention.out_lin",
    attention_norm="sa_layer_norm",
    up="ffn.lin1",
    down="ffn.lin2",
    output_norm="output_layer_norm",
)
NAMES: dict[Family, Names] = {
    "bert": Names("bert.embeddings", "bert.encoder.layer.{}", True, _BERT_LAYER, "bert.pooler.dense", "classifier"),
    "roberta": Names(
        "roberta.embeddings",
        "roberta.encoder.layer.{}",
        True,
        _BERT_LAYER,
        "classifier.dense",
        "classifier.out_proj",
    ),
    "distilbert": Names(
        "distilbert.embeddings",
        "distilbert.transformer.layer.{}",
        False,
        _DISTILBERT_LAYER,
        "pre_classifier",
        "classifier",
    ),
}
