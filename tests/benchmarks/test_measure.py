"""Turns, environment and search: who runs when, with what, and which options win. No contestant runs here."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from typing import Any

import pytest

from benchmarks.cases import CASES, GOALS, LAB_RECIPE, OURS
from benchmarks.data import ROOT
from benchmarks.jobs import Job, Measurement, Training
from benchmarks.measure import Entrant, PeerFailedError, environment, interleave, measure, threads
from benchmarks.search import ALTERNATIVES, START, STEPS, best_options


def measurement(**fields: Any) -> Measurement:
    usual: dict[str, Any] = {"seconds": 1.0, "cpu_seconds": 2.0, "peak_bytes": 3, "baseline_bytes": 1, "reviews": 4}
    return Measurement(**{**usual, **fields})


def entrant(peer: str) -> Entrant:
    return Entrant(peer, lambda repeat: Job(peer, "train", seed=repeat))


def test_ours_and_its_peers_take_turns_with_one_seed_a_round() -> None:
    jobs: list[Job] = []

    def note(job: Job) -> tuple[Measurement, float]:
        jobs.append(job)
        return measurement(), 5.0

    runs = list(interleave([entrant(OURS), entrant("a"), entrant("b")], 2, note))
    assert [(job.peer, job.seed) for job in jobs] == [(OURS, 1), ("a", 1), ("b", 1), (OURS, 2), ("a", 2), ("b", 2)]
    assert [(run.peer, run.repeat) for run in runs] == [(job.peer, job.seed) for job in jobs]


def test_contestants_that_read_other_reviews_are_no_comparison() -> None:
    with pytest.raises(PeerFailedError, match="other reviews"):
        list(interleave([entrant(OURS), entrant("a")], 1, lambda job: (measurement(rows_sha256=job.peer), 1.0)))


def test_an_accuracy_that_is_no_share_is_refused() -> None:
    with pytest.raises(PeerFailedError, match="accuracy nan"):
        list(interleave([entrant(OURS)], 1, lambda job: (measurement(accuracy=float("nan")), 1.0)))


def test_agreement_is_with_ours_of_the_same_round() -> None:
    answers = {(OURS, 1): [0.9, 0.2], ("a", 1): [0.8, 0.6], (OURS, 2): [0.9, 0.6], ("a", 2): [0.9, 0.6]}
    runs = interleave(
        [entrant(OURS), entrant("a")], 2, lambda job: (measurement(probabilities=answers[job.peer, job.seed]), 1.0)
    )
    found = [run.agreement for run in runs if run.peer == "a"]
    assert found[0] == {"same_label": 0.5, "largest_difference": pytest.approx(0.4)}
    assert found[1] == {"same_label": 1.0, "largest_difference": 0.0}


def test_no_allocator_or_setting_of_this_shell_reaches_a_contestant(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LD_PRELOAD", "MALLOC_ARENA_MAX", "TCMALLOC_RELEASE_RATE", "REVIEWTUI_HOME", "GLIBC_TUNABLES"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "99")
    given = environment(2)
    assert not {"LD_PRELOAD", "MALLOC_ARENA_MAX", "TCMALLOC_RELEASE_RATE", "REVIEWTUI_HOME", "GLIBC_TUNABLES"} & set(
        given
    )
    assert given["OMP_NUM_THREADS"] == "2" and given["HF_HUB_OFFLINE"] == "1" and given["CUDA_VISIBLE_DEVICES"] == ""
    assert environment(2, gpu=True) == {**given, "CUDA_VISIBLE_DEVICES": "0"}


def test_libraries_that_this_process_finds_a_contestant_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    assert environment(2)["PYTHONPATH"].split(os.pathsep) == [str(ROOT), "/somewhere"]


def test_a_contestant_that_fails_is_named_with_its_last_words() -> None:
    with pytest.raises(PeerFailedError, match="no_such_peer"):
        measure(Job("no_such_peer", "train"), environment(threads()))


def test_a_job_and_a_measurement_survive_their_json() -> None:
    job = Job("ours", "train", "m", "d", "h", 2, 2, Training(3, freeze_layers=2), options={"a": None})
    assert Job.from_json(job.to_json()) == job
    found = measurement(probabilities=[0.5], notes={"a": 1})
    assert Measurement.from_json(found.to_json()) == found


def test_the_search_keeps_every_change_that_is_faster_and_no_other() -> None:
    def seconds(job: Job) -> Measurement:
        assert job.options["max_steps"] == STEPS
        slow = 4.0 * (not job.options["bf16"]) + 1.0 * (job.options["attn_implementation"] == "sdpa")
        return measurement(seconds=1 + slow + 0.5 * job.options["dataloader_num_workers"])

    best, trials = best_options(Job("hf_tuned", "train"), seconds)
    assert best == {**START, "attn_implementation": "eager"}
    assert len(trials) == 1 + len(ALTERNATIVES)
    assert all("max_steps" not in trial["options"] for trial in trials)


def test_the_search_counts_the_faster_of_two_tries() -> None:
    times = iter([9.0, 1.0, *[2.0, 2.0] * len(ALTERNATIVES)])
    best, trials = best_options(Job("hf_tuned", "train"), lambda job: measurement(seconds=next(times)))
    assert best == START and trials[0]["seconds"] == 1.0


def test_every_goal_speaks_of_cases_and_peers_that_exist() -> None:
    peers = {case.name: {peer.name for peer in case.peers} for case in CASES}
    assert all(goal.peer in peers[name] for goal in GOALS for name in goal.cases)


def test_the_lab_case_is_the_lab_preset() -> None:
    from benchmarks.peers.ours import changes
    from core.settings.presets import preset
    from core.settings.schema import Settings

    asked = Settings().changed(changes(LAB_RECIPE, seed=1, model="auto"))
    assert asked == preset("lab")


def test_without_evaluations_in_between_only_the_last_step_is_evaluated() -> None:
    from benchmarks.peers.ours import changes

    assert changes(replace(LAB_RECIPE, evaluate_each_epoch=False), 1, "m")["evaluate_every"] > 10**6
    assert set(asdict(LAB_RECIPE)) - {"evaluate_each_epoch"} <= set(changes(LAB_RECIPE, 1, "m"))
