"""A native model equals what transformers builds from the same folder, to the bit, and is saved as it saves it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.encoder.architecture import architecture_of
from core.models.classifier import (
    Classifier,
    build_classifier,
    build_native_classifier,
    load_classifier,
    load_native_classifier,
    save_classifier,
)
from core.models.layers import depths
from core.models.native_model import native_model
from core.models.sources import ModelSource
from core.settings.schema import Settings
from tests.conftest import FAMILIES

LABELS = ("negative", "neutral", "positive")
SETTINGS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "another seed and dropout": {"seed": 11, "dropout": 0.3},
    "one layer frozen": {"freeze_layers": 1},
    "only the head learns": {"freeze_layers": "encoder", "truncation": "tail", "max_length": 40},
}


def _both(folder: Path, labels: tuple[str, ...] = LABELS, **changes: Any) -> tuple[Classifier, Classifier]:
    settings = Settings.model_validate({"device": "cpu", **changes})
    native = build_native_classifier(ModelSource("tiny", folder), labels, settings)
    assert native is not None
    return native, build_classifier(ModelSource("tiny", folder), labels, settings)


def _assert_same(native: Classifier, reference: Classifier) -> None:
    weights, expected = (dict(one.model.named_parameters()) for one in (native, reference))
    assert weights.keys() == expected.keys()
    for name, weight in weights.items():
        assert torch.equal(weight, expected[name]) and weight.dtype == torch.float32, name
        assert weight.requires_grad == expected[name].requires_grad, name
    assert architecture_of(native.model) == architecture_of(reference.model)
    assert (native.labels, native.max_length, native.truncation) == (
        reference.labels,
        reference.max_length,
        reference.truncation,
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("which", SETTINGS)
def test_weights_and_a_new_head_are_those_of_transformers(
    tiny_models: dict[str, Path], family: str, which: str
) -> None:
    native, reference = _both(tiny_models[family], **SETTINGS[which])
    _assert_same(native, reference)
    assert depths(native.model) == depths(reference.model)
    assert {name for name, _ in native.trainable().items()} == set(reference.trainable())


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_saved_is_what_transformers_saves(tiny_models: dict[str, Path], family: str, tmp_path: Path) -> None:
    from transformers import AutoConfig

    folders = tmp_path / "native", tmp_path / "reference"
    for classifier, folder in zip(_both(tiny_models[family]), folders, strict=True):
        folder.mkdir()
        save_classifier(classifier, folder)
    native, reference = (load_file(folder / "model.safetensors") for folder in folders)
    assert native.keys() == reference.keys() and all(torch.equal(native[name], reference[name]) for name in native)
    configs = [AutoConfig.from_pretrained(folder).to_dict() for folder in folders]
    for config in configs:
        del config["_name_or_path"]
    assert configs[0] == configs[1]
    loaded = load_native_classifier(folders[0])
    assert loaded is not None
    _assert_same(loaded, load_classifier(folders[1]))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_of_the_same_size_is_kept_and_of_another_drawn_anew(
    tiny_models: dict[str, Path], family: str, tmp_path: Path
) -> None:
    first, _ = _both(tiny_models[family], seed=5)
    save_classifier(first, tmp_path)
    for labels in (("one", "two", "three"), ("yes", "no")):
        native, reference = _both(tmp_path, labels, seed=9)
        _assert_same(native, reference)


def test_weights_in_half_precision_are_read_in_fp32(tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "model")
    file = tmp_path / "model" / "model.safetensors"
    save_file({name: weight.half() for name, weight in load_file(file).items()}, file, metadata={"format": "pt"})
    _assert_same(*_both(tmp_path / "model"))


def _config(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        config.update(changes)
        (folder / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value != ""}))

    return change


def _rename(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        renamed = {name.replace(old, new): weight for name, weight in weights.items()}
        save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})

    return change


def _in_parts(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")


LEFT_TO_TRANSFORMERS: dict[str, Callable[[Path], None]] = {
    "another architecture": _config(model_type="electra"),
    "another activation": _config(hidden_act="relu"),
    "a size left to its default": _config(intermediate_size=""),
    "a dropout left to its default": _config(hidden_dropout_prob=""),
    "a decoder": _config(is_decoder=True),
    "pruned heads": _config(pruned_heads={"0": [1]}),
    "weights in parts": _in_parts,
    "weights of older names": _rename("LayerNorm.weight", "LayerNorm.gamma"),
    "a weight that is missing": _rename("query.bias", "other.bias"),
    "half of a layer of the head": _rename("pooler.dense.bias", "pooler.other.bias"),
}


@pytest.mark.parametrize("what", LEFT_TO_TRANSFORMERS)
def test_what_transformers_might_read_otherwise_is_left_to_it(what: str, tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    assert native_model(folder, LABELS) is not None
    LEFT_TO_TRANSFORMERS[what](folder)
    assert native_model(folder, LABELS) is None


def test_an_encoder_without_a_head_is_no_finished_classifier(tiny_model: Path) -> None:
    assert native_model(tiny_model) is None


@pytest.mark.parametrize("changes", [{"lora": True}, {"device": "cuda"}])
def test_only_what_the_native_encoder_computes_is_built_without_transformers(
    tiny_model: Path, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.models.classifier.choose_device", torch.device)
    settings = Settings.model_validate({"device": "cpu", **changes})
    assert build_native_classifier(ModelSource("tiny", tiny_model), LABELS, settings) is None


def test_neither_building_nor_classifying_imports_transformers(tiny_classifier: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from core.inference.predictor import Predictor\n"
        "from core.models.classifier import build_native_classifier; from core.models.sources import ModelSource\n"
        "from core.settings.schema import Settings; folder = Path(sys.argv[1])\n"
        "assert build_native_classifier(ModelSource('m', folder), ('a', 'b'), Settings(device='cpu')) is not None\n"
        "print(Predictor(folder, 'cpu').classify(['great'])[0].label)\n"
        "slow = {'transformers', 'sklearn', 'scipy', 'torch._dynamo', 'datasets', 'peft'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, tiny_classifier], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
