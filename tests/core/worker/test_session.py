"""A run from its settings to its model: as real worker processes that are killed and stopped, and in this process."""

from __future__ import annotations

import json
import os
import signal
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest

from core.base.errors import InputError
from core.base.files import home
from core.data import tokenization
from core.inference.metrics import probabilities_of
from core.inference.predictor import Predictor
from core.reviews.hashing import text_hash
from core.reviews.reading import read_reviews
from core.runs.control import ControlReader, send
from core.runs.fingerprint import fingerprint
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.journal import JournalReader, JournalWriter
from core.runs.launch import launch_worker
from core.runs.lock import living_worker
from core.runs.records import Record, StepRecord
from core.runs.request import Request
from core.runs.status import OVER
from core.runs.summary import summarize
from core.settings.schema import Settings
from core.worker import memory_plan, refinement
from core.worker import session as session_module
from core.worker.pace import Pace
from core.worker.session import Session
from tests.core.made import EPOCHS, PER_EPOCH, ROWS, history_of, request

Write = Callable[..., Path]
Until = Callable[..., Any]


@pytest.fixture(scope="module")
def control(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, reviews_of: Callable[..., Any], until: Until
) -> RunFolder:
    """A run that nothing disturbed."""
    place = tmp_path_factory.mktemp("control")
    data = place / "reviews.csv"
    data.write_text("review,label\n" + "".join(f"{text},{label}\n" for text, label in reviews_of(ROWS, 3)))
    before = os.sched_getaffinity(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVIEWTUI_HOME", str(place / "home"))
        os.sched_setaffinity(0, {min(before)})
        try:
            run = create_run(request(data, tiny_model))
            launch_worker(run)
        finally:
            os.sched_setaffinity(0, before)
        until(lambda: summarize(run).state in OVER and living_worker(run.lock) is None, 90, "the control run")
    assert summarize(run).state == "finished", summarize(run).message
    return run


# Real workers


def test_a_finished_run_has_all_of_its_files_and_nobody_else_may_read_them(control: RunFolder) -> None:
    wanted = (
        "settings.toml provenance.json events.jsonl worker.log lock split.parquet checkpoints model predictions.parquet"
    )
    assert {entry.name for entry in control.path.iterdir()} == set(wanted.split())
    assert {file.name for file in control.model.iterdir()} >= {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "calibration.json",
        "README.md",
    }
    for path in (control.path, *control.path.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert [entry.name for entry in control.checkpoints.iterdir()] == [f"step-{EPOCHS * PER_EPOCH}"]
    assert not [file for file in control.path.rglob("*") if file.suffix in (".bin", ".pt", ".pkl")]


def test_a_finished_run_ends_with_what_scripts_rely_on(control: RunFolder) -> None:
    history = history_of(control)
    end = history.end
    assert end is not None and end.kind == "finished"
    assert (end.epochs, end.steps) == (EPOCHS, EPOCHS * 7) == (EPOCHS, history.planned_steps)
    assert end.seconds > 0 and end.reviews_per_second > 0 and end.peak_memory_bytes > 50 << 20
    assert end.validation is not None and end.best_epoch <= EPOCHS
    assert [step.step for step in history.steps] == list(range(1, EPOCHS * 7 + 1))
    assert len(history.evaluations) == EPOCHS and history.memory
    assert summarize(control).validation == end.validation


def test_provenance_names_versions_data_weights_and_splits(control: RunFolder, tiny_model: Path) -> None:
    found = json.loads(control.provenance.read_text())
    assert {"torch", "transformers", "tokenizers", "python", "reviewtui"} <= found["versions"].keys()
    assert found["labels"] == ["negative", "positive"] and found["model"] == str(tiny_model)
    assert sum(found["train_rows"].values()) + sum(found["validation_rows"].values()) == ROWS
    assert (found["precision"], found["device"], found["threads"]) == ("fp32", "cpu", 1)
    assert all(len(found[key]) >= 16 for key in ("data_hash", "weights_sha256", "tokenizer_sha256"))


def test_no_text_is_on_both_sides_of_the_split_and_every_row_on_one(control: RunFolder) -> None:
    split = pq.read_table(control.split).to_pydict()
    sides = {
        side: {h for h, s in zip(split["text_hash"], split["side"], strict=True) if s == side} for side in split["side"]
    }
    assert sorted(split["row"]) == list(range(ROWS))
    assert sides.keys() == {"train", "validation"} and not sides["train"] & sides["validation"]


def test_predictions_are_what_the_saved_model_says_of_the_validation_reviews(control: RunFolder) -> None:
    reviews = read_reviews(control.request().data)
    found = pq.read_table(control.predictions).to_pydict()
    texts = reviews.texts(np.array(found["row"]))
    assert [text_hash(text) for text in texts] == found["text_hash"]
    assert reviews.labels[found["row"]].tolist() == found["label"]
    np.testing.assert_allclose(Predictor(control.model).logits(texts)[0], np.array(found["logits"]), atol=1e-4)


def test_the_library_itself_classifies_with_the_model_as_we_do(control: RunFolder) -> None:
    import transformers

    texts = read_reviews(control.request().data).texts(range(ROWS))
    pipe = transformers.pipeline("text-classification", model=str(control.model), top_k=None)
    answers = pipe(texts, truncation=True)
    for rows, found in zip(answers, Predictor(control.model).classify(texts), strict=True):
        expected = {row["label"]: row["score"] for row in rows}
        assert found.probabilities == pytest.approx(expected, abs=1e-4)
        assert found.label == max(expected, key=lambda label: expected[label])


def test_the_card_and_the_calibration_tell_of_this_run(control: RunFolder) -> None:
    card = (control.model / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlibrary_name: transformers") and "# chairs" in card
    assert "held out by a hash of their text" in card
    assert "**negative**, **positive**" in card and "| learning_rate | 0.001 |" in card
    found = json.loads((control.model / "calibration.json").read_text())
    predictions = pq.read_table(control.predictions).to_pydict()
    assert found["temperature"] > 0 and found["rows"] == len(predictions["row"])
    logits = np.array(predictions["logits"])
    before = probabilities_of(logits).argmax(axis=1)
    assert (probabilities_of(logits / found["temperature"]).argmax(axis=1) == before).all()


def test_a_run_killed_twice_and_resumed_ends_with_the_weights_of_one_that_was_not(
    control: RunFolder,
    one_processor: None,
    over: Callable[[RunFolder], RunHistory],
    at_step: Callable[[RunFolder, int], None],
    until: Until,
) -> None:
    run = create_run(control.request())
    launch_worker(run)
    for step in (9, 33):
        at_step(run, step)
        holder = living_worker(run.lock)
        assert holder is not None
        os.kill(holder.pid, signal.SIGKILL)
        until(lambda: living_worker(run.lock) is None)
        assert summarize(run).state == "interrupted" and history_of(run).end is None
        launch_worker(run, resume=True)
    history = over(run)
    assert summarize(run).state == "finished" and history.workers == 3
    undisturbed = history_of(control)
    assert [step.step for step in history.steps] == list(range(1, EPOCHS * 7 + 1))
    assert [step.loss for step in history.steps] == [step.loss for step in undisturbed.steps]
    assert [e.loss for e in history.evaluations] == [e.loss for e in undisturbed.evaluations]
    assert fingerprint(run) == fingerprint(control) and all(fingerprint(control).values())
    assert history.end is not None and undisturbed.end is not None
    assert history.end.validation == undisturbed.end.validation


def test_a_worker_is_nobodys_child_pauses_when_asked_and_answers_sigterm_by_stopping_and_saving(
    reviews_csv: Write,
    tiny_model: Path,
    one_processor: None,
    over: Callable[[RunFolder], RunHistory],
    at_step: Callable[[RunFolder, int], None],
    until: Until,
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1000, checkpoint_seconds=1e6))
    pid = launch_worker(run).pid
    worker = psutil.Process(pid)
    assert worker.ppid() != os.getpid() and os.getsid(pid) != os.getsid(0) and worker.cwd() == "/"
    at_step(run, 3)
    send(run.control, "pause")
    until(lambda: summarize(run).state == "paused")
    paused_at = history_of(run).step
    os.kill(pid, signal.SIGHUP)
    os.kill(pid, signal.SIGINT)
    send(run.control, "continue")
    at_step(run, paused_at + 2)
    assert (summarize(run).state, summarize(run).pid) == ("running", pid)
    os.kill(pid, signal.SIGTERM)
    history = over(run)
    summary = summarize(run)
    assert summary.state == "stopped" and summary.has_model and summary.validation is not None
    assert history.evaluations[-1].step == history.step < 7000
    assert [entry.name for entry in run.checkpoints.iterdir()] == [f"step-{history.step}"]
    assert Predictor(run.model).labels == ("negative", "positive")


@pytest.mark.parametrize("how", ["stop", "stop_and_save", "SIGTERM"])
def test_a_run_that_is_stopped_as_soon_as_it_was_started_never_makes_a_step(
    how: str, reviews_csv: Write, tiny_model: Path, over: Callable[[RunFolder], RunHistory]
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1000))
    pid = launch_worker(run).pid
    os.kill(pid, signal.SIGTERM) if how == "SIGTERM" else send(run.control, how)  # type: ignore[arg-type]
    history = over(run)
    assert history.end is not None and history.end.kind == "stopped"
    assert "before the first step" in history.end.message and history.steps == []
    assert not run.model.exists()


def test_a_run_that_diverges_fails_in_words(
    reviews_csv: Write, tiny_model: Path, one_processor: None, over: Callable[[RunFolder], RunHistory]
) -> None:
    wild = {"learning_rate": 1, "optimizer": "sgd", "max_grad_norm": 0, "schedule": "constant", "warmup_ratio": 0}
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=40, weight_decay=0, **wild))
    launch_worker(run)
    history = over(run)
    assert history.end is not None and history.end.kind == "failed"
    assert "diverged" in history.end.message and "learning_rate" in history.end.message
    assert history.end.steps == history.step < 40 * 7


# The same work in this process


def test_the_plan_is_written_down_and_what_was_adapted_is_told(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1, max_length=512))
    history = work(run)
    plan = history.plan
    assert plan is not None and (plan.rows, plan.validation_rows) == (54, 6)
    assert (plan.steps, plan.steps_per_epoch, plan.max_length) == (7, 7, 64)
    assert history.plan.weights == history.plan.trainable_weights > 10_000
    assert "max_length 512 → 64: this model reads no more tokens." in [notice.text for notice in history.notices]


@pytest.mark.parametrize("changes", [{"lora": True}, {"freeze_layers": "encoder"}, {"precision": "bf16"}], ids=str)
def test_a_run_leaves_a_model_that_says_what_its_best_evaluation_said(
    changes: dict[str, Any], work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=2, **changes))
    history = work(run)
    predictions = pq.read_table(run.predictions).to_pydict()
    texts = read_reviews(run.request().data).texts(np.array(predictions["row"]))
    tolerance = 0.05 if changes.get("precision") == "bf16" else 1e-4
    found = Predictor(run.model).logits(texts)[0]
    np.testing.assert_allclose(found, np.array(predictions["logits"]), atol=tolerance)
    assert history.best is not None and history.end is not None
    accuracy = (np.array(predictions["logits"]).argmax(axis=1) == predictions["label"]).mean()
    assert history.end.validation.accuracy == history.best.accuracy == accuracy


def test_a_validation_file_is_measured_on_and_what_it_shares_with_training_is_told(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path
) -> None:
    data, held_out = reviews_csv(ROWS), reviews_csv(20, name="held_out.csv")
    asked = request(data, tiny_model, epochs=1).model_copy(update={"validation": str(held_out)})
    run = create_run(asked)
    history = work(run)
    assert (history.plan.rows, history.plan.validation_rows) == (ROWS, 20)
    assert any(notice.text.startswith("Leak: 20 validation reviews") for notice in history.notices)
    card = (run.model / "README.md").read_text(encoding="utf-8")
    assert f"evaluated on 20 of `{held_out}`" in card and "by a hash" not in card


@pytest.mark.parametrize("changes", [{"data": "/absent.csv"}, {"model": "./absent"}, {"device": "cuda:7"}], ids=str)
def test_what_cannot_be_begun_is_an_error_in_words(
    changes: dict[str, str], work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path
) -> None:
    rest = {"model": str(tiny_model), "data": str(reviews_csv(ROWS)), **changes}
    data = rest.pop("data")
    run = create_run(Request(name="x", data=data, settings=Settings.model_validate(rest)))
    with pytest.raises(InputError, match=r"\.$"):
        work(run)
    assert not run.model.exists()


def test_a_wish_made_before_the_first_step_is_heeded_before_it(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path
) -> None:
    history = work(create_run(request(reviews_csv(ROWS), tiny_model)), control_requests=("stop_and_save",))
    assert history.end is not None and history.end.message == "stopped before the first step"


def test_a_pause_asked_for_before_the_first_step_is_kept_for_the_loop(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1))
    history = work(run, control_requests=("pause", "continue"))
    kinds = [record.kind for record in JournalReader(run.journal).read_new()]
    assert kinds.index("step") < kinds.index("paused") < kinds.index("continued")
    assert history.end is not None and history.end.kind == "finished"


def test_the_first_step_waits_for_a_few_texts_and_not_for_all(
    tmp_path: Path, tiny_model: Path, reviews_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tokenizer comes to a standstill after the longest texts and the first window, until a step is made."""
    data = tmp_path / "many.csv"
    data.write_text("review,label\n" + "".join(f"{text},{label}\n" for text, label in reviews_of(6000, 3)))
    run = create_run(request(data, tiny_model, max_steps=2, checkpoint_seconds=1e9))
    stepped, encode, encoded = threading.Event(), tokenization.encode, 0

    def waiting(tokenizer: Any, texts: Any) -> Any:
        nonlocal encoded
        if encoded > 1500 and not stepped.wait(60):
            raise RuntimeError("no step was made before all was tokenized")
        encoded += len(texts)
        return encode(tokenizer, texts)

    class Listening(JournalWriter):
        def write(self, record: Record, *, sync: bool = False) -> bool:
            if isinstance(record, StepRecord):
                stepped.set()
            return super().write(record, sync=sync)

    monkeypatch.setattr(tokenization, "encode", waiting)
    journal = Listening(run.journal)
    Session(run, journal, ControlReader(run.control), threading.Event()).work(resume=False)
    journal.close()
    assert stepped.is_set()
    assert history_of(run).step == 2
    assert encoded > 5000


def test_a_finished_run_teaches_the_forecast_of_its_kind(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a quiet machine, which this one need not be just now; a stopped run would not have shown its peak."""
    lost = 0.0
    monkeypatch.setattr(session_module, "Pace", lambda seconds: Pace(seconds, lambda: lost))
    monkeypatch.setattr(refinement, "_MIN_SECONDS", 0.0)
    file = home() / "calibrations.json"
    wanted = request(reviews_csv(ROWS), tiny_model, epochs=2)
    lost = 0.5
    work(create_run(wanted))
    assert not file.exists()
    lost = 0.0
    history = work(create_run(wanted))
    ((kind, found),) = [entry for of_model in json.loads(file.read_text()).values() for entry in of_model.items()]
    assert kind.startswith("native fp32 frozen=-1 adamw")
    assert history.end is not None
    assert 0 < found["observed"]["seconds"] <= history.end.seconds
    assert found["start"] > 0 and found["rate"] > 0


@pytest.mark.parametrize("free", ["ample", "tight"])
def test_the_longest_reviews_are_tried_first_unless_memory_is_known_to_be_ample(
    free: str,
    work: Callable[..., RunHistory],
    reviews_csv: Write,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_module, "Pace", lambda seconds: Pace(seconds, lambda: 0.0))
    monkeypatch.setattr(refinement, "_MIN_SECONDS", 0.0)
    wanted, file = request(reviews_csv(ROWS), tiny_model, epochs=1), home() / "calibrations.json"

    def rest() -> int:
        ((found,),) = [of_model.values() for of_model in json.loads(file.read_text()).values()]
        return int(found["rest_bytes"])

    def tries(run: RunFolder) -> int:
        return run.journal.read_text().count("trying the longest reviews")

    first = create_run(wanted)
    history = work(first)
    assert tries(first) == 1, "nothing had been measured"
    assert history.end is not None
    before, peak = rest(), history.end.peak_memory_bytes
    monkeypatch.setattr(memory_plan, "_room", lambda loop: peak * (3 if free == "ample" else 1.5))
    second = create_run(wanted)
    work(second)
    assert tries(second) == (free == "tight")
    assert rest() >= before or free == "tight", "a peak that was not sought lowers no forecast"
