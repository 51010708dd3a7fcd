"""What only a GPU can show: `make proof-gpu`, on a machine that has one.

The dry run of `make gpu` sets `REVIEWTUI_PROOF_DEVICE=cpu` and has fewer kills.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from core.inference.predictor import Predictor
from core.runs.folder import create_run
from core.runs.journal import JournalReader
from core.runs.records import FinishedRecord, MemoryRecord, PlanRecord
from tests.core.made import ROWS, history_of, notices_of, request
from tests.proofs.killing import MODES, finished, kill_and_compare
from tests.proofs.short_of_memory import compare
from tests.proofs.workers import Nursery

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]
NEEDS_GPU = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="there is no GPU, or CUDA_VISIBLE_DEVICES hides it"
)

DEVICE = os.environ.get("REVIEWTUI_PROOF_DEVICE", "cuda")
KILLS = int(os.environ.get("REVIEWTUI_PROOF_KILLS", "6"))
MIB = 1 << 20


@pytest.fixture(scope="module")
def wide_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny BERT's tokenizer with a model of some width: what it keeps of a batch is much more than it weighs.

    Without a GPU it is the tiny BERT itself.
    """
    if DEVICE == "cpu":
        return tiny_model
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("wide") / "model"
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.model_max_length = 512
    sizes = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024}
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, **sizes)).save_pretrained(
        folder
    )
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.skipif(DEVICE == "cuda" and not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("mode", MODES)
def test_a_run_killed_at_random_moments_ends_as_one_that_was_not(
    mode: str, precision: str, nursery: Nursery, reviews_csv: Callable[..., Path], wide_model: Path
) -> None:
    given = {"epochs": 6, "dropout": 0.1, "evaluate_every": 3, "device": DEVICE, "precision": precision, **MODES[mode]}
    asked = request(reviews_csv(ROWS), wide_model, **given)
    counted = kill_and_compare(nursery, asked, random.Random(f"{mode} {precision}"), KILLS)
    print(f"\n  GPU, {mode}, {precision}: {counted}")


@NEEDS_GPU
def test_a_gpu_that_is_too_small_changes_nothing_but_micro_batches(wide_model: Path) -> None:
    found = compare(str(wide_model), "transformers", "cuda:0", 260)
    print(f"\n  GPU: largest difference of a weight {found['gap']:.1e}; {found['said']}")
    assert found["said"], "the limit was wide enough: nothing was shown"
    assert found["reviews"] == [32, 32]
    assert found["gap"] <= 1e-5


@NEEDS_GPU
@pytest.mark.parametrize("compiled", ["off", "on"])
def test_what_is_recorded_of_memory_adds_up_and_the_model_answers_as_on_the_cpu(
    compiled: str, nursery: Nursery, reviews_csv: Callable[..., Path], wide_model: Path
) -> None:
    asked = request(reviews_csv(ROWS), wide_model, epochs=2, device="cuda", compile=compiled)
    run = create_run(asked)
    finished(nursery, run)
    records = JournalReader(run.journal).read_new()
    plan = next(record for record in records if isinstance(record, PlanRecord))
    assert plan.device == "cuda" and plan.compiled == (compiled == "on"), notices_of(run)
    samples = [record for record in records if isinstance(record, MemoryRecord)]
    for gpu in (gpu for sample in samples for gpu in sample.devices):
        assert gpu.ours_allocated <= gpu.ours_reserved
        assert gpu.ours_reserved + gpu.other + gpu.free <= gpu.total
    history = history_of(run)
    spent = history.time_spent()
    assert spent is not None and min(spent.forward, spent.backward, spent.optimizer, spent.evaluation) > 0
    parts = (spent.input, spent.forward, spent.backward, spent.optimizer, spent.evaluation, spent.checkpoint)
    assert 0.5 * spent.elapsed < sum(parts) <= spent.elapsed + 0.01
    assert history.layers[0].step == 1 and all(part.update_ratio > 0 for part in history.layers[0].parts)
    end = records[-1]
    assert isinstance(end, FinishedRecord)
    peak = end.peak_memory_bytes
    assert peak == samples[-1].device_peak > max(gpu.ours_allocated for gpu in samples[0].devices)
    texts = [" ".join(["good", "chair"] * (number + 1)) for number in range(40)]
    here, there = (Predictor(run.model, device=device).logits(texts)[0] for device in ("cpu", "cuda"))
    gap = float(np.abs(here - there).max())
    steps = history.step
    print(f"\n  GPU, compiled {compiled}: {steps} steps, peak {peak / MIB:.0f} MiB; logits differ by {gap:.1e}")
    assert gap < 1e-4
