"""Whether the numbers in a `config.json` are plausible for the weights next to it.

A config of a few bytes can ask for any number of layers or words, and libraries build the model before they look at the
weights. So its numbers are compared with the weight files first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_SIZES = {
    "layers": ("num_hidden_layers", "n_layers", "num_layers"),
    "hidden_size": ("hidden_size", "dim", "d_model"),
    "intermediate_size": ("intermediate_size", "hidden_dim", "d_ff", "d_inner"),
    "rows": ("vocab_size", "max_position_embeddings", "type_vocab_size"),
}
"""Size → its names in configs."""
_PLAIN = frozenset(name for names in _SIZES.values() for name in names) | {"num_attention_heads", "n_heads"}
_BUILT = re.compile("layer|block|group|repeat|network")
"""Keys that say how many times something is built."""
_MAX_BUILT = 1_000
_MAX_LABELS = 100_000
_LARGEST = 100_000_000
_SHARED, _SLACK = 64, 50_000_000
"""A config may ask for 64 times the stored weights (ALBERT uses one layer twelve times), and 50 million more."""


def implausible_key(config: Mapping[str, Any], weights: int) -> str:
    """Return a key of `config` whose number is implausible for a model with `weights` stored weights; empty if none."""
    for key in _PLAIN.intersection(config):
        value = config[key]
        if value is not None and (not isinstance(value, int) or value < 0):
            return key
    for key, number in _numbers(config):
        if number > _LARGEST or (_BUILT.search(key) and number > _MAX_BUILT):
            return key
        if key == "num_labels" and number > _MAX_LABELS:
            return key
    return "hidden_size" if _estimated_weights(config) > _SHARED * weights + _SLACK else ""


def stored_weights(folder: Path) -> int:
    """Return the number of weights in the safetensors files of a folder, from their headers.

    Raises:
        ValueError: A file is damaged, or is not a file. The message begins with its name.
    """
    from safetensors import SafetensorError, safe_open

    total = 0
    for file in sorted(folder.glob("*.safetensors")):
        if not file.is_file():
            raise ValueError(f"{file.name} is not a file")
        try:
            with safe_open(file, framework="np") as tensors:
                for name in tensors.keys():  # noqa: SIM118 -- not a mapping
                    total += math.prod(tensors.get_slice(name).get_shape())
        except (SafetensorError, OSError, ValueError, OverflowError) as error:
            raise ValueError(f"{file.name} is damaged ({error})") from error
    return total


def _estimated_weights(config: Mapping[str, Any]) -> int:
    """Return about how many weights the model of a config has."""
    largest = {name: max((config.get(key) or 0 for key in keys), default=0) for name, keys in _SIZES.items()}
    rows = sum(config.get(key) or 0 for key in _SIZES["rows"])
    hidden_size, intermediate_size = largest["hidden_size"], largest["intermediate_size"]
    return int(largest["layers"] * (4 * hidden_size**2 + 2 * hidden_size * intermediate_size) + rows * hidden_size)


def _numbers(value: Any, key: str = "") -> Iterator[tuple[str, float]]:
    """Yield every number at any depth, with its key or that of the list it is in."""
    rest: list[tuple[str, Any]] = [(key, value)]
    while rest:
        name, here = rest.pop()
        if isinstance(here, dict):
            rest += [(str(inner), item) for inner, item in here.items()]
        elif isinstance(here, list):
            rest += [(name, item) for item in here]
        elif isinstance(here, int | float):
            yield name, here
