"""Every setting of a run, declared once.

The form on the Setup screen, `--set name=value`, the TOML file, the table in docs/settings.md and the record in a run's
folder are all generated from the `Settings` model below. To add a setting, add a field here; its title, unit, range,
help, group and what it `decides` are declared with it and nowhere else. `describe()` lists the declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from core.base.errors import InputError
from core.settings.declarations import Decides, Declaration, declaration_of, setting
from core.settings.messages import unknown_setting, validation_message

GROUPS = ("Model", "Length of the run", "Learning", "Layers", "Evaluation", "Machine")

_Positive = Annotated[int, Field(ge=1)]
_Rate = Annotated[float, Field(gt=0, le=1)]


class Settings(BaseModel):
    """The settings of one run. Frozen: a change makes a new `Settings`, validated as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    model: str = setting(
        "auto",
        "Model",
        "Model",
        "A Hugging Face id, a local folder, or 'starter'. 'auto' uses distilbert-base-uncased if it is cached or the "
        "hub can be reached, and the starter otherwise.",
        decides="model",
    )
    max_length: int = setting(
        256,
        "Model",
        "Max length",
        "The longest review the model reads; the rest of a longer one is cut off. Memory and time grow with it. The "
        "Data screen shows what each limit cuts off.",
        "tokens",
        ge=4,
        le=8192,
    )
    truncation: Literal["head", "tail", "head+tail"] = setting(
        "head",
        "Model",
        "Truncation",
        "Which part of a review to keep when it exceeds the max length: its beginning, its end, or a quarter from the "
        "beginning and the rest from the end (Sun et al. 2019).",
    )
    dropout: float | None = setting(
        None,
        "Model",
        "Dropout",
        "Share of activations set to zero during training; none keeps the model's own value (0.1 for BERT). A higher "
        "value reduces overfitting on small datasets.",
        ge=0,
        lt=1,
    )

    epochs: int = setting(
        4,
        "Length of the run",
        "Epochs",
        "How many times each review is seen. A few thousand reviews: 3 to 5; a few hundred: 5 to 20.",
        "epochs",
        decides="duration",
        ge=1,
        le=1000,
    )
    max_steps: int | None = setting(
        None,
        "Length of the run",
        "Max steps",
        "Ends the run after this many optimizer steps, whatever the number of epochs; none leaves it to the epochs.",
        "steps",
        decides="duration",
        ge=1,
    )
    batch_size: int = setting(
        16,
        "Length of the run",
        "Batch size",
        "Reviews averaged in one optimizer step.",
        "reviews",
        ge=1,
        le=4096,
    )
    micro_batch_size: _Positive | Literal["auto"] = setting(
        "auto",
        "Length of the run",
        "Micro-batch size",
        "Reviews in one forward pass. A smaller micro-batch needs less memory and gives the same gradient, because the "
        "loss is averaged over the whole batch. 'auto' fills micro-batches up to a number of tokens that suits this "
        "machine. It is reduced automatically when memory runs out.",
        "reviews",
        union_mode="left_to_right",
    )

    learning_rate: _Rate | Literal["auto"] = setting(
        "auto",
        "Learning",
        "Learning rate",
        "Peak step size. 'auto' is 5e-5 × 768 / the model's hidden size (wider models need smaller steps: Yang et al. "
        "2022), ten times that with LoRA, and 1e-3 when the encoder is frozen.",
        union_mode="left_to_right",
    )
    schedule: Literal["linear", "cosine", "constant", "wsd"] = setting(
        "linear",
        "Learning",
        "Schedule",
        "How the learning rate falls after warmup. 'wsd' (warmup, stable, decay) holds the peak until the last steps, "
        "so that the run can be extended as if it had been planned longer.",
    )
    warmup_ratio: float = setting(
        0.1,
        "Learning",
        "Warmup ratio",
        "Share of all steps over which the learning rate rises from zero; with 'wsd', share of the first epoch.",
        "share of steps",
        ge=0,
        le=1,
    )
    decay_ratio: float = setting(
        0.2,
        "Learning",
        "Decay ratio",
        "Share of all steps, at the end, over which the learning rate falls to zero; used with 'wsd' only.",
        "share of steps",
        gt=0,
        le=1,
    )
    optimizer: Literal["adamw", "sgd"] = setting(
        "adamw",
        "Learning",
        "Optimizer",
        "AdamW adapts the step size of each weight and needs 8 bytes per weight; plain SGD needs none.",
        decides="optimizer",
    )
    momentum: float = setting(
        0.0,
        "Learning",
        "Momentum",
        "Share of the previous update that SGD adds to each new one; 0.9 is the classic choice and needs 4 bytes per "
        "weight, 0 is plain SGD. AdamW has its own.",
        decides="optimizer",
        ge=0,
        lt=1,
    )
    weight_decay: float = setting(
        0.01,
        "Learning",
        "Weight decay",
        "Pulls weights towards zero. Biases and normalization weights are never decayed.",
        ge=0,
        le=1,
    )
    max_grad_norm: float = setting(
        1.0,
        "Learning",
        "Max gradient norm",
        "Gradient clipping: a gradient with a larger norm is scaled down to this one; 0 turns clipping off.",
        "L2 norm",
        ge=0,
    )
    label_smoothing: float = setting(
        0.0,
        "Learning",
        "Label smoothing",
        "Share of each target spread over all classes; makes the model less overconfident on noisy labels.",
        ge=0,
        lt=1,
    )
    class_weights: Literal["none", "balanced"] = setting(
        "none",
        "Learning",
        "Class weights",
        "'balanced' weights each class by rows / (classes × its rows), so that a rare class counts as much as a common "
        "one.",
    )

    freeze_layers: Annotated[int, Field(ge=0)] | Literal["none", "embeddings", "encoder"] = setting(
        "none",
        "Layers",
        "Frozen layers",
        "A number k freezes the embeddings and the k lowest layers; 'encoder' freezes everything but the head. Frozen "
        "layers use no dropout and no optimizer memory, and on the CPU their output is computed once per review and "
        "reused.",
        decides="trainable",
        union_mode="left_to_right",
    )
    layer_decay: float = setting(
        1.0,
        "Layers",
        "Layer decay",
        "Multiplies the learning rate once for each layer below the head; 0.95 helps on small datasets, 1 is off.",
        gt=0,
        le=1,
    )
    lora: bool = setting(
        False,
        "Layers",
        "LoRA",
        "Trains small matrices in addition to the frozen weights (Hu et al. 2021); they are merged at the end.",
        decides="model",
    )
    lora_rank: int = setting(
        8, "Layers", "LoRA rank", "Rank of the LoRA matrices.", "columns", decides="model", ge=1, le=512
    )
    lora_alpha: float = setting(
        16, "Layers", "LoRA alpha", "The LoRA update is scaled by alpha / rank.", decides="model", gt=0
    )
    lora_dropout: float = setting(
        0.05, "Layers", "LoRA dropout", "Dropout on the input of the LoRA matrices.", ge=0, lt=1
    )

    validation_fraction: float = setting(
        0.1,
        "Evaluation",
        "Validation fraction",
        "Share of the reviews held out for validation, chosen by a hash of the text; ignored when there is a "
        "validation file.",
        "share of reviews",
        decides="model",
        gt=0,
        le=0.5,
    )
    evaluate_every: int | None = setting(
        None,
        "Evaluation",
        "Evaluation interval",
        "Optimizer steps between evaluations; none evaluates after each epoch.",
        "steps",
        ge=1,
    )
    best_metric: Literal["macro_f1", "accuracy", "loss"] = setting(
        "macro_f1",
        "Evaluation",
        "Best metric",
        "The validation metric that decides which weights to keep. A difference smaller than the metric's standard "
        "error is chance, so among such evaluations the latest wins.",
    )
    early_stopping_patience: int | None = setting(
        None,
        "Evaluation",
        "Early stopping",
        "Patience: ends the run after this many evaluations in a row without improvement; none never does.",
        "evaluations",
        ge=1,
    )
    checkpoint_seconds: float = setting(
        60,
        "Evaluation",
        "Checkpoint interval",
        "The most training time that a crash can lose.",
        "seconds",
        decides="duration",
        ge=0,
    )

    precision: Literal["auto", "fp32", "bf16", "fp16"] = setting(
        "auto",
        "Machine",
        "Precision",
        "Number format of the matrix products. 'auto' uses bf16 on a GPU that supports it, and the faster of fp32 and "
        "bf16 on a CPU. fp16 needs a GPU.",
        decides="trainable",
    )
    compile: Literal["auto", "on", "off"] = setting(
        "off",
        "Machine",
        "Compile",
        "Compiles the model with torch.compile on a GPU: a wait of minutes, then faster steps. 'auto' compiles if the "
        "planned steps make up for the wait (1,400 steps for 22 million weights, 240 for 110 million).",
    )
    deterministic: bool = setting(
        True,
        "Machine",
        "Deterministic",
        "Same seed, same bits: sums are added in a fixed order on a GPU, so that a resumed run equals an uninterrupted "
        "one bit for bit. Free with small batches, up to a quarter slower with large ones. A CPU is always "
        "deterministic.",
    )
    gradient_checkpointing: bool = setting(
        False,
        "Machine",
        "Gradient checkpointing",
        "Keeps one activation per layer and recomputes the rest in the backward pass: less memory, about a third more "
        "time.",
    )
    device: str = setting(
        "auto",
        "Machine",
        "Device",
        "'auto' uses the first GPU, or the CPU if there is none; or name 'cpu', 'cuda' or 'cuda:N'.",
        decides="trainable",
    )
    seed: int = setting(
        1,
        "Machine",
        "Seed",
        "The same seed, data and machine give the same run. Compare settings over several seeds.",
        ge=0,
        lt=2**32,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _read_words(cls, value: Any, info: ValidationInfo) -> Any:
        """Trim text typed into a form or a flag; 'none' and empty text mean None where None is allowed."""
        if isinstance(value, str):
            value = value.strip()
            name = str(info.field_name)
            if value.lower() in ("", "none") and type(None) in get_args(cls.model_fields[name].annotation):
                return None
        return value

    @field_validator("device")
    @classmethod
    def _known_device(cls, value: str) -> str:
        kind, _, index = value.partition(":")
        if value in ("auto", "cpu", "cuda") or (kind == "cuda" and index.isdecimal()):
            return value
        raise ValueError("must be 'auto', 'cpu', 'cuda' or 'cuda:N'")

    @field_validator("model")
    @classmethod
    def _named_model(cls, value: str) -> str:
        if not value:
            raise ValueError("must name a model")
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        """Refuse values that are valid on their own but not together."""
        if isinstance(self.micro_batch_size, int) and self.micro_batch_size > self.batch_size:
            raise ValueError(
                f"micro_batch_size {self.micro_batch_size} is larger than batch_size {self.batch_size}; "
                "a micro-batch is part of a batch"
            )
        if self.precision == "fp16" and self.device == "cpu":
            raise ValueError("precision fp16 needs a GPU; on the CPU use bf16 or auto")
        if self.lora and self.freeze_layers != "none":
            raise ValueError("lora already freezes everything but its matrices and the head; set freeze_layers none")
        if self.lora and self.layer_decay != 1:
            raise ValueError("layer_decay has no effect with lora; set layer_decay 1")
        if self.momentum and self.optimizer != "sgd":
            raise ValueError("momentum has no effect with adamw, which has its own; set momentum 0 or optimizer sgd")
        if self.freeze_layers == "encoder" and self.layer_decay != 1:
            raise ValueError("layer_decay has no effect when the whole encoder is frozen; set layer_decay 1")
        if self.freeze_layers == "encoder" and self.gradient_checkpointing:
            raise ValueError("gradient_checkpointing saves nothing when the whole encoder is frozen; turn it off")
        return self

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """Return a copy with `changes` (values, or text as typed), validated as a whole.

        Raises:
            InputError: An unknown name, a value out of range, or values that do not fit together.
        """
        for name in changes:
            if name not in Settings.model_fields:
                raise InputError(unknown_setting(name, Settings.model_fields))
        try:
            return Settings.model_validate({**self.model_dump(), **changes})
        except ValidationError as error:
            raise InputError(validation_message(error, {one.name: one for one in describe()})) from error

    def differences(self, other: Settings) -> tuple[Declaration, ...]:
        """Return the declarations of the settings whose values differ from `other`."""
        return tuple(one for one in describe() if getattr(self, one.name) != getattr(other, one.name))


@cache
def describe() -> tuple[Declaration, ...]:
    """Return the declaration of every setting, in the order of the groups."""
    found = [declaration_of(name, field) for name, field in Settings.model_fields.items()]
    return tuple(sorted(found, key=lambda declaration: GROUPS.index(declaration.group)))


def settings_that_decide(*what: Decides) -> tuple[str, ...]:
    """Return the names of the settings declared with one of these `decides`."""
    return tuple(one.name for one in describe() if one.decides in what)
