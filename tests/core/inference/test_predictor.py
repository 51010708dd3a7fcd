"""Classifying: what transformers' own pipeline says, in the order asked, however the texts are batched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import InputError
from core.inference import predictor as inference
from core.inference.predictor import Predictor
from core.models.classifier import build_classifier, save_classifier
from core.models.sources import ModelSource
from core.settings.schema import Settings

Reviews = Callable[..., list[tuple[str, str]]]


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta"])
@pytest.mark.parametrize("truncation", ["head", "tail"])
def test_labels_and_probabilities_are_those_of_the_pipeline(
    family: str, truncation: str, tiny_models: dict[str, Path], tmp_path: Path, reviews_of: Reviews
) -> None:
    import transformers

    settings = Settings(max_length=20, truncation=truncation, seed=2)  # type: ignore[arg-type]
    folder = tmp_path / "model"
    save_classifier(build_classifier(ModelSource("x", tiny_models[family]), ("bad", "good", "odd"), settings), folder)
    texts = [text for text, _ in reviews_of(20)] + ["", "!", "great " * 100]
    pipe = transformers.pipeline("text-classification", model=str(folder), top_k=None)
    expected = [{row["label"]: row["score"] for row in rows} for rows in pipe(texts, truncation=True)]
    for found, probabilities in zip(Predictor(folder).classify(texts), expected, strict=True):
        assert found.probabilities == pytest.approx(probabilities, abs=1e-5)
        assert found.label == max(probabilities, key=lambda label: probabilities[label])


@pytest.fixture(scope="module")
def predictor(tiny_classifier: Path) -> Predictor:
    return Predictor(tiny_classifier)


def test_an_answer_depends_on_its_text_alone(predictor: Predictor, reviews_of: Reviews) -> None:
    texts = [text for text, _ in reviews_of(70)]
    together, _ = predictor.logits(texts)
    for index in (0, 33, 69):
        np.testing.assert_allclose(predictor.logits([texts[index]])[0][0], together[index], atol=1e-5)
    order = np.random.default_rng(0).permutation(70)
    np.testing.assert_allclose(predictor.logits([texts[i] for i in order])[0], together[order], atol=1e-5)


def test_tokens_are_counted_uncut_and_a_cut_is_told(predictor: Predictor) -> None:
    short, exact, long = predictor.classify(["great", "great " * 30, "great " * 31])
    assert [(found.tokens, found.truncated) for found in (short, exact, long)] == [(3, False), (32, False), (33, True)]


def test_what_was_asked_is_given_back_to_the_letter(predictor: Predictor) -> None:
    texts = ["", " \n", "\x00", "\ud800 broken", "👍🏽", "=1+1", "a" * 5000]
    assert [found.text for found in predictor.classify(texts)] == texts
    assert predictor.classify([]) == []


def test_progress_grows_to_the_whole(
    predictor: Predictor, reviews_of: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[float] = []
    monkeypatch.setattr(inference, "_REVIEWS", 30)
    predictor.logits([text for text, _ in reviews_of(70)], shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 1


def test_the_json_of_an_answer_has_what_scripts_rely_on(predictor: Predictor) -> None:
    found = predictor.classify(["great lamp"])[0].to_json()
    assert found.keys() == {"text", "label", "probability", "probabilities", "tokens", "truncated"}
    assert found["probability"] == found["probabilities"][found["label"]] == max(found["probabilities"].values())


def test_an_encoder_that_never_learned_to_classify_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a trained classifier"):
        Predictor(tiny_model)
    with pytest.raises(InputError, match="is a file"):
        Predictor(tmp_path / "absent")
