"""Settings: each is fully declared, typed text becomes its value, and a refusal is a sentence."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.base.errors import InputError
from core.reviews.options import ReadingOptions
from core.runs.request import Request
from core.settings.parsing import parse_assignment, read_toml
from core.settings.presets import PRESETS, preset
from core.settings.schema import GROUPS, Settings, describe, settings_that_decide

TYPED: dict[str, dict[str, Any]] = {
    "model": {"starter": "starter", " bert-base-uncased ": "bert-base-uncased", "none": "none"},
    "max_length": {"4": 4, "8192": 8192, " 128\n": 128},
    "truncation": {"tail": "tail", "head+tail": "head+tail"},
    "dropout": {"none": None, "NONE": None, "": None, "0": 0.0, "0.25": 0.25},
    "epochs": {"1": 1, "1000": 1000},
    "max_steps": {"none": None, " ": None, "1": 1, "100000": 100_000},
    "batch_size": {"1": 1, "4096": 4096},
    "micro_batch_size": {"auto": "auto", "1": 1, "16": 16},
    "learning_rate": {"2e-5": 2e-5, "0.001": 0.001, "1": 1.0},
    "schedule": {"cosine": "cosine", "constant": "constant", "wsd": "wsd"},
    "warmup_ratio": {"0": 0.0, ".06": 0.06, "1": 1.0},
    "decay_ratio": {".1": 0.1, "1": 1.0},
    "optimizer": {"sgd": "sgd"},
    "momentum": {"0": 0.0},
    "weight_decay": {"0": 0.0, "1": 1.0, "1e-3": 0.001},
    "max_grad_norm": {"0": 0.0, "5": 5.0},
    "label_smoothing": {"0": 0.0, "0.1": 0.1},
    "class_weights": {"balanced": "balanced"},
    "freeze_layers": {"none": "none", "embeddings": "embeddings", "encoder": "encoder", "0": 0, "6": 6},
    "layer_decay": {"0.95": 0.95, "1": 1.0},
    "lora": {"true": True, "false": False, "yes": True, "off": False},
    "lora_rank": {"1": 1, "512": 512},
    "lora_alpha": {"16": 16.0, "0.5": 0.5},
    "lora_dropout": {"0": 0.0, "0.3": 0.3},
    "validation_fraction": {"0.5": 0.5, "0.01": 0.01},
    "evaluate_every": {"none": None, "50": 50},
    "best_metric": {"loss": "loss", "accuracy": "accuracy"},
    "early_stopping_patience": {"none": None, "3": 3},
    "checkpoint_seconds": {"0": 0.0, "12.5": 12.5},
    "precision": {"fp32": "fp32", "bf16": "bf16", "fp16": "fp16"},
    "compile": {"on": "on", "auto": "auto"},
    "deterministic": {"true": True, "0": False},
    "gradient_checkpointing": {"true": True, "0": False},
    "device": {"cpu": "cpu", "cuda": "cuda", "cuda:1": "cuda:1"},
    "seed": {"0": 0, "4294967295": 2**32 - 1},
}
"""Setting → what may be typed for it, and the value that it means."""

REFUSED: dict[str, tuple[Any, ...]] = {
    "model": ("", "   ", 3, None),
    "max_length": ("3", "8193", "12.5", "long", "", None),
    "truncation": ("middle", "", "HEAD"),
    "dropout": ("1", "-0.1", "nan", "some"),
    "epochs": ("0", "1001", "none", "five"),
    "max_steps": ("0", "-1", "1.5"),
    "batch_size": ("0", "4097", "inf"),
    "micro_batch_size": ("0", "-4", "all", "2.5"),
    "learning_rate": ("0", "-1e-5", "1.01", "nan", "inf", "2e"),
    "schedule": ("step", "none"),
    "warmup_ratio": ("-0.1", "1.1"),
    "decay_ratio": ("0", "1.1"),
    "optimizer": ("adam", "SGD"),
    "momentum": ("1", "-0.1", "nan", "none"),
    "weight_decay": ("-1", "2"),
    "max_grad_norm": ("-1", "inf", "nan"),
    "label_smoothing": ("1", "-0.1"),
    "class_weights": ("auto", ""),
    "freeze_layers": ("-1", "all", "1.5", ""),
    "layer_decay": ("0", "1.1", "-1"),
    "lora": ("maybe", "2", ""),
    "lora_rank": ("0", "513"),
    "lora_alpha": ("0", "-2"),
    "lora_dropout": ("1", "-0.5"),
    "validation_fraction": ("0", "0.6", "none"),
    "evaluate_every": ("0", "often"),
    "best_metric": ("f1", "none"),
    "early_stopping_patience": ("0", "-1"),
    "checkpoint_seconds": ("-1", "nan"),
    "precision": ("int8", "FP32"),
    "compile": ("yes", "none"),
    "deterministic": ("perhaps", "none"),
    "gradient_checkpointing": ("perhaps", "none"),
    "device": ("gpu", "cuda:", "cuda:x", "mps", "", 3),
    "seed": ("-1", "4294967296", "1e20", "x"),
}
"""Setting → what is out of its range or no value of its kind."""


def sentence_of(changes: dict[str, Any], settings: Settings | None = None) -> str:
    """What refusing `changes` says; checked to be one plain sentence."""
    with pytest.raises(InputError) as caught:
        (settings or Settings()).changed(changes)
    words = str(caught.value)
    assert words.endswith((".", "?")) and "\n" not in words and len(words) < 250, words
    assert not re.search(r"pydantic|Input should|validation error|Value error", words), words
    return words


def test_the_tables_of_this_test_know_every_setting() -> None:
    assert TYPED.keys() == REFUSED.keys() == Settings.model_fields.keys()


def test_every_setting_is_described_with_title_group_help_kind_and_range() -> None:
    described = {declaration.name: declaration for declaration in describe()}
    assert described.keys() == Settings.model_fields.keys()
    for name, declaration in described.items():
        assert declaration.title and declaration.help.endswith("."), name
        assert declaration.group in GROUPS, name
        assert declaration.default == getattr(Settings(), name), name
        numeric = declaration.kind in ("number", "whole number")
        assert bool(declaration.range) == numeric, name
        assert not (declaration.kind == "choice" and len(declaration.choices) < 2), name
    assert len({declaration.title for declaration in described.values()}) == len(described)


def test_descriptions_come_group_by_group() -> None:
    groups = [declaration.group for declaration in describe()]
    assert groups == sorted(groups, key=GROUPS.index)
    assert set(groups) == set(GROUPS)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_choice_that_is_described_is_accepted(name: str) -> None:
    declaration = next(one for one in describe() if one.name == name)
    for word in declaration.choices:
        value = getattr(Settings().changed({name: word}), name)
        expected = None if type(declaration.default) is type(None) and word == "none" else word
        assert value == expected or (word == "none" and value in (None, "none"))


@pytest.mark.parametrize(("name", "typed", "value"), [(n, t, v) for n, row in TYPED.items() for t, v in row.items()])
def test_typed_text_becomes_the_value_it_means(name: str, typed: str, value: Any) -> None:
    found = getattr(Settings().changed({name: typed}), name)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, row in TYPED.items() for v in row.values()])
def test_a_value_shown_as_text_and_typed_back_is_the_same_value(name: str, value: Any) -> None:
    shown = "none" if value is None else str(value)
    assert getattr(Settings().changed({name: shown}), name) == value


@pytest.mark.parametrize(("name", "typed"), [(n, t) for n, row in REFUSED.items() for t in row])
def test_a_value_out_of_range_is_refused_in_one_sentence_that_names_the_setting(name: str, typed: Any) -> None:
    words = sentence_of({name: typed})
    assert words.startswith(f"{name} "), words
    declaration = next(one for one in describe() if one.name == name)
    assert declaration.range in words and all(choice in words for choice in declaration.choices), words


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"batch_size": "8", "micro_batch_size": "9"}, ("micro_batch_size", "batch_size")),
        ({"precision": "fp16", "device": "cpu"}, ("precision", "bf16")),
        ({"lora": "true", "freeze_layers": "encoder"}, ("lora", "freeze_layers")),
        ({"lora": "true", "freeze_layers": "0"}, ("lora", "freeze_layers")),
        ({"lora": "true", "layer_decay": "0.9"}, ("lora", "layer_decay")),
        ({"momentum": "0.9"}, ("momentum", "optimizer sgd")),
        ({"freeze_layers": "encoder", "layer_decay": "0.9"}, ("layer_decay", "frozen")),
        ({"freeze_layers": "encoder", "gradient_checkpointing": "yes"}, ("gradient_checkpointing", "frozen")),
    ],
)
def test_settings_that_do_not_fit_together_are_refused_in_one_sentence_that_names_them(
    changes: dict[str, Any], names: tuple[str, ...]
) -> None:
    words = sentence_of(changes)
    assert all(name in words for name in names), words


def test_settings_are_found_by_what_they_decide() -> None:
    kinds = {declaration.decides for declaration in describe()}
    found = [settings_that_decide(kind) for kind in kinds]
    assert sorted(name for names in found for name in names) == sorted(Settings.model_fields)
    assert set(settings_that_decide("duration")) == {"epochs", "max_steps", "checkpoint_seconds"}
    both = settings_that_decide("model", "optimizer")
    assert {"model", "lora_rank", "optimizer"} <= set(both) and "dropout" not in both


def test_differences_name_every_setting_that_differs_and_no_other() -> None:
    changes = {"epochs": 9, "optimizer": "sgd", "dropout": 0.2}
    assert {one.name for one in Settings().differences(Settings(**changes))} == changes.keys()
    assert Settings().differences(Settings()) == ()


def test_momentum_is_for_sgd() -> None:
    assert Settings().changed({"optimizer": "sgd", "momentum": ".9"}).momentum == 0.9
    assert Settings(optimizer="sgd", momentum=0.9).changed({"optimizer": "adamw", "momentum": 0}) == Settings()


def test_ranges_are_written_out_exactly() -> None:
    for declaration in describe():
        for number in re.findall(r"[\d.e+-]+", declaration.range):
            assert "e" not in number, (declaration.name, declaration.range)
    assert "4294967296" in next(one for one in describe() if one.name == "seed").range


@given(st.text(max_size=60))
def test_any_unknown_name_is_refused_in_one_sentence(name: str) -> None:
    assume(name not in Settings.model_fields)
    assert sentence_of({name: "1"}).startswith("There is no setting '")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("learning_rte", "learning_rate"),
        ("lr_rate", "learning_rate"),
        ("epoch", "epochs"),
        ("batchsize", "batch_size"),
        ("lr", "learning_rate"),
        ("wd", "weight_decay"),
    ],
)
def test_an_unknown_name_is_answered_with_near_ones(typed: str, meant: str) -> None:
    assert meant in sentence_of({typed: "1"})


@given(st.sampled_from(sorted(Settings.model_fields)), st.text(max_size=30))
def test_no_typed_text_ends_in_anything_but_a_value_or_a_sentence(name: str, typed: str) -> None:
    try:
        Settings().changed({name: typed})
    except InputError:
        assert sentence_of({name: typed}).startswith(name)


def test_settings_are_frozen_and_a_change_leaves_the_old_ones_alone() -> None:
    before = Settings()
    after = before.changed({"epochs": "7"})
    assert (before.epochs, after.epochs) == (4, 7)
    with pytest.raises(ValidationError):
        before.epochs = 9  # type: ignore[misc]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_valid_and_says_what_it_is_for(name: str) -> None:
    purpose, changes = PRESETS[name]
    assert purpose.endswith(".")
    found = preset(name)
    assert {key: getattr(found, key) for key in changes} == changes
    assert all(value != getattr(Settings(), key) for key, value in changes.items() if key != "batch_size")


def test_an_unknown_preset_is_refused_with_the_list_of_them() -> None:
    with pytest.raises(InputError, match="balanced, quick, thorough, frugal, lab"):
        preset("fast\x1b[2J")


def settings_strategy() -> st.SearchStrategy[Settings]:
    """Settings with any of the values of `TYPED` that fit together."""
    values = {name: st.sampled_from(list(row.values())) for name, row in TYPED.items()}

    def fitting(changes: dict[str, Any]) -> Settings | None:
        try:
            return Settings().changed(changes)
        except InputError:
            return None

    made = st.fixed_dictionaries({}, optional=values).map(fitting)
    return made.filter(lambda found: found is not None)  # type: ignore[return-value]


@given(
    settings_strategy(),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.one_of(st.none(), st.just("/data/held out.csv")),
    st.builds(
        ReadingOptions,
        text=st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]))),
        label_names=st.dictionaries(st.text("ab.1 \"'"), st.text("xy")),
        header=st.one_of(st.none(), st.booleans()),
    ),
)
def test_a_request_survives_its_toml_file(
    settings: Settings, name: str, data: str, validation: str | None, reading: ReadingOptions
) -> None:
    request = Request(name=name, data=data, validation=validation, reading=reading, settings=settings)
    assert Request.model_validate(tomllib.loads(request.to_toml())) == request


def test_settings_come_back_from_a_runs_own_file_and_from_a_bare_one(tmp_path: Path) -> None:
    wanted = Settings().changed({"epochs": 2, "freeze_layers": 1, "dropout": 0.2})
    run_file, bare = tmp_path / "settings.toml", tmp_path / "mine.toml"
    run_file.write_text(Request(name="a", data="/d.csv", settings=wanted).to_toml())
    bare.write_text('epochs = 2\nfreeze_layers = 1\ndropout = "0.2"\n')
    assert Settings().changed(read_toml(run_file)) == wanted
    assert Settings().changed(read_toml(bare)) == wanted


@pytest.mark.parametrize("content", [b"epochs = ", b"\xff\xfe", b"settings = 3", b"[settings"])
def test_a_settings_file_that_is_none_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.toml"):
        read_toml(tmp_path / "bad.toml")


def test_a_settings_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    for place in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(InputError, match=str(place)):
            read_toml(place)


def test_an_assignment_is_split_at_its_first_equals_sign() -> None:
    assert parse_assignment(" model = a=b ") == ("model", " a=b ")
    for typed in ("epochs", "=3", "  = 3", ""):
        with pytest.raises(InputError, match="name=value"):
            parse_assignment(typed)
