"""A classifier's weights without transformers' modules, for the native encoder: importing those takes seconds.

`NativeModel` stands in for the module that transformers would build: the same parameters under the same names, from the
same files, with the same new head for the same seed, and the same `config.json` when it is saved. It only holds them;
`core/encoder` computes. Whatever transformers might read differently (missing or renamed weights, sizes that the config
leaves to a default) is not read here but left to transformers: the functions then return None.

Shapes: V words, P positions, T token types, H hidden size, I intermediate size, C classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn

from core.encoder.architecture import NAMES, Names, architecture_of
from core.planning.architecture import FAMILIES, Family, UnsupportedModelError

_WEIGHTS = "model.safetensors"
_NEEDED = (
    *("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "max_position_embeddings"),
    *("num_attention_heads", "pad_token_id", "initializer_range", "id2label"),
)
"""Settings that the config must hold itself."""
_DISTILBERT_NAMES = {
    "num_hidden_layers": "n_layers",
    "hidden_size": "dim",
    "num_attention_heads": "n_heads",
    "intermediate_size": "hidden_dim",
}
_OTHER_WEIGHTS = frozenset(("pruned_heads", "sinusoidal_pos_embds"))
"""Settings with which transformers would change weights after loading them."""


class NativeConfig:
    """A `config.json` whose values are read as attributes, under the names that transformers gives them."""

    def __init__(self, values: Mapping[str, Any], folder: Path) -> None:
        self.name_or_path = str(folder)
        self._values = dict(values)

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__["_values"]
        if values.get("model_type") == "distilbert":
            name = _DISTILBERT_NAMES.get(name, name)
        if name not in values:
            raise AttributeError(name)
        return values[name]

    @property
    def family(self) -> Family:
        """bert, roberta or distilbert."""
        return FAMILIES[self.model_type][1]

    @property
    def num_labels(self) -> int:
        return len(self.id2label)

    def to_dict(self) -> dict[str, Any]:
        """Return what is written to `config.json`."""
        return dict(self._values)


class NativeModel(nn.Module):
    """The parameters of a sequence classifier. It cannot be called."""

    supports_gradient_checkpointing = False

    def __init__(self, config: NativeConfig, parameters: Mapping[str, torch.Tensor]) -> None:
        """Args: parameters: by the names that transformers' module has for them."""
        super().__init__()
        self.config = config
        self.class_name = FAMILIES[config.model_type][0]
        for name, value in parameters.items():
            *path, last = name.split(".")
            module: nn.Module = self
            for here, below in zip(path, [*path[1:], ""], strict=True):
                if here not in module._modules:
                    module.add_module(here, nn.ModuleList() if below.isdigit() else nn.Module())
                module = module.get_submodule(here)
            module.register_parameter(last, nn.Parameter(value))

    @property
    def base_model(self) -> nn.Module:
        """The encoder below the head."""
        return self.get_submodule(self.config.family)

    def save(self, folder: Path, **settings: Any) -> None:
        """Write `config.json`, with `settings` added, and `model.safetensors`, as transformers reads them."""
        from safetensors.torch import save_file

        weights = {name: weight.detach().contiguous() for name, weight in self.named_parameters()}
        save_file(weights, folder / _WEIGHTS, metadata={"format": "pt"})
        values = {**self.config.to_dict(), "architectures": [self.class_name], "dtype": "float32", **settings}
        for name in ("_name_or_path", "torch_dtype", "transformers_version"):
            values.pop(name, None)
        text = json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False)
        (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def native_model(
    folder: Path, labels: Sequence[str] | None = None, *, dropout: float | None = None, seed: int = 0
) -> NativeModel | None:
    """Return the classifier in a model folder, in fp32; None if the native encoder does not support it.

    Args:
        labels: The labels of a classifier to be trained. A head that is missing or has another size is initialized
            from torch's generator after `manual_seed(seed)`. None for a trained classifier, which has both.
        dropout: Replaces every dropout probability of the config.

    Raises:
        OSError, ValueError, SafetensorError: A file cannot be read.
    """
    config = _config(folder, labels, dropout)
    if config is None or not (folder / _WEIGHTS).is_file():
        return None
    names = NAMES[config.family]
    shapes = _shapes(config, names)
    found = _stored(folder / _WEIGHTS, config, shapes)
    torch.manual_seed(seed)
    for name in shapes.keys() - found.keys():
        if labels is None or name.rpartition(".")[0] not in (names.dense, names.output):
            return None
    for module in (names.dense, names.output):
        weight, bias = f"{module}.weight", f"{module}.bias"
        if weight not in found and bias not in found:
            found[weight] = torch.empty(shapes[weight]).normal_(0.0, config.initializer_range)
            found[bias] = torch.zeros(shapes[bias])
    if shapes.keys() != found.keys():  # half of a linear layer
        return None
    model = NativeModel(config, {name: found[name] for name in shapes})
    try:
        architecture_of(model)
    except (UnsupportedModelError, AttributeError):  # the latter where a default of transformers has a part in it
        return None
    return model


def _stored(file: Path, config: NativeConfig, shapes: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Return the weights of a file that belong to the classifier, by its names; those of another shape are left out."""
    found = {}
    with safe_open(file, framework="pt") as opened:
        for stored in opened.keys():  # noqa: SIM118 -- not a mapping
            name = stored if stored in shapes else f"{config.family}.{stored}"
            if name in shapes and tuple(opened.get_slice(stored).get_shape()) == shapes[name]:
                found[name] = opened.get_tensor(stored).to(torch.float32)
    return found


def _config(folder: Path, labels: Sequence[str] | None, dropout: float | None) -> NativeConfig | None:
    """Return the config of the classifier; None if it has none of the families, or leaves sizes to defaults."""
    values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if values.get("model_type") not in FAMILIES or any(values.get(name) for name in _OTHER_WEIGHTS):
        return None
    if values["model_type"] != "distilbert":
        values.setdefault("classifier_dropout", None)
    if labels is not None:
        values["id2label"] = {str(number): label for number, label in enumerate(labels)}
        values["label2id"] = {label: number for number, label in enumerate(labels)}
        values["problem_type"] = "single_label_classification"
    if dropout is not None:
        for name, value in values.items():
            if "dropout" in name and (value is None or isinstance(value, float)):
                values[name] = dropout
    config = NativeConfig(values, folder)
    return config if all(hasattr(config, name) for name in _NEEDED) else None


def _shapes(config: NativeConfig, names: Names) -> dict[str, tuple[int, ...]]:
    """Return the shape of every parameter by name."""
    hidden, inner = config.hidden_size, config.intermediate_size
    found: dict[str, tuple[int, ...]] = {}

    def add(module: str, *shape: int) -> None:
        found[f"{module}.weight"], found[f"{module}.bias"] = shape, shape[:1]

    found[f"{names.embeddings}.word_embeddings.weight"] = config.vocab_size, hidden
    found[f"{names.embeddings}.position_embeddings.weight"] = config.max_position_embeddings, hidden
    if names.token_types:
        found[f"{names.embeddings}.token_type_embeddings.weight"] = config.type_vocab_size, hidden
    add(f"{names.embeddings}.LayerNorm", hidden)
    for number in range(config.num_hidden_layers):
        layer, inside = names.layer.format(number), names.inside
        for module in (inside.query, inside.key, inside.value, inside.out):
            add(f"{layer}.{module}", hidden, hidden)
        add(f"{layer}.{inside.attention_norm}", hidden)
        add(f"{layer}.{inside.up}", inner, hidden)
        add(f"{layer}.{inside.down}", hidden, inner)
        add(f"{layer}.{inside.output_norm}", hidden)
    add(names.dense, hidden, hidden)
    add(names.output, config.num_labels, hidden)
    return found
