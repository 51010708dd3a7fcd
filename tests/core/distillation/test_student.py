"""The model that a student begins with computes what its teacher's layers compute."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from core.base.errors import InputError
from core.distillation.layers import layers_of
from core.distillation.student import write_student
from core.learners.tensor_files import load_tensors

FAMILIES = ("bert", "roberta", "distilbert")


def _teacher(family: str, folder: Path, tiny_models: dict[str, Path], layers: int = 4) -> Path:
    """Save a classifier with random weights and a tokenizer."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(tiny_models[family])
    config.num_hidden_layers, config.num_labels = layers, 3
    torch.manual_seed(0)
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    model.save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(tiny_models[family]).save_pretrained(folder)
    (folder / "calibration.json").write_text("{}")
    return folder


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layers", [(1, 2), (1, 4), (2,), (1, 3, 4)])
def test_it_has_these_layers_and_all_the_rest_of_its_teacher(
    family: str, layers: tuple[int, ...], tmp_path: Path, tiny_models: dict[str, Path]
) -> None:
    from transformers import AutoModelForSequenceClassification

    from core.models.layers import layer_modules

    teacher = _teacher(family, tmp_path / "teacher", tiny_models)
    write_student(teacher, layers, tmp_path / "student")
    assert layers_of(tmp_path / "student") == len(layers)
    large, small = (
        AutoModelForSequenceClassification.from_pretrained(tmp_path / name) for name in ("teacher", "student")
    )
    for own, number in zip(layer_modules(small).layers, layers, strict=True):
        theirs = layer_modules(large).layers[number - 1].state_dict()
        assert all(torch.equal(weight, theirs[name]) for name, weight in own.state_dict().items())
    stored, all_of_it = (load_tensors(folder / "model.safetensors") for folder in (tmp_path / "student", teacher))
    assert all(torch.equal(stored[name], weight) for name, weight in all_of_it.items() if ".layer." not in name)
    assert not (tmp_path / "student" / "calibration.json").exists()
    assert (tmp_path / "student" / "tokenizer.json").read_bytes() == (teacher / "tokenizer.json").read_bytes()


def test_what_was_there_before_is_replaced(tmp_path: Path, tiny_models: dict[str, Path]) -> None:
    teacher = _teacher("bert", tmp_path / "teacher", tiny_models)
    (tmp_path / "student").mkdir()
    (tmp_path / "student" / "left over").write_text("")
    write_student(teacher, (1,), tmp_path / "student")
    assert not (tmp_path / "student" / "left over").exists()


def test_lists_with_an_item_for_each_layer_are_shortened(tmp_path: Path, tiny_models: dict[str, Path]) -> None:
    teacher = _teacher("bert", tmp_path / "teacher", tiny_models)
    config = json.loads((teacher / "config.json").read_text())
    (teacher / "config.json").write_text(json.dumps({**config, "layer_types": ["full", "sliding", "sliding", "full"]}))
    write_student(teacher, (1, 4), tmp_path / "student")
    assert json.loads((tmp_path / "student" / "config.json").read_text())["layer_types"] == ["full", "full"]


def test_a_model_without_separate_layers_is_refused(tmp_path: Path) -> None:
    import transformers

    config = transformers.AlbertConfig(
        vocab_size=50, embedding_size=8, hidden_size=8, num_hidden_layers=4, num_attention_heads=2, intermediate_size=8
    )
    transformers.AlbertForSequenceClassification(config).save_pretrained(tmp_path / "albert")
    with pytest.raises(InputError, match="no 4 separate layers"):
        write_student(tmp_path / "albert", (1, 2), tmp_path / "student")


def test_more_layers_than_there_are_is_a_sentence(tmp_path: Path, tiny_models: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="has 4 layers, not 5"):
        write_student(_teacher("bert", tmp_path / "teacher", tiny_models), (1, 5), tmp_path / "student")


def test_no_link_is_followed(tmp_path: Path, tiny_models: dict[str, Path]) -> None:
    teacher = _teacher("bert", tmp_path / "teacher", tiny_models)
    (tmp_path / "secret.txt").write_text("secret")
    (teacher / "notes.txt").symlink_to(tmp_path / "secret.txt")
    write_student(teacher, (1,), tmp_path / "student")
    assert not (tmp_path / "student" / "notes.txt").exists()
