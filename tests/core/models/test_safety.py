"""A folder that could run code is refused with its name and the reason, and none of its code is run."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from core.models.classifier import build_classifier, load_classifier
from core.models.safety import check_model_folder
from core.models.sources import ModelSource, resolve_model
from core.models.tokenizer import load_tokenizer
from core.settings.schema import Settings

Edit = Callable[..., None]


@pytest.fixture
def canary(folder: Path, tmp_path: Path) -> Path:
    """A file that appears if any of the folder's code runs: modules beside the config, and pickles that call it."""
    path = tmp_path / "canary"
    for name in ("modeling_evil", "configuration_evil", "tokenization_evil", "handler", "__init__"):
        (folder / f"{name}.py").write_text(f"open({str(path)!r}, 'w').close()\nclass Evil: pass\n")

    class Bomb:
        def __reduce__(self) -> Any:
            return open, (str(path), "w")

    for name in ("pytorch_model.bin", "training_args.bin", "scheduler.pt", "optimizer.pkl", "vocab.pkl"):
        (folder / name).write_bytes(pickle.dumps(Bomb()))
    return path


def refusal(folder: Path) -> str:
    """Return why the folder is refused; every entry point gives the same reason."""
    with pytest.raises(InputError) as first:
        check_model_folder(folder, "shop/model")
    with pytest.raises(InputError) as second:
        resolve_model(str(folder))
    words = str(first.value)
    assert words.endswith(".") and "\n" not in words and "shop/model" in words
    assert str(second.value) == words.replace("shop/model", str(folder))
    return words


def test_a_sound_folder_passes_and_gives_its_config(tiny_models: dict[str, Path]) -> None:
    for family, folder in tiny_models.items():
        assert check_model_folder(folder, "x")["model_type"] == family


def test_pickles_beside_sound_weights_are_never_opened(folder: Path, canary: Path) -> None:
    build_classifier(resolve_model(str(folder)), ("a", "b"), Settings())
    assert not canary.exists()


def test_weights_that_are_pickles_only_are_refused(folder: Path, canary: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert "pickles, which can run code" in refusal(folder)
    with pytest.raises(InputError):  # and the loader would not take them either
        build_classifier(ModelSource("x", folder), ("a", "b"), Settings())
    with pytest.raises(InputError):
        load_classifier(folder)
    assert not canary.exists()


def test_a_stray_safetensors_file_does_not_let_pickles_in(folder: Path, canary: Path) -> None:
    (folder / "model.safetensors").rename(folder / "other.safetensors")
    with pytest.raises(InputError, match="cannot be loaded"):
        build_classifier(resolve_model(str(folder)), ("a", "b"), Settings())
    assert not canary.exists()


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "generation_config.json"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("auto_map", {"AutoConfig": "configuration_evil.Evil", "AutoTokenizer": ["tokenization_evil.Evil", None]}),
        ("auto_map", {"AutoModelForSequenceClassification": "shop/model--modeling_evil.Evil"}),
        ("custom_pipelines", {"text-classification": {"impl": "handler.Evil"}}),
        ("quantization_config", {"quant_method": "evil"}),
        ("_attn_implementation", "shop/kernels:evil"),
        ("attn_implementation", "kernels-community/evil"),
        ("trust_remote_code", True),
    ],
)
def test_a_config_that_asks_for_code_is_refused_by_file_and_key(
    folder: Path, canary: Path, edit: Edit, file: str, key: str, value: Any
) -> None:
    edit(folder / file, **{key: value})
    assert f"'{key}' in its {file}" in refusal(folder)
    assert not canary.exists()


def test_a_request_for_code_is_found_at_any_depth(folder: Path, edit: Edit) -> None:
    edit(folder / "config.json", text_config={"parts": [{"auto_map": {"AutoConfig": "evil.Evil"}}]})
    assert "'auto_map'" in refusal(folder)


@pytest.mark.parametrize("value", [None, False, {}])
def test_a_key_that_asks_for_nothing_is_no_reason(folder: Path, edit: Edit, value: Any) -> None:
    edit(folder / "config.json", auto_map=value, _attn_implementation="sdpa")
    check_model_folder(folder, "x")


@pytest.mark.parametrize("kind", ["llama", "gpt2", "custom", None, 3, ["bert"], "bert\x1b[2J"])
def test_an_architecture_that_is_not_known_is_refused(folder: Path, canary: Path, edit: Edit, kind: Any) -> None:
    edit(folder / "config.json", model_type=kind)
    words = refusal(folder)
    assert "only encoders of the BERT family" in words and "\x1b" not in words
    assert not canary.exists()


def test_an_adapter_is_refused_because_it_names_another_model_to_load(
    folder: Path, canary: Path, edit: Edit, tmp_path: Path
) -> None:
    edit(folder / "adapter_config.json", base_model_name_or_path=str(tmp_path / "evil"), peft_type="LORA")
    assert "adapter" in refusal(folder)
    assert not canary.exists()


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "generation_config.json"])
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"3", b"\xff\xfe\x00", b'"bert"', b"[" * 100_000, b'{"a":' * 400 + b"1" + b"}" * 400],
    ids=["empty", "torn", "list", "number", "bytes", "string", "deep list", "deep object"],
)
def test_a_broken_json_file_is_refused_by_name_or_harmless(folder: Path, file: str, content: bytes) -> None:
    (folder / file).write_bytes(content)
    if content.startswith(b'{"a"') and file != "config.json":
        check_model_folder(folder, "x")  # valid, and asks for nothing
    else:
        words = refusal(folder)
        assert f"unreadable {file}" in words or "only encoders" in words


def test_a_json_file_of_absurd_size_is_not_read(folder: Path) -> None:
    with (folder / "config.json").open("r+b") as file:
        file.truncate(1 << 30)  # sparse
    assert "unreadable config.json" in refusal(folder)


def test_a_folder_without_config_or_weights_and_a_mere_file_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert "it has no weights" in refusal(folder)
    config = (folder / "config.json").rename(folder / "kept.json")
    assert "has no config.json" in refusal(folder)
    assert "is a file" in refusal(config)


def test_a_folder_without_a_tokenizer_is_refused_by_name(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(InputError, match=r"^The model shop/model has no tokenizer; save one next to its weights\.$"):
        load_tokenizer(folder, "shop/model")


@pytest.mark.parametrize("content", [b"", b"{}", b"{", b"\xff", b'{"version": "1.0", "model": {"type": "Evil"}}'])
def test_a_damaged_tokenizer_is_one_sentence(folder: Path, content: bytes) -> None:
    (folder / "tokenizer.json").write_bytes(content)
    with pytest.raises(InputError, match=r"^The tokenizer of shop/model") as caught:
        load_tokenizer(folder, "shop/model")
    assert "\n" not in str(caught.value)


def test_a_tokenizer_without_a_padding_token_is_refused(folder: Path) -> None:
    file = folder / "tokenizer_config.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps({key: value for key, value in content.items() if key != "pad_token"}))
    with pytest.raises(InputError, match="has no padding token"):
        load_tokenizer(folder, "shop/model")


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b'\xff\xff\xff\xff\xff\xff\xff\x7f{"a": 1}'])
def test_damaged_weights_are_one_sentence(folder: Path, content: bytes) -> None:
    (folder / "model.safetensors").write_bytes(content)
    for load in (
        lambda: build_classifier(ModelSource("x", folder), ("a", "b"), Settings()),
        lambda: load_classifier(folder),
    ):
        with pytest.raises(InputError, match="cannot be loaded") as caught:
            load()
        assert "\n" not in str(caught.value)
