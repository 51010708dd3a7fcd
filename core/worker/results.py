"""What a run leaves behind: provenance, the model folder with its card and calibration, the validation predictions."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from typing import Any

import numpy as np
import pyarrow as pa
import torch

import core
from core.base.files import PRIVATE_FILE, private_folder, sync_path, write_json
from core.data.run_data import RunData, write_table
from core.data.tokens import tokenizer_sha256
from core.inference.metrics import expected_calibration_error, fit_temperature, measure, probabilities_of
from core.models.classifier import save_classifier
from core.models.sources import ModelSource
from core.runs.folder import RunFolder
from core.runs.request import Request
from core.settings.schema import settings_that_decide
from core.training.loop import TrainingLoop
from core.worker.model_card import model_card

_DECIDES_THE_BITS = {
    "settings_sha256": "a setting",
    "data_hash": "the training data",
    "validation_hash": "the validation data",
    "weights_sha256": "the model's weights",
    "tokenizer_sha256": "the tokenizer",
    "versions": "a library",
    "device": "the device",
    "device_name": "the GPU",
    "threads": "the number of threads",
    "cpu_capability": "the processor",
}
"""What of the provenance must be as it was for a resumed run to equal an undisturbed one, in words."""


def read_provenance(run: RunFolder) -> dict[str, Any]:
    """provenance.json as an earlier worker left it; empty where there is none that can be read."""
    try:
        found = json.loads(run.provenance.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def differences(earlier: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """A sentence for each thing that has changed since and keeps a resumed run from equalling an undisturbed one."""
    if not earlier:
        return ["provenance.json is missing or damaged: whether anything changed since the checkpoint cannot be told."]
    changed = [words for key, words in _DECIDES_THE_BITS.items() if key in earlier and earlier[key] != now[key]]
    return [
        f"Since the checkpoint {words} changed, so this run is no longer the one it would have been."
        for words in changed
    ]


def write_provenance(
    run: RunFolder, request: Request, source: ModelSource, data: RunData, loop: TrainingLoop
) -> dict[str, Any]:
    """provenance.json: what, besides the settings, decides how a run comes out. Returns what it says."""
    import tokenizers
    import transformers

    names = loop.classifier.labels
    provenance: dict[str, Any] = {
        "versions": {
            "reviewtui": core.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__,
            "numpy": np.__version__,
            "pyarrow": pa.__version__,
        },
        "machine": platform.machine(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "device": str(loop.device),
        "device_name": torch.cuda.get_device_name(loop.device) if loop.device.type == "cuda" else None,
        "precision": loop.precision,
        "path": loop.learner.path.name,
        "path_why": loop.learner.path.why,
        "micro_batch_tokens": loop.policy.asked.tokens,
        "threads": torch.get_num_threads(),
        "settings_sha256": _settings_sha256(request),
        "data": request.data,
        "data_hash": data.train.report.data_hash,
        "validation": request.validation,
        "validation_hash": data.validation.report.data_hash,
        "model": source.name,
        "weights_sha256": source.weights_sha256(),
        "tokenizer_sha256": tokenizer_sha256(loop.classifier.tokenizer),
        "labels": list(names),
        "train_rows": _counts(data.train_labels, names),
        "validation_rows": _counts(data.validation_labels, names),
    }
    write_json(run.provenance, provenance)
    return provenance


def _settings_sha256(request: Request) -> str:
    """Return the hash of all settings except those that decide only how long the run is."""
    said = request.settings.model_dump(mode="json", exclude=set(settings_that_decide("duration")))
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _counts(labels: np.ndarray, names: tuple[str, ...]) -> dict[str, int]:
    found = np.bincount(labels, minlength=len(names))
    return {name: int(count) for name, count in zip(names, found, strict=True)}


def write_model(run: RunFolder, request: Request, data: RunData, loop: TrainingLoop) -> bool:
    """model/ and predictions.parquet from the best weights; False, and nothing written, if no evaluation gave any.

    The folder is made beside its place, synced and renamed, so `model/` is whole whenever it is there.
    """
    logits = loop.take_best()
    if logits is None:
        return False
    labels = data.validation_labels
    _write_predictions(run, data, logits)
    beside = run.path / ".model.new"
    shutil.rmtree(beside, ignore_errors=True)
    private_folder(beside)
    save_classifier(loop.classifier, beside)
    write_json(beside / "calibration.json", _calibration(logits, labels))
    figures = measure(logits, labels, loop.classifier.labels)
    model = str(read_provenance(run).get("model", request.settings.model))
    (beside / "README.md").write_text(model_card(request, model, data, loop, figures), encoding="utf-8")
    for file in beside.iterdir():
        file.chmod(PRIVATE_FILE)
        sync_path(file)
    sync_path(beside)
    old = run.path / ".model.old"
    shutil.rmtree(old, ignore_errors=True)
    if run.model.exists():
        run.model.rename(old)
    beside.rename(run.model)
    sync_path(run.path)
    shutil.rmtree(old, ignore_errors=True)
    return True


def _calibration(logits: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """The temperature that fits the validation rows best, and what it does to the calibration error on them."""
    temperature = fit_temperature(logits, labels)
    return {
        "temperature": temperature,
        "rows": len(labels),
        "ece": expected_calibration_error(probabilities_of(logits), labels),
        "ece_with_temperature": expected_calibration_error(probabilities_of(logits / temperature), labels),
        "fitted_on": "the validation rows that also chose the weights, so both figures are optimistic",
    }


def _write_predictions(run: RunFolder, data: RunData, logits: np.ndarray) -> None:
    table = pa.table(
        {
            "row": data.validation_rows,
            "text_hash": data.validation.hashes[data.validation_rows],
            "label": data.validation_labels,
            "logits": pa.array(list(logits), type=pa.list_(pa.float32())),
        }
    )
    write_table(table, run.predictions)
