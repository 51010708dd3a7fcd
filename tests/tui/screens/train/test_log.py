"""The sentences of the log."""

from __future__ import annotations

import pytest

from tests.core.runs.whole_records import record
from tui.screens.train.log import Narrator

TROUBLE = {"micro_batch_size": 8, "micro_batch_tokens": 1024, "batch_size": 32}


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("smaller", "out of memory (forward and backward pass): micro-batch 16 → 8, batch 32 kept"),
        ("larger", "micro-batches may be larger again, up to 8 reviews; batch 32 kept"),
        ("recompute", "out of memory (forward and backward pass): activations are recomputed from now on"),
        ("again", "tried again"),
        ("skipped", "the run continues without it"),
    ],
)
def test_what_memory_changed_is_said(what: str, words: str) -> None:
    (line,) = Narrator().lines([record("out_of_memory", what=what, **TROUBLE)])
    assert words in line.plain


def test_a_kill_by_the_kernel_is_said() -> None:
    (line,) = Narrator().lines([record("killed")])
    assert "the kernel killed the worker because memory ran out" in line.plain and "1 of at most 3 times" in line.plain


def test_steps_that_are_repeated_are_said() -> None:
    records = [
        record("resumed", step=10, reached=14),
        record("resumed", step=10, reached=10),
        record("extended", from_epochs=2.0, epochs=4),
        record("no_checkpoint", message="No space left."),
    ]
    said = [line.plain.partition(" ")[2] for line in Narrator().lines(records)]
    assert said == [
        "resumed from step 10; steps 11 to 14 are repeated",
        "resumed from step 10",
        "extended from 2 to 4 epochs; the results so far are in earlier/",
        "NO CHECKPOINT: No space left.",
    ]


def test_why_an_evaluation_is_kept_is_said() -> None:
    figures = {"loss": 0.5, "accuracy": 0.7}
    records = [
        record("evaluation", epoch=3.0, macro_f1=0.732, best=True, tie_margin=None, **figures),
        record("evaluation", epoch=4.0, macro_f1=0.701, best=True, tie_margin=0.0456, **figures),
        record("evaluation", epoch=5.0, macro_f1=0.5, best=False, interim=True, **figures),
    ]
    first, second, third = (line.plain for line in Narrator("macro_f1").lines(records))
    assert first.endswith("macro F1 0.732, best macro F1 so far, kept")
    assert second.endswith("kept: tied with the best macro F1 (within ±0.046), and later")
    assert third.endswith("macro F1 0.500, measured because the run was stopped here")


def test_of_losses_the_lower_is_the_better() -> None:
    records = [record("evaluation", loss=loss, best=True, tie_margin=None) for loss in (0.5, 0.4)]
    assert [line.plain.endswith("best loss so far, kept") for line in Narrator("loss").lines(records)] == [True, True]
