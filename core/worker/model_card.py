"""The model card: README.md of a run's `model/`, with its data, settings, figures and limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from core.base.text import clean_line
from core.data.run_data import RunData
from core.models.classifier import Classifier
from core.runs.request import Request
from core.settings.presets import PRESETS
from core.settings.schema import Settings
from core.training.loop import TrainingLoop

_CHOSEN = "The best weights were chosen on the validation reviews, so the figures are slightly optimistic. "


@dataclass(frozen=True)
class Making:
    """How a model was made, in the words of its card."""

    sentence: str
    """How it was made from `{model}`."""
    details: str
    chosen_on_validation: bool
    """Whether the validation reviews had a part in it, so that its figures on them are optimistic."""


def making_of_fine_tuning(loop: TrainingLoop) -> Making:
    """Return how the loop has made its model."""
    best = loop.progress.best
    details = (
        f"Precision {loop.precision} on {loop.device}; peak learning rate {loop.peak_rate:.3g}; {loop.progress.step} "
        f"steps; the best weights are those of epoch {best.epoch if best is not None else 0:g}."
    )
    return Making("Fine-tuned from `{model}` with reviewtui.", details, chosen_on_validation=True)


def model_card(
    request: Request, model: str, data: RunData, classifier: Classifier, making: Making, figures: dict[str, Any]
) -> str:
    """Return Markdown with a Hugging Face header.

    Args:
        model: The name of the model that it was made from; the request may say auto.
        figures: Of `core.inference.metrics.measure`, on the validation rows.
    """
    report = data.train.report
    changed = {
        name: value for name, value in request.settings.model_dump().items() if value != getattr(Settings(), name)
    }
    settings = "\n".join(f"| {name} | {_cell(value)} |" for name, value in changed.items())
    settings = settings or "| (all) | the defaults |"
    classes = "\n".join(
        f"| {_cell(name)} | {row['rows']} | {row['precision']:.3f} | {row['recall']:.3f} | {row['f1']:.3f} |"
        for name, row in figures["per_class"].items()
    )
    left_out = ", ".join(f"{count} {_cell(reason)}" for reason, count in report.left_out.items()) or "none"
    return f"""---
library_name: transformers
pipeline_tag: text-classification
tags: [reviews, reviewtui]
---

# {_cell(request.name)}

Sorts product reviews into {", ".join(f"**{_cell(name)}**" for name in classifier.labels)}.
{making.sentence.replace("{model}", _cell(model))}

## Data

- Source: `{_cell(request.data)}`, column `{_cell(report.text_column)}`, labels from `{_cell(report.label_column)}`
- Trained on {len(data.train_rows)} reviews; evaluated on {len(data.validation_rows)} {_held_out(data)}
- Left out: {left_out}

## Settings

{_preset(request)}Other than the defaults:

| setting | value |
|---|---|
{settings}

{making.details}

## Figures on the validation reviews

Accuracy {figures["accuracy"]:.3f}, macro F1 {figures["macro_f1"]:.3f}, loss {figures["loss"]:.3f} nats.

| class | reviews | precision | recall | F1 |
|---|---|---|---|---|
{classes}

## Limits

- {_CHOSEN if making.chosen_on_validation else ""}With {len(data.validation_rows)} validation reviews, the accuracy is
  uncertain by about ±{_margin(figures["accuracy"], data):.0%} (95 %, normal approximation). Evaluate on reviews of your
  own: `reviewtui evaluate`.
- Reviews longer than {classifier.max_length} tokens are truncated ({classifier.truncation}).
- It has seen only the products, languages and years of its data. Probabilities are not calibrated
  (`calibration.json` holds a temperature).
"""


def _preset(request: Request) -> str:
    """Return a sentence about the preset; a baseline has none."""
    if request.method == "baseline":
        return ""
    return f"Preset `{_cell(request.preset)}` ({_cell(PRESETS.get(request.preset, ('',))[0])}) "


def _held_out(data: RunData) -> str:
    """Return where the validation reviews come from."""
    if data.validation_file is None:
        return "held out by a hash of their text"
    return f"of `{_cell(data.validation_file)}`"


def _cell(value: object) -> str:
    """Make text from data safe inside Markdown: one line that cannot end a table cell, open a tag or embed an image."""
    line = clean_line(value, 200).replace("<", "&lt;").replace("`", "'")
    return re.sub(r"([\\|\[])", r"\\\1", line)


def _margin(accuracy: float, data: RunData) -> float:
    count = max(len(data.validation_rows), 1)
    return float(1.96 * (max(accuracy * (1 - accuracy), 1 / count) / count) ** 0.5)
