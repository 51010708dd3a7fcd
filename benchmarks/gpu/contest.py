"""This project and its peers on the GPU: each piece is one round of one case, ours followed by every peer."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from benchmarks.cases import OURS, Case, Peer
from benchmarks.gpu.inputs import BULK_ROWS, CLASSIFIER, HELD_OUT_ROWS, TRAIN_ROWS, data_file
from benchmarks.gpu.preloaded import ForkFailedError, Preloaded, measurement_of
from benchmarks.gpu.runner import Deadline, Piece, command
from benchmarks.gpu.store import Record
from benchmarks.jobs import Job, Measurement, Training
from benchmarks.measure import Entrant, environment, interleave, threads
from core.base.subprocess_env import library_settings

PART = "benchmark"
_GROUPED: dict[str, Any] = {"attn_implementation": "sdpa", "pad_to_multiple_of": 8, "dataloader_num_workers": 0}
DEFAULT = Peer("hf_default", "hf_default")
TUNED_BF16 = Peer("hf_tuned_bf16", "hf_tuned", {"bf16": True, **_GROUPED})
TUNED_FP32 = Peer("hf_tuned_fp32", "hf_tuned", {"bf16": False, **_GROUPED})
PIPELINE_32 = Peer("pipeline_32", "pipeline", {"batch_size": 32})
PIPELINE_BF16 = Peer("pipeline_bf16_128", "pipeline", {"batch_size": 128, "dtype": "bfloat16"})
_TRAINERS = (TUNED_BF16, TUNED_FP32, DEFAULT)

_STARTER: Literal["starter-shape"] = "starter-shape"
_BERT: Literal["bert-base-shape"] = "bert-base-shape"
_TUNING = "full fine-tuning, {} epochs"
CASES = (
    Case("starter-long", _TUNING.format(4), "train", _STARTER, "long", _TRAINERS, Training(epochs=4)),
    Case("bert-base-long", _TUNING.format(2), "train", _BERT, "long", _TRAINERS, Training(epochs=2)),
    Case("bulk", f"classify {BULK_ROWS}", "bulk", _STARTER, "long", (PIPELINE_BF16, PIPELINE_32), precision="auto"),
    Case("starter-short", _TUNING.format(6), "train", _STARTER, "short", _TRAINERS, Training(epochs=6)),
    Case("bert-base-short", _TUNING.format(3), "train", _BERT, "short", _TRAINERS, Training(epochs=3)),
)
"""In order of worth. Models have random weights, so nothing is said of accuracy."""


class Contest:
    """The processes that contestants are forked from, and how a round is made of them."""

    def __init__(self, folder: Path, *, dry: bool) -> None:
        """Args: folder: where `inputs.make` wrote reviews and models."""
        self._folder = folder
        self._cases = [_tiny(case) for case in CASES] if dry else CASES
        self._threads = threads()
        self._theirs = environment(self._threads, gpu=not dry)
        self._ours = {**self._theirs, **library_settings()}
        self._preloaded = {OURS: Preloaded(self._ours), "": Preloaded(self._theirs)}
        self._forked = True

    def pieces(self, repeat: int) -> list[Piece]:
        """The `repeat`-th round of each case, counted from 1; it is also the seed."""
        return [
            Piece(PART, f"{case.name} {repeat}", case.task, partial(self._round, case, repeat)) for case in self._cases
        ]

    def close(self) -> None:
        """End the processes that contestants are forked from."""
        for one in self._preloaded.values():
            one.close()

    def _round(self, case: Case, repeat: int, deadline: Deadline) -> Record:
        entrants = [
            self._entrant(case, Peer(OURS, OURS, {} if case.training else {"precision": case.precision}), repeat)
        ]
        entrants += [self._entrant(case, peer, repeat) for peer in case.peers]
        found = interleave(entrants, 1, lambda job: self._measure(job, deadline))
        runs = [{**run.to_json(), "repeat": repeat} for run in found]
        return {"case": _described(case), "forked": self._forked, "runs": runs}

    def _measure(self, job: Job, deadline: Deadline) -> tuple[Measurement, float]:
        if self._forked:
            try:
                return self._preloaded[OURS if job.peer == OURS else ""].measure(job, deadline)
            except ForkFailedError as error:
                print(f"contestants load the libraries themselves from now on: {error}", file=sys.stderr, flush=True)
                self._forked = False
        began = time.perf_counter()
        words = [sys.executable, "-m", f"benchmarks.peers.{job.peer}", job.to_json()]
        ended = command(words, self._ours if job.peer == OURS else self._theirs, deadline)
        return measurement_of(job, ended), time.perf_counter() - began

    def _entrant(self, case: Case, peer: Peer, repeat: int) -> Entrant:
        training = case.task == "train"
        model = self._folder / "models" / (case.model if training else CLASSIFIER)
        job = Job(
            peer.module,
            case.task,
            str(model),
            str(data_file(self._folder, case.data, "train" if training else "bulk")),
            str(data_file(self._folder, case.data, "held-out")),
            seed=repeat,
            threads=self._threads,
            training=case.training,
            max_length=case.max_length,
            options=dict(peer.options),
        )
        return Entrant(peer.name, lambda _: job)


def _tiny(case: Case) -> Case:
    training = case.training and Training(epochs=1, batch_size=16, max_length=64)
    return replace(case, title=f"{case.title} (tiny)", training=training, max_length=64)


def _described(case: Case) -> dict[str, Any]:
    """What the report's tables read of a case."""
    return {
        "name": case.name,
        "title": case.title,
        "task": case.task,
        "model": case.model,
        "data": {"name": case.data, "train_rows": TRAIN_ROWS, "held_out_rows": HELD_OUT_ROWS},
        "training": asdict(case.training) if case.training else None,
        "peers": [peer.name for peer in case.peers],
    }
