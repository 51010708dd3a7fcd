"""The results of a run: provenance, the model folder with its card and calibration, and validation predictions."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

import core
from core.base.arrow import lists, numbers
from core.base.files import PRIVATE_FILE, private_folder, sync_path, write_json
from core.data.run_data import RunData, write_table
from core.data.tokens import tokenizer_sha256
from core.inference.metrics import expected_calibration_error, fit_temperature, measure, probabilities_of
from core.models.classifier import save_classifier
from core.models.sources import ModelSource
from core.runs.folder import RunFolder
from core.runs.provenance import Provenance, read_provenance
from core.runs.request import Request
from core.settings.schema import settings_that_decide
from core.training.loop import TrainingLoop
from core.worker.model_card import model_card


def provenance_of(request: Request, source: ModelSource, data: RunData, loop: TrainingLoop) -> Provenance:
    """Return what, besides the settings, determines the result of the run."""
    names = loop.classifier.labels
    return Provenance(
        versions={
            "reviewtui": core.__version__,
            "python": platform.python_version(),
            "torch": str(torch.__version__),  # a subclass of str
            **{package: version(package) for package in ("transformers", "tokenizers", "numpy", "pyarrow")},
        },
        machine=platform.machine(),
        cpu_capability=torch.backends.cpu.get_cpu_capability(),
        device=str(loop.device),
        device_name=torch.cuda.get_device_name(loop.device) if loop.device.type == "cuda" else None,
        precision=loop.precision,
        path=loop.learner.plan.path.name,
        path_why=loop.learner.plan.path.why,
        micro_batch_tokens=loop.policy.requested.tokens,
        threads=torch.get_num_threads(),
        settings_sha256=_settings_sha256(request),
        data=request.data,
        data_hash=data.train.report.data_hash,
        validation=request.validation,
        validation_hash=data.validation.report.data_hash,
        model=source.name,
        weights_sha256=source.weights_sha256(),
        tokenizer_sha256=tokenizer_sha256(loop.classifier.tokenizer),
        labels=tuple(names),
        train_rows=_counts(data.train_labels, names),
        validation_rows=_counts(data.validation_labels, names),
    )


def _settings_sha256(request: Request) -> str:
    """Return the hash of all settings except those that decide only how long the run is."""
    said = request.settings.model_dump(mode="json", exclude=set(settings_that_decide("duration")))
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _counts(labels: np.ndarray, names: tuple[str, ...]) -> dict[str, int]:
    found = np.bincount(labels, minlength=len(names))
    return {name: int(count) for name, count in zip(names, found, strict=True)}


def write_model(run: RunFolder, request: Request, data: RunData, loop: TrainingLoop) -> bool:
    """Write model/ and predictions.parquet from the best weights; return False if there has been no evaluation.

    The folder is written under another name, synced and renamed, so `model/` is always complete.
    """
    logits = loop.take_best()
    if logits is None:
        return False
    labels = data.validation_labels
    _write_predictions(run, data, loop, logits)
    temporary = run.path / ".model.new"
    shutil.rmtree(temporary, ignore_errors=True)
    private_folder(temporary)
    save_classifier(loop.classifier, temporary)
    write_json(temporary / "calibration.json", _calibration(logits, labels))
    figures = measure(logits, labels, loop.classifier.labels)
    provenance = read_provenance(run.provenance)
    model = provenance.model if provenance is not None else request.settings.model
    (temporary / "README.md").write_text(model_card(request, model, data, loop, figures), encoding="utf-8")
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
    return True


def _calibration(logits: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Return the temperature that fits the validation rows best, and the calibration error with and without it."""
    temperature = fit_temperature(logits, labels)
    return {
        "temperature": temperature,
        "rows": len(labels),
        "ece": expected_calibration_error(probabilities_of(logits), labels),
        "ece_with_temperature": expected_calibration_error(probabilities_of(logits / temperature), labels),
        "fitted_on": "the validation rows that also chose the weights, so both figures are optimistic",
    }


def _write_predictions(run: RunFolder, data: RunData, loop: TrainingLoop, logits: np.ndarray) -> None:
    tokens = loop.validation.whole_lengths(loop.special_tokens)
    columns = {
        "row": numbers(data.validation_rows),
        "text_hash": numbers(data.validation.hashes[data.validation_rows]),
        "label": numbers(data.validation_labels),
        "logits": lists(logits.astype(np.float32)),
        "tokens": numbers(tokens),
        "max_length": numbers(np.full(len(tokens), loop.classifier.max_length, dtype=np.int64)),
    }
    write_table(columns, run.predictions)
