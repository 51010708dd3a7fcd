"""Builds the learner of a run: on the native encoder if it supports the run, otherwise on the Hugging Face module."""

from __future__ import annotations

import torch

from core.data.tokens import SpecialTokens
from core.encoder.architecture import architecture_of
from core.learners.base import Learner
from core.models.classifier import Classifier
from core.models.compiling import is_to_be_compiled
from core.planning.architecture import UnsupportedModelError
from core.planning.run_plan import RunPlan, plan_run
from core.settings.schema import Settings


def plan_of(classifier: Classifier, settings: Settings, device: torch.device, precision: str) -> RunPlan:
    """Plan a run of a model that is loaded."""
    family, unsupported = None, ""
    try:
        family = architecture_of(classifier.model).family
    except UnsupportedModelError as reason:
        unsupported = str(reason)
    layers = int(getattr(classifier.model.config, "num_hidden_layers", 0))
    return plan_run(
        settings, device=device.type, precision=precision, layers=layers, family=family, unsupported=unsupported
    )


def build_learner(
    classifier: Classifier,
    special_tokens: SpecialTokens,
    settings: Settings,
    device: torch.device,
    precision: str,
    steps: int,
) -> Learner:
    """Build the learner that the plan names.

    Args:
        steps: planned; they decide whether compiling repays.
    """
    plan = plan_of(classifier, settings, device, precision)
    if plan.native:
        from core.learners.native import NativeLearner

        return NativeLearner(classifier, special_tokens, settings, plan)
    from core.learners.hugging_face import HuggingFaceLearner

    compiled = is_to_be_compiled(settings.compile, classifier.model, device, steps)
    return HuggingFaceLearner(classifier, special_tokens, settings, device, plan, compiled=compiled)
