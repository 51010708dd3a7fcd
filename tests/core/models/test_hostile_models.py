"""Hostile model folders: none of their code runs; each is refused by name in one sentence, fast and in little
memory."""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.inference.predictor import Predictor
from core.models.classifier import build_classifier
from core.models.config_limits import implausible_key, stored_weights
from core.models.safety import check_model_folder
from core.models.sources import resolve_model
from core.settings.schema import Settings
from tests.core.models.hostile_models import REFUSED, UNLOADABLE, edited, plant_canary

MIB = 1 << 20


@pytest.fixture
def canary(folder: Path, tmp_path: Path) -> Path:
    """Appears if any of the folder's code runs."""
    plant_canary(folder, tmp_path / "canary")
    return tmp_path / "canary"


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_by_name_and_nothing_of_it_runs(case: str, folder: Path, canary: Path) -> None:
    spoil, words = REFUSED[case]
    spoil(folder)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    for look in (lambda: resolve_model(str(folder)), lambda: Predictor(folder)):
        with pytest.raises(InputError) as caught:
            look()
        said = str(caught.value)
        assert words in said and str(folder) in said and said.endswith(".") and "\n" not in said and said.isprintable()
        assert said.count(". ") == 0, "one sentence"
    assert time.process_time() - began < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10, "KiB"
    assert not canary.exists()


@pytest.mark.parametrize("case", UNLOADABLE)
def test_what_a_look_does_not_show_still_runs_nothing_and_ends_in_a_sentence(
    case: str, folder: Path, canary: Path, tiny_classifier: Path
) -> None:
    UNLOADABLE[case](folder)
    for load in (
        lambda: build_classifier(resolve_model(str(folder)), ("a", "b"), Settings()),
        lambda: Predictor(folder),
    ):
        try:
            load()
        except ReviewtuiError as error:
            assert error.exit_code == 2 and "\n" not in str(error) and str(error).isprintable()
    assert not canary.exists()


def test_links_within_the_folder_and_in_the_hubs_cache_are_no_reason(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").rename(folder / "kept.safetensors")
    (folder / "model.safetensors").symlink_to("kept.safetensors")
    check_model_folder(folder, "x")
    cache = tmp_path / "models--shop--bert"
    snapshot = cache / "snapshots" / "0123"
    snapshot.parent.mkdir(parents=True)
    (cache / "blobs").mkdir()
    folder.rename(snapshot)
    for file in list(snapshot.iterdir()):
        file.rename(cache / "blobs" / file.name)
        file.symlink_to(f"../../blobs/{file.name}")
    assert resolve_model(str(snapshot)).folder == snapshot
    (tmp_path / "named").symlink_to(snapshot)
    resolve_model(str(tmp_path / "named"))
    (snapshot / "tokenizer.json").unlink()
    (snapshot / "tokenizer.json").symlink_to("../../../canary")
    with pytest.raises(InputError, match="is a link to elsewhere"):
        resolve_model(str(snapshot))


def test_a_pipe_or_a_device_for_a_file_is_never_waited_for(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    os.mkfifo(folder / "model.safetensors")
    with pytest.raises(InputError, match=r"is refused: its model\.safetensors is not a file"):
        resolve_model(str(folder))
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")
    with pytest.raises(InputError, match=r"has no config\.json"):
        resolve_model(str(folder))


def test_sound_models_pass_whatever_their_family(tiny_models: dict[str, Path], tiny_classifier: Path) -> None:
    for folder in (*tiny_models.values(), tiny_classifier):
        config = check_model_folder(folder, "x")
        assert stored_weights(folder) > 10_000 and implausible_key(config, stored_weights(folder)) == ""


@pytest.mark.parametrize(
    ("config", "weights"),
    [  # as published: what their configs ask for, and the weights of their files
        ({"num_hidden_layers": 12, "hidden_size": 4096, "intermediate_size": 16384, "vocab_size": 30000}, 222_595_584),
        ({"num_hidden_layers": 24, "hidden_size": 1024, "intermediate_size": 4096, "vocab_size": 250002}, 560_142_482),
        ({"n_layers": 6, "dim": 768, "hidden_dim": 3072, "vocab_size": 30522, "n_heads": 12}, 66_985_530),
        ({"num_hidden_layers": 28, "hidden_size": 1024, "rope_theta": 1.6e5, "vocab_size": 50368}, 395_000_000),
    ],
)  # fmt: skip
def test_published_models_are_reasonable(config: dict[str, int], weights: int) -> None:
    assert implausible_key(config, weights) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    "model_type hidden_size num_hidden_layers vocab_size num_labels id2label label2id architectures dtype auto_map "
    "num_attention_heads intermediate_size max_position_embeddings type_vocab_size tokenizer_class hidden_act "
    "pad_token_id position_embedding_type is_decoder problem_type layer_norm_eps".split()
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(changes=st.dictionaries(KEYS, JSON, max_size=3))
def test_any_config_at_all_is_a_model_or_a_sentence(folder: Path, changes: dict[str, object]) -> None:
    before = (folder / "config.json").read_bytes()
    try:
        edited("config.json", **changes)(folder)
        try:
            check_model_folder(folder, "shop/model")
        except InputError as error:
            assert "shop/model" in str(error) and clean_line(error) == str(error)
    finally:
        (folder / "config.json").write_bytes(before)
    json.loads(before)
