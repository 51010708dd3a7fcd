"""A classifier is built the same way every time, and is the same after saving and loading."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from core.base.errors import InputError
from core.models.classifier import Classifier, build_classifier, load_classifier, save_classifier
from core.models.safety import check_model_folder
from core.models.sources import ModelSource
from core.settings.schema import Settings

FAMILIES = ("bert", "distilbert", "roberta")
LABELS = ("negative", "positive")


@pytest.fixture(params=FAMILIES)
def source(request: pytest.FixtureRequest, tiny_models: dict[str, Path]) -> ModelSource:
    """A tiny encoder of each family."""
    return ModelSource("tiny", tiny_models[request.param])


def build(source: ModelSource, labels: tuple[str, ...] = LABELS, **settings: Any) -> Classifier:
    return build_classifier(source, labels, Settings(**{"dropout": 0.0, **settings}))


def weights(classifier: Classifier) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in classifier.model.named_parameters()}


def is_head(name: str) -> bool:
    return bool(re.match(r"(classifier|pre_classifier|bert\.pooler)\b", name))


def inputs(classifier: Classifier, length: int = 12) -> dict[str, torch.Tensor]:
    """Three rows of tokens; the last is half padding."""
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(5, len(classifier.tokenizer), (3, length), generator=generator)
    mask = torch.ones_like(ids)
    mask[-1, length // 2 :] = 0
    ids[-1, length // 2 :] = classifier.tokenizer.pad_token_id
    return {"input_ids": ids, "attention_mask": mask}


def logits(classifier: Classifier, length: int = 12) -> torch.Tensor:
    classifier.model.eval()
    with torch.inference_mode():
        found: torch.Tensor = classifier.model(**inputs(classifier, length)).logits
    return found.clone()


def shaken(classifier: Classifier) -> Classifier:
    """The same, its trainable weights moved, as training would."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in classifier.trainable().values():
            weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
    return classifier


def test_the_same_seed_gives_the_same_head_whatever_was_drawn_before(source: ModelSource) -> None:
    first = weights(build(source, seed=7))
    torch.rand(11)
    second = weights(build(source, seed=7))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_another_seed_gives_another_head_on_the_same_encoder(source: ModelSource) -> None:
    first, second = weights(build(source, seed=7)), weights(build(source, seed=8))
    matrices = [name for name, weight in first.items() if weight.ndim > 1]
    different = {name for name in matrices if not torch.equal(first[name], second[name])}
    assert different == {name for name in matrices if is_head(name) and "pooler" not in name}


def test_the_encoder_keeps_its_weights(source: ModelSource) -> None:
    from safetensors.torch import load_file

    saved = load_file(source.folder / "model.safetensors")
    built = weights(build(source))
    encoder = {name.split(".", 1)[1]: weight for name, weight in built.items() if not name.startswith(("class", "pre"))}
    shared = encoder.keys() & saved.keys()
    assert len(shared) > 30 and all(torch.equal(encoder[name], saved[name]) for name in shared)


@pytest.mark.parametrize("labels", [("a", "b"), ("bad\n\x1b[2J", "größe ✓", "0"), tuple(map(str, range(7)))])
def test_every_label_has_its_logit_and_its_name(source: ModelSource, labels: tuple[str, ...], tmp_path: Path) -> None:
    classifier = build(source, labels)
    assert logits(classifier).shape == (3, len(labels))
    save_classifier(classifier, tmp_path / "model")
    assert load_classifier(tmp_path / "model").labels == labels


def test_another_number_of_labels_than_a_trained_model_has_gets_a_new_head(tiny_classifier: Path) -> None:
    classifier = build(ModelSource("tiny", tiny_classifier), ("a", "b", "c"))
    assert logits(classifier).shape == (3, 3)


def test_no_setting_reads_further_than_the_model_does(source: ModelSource) -> None:
    assert [build(source, max_length=length).max_length for length in (4, 63, 64, 65, 8192)] == [4, 63, 64, 64, 64]
    assert logits(build(source), length=64).isfinite().all()


def test_the_limit_of_a_model_whose_tokenizer_has_none_is_that_of_its_positions(
    source: ModelSource, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(source.folder, tmp_path / "model"))
    config = folder / "tokenizer_config.json"
    config.write_text(
        re.sub(r'"model_max_length": \d+', '"model_max_length": 1000000000000000019884624838656', config.read_text())
    )
    assert build(ModelSource("x", folder), max_length=512).max_length == 64


@pytest.mark.parametrize("rate", [0.0, 0.35])
def test_the_dropout_that_was_asked_for_acts_everywhere(source: ModelSource, rate: float) -> None:
    rates = [m.p for m in build(source, dropout=rate).model.modules() if isinstance(m, torch.nn.Dropout)]
    assert len(rates) > 5 and set(rates) == {rate}


def test_without_a_word_the_models_own_dropout_stays(source: ModelSource) -> None:
    rates = {m.p for m in build(source, dropout=None).model.modules() if isinstance(m, torch.nn.Dropout)}
    assert rates <= {0.1, 0.2} and 0.1 in rates


@pytest.mark.parametrize("freeze", ["none", "embeddings", 1, "encoder"])
def test_in_training_only_what_learns_is_in_training_mode(source: ModelSource, freeze: str | int) -> None:
    classifier = build(source, freeze_layers=freeze)
    classifier.model.eval()
    classifier.train()
    for _, module in classifier.model.named_modules():
        own = [weight.requires_grad for weight in module.parameters(recurse=False)]
        if own:
            assert module.training == any(own)
    below = {id(part) for module in classifier.frozen for part in module.modules()}
    for module in classifier.model.modules():
        if isinstance(module, torch.nn.Dropout):
            assert module.training == (id(module) not in below)


@pytest.mark.parametrize("truncation", ["head", "tail", "head+tail"])
def test_what_is_saved_comes_back_as_it_was(source: ModelSource, truncation: str, tmp_path: Path) -> None:
    classifier = shaken(build(source, max_length=20, truncation=truncation))
    before = logits(classifier)
    save_classifier(classifier, tmp_path / "model")
    back = load_classifier(tmp_path / "model")
    assert torch.equal(logits(back), before) or torch.allclose(logits(back), before, atol=1e-6)
    assert (back.labels, back.max_length, back.truncation) == (LABELS, 20, truncation)
    assert not back.model.training


@pytest.mark.parametrize("lora", [False, True])
def test_a_saved_model_is_safetensors_and_json_and_passes_our_own_check(
    source: ModelSource, lora: bool, tmp_path: Path
) -> None:
    save_classifier(build(source, lora=lora), tmp_path / "model")
    check_model_folder(tmp_path / "model", "saved")
    assert {file.suffix for file in (tmp_path / "model").iterdir()} <= {".safetensors", ".json", ".txt"}


def test_lora_trains_few_weights_and_the_whole_head(source: ModelSource) -> None:
    full, lora = build(source), build(source, lora=True, lora_rank=2)
    learning = lora.trainable()
    encoder = sum(weight.numel() for name, weight in full.trainable().items() if not is_head(name))
    assert 0 < sum(weight.numel() for name, weight in learning.items() if "lora_" in name) < encoder / 4
    head = sum(weight.numel() for name, weight in full.trainable().items() if is_head(name))
    assert sum(weight.numel() for name, weight in learning.items() if "lora_" not in name) == head
    linear = [m for n, m in full.model.named_modules() if isinstance(m, torch.nn.Linear) and ".layer." in n]
    assert sum("lora_A" in name for name in learning) == len(linear)


def test_a_merged_lora_model_gives_the_logits_of_the_unmerged_one(source: ModelSource, tmp_path: Path) -> None:
    classifier = shaken(build(source, lora=True, lora_rank=4, lora_dropout=0.3))
    untouched = weights(classifier)
    before = logits(classifier)
    assert not torch.allclose(before, logits(build(source)), atol=1e-3)
    save_classifier(classifier, tmp_path / "model")
    assert torch.allclose(logits(load_classifier(tmp_path / "model")), before, atol=1e-5)
    assert not list((tmp_path / "model").glob("adapter*"))
    after = weights(classifier)  # saving left the training model alone
    assert after.keys() == untouched.keys() and all(torch.equal(after[name], untouched[name]) for name in after)


def test_recomputed_activations_change_no_gradient(source: ModelSource) -> None:
    gradients = []
    for recompute in (False, True):
        classifier = build(source, gradient_checkpointing=recompute, dropout=0.2)
        classifier.train()
        torch.manual_seed(3)
        classifier.model(**inputs(classifier)).logits.square().sum().backward()
        gradients.append({name: weight.grad.clone() for name, weight in classifier.trainable().items()})
    assert gradients[0].keys() == gradients[1].keys()
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, rtol=1e-4, atol=1e-6, msg=name)


def test_a_model_that_cannot_recompute_says_so(source: ModelSource, monkeypatch: pytest.MonkeyPatch) -> None:
    import transformers

    monkeypatch.setattr(transformers.PreTrainedModel, "supports_gradient_checkpointing", False, raising=False)
    for family in (
        transformers.BertPreTrainedModel,
        transformers.DistilBertPreTrainedModel,
        transformers.RobertaPreTrainedModel,
    ):
        monkeypatch.setattr(family, "supports_gradient_checkpointing", False)
    with pytest.raises(InputError, match="does not support gradient_checkpointing"):
        build(source, gradient_checkpointing=True)


def test_freezing_more_layers_than_there_are_is_a_sentence(source: ModelSource) -> None:
    with pytest.raises(InputError, match=r"freeze_layers is 3, but this model has only 2 layers"):
        build(source, freeze_layers=3)


def test_a_folder_that_is_no_model_is_a_sentence(tmp_path: Path, tiny_model: Path) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    (folder / "config.json").write_text('{"model_type": "bert", "hidden_size": "wide"}')
    for load in (lambda: build(ModelSource("x", folder)), lambda: load_classifier(folder)):
        with pytest.raises(InputError, match=r"cannot be (loaded|read)") as caught:
            load()
        assert "\n" not in str(caught.value)
