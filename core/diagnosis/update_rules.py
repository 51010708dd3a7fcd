"""Rules about what steps do to the weights. Runs of earlier versions have no figures for most.

AdamW's first update has about the same size whatever the gradients are, so from the first step on it is known by how
much the highest learning rate can change each part of the model. In a sound fine-tuning that is a thousandth or so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import median

from core.base.text import clean_line
from core.diagnosis.finding import Figures, Finding
from core.runs.records import LayersRecord

_MIN_STEPS = 20
"""Steps before which nothing is said."""
_USUAL, _LARGE, _SMALL = 1e-3, 4e-3, 1e-4
"""The change of a layer by one step at the highest learning rate: as is usual, far above that, and far below."""
_NEVER_BETTER, _HARDLY_BETTER = 0.97, 0.85
"""Shares of the loss of guessing above which nothing, and hardly anything, is learned."""
_FIRST = 3
"""Up to this step gradients do not matter for the size of an update."""
_STILL = 1e-3
"""A part that changes by less than this share of what another changes by does not learn."""
_FAR_ABOVE = 20
"""How many times the limit gradients have to be for clipping to be all that is left of them."""


def updates_too_large(run: Figures) -> Finding | None:
    """Steps are so large that nothing is learned."""
    change = _largest_change(run, median)
    fast = sum(map((0.5 * run.peak_rate).__lt__, run.history.steps.column("learning_rate")))
    if change is None or change < _LARGE or fast < _MIN_STEPS:
        return None
    if not min(run.losses[_MIN_STEPS - 1 :]) > _NEVER_BETTER * run.chance_loss:  # a rate that is fast falls and rises
        return None
    return Finding(
        "updates too large",
        f"A learning rate of {run.peak_rate:.1e} changes most layers by up to {change:.2%} a step, and the training "
        f"loss is {run.losses[-1]:.3f}, no better than chance.",
        "Lower the learning rate, so that a step changes about 0.1%.",
        {"learning_rate": _rate_for_the_usual_change(run, change)},
    )


def updates_too_small(run: Figures) -> Finding | None:
    """Steps are so small that the training loss hardly falls."""
    change = _largest_change(run, max)
    if change is None or change > _SMALL or run.progress < 0.3 or not run.losses[-1] > _HARDLY_BETTER * run.chance_loss:
        return None
    return Finding(
        "updates too small",
        f"A learning rate of {run.peak_rate:.1e} changes no layer by more than {change:.4%} a step, and the training "
        f"loss is still {run.losses[-1]:.3f}.",
        "Raise the learning rate, so that a step changes about 0.1%.",
        {"learning_rate": _rate_for_the_usual_change(run, change)},
    )


def part_not_learning(run: Figures) -> Finding | None:
    """Some parts of the model hardly change, beside others."""
    still = [_still_parts(one) for one in run.history.layers]
    if not still or len(run.history.steps) < _MIN_STEPS:
        return None
    always = [name for name in still[-1] if all(name in one for one in still)]
    if not always:
        return None
    decay = run.settings.get("layer_decay")
    names = " to ".join(clean_line(name, 30) for name in dict.fromkeys((always[0], always[-1])))
    verb = "learn" if len(always) > 1 or always[0] == "embeddings" else "learns"
    share = max(_change(run.history.layers[-1], name) for name in always)
    sentence = (
        f"{names[:1].upper()}{names[1:]} hardly {verb}: a step changes at most {share:.1e} of the weights, and "
        f"{_most(run.history.layers[-1]):.1e} of others."
    )
    if isinstance(decay, float | int) and decay < 0.5:
        advice = f"A layer_decay of {decay:g} lowers the learning rate from layer to layer: raise it, or freeze them."
        return Finding("part not learning", sentence, advice, {"layer_decay": "0.9"})
    return Finding("part not learning", sentence, "Freeze them: steps are faster then, and nothing is lost.")


def always_clipped(run: Figures) -> Finding | None:
    """Nearly all gradients are far above the norm to which they are clipped."""
    limit = run.settings.get("max_grad_norm")
    norms = sorted(norm for norm in run.history.steps.column("gradient_norm") if math.isfinite(norm))
    if not isinstance(limit, float | int) or limit <= 0 or len(norms) < _MIN_STEPS:
        return None
    if norms[len(norms) // 20] < _FAR_ABOVE * limit:
        return None
    usual = median(norms)
    return Finding(
        "always clipped",
        f"Gradients are clipped in nearly every step, to a norm of {limit:g}; before, it is {usual:.2g} as a rule.",
        "Every step is then given the same weight, however clear its reviews are. Raise max_grad_norm.",
        {"max_grad_norm": f"{max(float(f'{usual:.1g}'), 1.0):g}"},
    )


def _largest_change(run: Figures, of: Callable[[list[float]], float]) -> float | None:
    """Return by which share of its weights the highest learning rate can change a layer in a step.

    None if that cannot be told: without layers in training, with LoRA, whose weights begin at 0, and with SGD.

    Args:
        of: What is taken of all layers, such as the median.
    """
    settings, steps = run.settings, {one.step: one for one in run.history.steps[:_FIRST]}
    if settings.get("optimizer", "adamw") != "adamw" or settings.get("lora") or len(run.history.steps) < _MIN_STEPS:
        return None
    found = []
    for one in run.history.layers:
        rate = steps[one.step].learning_rate if one.step in steps and one.step <= _FIRST else 0.0
        ratios = [part.update_ratio for part in one.parts if part.name.startswith("layer")]
        if rate > 0 and ratios and all(0 < ratio < math.inf for ratio in ratios):
            found.append(of(ratios) / rate * run.peak_rate)
    return max(found, default=None)


def _rate_for_the_usual_change(run: Figures, change: float) -> str:
    return f"{run.peak_rate * _USUAL / change:.0e}"


def _still_parts(look: LayersRecord) -> list[str]:
    """Return the names of the parts that changed hardly at all beside the one that changed most.

    The head is new and always changes more than the rest, so it does not count as the one.
    """
    return [part.name for part in look.parts if part.update_ratio < _STILL * _most(look)]


def _most(look: LayersRecord) -> float:
    """Return the largest change of a part other than the head."""
    return max((part.update_ratio for part in look.parts if part.name != "head"), default=0.0)


def _change(look: LayersRecord, name: str) -> float:
    return max(part.update_ratio for part in look.parts if part.name == name)
