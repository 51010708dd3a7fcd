"""More epochs for a run that has ended: with wsd it becomes the run it would have been; else a sentence says not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from core.runs.extension import begin_extension, plan_extension, unfinished_extension
from core.runs.fingerprint import fingerprint
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.journal import JournalReader, JournalWriter
from core.runs.launch import launch_worker
from core.runs.lock import RunLock
from core.runs.records import ExtendedRecord
from core.runs.summary import summarize
from tests.core.made import PER_EPOCH, ROWS, history_of, notices_of, request
from tests.core.runs.whole_records import record

Work = Callable[..., RunHistory]
Write = Callable[..., Path]
WSD = {"schedule": "wsd", "warmup_ratio": 0.5, "decay_ratio": 0.25, "dropout": 0.1, "evaluate_every": 3}


@pytest.fixture
def made(reviews_csv: Write, tiny_model: Path) -> Callable[..., RunFolder]:
    data = reviews_csv(ROWS)
    return lambda **changes: create_run(request(data, tiny_model, **changes))


def extend(run: RunFolder, epochs: int) -> None:
    journal = JournalWriter(run.journal)
    journal.write(record("started"))
    begin_extension(run, journal, epochs)
    journal.close()


@pytest.mark.parametrize("mode", [{}, {"freeze_layers": 1}, {"lora": True, "lora_rank": 2}], ids=str)
def test_short_and_long_runs_from_one_trunk_equal_runs_of_their_own_to_the_bit(
    mode: dict[str, Any], made: Callable[..., RunFolder], work: Work
) -> None:
    short, long, both = (made(epochs=epochs, **WSD, **mode) for epochs in (2, 4, 2))
    for run in (short, long, both):
        work(run)
    assert fingerprint(both) == fingerprint(short) != fingerprint(long)
    model, predictions = both.model / "model.safetensors", both.predictions
    before = model.read_bytes(), predictions.read_bytes()

    extend(both, 4)
    history = work(both, resume=True)
    assert fingerprint(both) == fingerprint(long) and all(fingerprint(long).values())
    kept = both.earlier / "epochs-2"
    assert ((kept / "model" / "model.safetensors").read_bytes(), (kept / "predictions.parquet").read_bytes()) == before
    assert [one.epochs for one in history.earlier] == [2.0]
    trunk = 2 * PER_EPOCH - round(0.25 * 2 * PER_EPOCH)
    assert history.replays == [(trunk + 1, 2 * PER_EPOCH)], "what is made again is told"
    assert both.request().settings.epochs == 4 and summarize(both).state == "finished"


def test_it_can_be_extended_again_and_again(made: Callable[..., RunFolder], work: Work) -> None:
    whole, run = made(epochs=5, **WSD), made(epochs=2, **WSD)
    work(whole)
    work(run)
    for epochs in (3, 5):
        extend(run, epochs)
        work(run, resume=True)
    assert fingerprint(run) == fingerprint(whole)
    assert {entry.name for entry in run.earlier.iterdir()} == {"epochs-2", "epochs-3"}


def test_a_finished_run_keeps_its_last_checkpoint_and_that_of_its_trunk(
    made: Callable[..., RunFolder], work: Work
) -> None:
    run = made(epochs=2, **WSD)
    work(run)
    assert {entry.name for entry in run.checkpoints.iterdir()} == {"step-14", "step-10"}


def test_an_extension_that_was_killed_on_its_way_is_finished_by_resuming(
    made: Callable[..., RunFolder], work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, run = made(epochs=4, **WSD), made(epochs=2, **WSD)
    work(long)
    work(run)
    journal = JournalWriter(run.journal)
    journal.write(record("started"))
    with monkeypatch.context() as patch:
        patch.setattr(JournalWriter, "write", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            begin_extension(run, journal, 4)
    journal.close()
    assert summarize(run).state == "interrupted" and unfinished_extension(run) == 4
    for _ in range(2):  # the second changes nothing
        extend(run, 4)
    assert unfinished_extension(run) is None
    history = work(run, resume=True)
    assert fingerprint(run) == fingerprint(long)
    records = JournalReader(run.journal).read_new()
    assert len([one for one in records if isinstance(one, ExtendedRecord)]) == 1
    assert [one.epochs for one in history.earlier] == [2.0], "its end before it was extended is not lost"


def test_without_its_trunk_a_run_begins_anew_and_says_so(made: Callable[..., RunFolder], work: Work) -> None:
    long, run = made(epochs=4, **WSD), made(epochs=2, **WSD)
    work(long)
    work(run)
    shutil.rmtree(run.checkpoints / "step-10")
    extend(run, 4)
    work(run, resume=True)
    assert fingerprint(run) == fingerprint(long)
    assert any("starts over" in notice for notice in notices_of(run))


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("linear", "jumps to"),
        ("cosine", "jumps to"),
        ("constant", "stays at"),
        ("wsd", "before the learning rate fell"),
    ],
)
def test_what_becomes_of_the_learning_rate_is_said_before_and_written_down(
    schedule: str, words: str, made: Callable[..., RunFolder], work: Work
) -> None:
    run = made(epochs=1, schedule=schedule, warmup_ratio=0)
    work(run)
    extension = plan_extension(run, 2)
    assert words in extension.about_rate and extension.steps == 2 * PER_EPOCH
    if schedule == "linear":
        assert "fallen to 0.00014 and jumps to 0.0005" in extension.about_rate
    extend(run, 2)
    history = work(run, resume=True)
    assert extension.about_rate in notices_of(run)
    assert history.step == 2 * PER_EPOCH and [step.step for step in history.steps] == list(range(1, 15))


def test_a_run_that_early_stopping_ended_has_its_patience_again(made: Callable[..., RunFolder], work: Work) -> None:
    run = made(epochs=6, early_stopping_patience=1, best_metric="macro_f1", learning_rate=1e-9)
    history = work(run)
    assert history.step < 6 * PER_EPOCH
    extend(run, 8)
    again = work(run, resume=True)
    assert again.step > history.step and again.end is not None and again.end.kind == "finished"


def test_what_cannot_be_extended_is_refused_in_words(made: Callable[..., RunFolder], work: Work) -> None:
    new = made(epochs=2)
    with pytest.raises(InputError, match=r"is starting; it can be extended once it has ended\."):
        plan_extension(new, 4)
    run = made(epochs=2)
    work(run)
    for epochs in (1, 2):
        with pytest.raises(InputError, match=rf"has 2 epochs already.*--epochs \+{epochs} for {epochs} more"):
            plan_extension(run, epochs)
    lock = RunLock(run.lock)
    lock.sign()
    journal = JournalWriter(run.journal)
    journal.write(record("started"))
    journal.close()
    with pytest.raises(InputError, match="is running"):
        plan_extension(run, 4)
    lock.release()


def test_a_real_worker_extends_a_run(
    made: Callable[..., RunFolder], over: Callable[[RunFolder], RunHistory], one_processor: None
) -> None:
    run = made(epochs=1, **WSD)
    launch_worker(run)
    over(run)
    launch_worker(run, extend=2)
    history = over(run)
    assert history.end is not None and history.end.epochs == 2.0 and history.workers == 2
    assert summarize(run).state == "finished"
    assert history_of(run).earlier[0].epochs == 1.0
