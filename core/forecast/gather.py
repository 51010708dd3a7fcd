"""Facts of real reviews and a real model, collected by the engine."""

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
from core.forecast.calibrate import TrainingError, calibrate
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
    """Facts for a forecast.

    Args:
        lengths: of the reviews, with this model's tokenizer.
        reviews: to learn from; and to hold out of, where `validation` is None.
        validation: reviews to measure on, where they are known.
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
    """Facts that have the calibration for a run with `settings`: kept from before, or measured now.

    While a run is trained nothing is measured: then they are `postponed`.

    Raises:
        ReviewtuiError: it cannot be measured here.
    """
    from core.models.device import choose_device

    way = facts.way_of(settings)
    key = calibration_key(facts.shape, choose_device(settings.device))
    found = known(key)
    if not Run(facts, settings).calibration.measured:
        try:
            found[way] = calibrate(facts, settings, resolve_model(settings.model).folder, progress)
        except TrainingError:
            return facts.model_copy(update={"calibrations": {**facts.calibrations, **found}, "postponed": True})
        keep(key, way, found[way])
    return facts.model_copy(update={"calibrations": {**facts.calibrations, **found}})


def free_on(device: torch.device) -> int:
    """Bytes that a new run could take there now."""
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
    """Whether a model's weights are fp32 in their files: they are used where they lie, unless they learn."""
    kinds: set[str] = set()
    for file in folder.glob("*.safetensors"):
        with file.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        kinds.update(entry["dtype"] for name, entry in header.items() if name != "__metadata__")
    return not kinds & {"F16", "BF16", "F64"}


def _limit(shape: ModelShape, config: Mapping[str, Any]) -> int:
    """Tokens that the model reads at most: RoBERTa's positions begin after the padding index."""
    offset = int(config.get("pad_token_id") or 0) + 1 if shape.family == "roberta" else 0
    return max(shape.positions - offset, 1) if shape.positions else 512


def calibration_key(shape: ModelShape, device: torch.device) -> str:
    """What calibrations of a model are kept under on this machine."""
    name = device.type
    if device.type == "cuda":
        import torch

        name = torch.cuda.get_device_name(device)
    versions = " ".join(f"{package} {version(package)}" for package in ("torch", "transformers"))
    return key_of(shape, f"{name}, {cpu_threads()} of {os.cpu_count()} threads, {versions}")


def _budgets(facts: Facts) -> dict[str, int]:
    """Tokens that suit a micro-batch of the native encoder, by precision; measured once on a machine."""
    if facts.device != "cpu" or facts.shape.family == "other":
        return {}
    import torch

    from core.learners.budgets import token_budget

    torch.set_num_threads(cpu_threads())
    formats = {"fp32": torch.float32, "bf16": torch.bfloat16}
    return {name: token_budget(facts.shape, dtype) for name, dtype in formats.items()}
