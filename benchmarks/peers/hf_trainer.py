"""`transformers.Trainer` with dynamic padding, shared by the peers `hf_default` and `hf_tuned`.

The time from `on_train_begin` to `on_train_end` is measured, which excludes tokenizing, building the optimizer, and the
sampler's pass over all lengths. Nothing is evaluated or saved within that time. The examples are a plain list of token
ids, which is faster for the trainer than an Arrow table.
"""

from __future__ import annotations

import tempfile
from typing import Any

import torch
from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments

from benchmarks.jobs import Job, Measurement
from benchmarks.peers.common import (
    Span,
    accuracy,
    load_model,
    load_tokenizer,
    peak_bytes,
    rows_sha256,
    texts_and_labels,
)


class _Timer(TrainerCallback):  # type: ignore[misc]  # the library has no types
    """Starts and ends the span."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._span.begin()

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self._span.end()


class _CountingCollator:
    """Counts tokens and padded positions, unless the data loader uses worker processes."""

    def __init__(self, collate: Any) -> None:
        self._collate = collate
        self.tokens = self.positions = 0

    def __call__(self, features: Any) -> Any:
        batch = self._collate(features)
        self.tokens += sum(len(one["input_ids"]) for one in features)
        self.positions += batch["input_ids"].numel()
        return batch


def train(
    job: Job,
    *,
    attn_implementation: str | None = None,
    pad_to_multiple_of: int | None = None,
    save_to: str | None = None,
    **own: Any,
) -> Measurement:
    """Fine-tune.

    Args:
        save_to: Folder for the classifier, saved outside of the measured time.
        own: Further arguments of `TrainingArguments`. `max_steps` ends training early.
    """
    training = job.trained
    tokenizer = load_tokenizer(job.model)
    texts, labels = texts_and_labels(job.data)
    ids = tokenizer(texts, truncation=True, max_length=training.max_length)["input_ids"]
    examples = [{"input_ids": one, "labels": label} for one, label in zip(ids, labels, strict=True)]
    model = load_model(job, **({"attn_implementation": attn_implementation} if attn_implementation else {}))
    collator = _CountingCollator(DataCollatorWithPadding(tokenizer, pad_to_multiple_of=pad_to_multiple_of))
    span = Span()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=training.epochs,
            per_device_train_batch_size=training.batch_size,
            learning_rate=training.learning_rate,
            lr_scheduler_type=training.schedule,
            warmup_steps=training.warmup_ratio,
            weight_decay=training.weight_decay,
            max_grad_norm=training.max_grad_norm,
            seed=job.seed,
            use_cpu=not torch.cuda.is_available(),
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=torch.cuda.is_available(),
            **own,
        )
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=examples,
            data_collator=collator,
            processing_class=tokenizer,
            callbacks=[_Timer(span)],
        )
        trainer.train()
    peak = peak_bytes()
    if save_to is not None:
        tokenizer.model_max_length = training.max_length
        trainer.save_model(save_to)
    return Measurement(
        seconds=span.seconds,
        cpu_seconds=span.cpu_seconds,
        peak_bytes=peak,
        baseline_bytes=span.baseline_bytes,
        reviews=len(texts),
        rows_sha256=rows_sha256([(text, str(label)) for text, label in zip(texts, labels, strict=True)]),
        tokens=sum(len(one) for one in ids) * training.epochs,
        padding_share=1 - collator.tokens / collator.positions if collator.positions else None,
        accuracy=accuracy(model, tokenizer, job.held_out, training.max_length),
        notes={"loss": trainer.state.log_history[-1].get("train_loss"), "steps": trainer.state.global_step},
    )
