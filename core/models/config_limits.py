"""What a `config.json` may ask for: numbers that a model is built from, within what its weights can be.

A config is a few bytes and may ask for any number of layers or words; libraries build what it asks for before they
look at the weights. So its numbers are held against the files beside it first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_SIZES = {
    "layers": ("num_hidden_layers", "n_layers", "num_layers"),
    "width": ("hidden_size", "dim", "d_model"),
    "inner": ("intermediate_size", "hidden_dim", "d_ff", "d_inner"),
    "rows": ("vocab_size", "max_position_embeddings", "type_vocab_size"),
}
"""What configs call the sizes that decide how many weights there are."""
_PLAIN = frozenset(name for names in _SIZES.values() for name in names) | {"num_attention_heads", "n_heads"}
_BUILT = re.compile("layer|block|group|repeat|network")
"""Keys that say how often something is built."""
_MAX_BUILT = 1_000
_MAX_LABELS = 100_000
_LARGEST = 100_000_000
_SHARED, _SLACK = 64, 50_000_000
"""Weights that a config may ask for: so many times those there are (ALBERT builds one layer twelve times), and some."""


def unreasonable(config: Mapping[str, Any], weights: int) -> str:
    """The key of `config` whose number cannot be right for a model of so many stored weights; empty if all can be."""
    for key in _PLAIN.intersection(config):
        value = config[key]
        if value is not None and (not isinstance(value, int) or value < 0):
            return key
    for key, number in _numbers(config):
        if number > _LARGEST or (_BUILT.search(key) and number > _MAX_BUILT):
            return key
        if key == "num_labels" and number > _MAX_LABELS:
            return key
    return "hidden_size" if _asked(config) > _SHARED * weights + _SLACK else ""


def stored_weights(folder: Path) -> int:
    """Weights in the safetensors files of a folder, from their headers; nothing of them is loaded.

    Raises:
        ValueError: a file is none, or its header does not fit it. The message begins with its name.
    """
    from safetensors import SafetensorError, safe_open

    total = 0
    for file in sorted(folder.glob("*.safetensors")):
        if not file.is_file():
            raise ValueError(f"{file.name} is no file")
        try:
            with safe_open(file, framework="np") as tensors:
                for name in tensors.keys():  # noqa: SIM118 -- not a mapping
                    total += math.prod(tensors.get_slice(name).get_shape())
        except (SafetensorError, OSError, ValueError, OverflowError) as error:
            raise ValueError(f"{file.name} is damaged ({error})") from error
    return total


def _asked(config: Mapping[str, Any]) -> int:
    """About how many weights the model of a config has."""
    largest = {name: max((config.get(key) or 0 for key in keys), default=0) for name, keys in _SIZES.items()}
    rows = sum(config.get(key) or 0 for key in _SIZES["rows"])
    width = largest["width"]
    return int(largest["layers"] * (4 * width**2 + 2 * width * largest["inner"]) + rows * width)


def _numbers(value: Any, key: str = "") -> Iterator[tuple[str, float]]:
    """Every number at any depth with the key that it, or the list that it is in, has."""
    rest: list[tuple[str, Any]] = [(key, value)]
    while rest:
        name, here = rest.pop()
        if isinstance(here, dict):
            rest += [(str(inner), item) for inner, item in here.items()]
        elif isinstance(here, list):
            rest += [(name, item) for item in here]
        elif isinstance(here, int | float):
            yield name, here
