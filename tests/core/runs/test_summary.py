"""What a run's files say about it: the whole history, and the same few facts from only the ends of a long one."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.figures import ValidationFigures
from core.runs.folder import RunFolder, create_run, write_request
from core.runs.history import RunHistory, read_history
from core.runs.journal import JournalWriter
from core.runs.lock import RunLock
from core.runs.records import Record, UnknownRecord
from core.runs.request import Request
from core.runs.status import OVER, state_of
from core.runs.summary import summarize, summary_of
from core.settings.presets import preset
from core.settings.schema import Settings
from tests.core.runs.whole_records import record
from tests.tui.made_runs import append, make_run

FIGURES = {"loss": 0.4, "accuracy": 0.8, "macro_f1": 0.79}


def step(number: int, **fields: Any) -> Record:
    place = {"step": number, "epoch": number / 10, "time": float(number), "seconds": number * 2.0}
    return record("step", **{**place, "loss": 1 / number, **fields})


def evaluation(number: int, best: bool = True, **fields: Any) -> Record:
    return record("evaluation", **{"step": number, "epoch": number / 10, "best": best, **FIGURES, **fields})


@pytest.fixture
def run() -> RunFolder:
    return create_run(Request(name="chairs", data="/data/reviews.csv"))


@pytest.fixture
def write(run: RunFolder) -> Iterator[Any]:
    """Append records to the run's journal: `write(kind, …)` or `write(record)`."""
    writer = JournalWriter(run.journal)

    def append(what: str | Record, **fields: Any) -> None:
        writer.write(what if isinstance(what, Record) else record(what, **fields))

    yield append
    writer.close()


@pytest.fixture
def living(run: RunFolder) -> Iterator[None]:
    """A worker lives: this process."""
    lock = RunLock(run.lock)
    lock.sign()
    yield
    lock.release()


def whole(run: RunFolder) -> RunHistory:
    return read_history(run.journal)


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 8)), min_size=1, max_size=6))
def test_a_run_that_was_killed_and_resumed_has_each_step_and_evaluation_once(parts: list[tuple[int, int]]) -> None:
    history, reached = RunHistory(), 0
    for steps, back in parts:
        start = max(reached - back, 0)
        records = [record("started")]
        if reached:
            records.append(record("resumed", step=start))
        for number in range(start + 1, start + steps + 1):
            records.append(step(number))
            if number % 3 == 0:
                records.append(evaluation(number))
        history.update(records)
        reached = start + steps
    assert [one.step for one in history.steps] == list(range(1, reached + 1))
    assert [one.step for one in history.evaluations] == [n for n in range(1, reached + 1) if n % 3 == 0]
    assert history.step == reached and history.workers == len(parts)


@given(st.integers(1, 40), st.randoms())
def test_a_history_is_the_same_however_its_records_come_in(count: int, generator: Any) -> None:
    records = [record("started"), record("plan", steps=99), *(step(number) for number in range(1, count + 1))]
    records += [evaluation(count), UnknownRecord(kind="strange", time=3.0)]
    at_once, in_parts = RunHistory(), RunHistory()
    assert at_once.update(records) and not at_once.update([])
    while records:
        cut = generator.randint(1, len(records))
        in_parts.update(records[:cut])
        records = records[cut:]
    assert at_once == in_parts


def test_every_kind_of_record_is_folded_in() -> None:
    history = RunHistory()
    history.update([record("started", time=5.0), record("plan", time=5.5)])
    history.update([step(1), step(2), evaluation(2), record("memory"), record("notice")])
    history.update([record("checkpoint", step=2), record("phase", time=6.0, name="evaluating", fraction=0.5)])
    assert (history.begun, history.last_time, history.planned_steps, history.checkpoint_step) == (5.0, 6.0, 40, 2)
    assert len(history.memory) == len(history.notices) == 1
    assert history.phase is not None and history.phase.fraction == 0.5
    history.update([record("paused")])
    assert history.paused
    history.update([record("continued")])
    assert not history.paused and history.end is None
    history.update([record("failed")])
    assert history.end is not None
    history.update([record("started", time=10.0)])
    assert history.end is None and history.begun == 5.0


def test_what_was_made_again_and_how_the_run_had_ended_before_is_kept() -> None:
    history = RunHistory()
    started, finished = record("started"), record("finished", epochs=2.0)
    history.update([started, *(step(number) for number in range(1, 6)), record("no_checkpoint", message="full")])
    assert history.no_checkpoint == "full"
    history.update([started, record("resumed", step=3, reached=5), step(4), step(5)])
    history.update([record("checkpoint", step=5), finished])
    assert history.replays == [(4, 5)] and history.no_checkpoint == "" and history.earlier == []
    history.update([started, record("extended", epochs=4), record("resumed", step=5)])
    assert history.earlier == [finished] and history.end is None and len(history.replays) == 1


def test_an_extended_run_has_the_steps_of_its_new_epochs_before_it_makes_a_new_plan() -> None:
    history = RunHistory()
    history.update([record("started"), record("plan"), step(40), record("finished"), record("started")])
    assert history.planned_steps == 40
    history.update([record("extended", from_epochs=2, from_steps=40, epochs=4)])
    assert history.planned_steps == 80 and history.plan is not None and history.plan.epochs == 4


def test_memory_is_told_apart_by_worker_and_the_highest_peak_of_all_counts() -> None:
    history = RunHistory()
    assert history.memory == [] and history.peak_bytes is None
    first = [record("memory", time=float(moment), process_peak=700, device_peak=None) for moment in (1, 2)]
    second = [record("memory", time=float(moment), process_peak=400, device_peak=None) for moment in (90, 91, 92)]
    history.update([record("started"), *first, record("finished"), record("started"), record("started"), *second])
    assert history.memory_by_worker() == [first, second] and history.memory == first + second
    assert history.peak_bytes == 700
    history.update([record("memory", process_peak=900, device_peak=500)])
    assert history.peak_bytes == 500, "of the GPU, where one is used"


def test_memory_records_without_the_start_of_their_worker_are_its_own() -> None:
    history = RunHistory()
    history.update([record("memory"), record("started"), record("memory")])
    assert [len(part) for part in history.memory_by_worker()] == [1, 1]


def test_the_best_evaluation_is_the_last_that_was_the_best() -> None:
    history = RunHistory()
    assert history.best is None
    history.update([evaluation(2), evaluation(4), evaluation(6, best=False)])
    assert history.best is not None and history.best.step == 4


def test_pace_and_time_left_come_from_the_last_steps_and_wait_for_two() -> None:
    history = RunHistory()
    assert history.seconds_left() is None and history.reviews_per_second() is None
    history.update([record("plan", steps=100), step(1)])
    assert history.seconds_left() is None and history.reviews_per_second() is None
    history.update([step(number, seconds=2.0 + 100 * (number > 10) + number) for number in range(2, 71)])
    assert history.seconds_left() == pytest.approx(30.0) and history.reviews_per_second() == pytest.approx(16.0)
    timeless = RunHistory()
    timeless.update([step(1, seconds=0.0), step(2, seconds=0.0)])
    assert timeless.seconds_left() is None and timeless.reviews_per_second() is None


@pytest.mark.parametrize("kind", ["finished", "stopped", "failed"])
def test_the_last_word_of_a_run_is_its_state(run: RunFolder, write: Any, living: None, kind: str) -> None:
    write("started", pid=1)
    write(kind, message="so it ended")
    assert state_of(run, whole(run)) == kind and kind in OVER
    summary = summarize(run)
    assert (summary.state, summary.message, summary.pid, summary.phase) == (kind, "so it ended", None, "")


def test_a_run_without_a_last_word_and_without_a_worker_was_interrupted(run: RunFolder, write: Any) -> None:
    write("started", pid=1)
    assert state_of(run, whole(run)) == "interrupted" and summarize(run).pid is None


def test_an_interrupted_run_says_where_it_stood_and_where_it_can_go_on(run: RunFolder, write: Any) -> None:
    write("started", pid=1)
    assert summarize(run).message == "its worker died before its first step; no checkpoint: it starts over"
    for number in range(1, 26):
        write(step(number))
    for name in ("step-9", "step-20", "step-1x", ".step-99", "other"):
        (run.checkpoints / name).mkdir()
    assert summarize(run).message == "its worker died at step 25; it can go on from step 20"


def test_a_worker_on_another_host_is_alive_while_it_writes_and_never_called_dead(run: RunFolder, write: Any) -> None:
    write("started", pid=4711)
    write("plan", steps=10)
    write(step(3))
    run.lock.write_text(json.dumps({"pid": 4711, "ticks": 5, "boot": "another", "host": "elsewhere"}))
    summary = summarize(run)
    assert (summary.state, summary.pid, summary.host) == ("running", 4711, "elsewhere")
    os.utime(run.journal, (time.time() - 61, time.time() - 61))
    summary = summarize(run)
    assert (summary.state, summary.pid, summary.host) == ("interrupted", None, None)
    assert summary.message.startswith("its worker on elsewhere has not been heard of for a minute, at step 3")


def test_a_run_is_starting_until_its_worker_has_had_time_to_appear(run: RunFolder) -> None:
    assert state_of(run, RunHistory()) == "starting"
    assert state_of(run, RunHistory(), now=time.time() + 60) == "interrupted"


def test_a_living_worker_is_starting_then_running_or_paused(run: RunFolder, write: Any, living: None) -> None:
    write("started", pid=1)
    assert summarize(run).state == "starting"
    write("plan", steps=10, labels=["bad", "good"], model="starter", epochs=1)
    assert summarize(run).state == "running"
    write("paused")
    assert summarize(run).state == "paused"
    write("continued")
    summary = summarize(run)
    assert (summary.state, summary.pid, summary.labels, summary.model) == (
        "running",
        os.getpid(),
        ("bad", "good"),
        "starter",
    )


def test_a_resumed_run_is_not_over_any_more(run: RunFolder, write: Any, living: None) -> None:
    write("started", pid=1)
    write("plan", steps=10)
    write("stopped", message="")
    write("started", pid=2)
    assert summarize(run).state == "running"


def filled(write: Any, steps: int, memories: int = 0) -> None:
    write("started", pid=1)
    write("phase", name="loading the model", fraction=None)
    write("plan", steps=steps, steps_per_epoch=steps // 4, epochs=4, labels=["bad", "good"], model="starter")
    write("phase", name="training", fraction=None)
    for number in range(1, steps + 1):
        write(step(number))
        if number == 20 or number % (steps // 4) == 0:
            write(evaluation(number, best=number <= steps // 2, loss=1 / number))
    for _ in range(memories):
        write("memory", process=1)


def test_the_ends_of_a_long_journal_say_what_all_of_it_says(run: RunFolder, write: Any, living: None) -> None:
    filled(write, 2600)
    assert run.journal.stat().st_size > 1 << 19
    brief, full = vars(summarize(run)), vars(summary_of(run, whole(run)))
    uncertain = {"validation", "best_epoch"}  # of a run that is not over: the best may stand in the middle
    assert {key: brief[key] for key in brief.keys() - uncertain} == {key: full[key] for key in full.keys() - uncertain}


def test_a_long_finished_run_shows_the_figures_that_it_ended_with(run: RunFolder, write: Any) -> None:
    filled(write, 2600)
    write("finished", message="", best_epoch=130.0, validation={**FIGURES, "loss": 1 / 1300})
    assert vars(summarize(run)) == vars(summary_of(run, whole(run)))
    assert summarize(run).validation == ValidationFigures(**{**FIGURES, "loss": 1 / 1300})


def test_a_run_that_has_been_paused_for_hours_is_still_paused_at_its_step(
    run: RunFolder, write: Any, living: None
) -> None:
    filled(write, 1000)
    write("paused")
    for _ in range(600):  # the memory sampler goes on, once a second
        write("memory", process=1)
    summary = summarize(run)
    assert (summary.state, summary.step, summary.epoch) == ("paused", 1000, 100.0)


def test_a_pause_or_phase_of_long_ago_is_not_taken_for_now(run: RunFolder, write: Any, living: None) -> None:
    write("started", pid=1)
    write("plan", steps=10)
    write(step(1))
    write("phase", name="evaluating", fraction=0.4)
    write("paused")
    for _ in range(300):
        write("memory", process=1)
    write("continued")
    write("phase", name="training", fraction=None)
    for number in range(2, 400):
        write(step(number))
    assert (summarize(run).state, summarize(run).phase) == ("running", "training")


def test_a_summary_reads_only_the_ends_of_a_long_journal(
    run: RunFolder, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(write, 2600)
    read = 0
    pread = os.pread

    def counting(descriptor: int, count: int, offset: int) -> bytes:
        nonlocal read
        data = pread(descriptor, count, offset)
        read += len(data)
        return data

    monkeypatch.setattr(os, "pread", counting)
    summarize(run)
    assert read < run.journal.stat().st_size / 2


def test_a_loss_that_is_no_number_is_none_in_a_summary(run: RunFolder, write: Any) -> None:
    write(step(1, loss=math.nan))
    assert summarize(run).loss is None
    write(step(2, loss=math.inf))
    assert summarize(run).loss is None


def test_a_damaged_run_still_has_a_summary(run: RunFolder) -> None:
    run.settings.write_bytes(b"\xff")
    run.journal.write_bytes(b"{}\n\xff\n")
    summary = summarize(run)
    assert (summary.name, summary.model, summary.data, summary.step) == (run.id, "?", "?", 0)
    run.journal.unlink()
    assert summarize(run).state == "starting"


def test_the_json_of_a_summary_has_what_scripts_rely_on(run: RunFolder, write: Any, living: None) -> None:
    write("started", pid=1)
    write("plan", steps=10, labels=["bad", "good"])
    write("phase", name="tokenizing", fraction=0.5)
    (run.model).mkdir()
    (run.model / "config.json").touch()
    found = summarize(run).to_json()
    wanted = {"run", "name", "state", "folder", "pid", "epoch", "step", "steps", "validation"}
    assert wanted <= found.keys() and "id" not in found
    assert (found["run"], found["name"], found["folder"]) == (run.id, "chairs", str(run.path))
    assert (found["labels"], found["phase"], found["has_model"]) == (["bad", "good"], "tokenizing 50%", True)


def test_the_json_of_a_summary_has_all_settings_and_those_that_differ_from_the_preset() -> None:
    settings = {"epochs": 7, "learning_rate": 1e-3}
    quick = preset("quick").changed(settings)
    found = summarize(create_run(Request(name="q", data="/data/r.csv", preset="quick", settings=quick))).to_json()
    assert (found["preset"], found["changed_settings"]) == ("quick", settings)
    assert found["settings"] == quick.model_dump(mode="json")
    json.dumps(found)


def test_a_run_that_was_extended_has_the_steps_of_its_new_plan_even_if_its_journal_is_long(
    run: RunFolder, write: Any
) -> None:
    filled(write, 2600)
    write("finished", epochs=4, steps=2600)
    write_request(run, Request(name="chairs", data="/data/reviews.csv", settings=Settings(epochs=8)))
    write("started", pid=2)
    write("extended", from_epochs=4, from_steps=2600, epochs=8)
    write("plan", steps=5200, steps_per_epoch=650, epochs=8)
    for number in range(2601, 4600):
        write(step(number))
    summary = summarize(run)
    assert (summary.step, summary.steps, summary.epochs) == (4599, 5200, 8)


def test_a_phase_of_unknown_share_is_shown_by_its_name(
    run: RunFolder, write: Any, living: None, tmp_path: Path
) -> None:
    write("started", pid=1)
    write("phase", name="loading the model", fraction=None)
    assert summarize(run).phase == "loading the model"


@pytest.mark.parametrize(
    ("fields", "tokens", "reviews"),
    [
        ({"what": "smaller", "micro_batch_tokens": 1024}, 1024, 16),
        ({"what": "smaller", "micro_batch_tokens": None, "micro_batch_size": 8}, 2048, 8),
        ({"what": "larger", "micro_batch_tokens": 4096}, 4096, 16),
        ({"what": "smaller", "where": "evaluation", "micro_batch_size": 1}, 2048, 16),
        ({"what": "again", "micro_batch_size": 1}, 2048, 16),
    ],
)
def test_the_plan_is_what_is_done_now(fields: dict[str, Any], tokens: int, reviews: int) -> None:
    history = RunHistory()
    history.update([record("plan"), record("out_of_memory", **{"micro_batch_size": 16, **fields})])
    assert history.plan is not None
    assert (history.plan.micro_batch_tokens, history.plan.micro_batch_size) == (tokens, reviews)


@pytest.mark.parametrize("end", ["finished", "stopped", "failed", None])
@pytest.mark.parametrize("more", [[], ["resumed"], ["paused", "continued"]])
def test_a_summary_that_skips_steps_equals_one_that_reads_all(end: str | None, more: list[str]) -> None:
    run = make_run(1, steps=40, end=None)
    for kind in more:
        append(run, kind, **({"step": 20, "reached": 40} if kind == "resumed" else {}))
    if end is not None:
        append(run, end, steps=40, seconds=10.0, peak_memory_bytes=None, validation=None)
    assert summarize(run) == summary_of(run, read_history(run.journal))
