"""A model as numbers, from its config.json: the sizes that decide how much memory and time it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from core.planning.architecture import Family, UnsupportedModelError, native_family
from core.planning.run_plan import num_frozen
from core.settings.schema import Settings

_NAMES: dict[str, tuple[str, ...]] = {
    "layers": ("num_hidden_layers", "n_layers", "num_layers"),
    "hidden_size": ("hidden_size", "dim", "d_model"),
    "heads": ("num_attention_heads", "n_heads"),
    "intermediate_size": ("intermediate_size", "hidden_dim", "d_ff"),
    "vocabulary": ("vocab_size",),
    "positions": ("max_position_embeddings",),
}
"""The names that configs use for each number."""
_RATES = (
    *("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"),
    *("dropout", "attention_dropout", "seq_classif_dropout"),
)


class ModelShape(BaseModel):
    """An encoder with a classification head."""

    model_config = ConfigDict(frozen=True)

    family: Family | Literal["other"]
    layers: int
    hidden_size: int
    heads: int
    intermediate_size: int
    vocabulary: int
    positions: int
    types: int
    """Rows of the table of token types."""
    classes: int
    dropouts: int
    """Number of different dropout probabilities above 0."""
    weights: int
    """Number of weights, head included."""

    @property
    def words(self) -> int:
        """Weights of the word embeddings."""
        return self.vocabulary * self.hidden_size

    @property
    def embeddings(self) -> int:
        """Weights below the first layer."""
        return self.words + (self.positions + self.types + 2) * self.hidden_size

    @property
    def layer_products(self) -> int:
        """Weights of the matrix products of one layer."""
        return 4 * self.hidden_size**2 + 2 * self.hidden_size * self.intermediate_size

    @property
    def layer(self) -> int:
        """Weights of one layer."""
        return self.layer_products + 9 * self.hidden_size + self.intermediate_size

    @property
    def head(self) -> int:
        return self.hidden_size**2 + self.hidden_size + (self.hidden_size + 1) * self.classes

    def learning(self, settings: Settings) -> int:
        """Return the number of trainable weights; with LoRA those of its matrices and the head."""
        if settings.lora:
            pairs = 4 * 2 * self.hidden_size + 2 * (self.hidden_size + self.intermediate_size)
            return self.layers * settings.lora_rank * pairs + self.head
        frozen = self.num_frozen(settings)
        below = 0 if frozen < 0 else self.embeddings + frozen * self.layer
        return self.weights - min(below, self.weights - self.head)

    def num_frozen(self, settings: Settings) -> int:
        """Return how many of the lowest layers are frozen; see `core.planning.run_plan.num_frozen`."""
        return num_frozen(settings, self.layers)


def shape_of(config: Mapping[str, Any], classes: int, weights: int | None = None) -> ModelShape:
    """Return the shape of the model described by `config`, the content of its config.json.

    Args:
        config: The content of config.json.
        classes: Number of classes.
        weights: Number of weights of the encoder; used only for families that the native encoder does not support.
    """
    found = {name: next((int(config[key]) for key in keys if key in config), 0) for name, keys in _NAMES.items()}
    found["intermediate_size"] = found["intermediate_size"] or 4 * found["hidden_size"]
    family: Family | Literal["other"]
    try:
        family = native_family(config)
    except UnsupportedModelError:
        family = "other"
    types = 0 if family == "distilbert" else int(config.get("type_vocab_size", 0))
    rates = {float(config[name]) for name in _RATES if isinstance(config.get(name), int | float)}
    shape = ModelShape(
        family=family,
        types=types,
        classes=classes,
        dropouts=len(rates - {0.0}),
        weights=0,
        **found,
    )
    counted = shape.embeddings + shape.layers * shape.layer
    return shape.model_copy(update={"weights": (counted if family != "other" else weights or counted) + shape.head})
