"""Every setting of a run, declared once.

The form on the screen, `--set name=value`, the TOML file, the table in the docs and the record in a run's folder are
all made from the `Settings` model below. A field says its title, unit, range, help and group here and nowhere else.
`describe()` lists them as declarations, for whoever draws or documents them; presets are named sets of values.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from core.base.errors import InputError
from core.base.text import clean_line
from core.settings.declarations import Declaration, declaration_of

GROUPS = ("Model", "Length of the run", "Learning", "Layers", "Evaluation", "Machine")

_Positive = Annotated[int, Field(ge=1)]
_Rate = Annotated[float, Field(gt=0, le=1)]


def _setting(default: Any, group: str, title: str, help: str, unit: str = "", **limits: Any) -> Any:
    """A field of `Settings`; `limits` are pydantic's (`ge`, `gt`, `le`, `lt`, `union_mode`)."""
    extra: dict[str, Any] = {"group": group, "unit": unit}
    return Field(default, title=title, description=help, json_schema_extra=extra, **limits)


class Settings(BaseModel):
    """What a run is asked to do. Frozen: a change makes a new `Settings`, checked as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    model: str = _setting(
        "auto",
        "Model",
        "Model",
        "A Hugging Face id, a local folder, or 'starter'. 'auto' takes distilbert-base-uncased where it is cached or "
        "the hub answers, else the starter.",
    )
    max_length: int = _setting(
        256,
        "Model",
        "Longest review",
        "Longer reviews are cut. Memory and time grow with it; the Data screen shows what each limit cuts off.",
        "tokens",
        ge=4,
        le=8192,
    )
    truncation: Literal["head", "tail", "head+tail"] = _setting(
        "head",
        "Model",
        "Keep, when cut",
        "Which part of a review that is too long is read: its beginning, its end, or a quarter of the beginning "
        "and the rest from the end (Sun et al. 2019).",
    )
    dropout: float | None = _setting(
        None,
        "Model",
        "Dropout",
        "Share of activations dropped while training; none keeps the model's own (0.1 for BERT). More resists "
        "overfitting on little data.",
        ge=0,
        lt=1,
    )

    epochs: int = _setting(
        4,
        "Length of the run",
        "Epochs",
        "How often every review is seen. Few thousand reviews: 3 to 5; a few hundred: 5 to 20.",
        "epochs",
        ge=1,
        le=1000,
    )
    max_steps: int | None = _setting(
        None,
        "Length of the run",
        "Most steps",
        "Ends the run after so many optimizer steps, whatever the epochs say; none leaves it to the epochs.",
        "steps",
        ge=1,
    )
    batch_size: int = _setting(
        16,
        "Length of the run",
        "Batch size",
        "Reviews averaged over in one optimizer step.",
        "reviews",
        ge=1,
        le=4096,
    )
    micro_batch_size: _Positive | Literal["auto"] = _setting(
        "auto",
        "Length of the run",
        "Micro-batch size",
        "Reviews in one forward pass. Smaller needs less memory and changes no gradient: the batch is averaged as a "
        "whole. 'auto' fills micro-batches up to a number of tokens that suits the machine. Either becomes smaller by "
        "itself where memory does not suffice.",
        "reviews",
        union_mode="left_to_right",
    )

    learning_rate: _Rate | Literal["auto"] = _setting(
        "auto",
        "Learning",
        "Learning rate",
        "Peak step size. 'auto' takes 5e-5 × 768 / the model's width (wider models want smaller steps: Yang et al. "
        "2022), ten times that with LoRA, and 1e-3 where the encoder is frozen.",
        union_mode="left_to_right",
    )
    schedule: Literal["linear", "cosine", "constant", "wsd"] = _setting(
        "linear",
        "Learning",
        "Schedule",
        "How the learning rate falls after the warm-up. 'wsd' (warm-up, stable, decay) stays at the peak until the "
        "last steps, so that the run can be extended as if it had been planned longer.",
    )
    warmup_ratio: float = _setting(
        0.1,
        "Learning",
        "Warm-up",
        "Share of all steps over which the learning rate rises from zero; with 'wsd', of the first epoch's.",
        "share of steps",
        ge=0,
        le=1,
    )
    decay_ratio: float = _setting(
        0.2,
        "Learning",
        "Decay",
        "Share of all steps, at the end, over which the learning rate falls to zero; with 'wsd' only.",
        "share of steps",
        gt=0,
        le=1,
    )
    optimizer: Literal["adamw", "sgd"] = _setting(
        "adamw", "Learning", "Optimizer", "AdamW adapts per weight and costs 8 bytes a weight; SGD costs none."
    )
    weight_decay: float = _setting(
        0.01,
        "Learning",
        "Weight decay",
        "Pulls weights towards zero; never applied to biases and normalisation.",
        ge=0,
        le=1,
    )
    max_grad_norm: float = _setting(
        1.0,
        "Learning",
        "Gradient clipping",
        "Longer gradients are scaled down to this norm; 0 turns it off.",
        "L2 norm",
        ge=0,
    )
    label_smoothing: float = _setting(
        0.0,
        "Learning",
        "Label smoothing",
        "Share of each target spread over all classes; less overconfident on noisy labels.",
        ge=0,
        lt=1,
    )
    class_weights: Literal["none", "balanced"] = _setting(
        "none",
        "Learning",
        "Class weights",
        "'balanced' weighs a class by rows / (classes × its rows): a rare class then counts as much as a common one.",
    )

    freeze_layers: Annotated[int, Field(ge=0)] | Literal["none", "embeddings", "encoder"] = _setting(
        "none",
        "Layers",
        "Frozen layers",
        "A number k freezes the embeddings and the k lowest layers, 'encoder' all but the head. Below that boundary "
        "dropout is off, no optimizer memory is needed, and the native encoder computes layers once per review and "
        "keeps their output.",
        union_mode="left_to_right",
    )
    layer_decay: float = _setting(
        1.0,
        "Layers",
        "Layer decay",
        "Each layer below the head learns at this factor of the one above; 0.95 calms small data, 1 is off.",
        gt=0,
        le=1,
    )
    lora: bool = _setting(
        False, "Layers", "LoRA", "Trains small matrices beside the frozen weights (Hu et al. 2021); merged at the end."
    )
    lora_rank: int = _setting(8, "Layers", "LoRA rank", "Width of LoRA's matrices.", "columns", ge=1, le=512)
    lora_alpha: float = _setting(16, "Layers", "LoRA alpha", "LoRA's update is scaled by alpha / rank.", gt=0)
    lora_dropout: float = _setting(0.05, "Layers", "LoRA dropout", "Dropout before LoRA's matrices.", ge=0, lt=1)

    validation_fraction: float = _setting(
        0.1,
        "Evaluation",
        "Validation share",
        "Share of the reviews held out to measure on, chosen by a hash of the text; unused with a validation file.",
        "share of reviews",
        gt=0,
        le=0.5,
    )
    evaluate_every: int | None = _setting(
        None,
        "Evaluation",
        "Evaluate every",
        "Optimizer steps between two evaluations; none evaluates after each epoch.",
        "steps",
        ge=1,
    )
    best_metric: Literal["macro_f1", "accuracy", "loss"] = _setting(
        "macro_f1",
        "Evaluation",
        "Best by",
        "The validation figure that decides which weights are kept. Of evaluations that differ by less than the "
        "figure's standard error the latest wins: chance made that difference.",
    )
    early_stopping_patience: int | None = _setting(
        None,
        "Evaluation",
        "Early stopping",
        "Ends the run after so many evaluations in a row without a better figure; none never does.",
        "evaluations",
        ge=1,
    )
    checkpoint_seconds: float = _setting(
        60,
        "Evaluation",
        "Checkpoint every",
        "Most training time that a crash can cost.",
        "seconds",
        ge=0,
    )

    precision: Literal["auto", "fp32", "bf16", "fp16"] = _setting(
        "auto",
        "Machine",
        "Precision",
        "Number format of the matrix products. 'auto' times both on a CPU and takes bf16 on a GPU that has it; fp16 "
        "needs a GPU.",
    )
    compile: Literal["auto", "on", "off"] = _setting(
        "off",
        "Machine",
        "Compile the model",
        "Lets torch compile the model on a GPU: minutes once, then faster steps. 'auto' does it where the planned "
        "steps repay it (1,400 for 22 million weights, 240 for 110).",
    )
    deterministic: bool = _setting(
        True,
        "Machine",
        "Same bits every time",
        "On a GPU: sums in a fixed order, so that a resumed run equals the uninterrupted one to the bit. Costs nothing "
        "with small batches, up to a quarter more time with large ones. A CPU always does so.",
    )
    gradient_checkpointing: bool = _setting(
        False,
        "Machine",
        "Recompute activations",
        "Gradient checkpointing: keeps one activation a layer and computes the rest again; less memory, about a third "
        "more time.",
    )
    device: str = _setting(
        "auto", "Machine", "Device", "'auto' takes the first GPU if there is one; else 'cpu', 'cuda' or 'cuda:N'."
    )
    seed: int = _setting(
        1, "Machine", "Seed", "Same seed, data and machine: same run. Compare settings over several.", ge=0, lt=2**32
    )

    @field_validator("*", mode="before")
    @classmethod
    def _read_words(cls, value: Any, info: ValidationInfo) -> Any:
        """Text typed into a form or a flag: trimmed; 'none' and empty mean None where None is allowed."""
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
        """Mistakes that only two fields together show; each ends in a sentence."""
        if isinstance(self.micro_batch_size, int) and self.micro_batch_size > self.batch_size:
            raise ValueError(
                f"micro_batch_size {self.micro_batch_size} is larger than batch_size {self.batch_size}; "
                "a micro-batch is a part of a batch"
            )
        if self.precision == "fp16" and self.device == "cpu":
            raise ValueError("precision fp16 needs a GPU; on the CPU take bf16 or auto")
        if self.lora and self.freeze_layers != "none":
            raise ValueError(
                "lora already freezes all of the model but its matrices and the head; set freeze_layers none"
            )
        if self.lora and self.layer_decay != 1:
            raise ValueError("layer_decay has nothing to act on with lora; set layer_decay 1")
        if self.freeze_layers == "encoder" and self.layer_decay != 1:
            raise ValueError("layer_decay has nothing to act on when the whole encoder is frozen; set layer_decay 1")
        if self.freeze_layers == "encoder" and self.gradient_checkpointing:
            raise ValueError("gradient_checkpointing saves nothing when the whole encoder is frozen; turn it off")
        return self

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """A copy with `changes` (values or text as typed), checked as a whole.

        Raises:
            InputError: an unknown name, a value out of range, or fields that do not fit together.
        """
        for name in changes:
            if name not in Settings.model_fields:
                raise InputError(f"There is no setting '{clean_line(name, 40)}'; {_nearest(name)}.")
        try:
            return Settings.model_validate({**self.model_dump(), **changes})
        except ValidationError as error:
            raise InputError(complaint(error)) from error


@cache
def describe() -> tuple[Declaration, ...]:
    """Every setting, in the order of the groups."""
    found = [declaration_of(name, field) for name, field in Settings.model_fields.items()]
    return tuple(sorted(found, key=lambda declaration: GROUPS.index(declaration.group)))


def complaint(error: ValidationError) -> str:
    """The first thing that pydantic refused, as one sentence with the value, the range and the setting's name."""
    first = error.errors(include_url=False)[0]
    message = str(first["msg"]).removeprefix("Value error, ")
    if not first["loc"]:
        return f"These do not fit together: {message}."
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return f"There is no setting '{clean_line(name, 40)}'; {_nearest(name)}."
    declaration = next(known for known in describe() if known.name == name)
    given = clean_line(first["input"], 40)
    if declaration.kind == "choice":
        return f"{name} cannot be '{given}'; it is one of {', '.join(declaration.choices)}."
    if declaration.kind == "switch":
        return f"{name} cannot be '{given}'; it is true or false."
    if declaration.kind == "text":
        return f"{name} cannot be '{given}': it {message if first['type'] == 'value_error' else 'must be text'}."
    words = f", or {' or '.join(declaration.choices)}" if declaration.choices else ""
    limits = f" {declaration.range}" if declaration.range else ""
    return f"{name} cannot be '{given}'; it is a {declaration.kind}{limits}{words}."


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, Settings.model_fields, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?".removesuffix("?") if close else "`reviewtui train --help` lists them"


def parse_assignment(assignment: str) -> tuple[str, str]:
    """`name=value` of a `--set` flag, split.

    Raises:
        InputError: there is no `=`.
    """
    name, equals, value = assignment.partition("=")
    if not equals or not name.strip():
        raise InputError(f"--set takes name=value, not '{clean_line(assignment, 60)}'.")
    return name.strip(), value


def read_toml(path: Path) -> dict[str, Any]:
    """The settings in a TOML file: its `[settings]` table, or the whole file where there is none.

    Raises:
        InputError: the file cannot be read or is no TOML.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"Cannot read {clean_line(path)} ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{clean_line(path)} is not a TOML file: {clean_line(error)}.") from error
    settings = content.get("settings", content)
    if not isinstance(settings, dict):
        raise InputError(f"[settings] in {clean_line(path)} must be a table of name = value lines.")
    return settings
