"""A plain tokenizer makes of every text what transformers makes of it, and a folder that is not plain is left to it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.tokens import encode, special_tokens_of
from core.models.plain_tokenizer import PlainTokenizer, plain_tokenizer
from core.models.tokenizer import load_tokenizer, save_tokenizer
from tests.conftest import BAD, GOOD
from tests.core.made import transformers_tokenizer

Change = Callable[[dict[str, Any]], None]


def _as_bert(folder: Path, target: Path) -> Path:
    """A copy of a tiny model whose tokenizer transformers rebuilds from its vocabulary."""
    shutil.copytree(folder, target)
    _edit(target / "tokenizer_config.json", lambda config: config.update(tokenizer_class="BertTokenizer"))
    _edit(target / "tokenizer.json", _type_second_text)
    return target


def _type_second_text(content: dict[str, Any]) -> None:
    """The tokens of the second text of a pair are of type 1, as transformers builds it."""
    for part in content["post_processor"]["pair"][3:]:
        next(iter(part.values()))["type_id"] = 1


def _edit(file: Path, change: Change) -> None:
    content = json.loads(file.read_text()) if file.exists() else {}
    change(content)
    file.write_text(json.dumps(content))


@pytest.fixture(scope="module")
def bert(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _as_bert(tiny_models["bert"], tmp_path_factory.mktemp("bert") / "model")


@pytest.fixture(scope="module")
def pairs(bert: Path, tiny_models: dict[str, Path]) -> list[tuple[PlainTokenizer, Any]]:
    """Of each kind of folder that is plain: the tokenizer read here, and the one of transformers."""
    found = []
    for folder in (bert, tiny_models["bert"], tiny_models["distilbert"]):
        plain = plain_tokenizer(folder)
        assert plain is not None
        found.append((plain, transformers_tokenizer(folder)))
    return found


words = st.sampled_from([*GOOD, *BAD, "[SEP]", "[MASK]", "É", "中文", "ﬁ", "a\u0000b", "\u200b"])
texts = st.lists(st.one_of(st.text(max_size=30), words), max_size=8).map(" ".join)


@settings(max_examples=150)
@given(st.lists(texts, min_size=1, max_size=4))
def test_a_plain_tokenizer_gives_the_idstransformers_tokenizer(
    pairs: list[tuple[PlainTokenizer, Any]], several: list[str]
) -> None:
    for plain, reference in pairs:
        assert encode(plain, several) == encode(reference, several)
        assert plain(several[0])["input_ids"] == reference(several[0])["input_ids"]


def test_a_plain_tokenizer_says_of_itself_what_transformers_says(pairs: list[tuple[PlainTokenizer, Any]]) -> None:
    for plain, reference in pairs:
        assert len(plain) == len(reference)
        for name in ("pad_token_id", "mask_token", "model_max_length"):
            assert getattr(plain, name) == getattr(reference, name)
        assert special_tokens_of(plain, 32, "head") == special_tokens_of(reference, 32, "head")


@pytest.mark.starter
def test_the_starter_is_plain_and_equal_to_the_last_setting() -> None:
    from core.models.sources import starter_folder

    plain, reference = plain_tokenizer(starter_folder()), transformers_tokenizer(starter_folder())
    assert plain is not None
    kept = [json.loads(one.backend_tokenizer.to_str()) for one in (plain, reference)]
    for state in kept:  # the file asks for cutting and padding, which nothing here does
        del state["truncation"], state["padding"]
    assert kept[0] == kept[1]


def _config(**changes: Any) -> tuple[str, Change]:
    return "tokenizer_config.json", lambda config: config.update(changes)


def _file(**changes: Any) -> tuple[str, Change]:
    return "tokenizer.json", lambda content: content.update(changes)


def _inside(part: str, **changes: Any) -> tuple[str, Change]:
    return "tokenizer.json", lambda content: content[part].update(changes)


def _one_more_token(content: dict[str, Any]) -> None:
    content["added_tokens"].append({**content["added_tokens"][0], "id": 4000, "content": "great", "special": False})


NOT_PLAIN: dict[str, tuple[str, Change]] = {
    "another case": _config(do_lower_case=False),
    "accents": _config(strip_accents=False),
    "a special token that the file does not add": _config(mask_token="<mask>"),
    "a setting that is not known here": _config(split_special_tokens=True),
    "more special tokens": _config(additional_special_tokens=["<ad>"]),
    "a list of added tokens that differs": _config(added_tokens_decoder={"0": {"content": "[PAD]", "special": True}}),
    "another class": _config(tokenizer_class="RobertaTokenizer"),
    "another architecture": ("config.json", lambda config: config.update(model_type="electra")),
    "a map of special tokens that differs": (
        "special_tokens_map.json",
        lambda config: config.update(sep_token="[CLS]"),
    ),
    "added tokens beside the file": ("added_tokens.json", lambda content: content.update({"<ad>": 4000})),
    "another normalizer": _inside("normalizer", lowercase=False),
    "another way to part words": _file(pre_tokenizer={"type": "Whitespace"}),
    "another frame": _file(post_processor=None),
    "shorter words": _inside("model", max_input_chars_per_word=7),
    "another prefix": _inside("model", continuing_subword_prefix="@@"),
    "one more token": ("tokenizer.json", _one_more_token),
    "a special token that takes spaces": (
        "tokenizer.json",
        lambda content: content["added_tokens"][3].update(lstrip=True),
    ),
}


@pytest.mark.parametrize("what", NOT_PLAIN)
def test_what_transformers_might_read_otherwise_is_left_to_it(what: str, bert: Path, tmp_path: Path) -> None:
    file, change = NOT_PLAIN[what]
    folder = tmp_path / "model"
    shutil.copytree(bert, folder)
    assert plain_tokenizer(folder) is not None
    _edit(folder / file, change)
    assert plain_tokenizer(folder) is None


def test_a_folder_without_tokenizer_json_is_left_to_transformers(bert: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(bert, folder)
    (folder / "tokenizer.json").unlink()
    assert plain_tokenizer(folder) is None


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_saved_tokenizer_is_the_same_for_transformers_and_plain_again(bert: Path, tmp_path: Path, side: str) -> None:
    tokenizer = load_tokenizer(bert, "tiny")
    assert isinstance(tokenizer, PlainTokenizer)
    save_tokenizer(tokenizer, tmp_path, 24, side)
    shutil.copy(bert / "config.json", tmp_path)
    again, reference = plain_tokenizer(tmp_path), transformers_tokenizer(tmp_path)
    assert again is not None and again.model_max_length == reference.model_max_length == 24
    assert reference.truncation_side == side and type(reference).__name__ == "BertTokenizer"
    text = "great zip, but it fell apart after two weeks"
    assert again(text) == tokenizer(text) and reference(text)["input_ids"] == tokenizer(text)["input_ids"]
