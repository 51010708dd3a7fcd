"""A baseline from its settings to its model, in this process: a run like any other, but without steps."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.inference.evaluation import evaluate_run
from core.inference.predictor import Predictor
from core.reviews.hashing import text_hash
from core.reviews.reading import read_reviews
from core.runs.baselines import best_baseline, gain_in_words, gain_over
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.launch import launch_worker
from core.runs.provenance import read_provenance
from core.runs.records import FinishedRecord, StoppedRecord
from core.runs.request import Request
from core.runs.summary import end_of, summarize
from core.settings.baseline import baseline_settings
from tests.core.made import ROWS, history_of, notices_of, request

Work = Callable[..., RunHistory]
FAMILIES = ("bert", "roberta", "distilbert")


@pytest.fixture
def data(tmp_path: Path, reviews_of: Callable[..., Any]) -> Path:
    file = tmp_path / "reviews.csv"
    file.write_text("review,label\n" + "".join(f"{text},{label}\n" for text, label in reviews_of(ROWS, 3)))
    return file


def _baseline(data: Path, model: Path, **changes: Any) -> Request:
    asked = request(data, model, **changes)
    return asked.model_copy(
        update={"name": "base", "method": "baseline", "settings": baseline_settings(asked.settings)}
    )


def _done(work: Work, asked: Request) -> RunFolder:
    run = create_run(asked)
    work(run)
    return run


@pytest.mark.parametrize("family", FAMILIES)
def test_the_library_itself_classifies_with_the_model_as_we_do(
    family: str, data: Path, tiny_models: dict[str, Path], work: Work
) -> None:
    import transformers

    run = _done(work, _baseline(data, tiny_models[family]))
    assert summarize(run).state == "finished", summarize(run).message
    texts = read_reviews(str(data)).texts(range(ROWS))
    pipe = transformers.pipeline("text-classification", model=str(run.model), top_k=None)
    for rows, found in zip(pipe(texts, truncation=True), Predictor(run.model).classify(texts), strict=True):
        assert found.probabilities == pytest.approx({row["label"]: row["score"] for row in rows}, abs=1e-5)


def test_a_baseline_has_the_files_and_records_of_a_run_and_no_steps(data: Path, tiny_model: Path, work: Work) -> None:
    run = _done(work, _baseline(data, tiny_model))
    history, summary = history_of(run), summarize(run)
    assert {"settings.toml", "provenance.json", "split.parquet", "predictions.parquet", "model"} <= {
        entry.name for entry in run.path.iterdir()
    }
    assert {"config.json", "model.safetensors", "calibration.json", "README.md"} <= {
        file.name for file in run.model.iterdir()
    }
    assert isinstance(history.end, FinishedRecord) and history.end.validation is not None
    assert history.plan is not None and history.plan.method == "baseline" and history.plan.steps == 0
    assert history.memory and len(history.evaluations) == 1 and not history.steps
    assert (summary.steps, summary.epochs, summary.best_epoch) == (None, None, None) and summary.has_model
    assert "Logistic regression on the output of" in (run.model / "README.md").read_text()
    found = pq.read_table(run.predictions).to_pydict()
    texts = read_reviews(str(data)).texts(np.array(found["row"]))
    assert [text_hash(text) for text in texts] == found["text_hash"]
    np.testing.assert_allclose(Predictor(run.model).logits(texts)[0], np.array(found["logits"]), atol=1e-4)
    report = evaluate_run(run, Predictor(run.model), str(data), None, lambda words, fraction: None)
    assert report.rows == ROWS and report.leak is not None


def test_the_encoder_is_unchanged_and_a_frozen_run_finds_its_output(data: Path, tiny_model: Path, work: Work) -> None:
    from safetensors.numpy import load_file

    run = _done(work, _baseline(data, tiny_model))
    before, after = load_file(tiny_model / "model.safetensors"), load_file(run.model / "model.safetensors")
    shared = [name for name in before if "pooler" not in name]
    assert len(shared) > 20 and all(np.array_equal(before[name], after[f"bert.{name}"]) for name in shared)
    assert any("computed once" in words for words in notices_of(run))
    again = _done(work, _baseline(data, tiny_model, seed=9))
    assert any("computed by an earlier run" in words for words in notices_of(again))
    frozen = _done(work, request(data, tiny_model, freeze_layers="encoder", epochs=1))
    assert any("computed by an earlier run" in words for words in notices_of(frozen))


def test_the_same_seed_gives_the_same_model(data: Path, tiny_model: Path, work: Work) -> None:
    runs = [_done(work, _baseline(data, tiny_model)) for _ in range(2)]
    assert len({(run.model / "model.safetensors").read_bytes() for run in runs}) == 1


def test_it_stops_before_its_model_is_written_and_can_be_resumed(data: Path, tiny_model: Path, work: Work) -> None:
    run = create_run(_baseline(data, tiny_model))
    history = work(run, control_requests=("stop",))
    assert isinstance(history.end, StoppedRecord) and "before its model" in history.end.message
    assert not run.model.exists()
    assert isinstance(work(run, resume=True).end, FinishedRecord) and run.model.exists()


def test_a_worker_resumes_what_another_left(
    data: Path, tiny_model: Path, work: Work, over: Callable[[RunFolder], RunHistory], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    run = create_run(_baseline(data, tiny_model))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("core.worker.baseline.fit", dies)
        work(run)
    assert history_of(run).plan is not None and history_of(run).end is None
    launch_worker(run, resume=True)
    assert isinstance(over(run).end, FinishedRecord), summarize(run).message
    assert summarize(run).has_model


def test_the_transformers_path_computes_the_same_baseline(
    data: Path, tiny_model: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.learners import choose
    from tests.core.conftest import on_transformers

    native = _done(work, _baseline(data, tiny_model))
    monkeypatch.setattr(choose, "plan_of", on_transformers)
    monkeypatch.setattr("core.worker.baseline.build_native_classifier", lambda *_: None)
    other = _done(work, _baseline(data, tiny_model))
    plans = [history_of(run).plan for run in (native, other)]
    assert [plan.path for plan in plans if plan is not None] == ["native", "transformers"]
    logits = [np.array(pq.read_table(run.predictions)["logits"].to_pylist()) for run in (native, other)]
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-3)


def test_every_run_records_the_majority_guess(data: Path, tiny_model: Path, work: Work) -> None:
    tuned, base = _done(work, request(data, tiny_model, epochs=1)), _done(work, _baseline(data, tiny_model))
    counts = json.loads(base.provenance.read_text())
    most = max(counts["train_rows"], key=lambda name: counts["train_rows"][name])
    share = counts["validation_rows"][most] / sum(counts["validation_rows"].values())
    for run in (tuned, base):
        plan = history_of(run).plan
        assert plan is not None and plan.majority is not None
        assert plan.majority.label == most and plan.majority.accuracy == pytest.approx(share)


def test_whichever_ends_later_compares_the_two(data: Path, tiny_model: Path, work: Work) -> None:
    before = _done(work, request(data, tiny_model, epochs=1))
    assert best_baseline(before) is None
    base = _done(work, _baseline(data, tiny_model))
    after = _done(work, request(data, tiny_model, epochs=2))
    for run in (before, after):
        line = best_baseline(run)
        assert line is not None and line.run == base.id
        gain = gain_over(line, run, end_of(run))
        assert gain is not None and (gain.run, gain.baseline) == (run.id, base.id)
        assert gain.low <= gain.difference <= gain.high and gain.rows == history_of(run).plan.validation_rows
        right = {}
        for one in (run, base):
            found = pq.read_table(one.predictions).to_pydict()
            right[one.id] = (np.array(found["logits"]).argmax(axis=1) == found["label"]).mean()
        assert gain.difference == pytest.approx(right[run.id] - right[base.id])
        assert gain_in_words(gain, "fine-tuning").startswith("Fine-tuning gained")
    assert best_baseline(base) is None


def test_a_baseline_on_other_rows_is_no_line_to_beat(data: Path, tiny_model: Path, work: Work) -> None:
    _done(work, _baseline(data, tiny_model, validation_fraction=0.3))
    tuned = _done(work, request(data, tiny_model, epochs=1))
    assert best_baseline(tuned) is None
    end = end_of(tuned)
    assert end is not None and end.against == ()
    own = read_provenance(tuned.provenance)
    assert own is not None and len(own.validation_sha256) == 64


def test_fine_tuning_waits_for_no_library_of_baselines() -> None:
    code = (
        "import sys, core.worker.methods, core.worker.session\n"
        "assert not {'scipy', 'sklearn'} & sys.modules.keys(), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
