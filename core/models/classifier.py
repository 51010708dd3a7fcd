"""A sequence classifier with its tokenizer.

It is built from a model folder for training, with a new head, or loaded from the `model/` folder of a run for
inference. Where `transformers` is used, `trust_remote_code` is off and only safetensors are loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.base.errors import InputError
from core.base.text import clean_line
from core.models.device import choose_device
from core.models.dropout import ATTENTION, DropoutState, install, register_attention
from core.models.layers import freeze, layer_modules
from core.models.native_model import NativeModel, native_model
from core.models.sources import ModelSource
from core.models.tokenizer import load_tokenizer, quiet, save_tokenizer
from core.settings.schema import Settings

_UNLIMITED = 1_000_000
"""A larger `model_max_length` means that the tokenizer has no limit."""


@dataclass
class Classifier:
    """A sequence classifier with its tokenizer: `model(input_ids [B, L], attention_mask [B, L])` gives [B, C]."""

    model: nn.Module
    tokenizer: Any
    labels: tuple[str, ...]
    max_length: int
    """The most tokens of a review that are read, including special tokens."""
    truncation: str
    dropout: DropoutState = field(default_factory=DropoutState)
    frozen: tuple[nn.Module, ...] = ()
    """Modules whose weights do not change. They stay in evaluation mode, without dropout."""
    recomputes: bool = False
    """Whether gradient checkpointing is on."""

    def train(self) -> None:
        """Set training mode, except for frozen modules."""
        self.model.train()
        for module in self.frozen:
            module.eval()

    def recompute(self) -> bool:
        """Turn on gradient checkpointing. Return False if it is already on, or the model does not support it."""
        model: Any = self.model
        if not model.supports_gradient_checkpointing or self.recomputes:
            return False
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        self.recomputes = True
        return True

    def trainable(self) -> dict[str, nn.Parameter]:
        """Return the trainable parameters by name."""
        return {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}


def build_native_classifier(source: ModelSource, labels: Sequence[str], settings: Settings) -> Classifier | None:
    """Return the same as `build_classifier`, without importing transformers.

    Returns:
        The classifier; None if transformers has to compute the run or read the model.

    Raises:
        InputError: The model cannot be loaded, or does not support a setting.
    """
    if settings.lora or choose_device(settings.device).type != "cpu":
        return None
    tokenizer = load_tokenizer(source.folder, source.name)
    try:
        model = native_model(source.folder, labels, dropout=settings.dropout, seed=settings.seed)
    except Exception as error:  # damaged files make libraries raise anything
        raise InputError(_cannot_be_loaded(source.name, error)) from error
    if model is None:
        return None
    frozen = freeze(model, settings.freeze_layers)
    longest = min(settings.max_length, longest_input(tokenizer, model))
    return Classifier(model, tokenizer, tuple(labels), longest, settings.truncation, frozen=frozen)


def load_native_classifier(folder: Path) -> Classifier | None:
    """Return the same as `load_classifier`, without importing transformers.

    Returns:
        The classifier; None if the native encoder does not support the model.

    Raises:
        InputError: The model cannot be loaded.
    """
    tokenizer = load_tokenizer(folder, str(folder))
    try:
        model = native_model(folder)
    except Exception as error:  # damaged files make libraries raise anything
        raise InputError(_cannot_be_loaded(str(folder), error)) from error
    if model is None:
        return None
    names = tuple(str(model.config.id2label[str(number)]) for number in range(model.config.num_labels))
    return Classifier(model, tokenizer, names, longest_input(tokenizer, model), _truncation(model))


def build_classifier(source: ModelSource, labels: Sequence[str], settings: Settings) -> Classifier:
    """Return a classifier to train: pretrained weights, a new head, and frozen layers or LoRA according to `settings`.

    The seed is set before the head is created, so that the same seed gives the same head.

    Raises:
        InputError: The model cannot be loaded, or does not support a setting.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification

    quiet()
    tokenizer = load_tokenizer(source.folder, source.name)
    torch.manual_seed(settings.seed)
    try:
        config = AutoConfig.from_pretrained(source.folder, trust_remote_code=False, local_files_only=True)
        config.num_labels = len(labels)
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: index for index, label in enumerate(labels)}
        config.problem_type = "single_label_classification"
        if settings.dropout is not None:
            _set_dropout(config, settings.dropout)
        model = AutoModelForSequenceClassification.from_pretrained(
            source.folder,
            config=config,
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
            ignore_mismatched_sizes=True,
            dtype=torch.float32,
        )
    except Exception as error:  # see load_tokenizer
        raise InputError(_cannot_be_loaded(source.name, error)) from error
    dropout = install(model)
    if choose_device(settings.device).type == "cpu" and getattr(model, "_supports_attention_backend", False):
        register_attention()
        model.set_attn_implementation(ATTENTION)
    limit = longest_input(tokenizer, model)
    frozen: tuple[nn.Module, ...] = ()
    if settings.lora:
        model = _with_lora(model, settings)
    else:
        frozen = freeze(model, settings.freeze_layers)
    classifier = Classifier(
        model, tokenizer, tuple(labels), min(settings.max_length, limit), settings.truncation, dropout, tuple(frozen)
    )
    if settings.gradient_checkpointing and not classifier.recompute():
        shown = clean_line(source.name, 120)
        raise InputError(f"The model {shown} does not support gradient_checkpointing; turn it off.")
    return classifier


def load_classifier(folder: Path) -> Classifier:
    """Load a trained classifier from a folder in Hugging Face format, in evaluation mode and fp32.

    Raises:
        InputError: The folder holds no classifier, or cannot be loaded.
    """
    from transformers import AutoModelForSequenceClassification

    quiet()
    tokenizer = load_tokenizer(folder, str(folder))
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, trust_remote_code=False, use_safetensors=True, local_files_only=True, dtype=torch.float32
        )
        names = tuple(str(model.config.id2label[index]) for index in range(model.config.num_labels))
    except Exception as error:  # see load_tokenizer
        raise InputError(_cannot_be_loaded(str(folder), error)) from error
    model.eval()
    return Classifier(model, tokenizer, names, longest_input(tokenizer, model), _truncation(model))


def save_classifier(classifier: Classifier, folder: Path) -> None:
    """Write model and tokenizer in Hugging Face format (safetensors); LoRA matrices are merged into a copy."""
    import copy

    model: Any = classifier.model
    if isinstance(model, NativeModel):
        model.save(folder, reviewtui_truncation=classifier.truncation)
    else:
        if hasattr(model, "merge_and_unload"):
            model = copy.deepcopy(model).merge_and_unload()
        model.config.reviewtui_truncation = classifier.truncation
        model.save_pretrained(folder, safe_serialization=True)
    side = "left" if classifier.truncation == "tail" else "right"
    save_tokenizer(classifier.tokenizer, folder, classifier.max_length, side)


def longest_input(tokenizer: Any, model: Any) -> int:
    """Return the most tokens that both model and tokenizer can handle, including special tokens."""
    limits = [tokenizer.model_max_length]
    positions = getattr(model.config, "max_position_embeddings", None)
    if positions:
        # The RoBERTa family counts positions from the padding index.
        offset = model.config.pad_token_id + 1 if getattr(model.config, "family", "") == "roberta" else 0
        for module in model.modules():
            table = getattr(module, "position_embeddings", None)
            if isinstance(table, nn.Embedding) and table.padding_idx is not None:
                offset = table.padding_idx + 1
        limits.append(positions - offset)
    return int(min([limit for limit in limits if limit and limit < _UNLIMITED] or [512]))


def _truncation(model: Any) -> str:
    return str(getattr(model.config, "reviewtui_truncation", "head"))


def _cannot_be_loaded(name: str, error: Exception) -> str:
    return f"The model {clean_line(name, 160)} cannot be loaded: {clean_line(error, 200)}"


def _set_dropout(config: Any, rate: float) -> None:
    for name, value in vars(config).items():
        if "dropout" in name and (value is None or isinstance(value, float)):
            setattr(config, name, rate)


def _with_lora(model: Any, settings: Settings) -> Any:
    """Return the model wrapped by peft, with LoRA on every linear layer of the encoder and a trainable head."""
    from peft import LoraConfig, get_peft_model

    encoder = layer_modules(model)
    inside = {id(module) for layer in encoder.layers for module in layer.modules()}
    names = {name: module for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    targets = [name for name, module in names.items() if id(module) in inside]
    # Linear modules outside the encoder layers are the head: pooler, classifier and the like.
    head = sorted({_head_name(name) for name in names if name not in targets})
    config = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=targets,
        modules_to_save=head,
    )
    return get_peft_model(model, config)


def _head_name(name: str) -> str:
    """Return a name without its first part (`bert.pooler.dense` → `pooler.dense`), because peft matches suffixes."""
    return name.split(".", 1)[1] if name.count(".") > 1 else name
