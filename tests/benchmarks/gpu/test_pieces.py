"""The pieces of a whole run: every proof that there is, and reviews and cases that are what they are called."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections import Counter
from dataclasses import replace

from benchmarks.cases import OURS
from benchmarks.data import ROOT
from benchmarks.gpu import contest, forecasts, inputs, proofs
from benchmarks.gpu.runner import Piece, Stage
from benchmarks.gpu.session import one_of_each
from benchmarks.memory import configurations


def test_every_proof_that_needs_a_gpu_is_a_piece() -> None:
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "proof", "tests/proofs/test_gpu.py"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line} == set(proofs.TESTS)


def test_reviews_differ_both_labels_come_as_often_and_long_ones_are_long() -> None:
    for kind in ("short", "long"):
        rows = inputs.reviews(kind, 400)
        assert len({text for text, _ in rows}) == 400
        assert Counter(label for _, label in rows) == {"0": 200, "1": 200}
        assert rows == inputs.reviews(kind, 400)
    short, long = ([len(text.split()) for text, _ in inputs.reviews(kind, 400)] for kind in ("short", "long"))
    assert statistics.median(short) < 30 and statistics.median(long) > 120


def test_the_memory_table_has_sgd_lora_and_every_model() -> None:
    rows = list(configurations(forecasts.COUNT, forecasts.SEED, gpu=True))[:24]
    assert {model for model, _, _ in rows} == {"starter", "small-shape", "distilbert-shape", "bert-base-shape"}
    assert sum(wanted["optimizer"] == "sgd" for *_, wanted in rows) >= 3
    assert sum(wanted["lora"] for *_, wanted in rows) >= 3


def test_one_of_each_is_the_first_piece_of_every_kind_in_its_stage() -> None:
    def piece(kind: str, name: str) -> Piece:
        return Piece("part", name, kind, lambda _: {})

    stages = [
        Stage([piece("a", "1"), piece("b", "2"), piece("a", "3")], 4),
        Stage([piece("b", "4")]),
        Stage([piece("c", "5")]),
    ]
    chosen = one_of_each(stages)
    assert [[piece.name for piece in stage.pieces] for stage in chosen] == [["1", "2"], ["5"]]
    assert chosen[0].at_once == 4


def test_no_peer_has_the_name_of_another_and_ours_is_none_of_them() -> None:
    for case in contest.CASES:
        names = [peer.name for peer in case.peers]
        assert len({*names, OURS}) == len(names) + 1
        assert {peer.module for peer in case.peers} <= {"hf_tuned", "hf_default", "pipeline"}
        assert replace(case, peers=()).model in inputs.MODELS
