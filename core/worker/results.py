"""The results of a run: provenance, the model folder with its card and calibration, and validation predictions."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version

import numpy as np
import torch

import core
from core.base.arrow import lists, numbers
from core.base.files import PRIVATE_FILE, private_folder, sync_path
from core.data.examples import Examples
from core.data.run_data import RunData, write_table
from core.data.tokens import SpecialTokens, tokenizer_sha256
from core.inference.metrics import measure
from core.inference.temperature import FILE_NAME, Temperature, write_temperature
from core.inference.temperature_fit import temperature_of
from core.models.classifier import Classifier, save_classifier
from core.models.sources import ModelSource
from core.planning.run_plan import ComputePath
from core.runs.folder import RunFolder
from core.runs.outline import Method
from core.runs.provenance import Provenance, read_provenance
from core.runs.request import Request
from core.settings.schema import settings_that_decide
from core.training.loop import TrainingLoop
from core.worker.model_card import Making, model_card

_LIBRARIES = ("transformers", "tokenizers", "numpy", "pyarrow")
_PACKAGES: dict[Method, tuple[str, ...]] = {
    "fine-tuning": _LIBRARIES,
    "distillation": _LIBRARIES,
    "baseline": (*_LIBRARIES, "scikit-learn", "scipy"),
}
"""Method → the packages whose versions are part of the provenance."""


@dataclass(frozen=True)
class Result:
    """A trained model, and what it says of the validation rows."""

    classifier: Classifier
    special_tokens: SpecialTokens
    validation: Examples
    logits: np.ndarray
    """[N, C] of the validation rows."""
    making: Making


def provenance_of(
    request: Request,
    source: ModelSource,
    data: RunData,
    classifier: Classifier,
    *,
    device: torch.device,
    precision: str,
    path: ComputePath,
    micro_batch_tokens: int,
) -> Provenance:
    """Return what, besides the settings, determines the result of the run."""
    names = classifier.labels
    return Provenance(
        versions={
            "reviewtui": core.__version__,
            "python": platform.python_version(),
            "torch": str(torch.__version__),  # a subclass of str
            **{package: version(package) for package in _PACKAGES[request.method]},
        },
        machine=platform.machine(),
        cpu_capability=torch.backends.cpu.get_cpu_capability(),
        device=str(device),
        device_name=torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        precision=precision,
        path=path.name,
        path_why=path.why,
        micro_batch_tokens=micro_batch_tokens,
        threads=torch.get_num_threads(),
        settings_sha256=_settings_sha256(request),
        data=request.data,
        data_hash=data.train.report.data_hash,
        validation=request.validation,
        validation_hash=data.validation.report.data_hash,
        model=source.name,
        weights_sha256=source.weights_sha256(),
        tokenizer_sha256=tokenizer_sha256(classifier.tokenizer),
        labels=tuple(names),
        train_rows=_counts(data.train_labels, names),
        validation_rows=_counts(data.validation_labels, names),
        validation_sha256=_rows_sha256(data.validation.hashes[data.validation_rows], data.validation_labels),
    )


def _settings_sha256(request: Request) -> str:
    """Return the hash of all settings except those that decide only how long the run is."""
    said = request.settings.model_dump(mode="json", exclude=set(settings_that_decide("duration")))
    if request.distillation is not None:
        said["distillation"] = asdict(request.distillation)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _rows_sha256(hashes: np.ndarray, labels: np.ndarray) -> str:
    """Return the hash of the text hashes [N] and the labels [N] of rows."""
    digest = hashlib.sha256(np.ascontiguousarray(hashes, dtype=np.uint64).data)
    digest.update(np.ascontiguousarray(labels, dtype=np.int64).data)
    return digest.hexdigest()


def _counts(labels: np.ndarray, names: tuple[str, ...]) -> dict[str, int]:
    found = np.bincount(labels, minlength=len(names))
    return {name: int(count) for name, count in zip(names, found, strict=True)}


def write_model(run: RunFolder, request: Request, data: RunData, loop: TrainingLoop, making: Making) -> bool:
    """Write the result of training with the best weights; return False if there has been no evaluation."""
    logits = loop.take_best()
    if logits is None:
        return False
    write_result(run, request, data, Result(loop.classifier, loop.special_tokens, loop.validation, logits, making))
    return True


def write_result(run: RunFolder, request: Request, data: RunData, result: Result) -> None:
    """Write model/ and predictions.parquet.

    The folder is written under another name, synced and renamed, so `model/` is always complete.
    """
    labels, names = data.validation_labels, result.classifier.labels
    _write_predictions(run, data, result)
    temporary = run.path / ".model.new"
    shutil.rmtree(temporary, ignore_errors=True)
    private_folder(temporary)
    save_classifier(result.classifier, temporary)
    write_temperature(temporary / FILE_NAME, _temperature(result, labels))
    figures = measure(result.logits, labels, names)
    provenance = read_provenance(run.provenance)
    model = provenance.model if provenance is not None else request.settings.model
    card = model_card(request, model, data, result.classifier, result.making, figures)
    (temporary / "README.md").write_text(card, encoding="utf-8")
    for file in temporary.iterdir():
        file.chmod(PRIVATE_FILE)
        sync_path(file)
    sync_path(temporary)
    old = run.path / ".model.old"
    shutil.rmtree(old, ignore_errors=True)
    if run.model.exists():
        run.model.rename(old)
    temporary.rename(run.model)
    sync_path(run.path)
    shutil.rmtree(old, ignore_errors=True)


def _temperature(result: Result, labels: np.ndarray) -> Temperature:
    """Return the temperature that fits the validation rows best."""
    also = " that also chose the weights, so the errors are optimistic" if result.making.chosen_on_validation else ""
    return temperature_of(result.logits, labels, f"the validation rows{also}", time.time())


def _write_predictions(run: RunFolder, data: RunData, result: Result) -> None:
    tokens = result.validation.whole_lengths(result.special_tokens)
    columns = {
        "row": numbers(data.validation_rows),
        "text_hash": numbers(data.validation.hashes[data.validation_rows]),
        "label": numbers(data.validation_labels),
        "logits": lists(result.logits.astype(np.float32)),
        "tokens": numbers(tokens),
        "max_length": numbers(np.full(len(tokens), result.classifier.max_length, dtype=np.int64)),
    }
    write_table(columns, run.predictions)
