"""Carries out the engine's requests about what models say of texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from core.engine.loaded_models import model_folder, predictor_in, tokenizer_in
from core.engine.requests import (
    Classified,
    ClassifiedByEach,
    Classify,
    ClassifyByEach,
    Explain,
    Explained,
    FindTokens,
    FoundTokens,
    Load,
    LoadedModel,
)

if TYPE_CHECKING:
    from core.inference.explanation import Explanation

Progress = Callable[[str, float | None], None]


def load(request: Load, progress: Progress) -> LoadedModel:
    """Load a model and keep it in memory."""
    predictor = predictor_in(Path(request.folder), "fp32", progress)
    limits = predictor.special_tokens
    return LoadedModel(labels=predictor.labels, max_length=limits.max_length, truncation=limits.truncation)


def find_tokens(request: FindTokens, progress: Progress) -> FoundTokens:
    """Find the tokens of texts."""
    from core.data.unknown import find_tokens

    return FoundTokens(reviews=find_tokens(tokenizer_in(model_folder(request.folder, request.model)), request.texts))


def classify(request: Classify, progress: Progress) -> Classified:
    """Classify texts."""
    predictor = predictor_in(model_folder(request.folder, request.model), request.precision, progress)
    found = tuple(predictor.classify(request.texts, lambda fraction: progress("classifying", fraction)))
    if not request.explain:
        return Classified(classifications=found)
    from core.inference.explain import explain

    explanations: list[Explanation] = []

    def explaining(fraction: float) -> None:
        progress("explaining", (len(explanations) + fraction) / len(request.texts))

    for text in request.texts:
        explanations.append(explain(predictor, text, explaining))
    return Classified(classifications=found, explanations=tuple(explanations))


def explain(request: Explain, progress: Progress) -> Explained:
    """Explain a text."""
    from core.inference.explain import explain

    predictor = predictor_in(Path(request.folder), "fp32", progress)
    return Explained(explanation=explain(predictor, request.text, lambda fraction: progress("explaining", fraction)))


def classify_by_each(request: ClassifyByEach, progress: Progress) -> ClassifiedByEach:
    """Classify texts with several models."""
    answers = []
    for folder in request.folders:
        predictor = predictor_in(Path(folder), "fp32", progress, beside=request.folders)
        found = predictor.classify(request.texts, lambda fraction: progress("classifying", fraction))
        answers.append(Classified(classifications=tuple(found)))
    return ClassifiedByEach(answers=tuple(answers))
