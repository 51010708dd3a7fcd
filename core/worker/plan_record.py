"""The plan of a run, which its journal records before the first step."""

from __future__ import annotations

import torch

from core.data.run_data import RunData
from core.inference.majority import majority_guess
from core.models.sources import ModelSource
from core.runs.records import PlanRecord
from core.training.loop import TrainingLoop


def plan_record(source: ModelSource, data: RunData, loop: TrainingLoop) -> PlanRecord:
    """Return the plan of a run, once the limits of its micro-batches are decided."""
    settings, classifier = loop.settings, loop.classifier
    return PlanRecord(
        model=source.name,
        labels=tuple(classifier.labels),
        rows=len(loop.train.rows),
        validation_rows=len(data.validation_rows),
        epochs=round(loop.steps / loop.per_epoch, 4) if settings.max_steps else settings.epochs,
        steps=loop.steps,
        steps_per_epoch=loop.per_epoch,
        batch_size=settings.batch_size,
        micro_batch_size=loop.policy.now.reviews,
        learning_rate=loop.peak_rate,
        max_length=classifier.max_length,
        micro_batch_tokens=loop.policy.now.tokens if settings.micro_batch_size == "auto" else None,
        path=loop.learner.plan.path.name,
        path_why=loop.learner.plan.path.why,
        cached_layers=loop.learner.cached_layers,
        found_layers=loop.learner.found_layers,
        precision=loop.precision,
        compiled=loop.learner.compiled,
        device=str(loop.device),
        threads=torch.get_num_threads(),
        weights=sum(weight.numel() for weight in classifier.model.parameters()),
        trainable_weights=sum(weight.numel() for weight in classifier.trainable().values()),
        majority=majority_guess(data.train_labels, data.validation_labels, data.labels),
    )
