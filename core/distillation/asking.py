"""What `reviewtui distil` asks for, checked before anything is trained. It loads neither torch nor numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.distillation.layers import layers_of
from core.reviews.sources import absolute_source
from core.runs.folder import RunFolder
from core.runs.names import require_unused, unused_name
from core.runs.notes import hypothesis_line
from core.runs.outline import DISTILLATION_SETTINGS, Distillation
from core.runs.request import Request
from core.runs.summary import summarize
from core.settings.schema import Settings, describe

_OF_TEACHER = frozenset(("Model", "Machine"))
"""Groups of settings that a student takes over from its teacher."""
_ALSO_OF_TEACHER = frozenset(("class_weights", "label_smoothing", "validation_fraction", "best_metric"))
_FIXED = {
    "model": "is made from its teacher",
    "validation_fraction": "is measured on the reviews that its teacher has not seen",
}
"""Setting → why a student has no other than its teacher."""
EPOCHS = 4
"""Unless another number is asked for; of all reviews and their variants."""


def plan_distillation(
    teacher: RunFolder,
    *,
    layers: int | None = None,
    unlabelled: str = "",
    test: str = "",
    changes: Mapping[str, Any] | None = None,
    name: str = "",
    hypothesis: str = "",
) -> tuple[Request, int]:
    """Return the request that all students of a group begin with, and the number of layers that each has.

    Args:
        teacher: A run that is over and has a model.
        layers: Of the student; None for half of the teacher's.
        unlabelled: Reviews without labels to learn from, too.
        test: Labelled reviews to measure the result on; none of them is learned from.
        changes: Settings, and parts of the loss, by name.
        name: Of the group; empty takes one that is free.
        hypothesis: What the user expects of it; empty if nothing was said.

    Raises:
        InputError: The run has no model, the model cannot have such a student, or a change makes no sense.
    """
    summary, asked = summarize(teacher), teacher.request()
    shown = clean_line(asked.name, 60)
    if not summary.has_model:
        raise InputError(f"{shown} has no model yet: a run writes it when it finishes, or when it is stopped.")
    of = layers_of(teacher.model)
    if of < 2:
        raise InputError(f"The model of {shown} has one layer; a student needs fewer than its teacher.")
    kept = layers if layers is not None else of // 2
    if not 1 <= kept < of:
        raise InputError(f"--layers is 1 to {of - 1} for {shown}, whose model has {of} layers; it cannot be {kept}.")
    of_loss, of_run = _sorted_out(changes or {})
    try:
        distillation = replace(
            Distillation(
                teacher=teacher.id,
                unlabelled=absolute_source(unlabelled) if unlabelled else "",
                test=absolute_source(test) if test else "",
            ),
            **of_loss,
        )
    except ValueError as error:
        raise InputError(f"That cannot be distilled: {clean_line(error, 120)}.") from error
    request = asked.model_copy(
        update={
            "name": require_unused(name) if name.strip() else unused_name(f"{asked.name}-{kept}-layers"),
            "preset": "balanced",
            "settings": _settings_of(asked.settings).changed(of_run),
            "method": "distillation",
            "distillation": distillation,
            "parent": None,
            "group": None,
            "hypothesis": hypothesis_line(hypothesis),
        }
    )
    return request, kept


def _settings_of(teacher: Settings) -> Settings:
    """Return the settings of a student, which learns by a recipe of its own, whatever its teacher's was."""
    kept = {
        one.name: getattr(teacher, one.name)
        for one in describe()
        if one.group in _OF_TEACHER or one.name in _ALSO_OF_TEACHER
    }
    return Settings().changed({**kept, "epochs": EPOCHS})


def _sorted_out(changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the changes of the loss and those of settings.

    Raises:
        InputError: A part of the loss is no number, or a setting is the teacher's.
    """
    of_loss: dict[str, Any] = {}
    of_run: dict[str, Any] = {}
    for name, value in changes.items():
        if name in _FIXED:
            raise InputError(f"A student {_FIXED[name]}, so {name} cannot be changed.")
        if name not in DISTILLATION_SETTINGS:
            of_run[name] = value
            continue
        try:
            of_loss[name] = int(value) if name == "variants" else float(value)
        except (TypeError, ValueError) as error:
            kind = "whole number" if name == "variants" else "number"
            raise InputError(f"{name} is a {kind}, not '{clean_line(value, 40)}'.") from error
    return of_loss, of_run
