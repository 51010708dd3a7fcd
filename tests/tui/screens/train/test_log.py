"""The log's sentences about memory, and about going on."""

from __future__ import annotations

import pytest

from tests.core.runs.whole_records import record
from tui.screens.train.log import log_lines

TROUBLE = {"micro_batch_size": 8, "micro_batch_tokens": 1024, "batch_size": 32}


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("smaller", "out of memory (forward and backward pass): micro-batch 16 → 8, batch 32 kept"),
        ("larger", "micro-batches may be larger again, up to 8 reviews; batch 32 kept"),
        ("recompute", "out of memory (forward and backward pass): activations are computed twice from now on"),
        ("again", "tried again"),
        ("skipped", "the run goes on without it"),
    ],
)
def test_what_memory_changed_is_said(what: str, words: str) -> None:
    (line,) = log_lines([record("out_of_memory", what=what, **TROUBLE)])
    assert words in line.plain


def test_a_kill_by_the_kernel_is_said() -> None:
    (line,) = log_lines([record("killed")])
    assert "the kernel killed the worker for want of memory" in line.plain and "1 of 3 times" in line.plain


def test_steps_that_are_made_again_are_said() -> None:
    records = [
        record("resumed", step=10, reached=14),
        record("resumed", step=10, reached=10),
        record("extended", from_epochs=2.0, epochs=4),
        record("no_checkpoint", message="No space left."),
    ]
    said = [line.plain.partition(" ")[2] for line in log_lines(records)]
    assert said == [
        "goes on from step 10; steps 11 to 14 are made again",
        "goes on from step 10",
        "extended from 2 to 4 epochs",
        "NO CHECKPOINT: No space left.",
    ]
