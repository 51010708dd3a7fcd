"""Collects the facts of a forecast from real reviews and a real model, in the engine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.errors import InputError
from core.base.memory import free_bytes
from core.data.length_report import LengthReport
from core.forecast.calibrate import RunActiveError, calibrate
from core.forecast.calibration import keep, key_of, known
from core.forecast.facts import Facts
from core.forecast.run import Run
from core.models.config_limits import stored_weights
from core.models.sources import resolve_model
from core.planning.model_shape import ModelShape, shape_of
from core.planning.run_plan import cpu_threads
from core.settings.schema import Settings

if TYPE_CHECKING:
    import torch

Progress = Callable[[str, float | None], None]


def gather(
    lengths: LengthReport, classes: int, settings: Settings, reviews: int, validation: int | None = None
) -> Facts:
    """Return the facts for a forecast.

    Args:
        lengths: Lengths of the reviews in tokens of this model.
        classes: Number of classes.
        settings: Settings of the run.
        reviews: Reviews to train on. If `validation` is None, some of them are held out.
        validation: Reviews of a separate validation file, if there is one.
    """
    from core.models.device import choose_device, choose_precision

    source = resolve_model(settings.model)
    config = _config(source.folder)
    shape = shape_of(config, classes, stored_weights(source.folder))
    device = choose_device(settings.device)
    scale = reviews / max(lengths.sampled, 1)
    facts = Facts(
        model=source.name,
        shape=shape,
        limit=_limit(shape, config),
        mapped=is_mapped(source.folder),
        reviews=reviews,
        validation=validation,
        table=[(length, max(round(count * scale), 1)) for length, count in lengths.table],
        distinct=lengths.distinct,
        device=device.type,
        auto_precision=choose_precision("auto", device),
        calibrations=known(calibration_key(shape, device)),
        free_bytes=free_on(device),
    )
    return facts.model_copy(update={"budgets": _budgets(facts)})


def with_calibration(facts: Facts, settings: Settings, progress: Progress) -> Facts:
    """Return the facts with a calibration for a run with `settings`, loaded from the disk or measured now.

    While a run is being trained nothing is measured, and the facts are marked `postponed`.

    Raises:
        ReviewtuiError: The measurement failed.
    """
    from core.models.device import choose_device

    name = facts.probe_name(settings)
    key = calibration_key(facts.shape, choose_device(settings.device))
    found = known(key)
    if not Run(facts, settings).calibration.measured:
        try:
            found[name] = calibrate(facts, settings, resolve_model(settings.model).folder, progress)
        except RunActiveError:
            return facts.model_copy(update={"calibrations": {**facts.calibrations, **found}, "postponed": True})
        keep(key, name, found[name])
    return facts.model_copy(update={"calibrations": {**facts.calibrations, **found}})


def free_on(device: torch.device) -> int:
    """Return the bytes of memory that a new run could take on `device` now."""
    if device.type == "cuda":
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    return free_bytes()


def _config(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"The model's config.json cannot be read ({error}).") from error
    return dict(found)


def is_mapped(folder: Path) -> bool:
    """Return whether a model's files hold fp32 weights, which are then mapped instead of copied unless they learn."""
    kinds: set[str] = set()
    for file in folder.glob("*.safetensors"):
        with file.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        kinds.update(entry["dtype"] for name, entry in header.items() if name != "__metadata__")
    return not kinds & {"F16", "BF16", "F64"}


def _limit(shape: ModelShape, config: Mapping[str, Any]) -> int:
    """Return the maximum tokens that the model can read. RoBERTa's positions begin after the padding index."""
    offset = int(config.get("pad_token_id") or 0) + 1 if shape.family == "roberta" else 0
    return max(shape.positions - offset, 1) if shape.positions else 512


def calibration_key(shape: ModelShape, device: torch.device) -> str:
    """Return the key under which the calibrations of a model on this machine are kept."""
    name = device.type
    if device.type == "cuda":
        import torch

        name = torch.cuda.get_device_name(device)
    versions = " ".join(f"{package} {version(package)}" for package in ("torch", "transformers"))
    return key_of(shape, f"{name}, {cpu_threads()} of {os.cpu_count()} threads, {versions}")


def _budgets(facts: Facts) -> dict[str, int]:
    """Return the tokens per micro-batch that suit the native encoder, by precision; measured once per machine."""
    if facts.device != "cpu" or facts.shape.family == "other":
        return {}
    import torch

    from core.learners.budgets import token_budget

    torch.set_num_threads(cpu_threads())
    formats = {"fp32": torch.float32, "bf16": torch.bfloat16}
    return {name: token_budget(facts.shape, dtype) for name, dtype in formats.items()}
