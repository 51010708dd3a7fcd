"""Chooses and builds the learner of a run: the native encoder if it supports the run, otherwise the module."""

from __future__ import annotations

import torch

from core.data.tokens import SpecialTokens
from core.encoder.architecture import UnsupportedModelError, architecture_of
from core.learners.base import ComputePath, Learner
from core.models.classifier import Classifier
from core.models.compiling import is_to_be_compiled
from core.settings.schema import Settings


def choose_path(classifier: Classifier, settings: Settings, device: torch.device, precision: str) -> ComputePath:
    """Return what computes a run, and the reason."""
    if settings.lora:
        return ComputePath("transformers", "LoRA adds matrices beside the layers")
    if device.type != "cpu":
        return ComputePath("transformers", "the native encoder is for the CPU")
    if precision not in ("fp32", "bf16"):
        return ComputePath("transformers", f"the native encoder does not compute in {precision}")
    try:
        architecture = architecture_of(classifier.model)
    except UnsupportedModelError as reason:
        return ComputePath("transformers", str(reason))
    return ComputePath("native", f"the model is of the {architecture.family} family")


def build_learner(
    classifier: Classifier,
    special_tokens: SpecialTokens,
    settings: Settings,
    device: torch.device,
    precision: str,
    steps: int,
) -> Learner:
    """Build the learner that `choose_path` names.

    Args:
        steps: planned optimizer steps, which decide whether compiling pays off.
    """
    path = choose_path(classifier, settings, device, precision)
    if path.name == "native":
        from core.learners.native import NativeLearner

        return NativeLearner(classifier, special_tokens, settings, precision, path)
    from core.learners.hugging_face import HuggingFaceLearner

    compiled = is_to_be_compiled(settings.compile, classifier.model, device, steps)
    return HuggingFaceLearner(classifier, special_tokens, settings, device, precision, path, compiled=compiled)
