"""The proofs of tests/proofs/test_gpu.py, each a piece: one test in a process of its own, several side by side."""

from __future__ import annotations

import os
import re
import sys
from functools import partial
from pathlib import Path

from benchmarks.data import ROOT
from benchmarks.gpu.runner import Deadline, Piece, PieceFailedError, command
from benchmarks.gpu.store import Record

PART = "proofs"
_KILLED = "test_a_run_killed_at_random_moments_ends_as_one_that_was_not"
_TOO_SMALL = "test_a_gpu_that_is_too_small_changes_nothing_but_micro_batches"
_RECORDED = "test_what_is_recorded_of_memory_adds_up_and_the_model_answers_as_on_the_cpu"
_MODES, _PRECISIONS = ("full", "frozen", "lora"), ("fp32", "bf16", "fp16")
TESTS = (
    _TOO_SMALL,
    *(f"{_KILLED}[{mode}-{precision}]" for precision in _PRECISIONS for mode in _MODES),
    *(f"{_RECORDED}[{compiled}]" for compiled in ("off", "on")),
)
"""Every test there, and nothing else."""
_SAID = re.compile(r"^  GPU.*$", re.MULTILINE)
_OUTCOME = re.compile(r"^\d+ (passed|skipped)", re.MULTILINE)
_OPTIONS = (
    "-q -s -p no:cacheprovider -o addopts=--import-mode=importlib -o filterwarnings= -o timeout=0 -m proof".split()
)
"""Without what pyproject.toml asks of the tools that developers have: a machine with a GPU may lack them."""


def pieces(scratch: Path, *, dry: bool) -> list[Piece]:
    """One for each proof, of the kind that its function names; those that need a GPU are skipped without one."""
    return [Piece(PART, test, test.partition("[")[0], partial(_prove, test, scratch, dry)) for test in TESTS]


def _prove(test: str, scratch: Path, dry: bool, deadline: Deadline) -> Record:
    folder = scratch / re.sub(r"\W+", "-", test)
    words = [sys.executable, "-m", "pytest", f"tests/proofs/test_gpu.py::{test}", f"--basetemp={folder}", *_OPTIONS]
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": "" if dry else "0", "PYTHONPATH": _path()}
    if dry:
        env |= {"REVIEWTUI_PROOF_DEVICE": "cpu", "REVIEWTUI_PROOF_KILLS": "1"}
    ended = command(words, env, deadline)
    outcome = _OUTCOME.search(ended.out)
    if ended.status or outcome is None:
        raise PieceFailedError(f"exit status {ended.status}: {(ended.out + ended.err)[-3500:]}")
    return {"outcome": outcome[1], "said": [line.strip() for line in _SAID.findall(ended.out)]}


def _path() -> str:
    return os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
