"""Groups: their runs are made once and trained one after the other, whoever is killed, and the result follows."""

from __future__ import annotations

import json
import statistics
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.experiments import making
from core.experiments.continuing import (
    advance_apart,
    continue_all,
    continue_group,
    run_ended,
    stalled_groups,
    start_group,
    stop_group,
)
from core.experiments.seeds import parse_seeds
from core.experiments.state import read_result, read_state
from core.runs.folder import list_runs, runs_home
from core.runs.group import GroupFolder, find_group
from core.runs.group_journal import Made, NewRun, Planned, append, read_group_journal
from core.runs.names import require_unused
from core.runs.queue import enqueue, read_queue, start_next
from core.runs.request import Request
from tests.core.experiments.bench import Killed, Machine, request
from tests.tui.made_runs import hold, make_run


def by_seed(asked: Request) -> dict[str, float]:
    return {"accuracy": 0.8 + asked.settings.seed / 100}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch, by_seed)


def started(seeds: list[int]) -> GroupFolder:
    return start_group("three", "seeds", request(epochs=2), {"seeds": seeds})


def test_seeds_train_one_after_the_other_and_end_in_mean_and_spread(machine: Machine) -> None:
    group = started([4, 5, 9])
    assert len(read_queue().waiting) == 2 and read_state(group).is_unfinished
    machine.work()
    assert machine.trained == [("three-seed-4", 2), ("three-seed-5", 2), ("three-seed-9", 2)]
    result = read_result(group)
    assert result is not None and result["kind"] == "seeds"
    scores = [0.84, 0.85, 0.89]
    assert result["accuracy"] == pytest.approx(
        {"mean": statistics.fmean(scores), "sd": statistics.stdev(scores), "min": 0.84, "max": 0.89}
    )
    runs = [run.request() for run in reversed(list_runs())]
    assert [one.settings.seed for one in runs] == [4, 5, 9] and {one.group for one in runs} == {group.id}
    assert result["runs"] == [run.id for run in reversed(list_runs())]


def test_other_runs_in_the_queue_take_their_turn(machine: Machine) -> None:
    group = started([1, 2])
    alone = make_run(7, name="alone", end="stopped")
    enqueue([alone])
    machine.work()
    assert [name for name, _ in machine.trained] == ["three-seed-1", "three-seed-2", "alone"]
    assert read_state(group).concluded


@pytest.mark.parametrize("where", ["create_run", "append", "enqueue"])
@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("after", [False, True])
def test_a_kill_between_any_two_writes_makes_no_run_twice_and_loses_none(
    where: str, nth: int, after: bool, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    works, calls = getattr(making, where), 0

    def dies(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and not after:
            raise Killed
        done = works(*arguments, **named)
        if calls == nth:
            raise Killed
        return done

    with monkeypatch.context() as patch, suppress(Killed):
        patch.setattr(making, where, dies)
        started([1, 2, 3])
    continue_all()
    machine.work()
    assert sorted(run.request().settings.seed for run in list_runs()) == [1, 2, 3]
    assert sorted(machine.trained) == [(f"three-seed-{seed}", 2) for seed in (1, 2, 3)]
    group = find_group("three")
    assert group is not None and read_state(group).concluded


def test_runs_killed_at_work_are_taken_up_again(machine: Machine) -> None:
    group = started([1, 2])
    machine._held.popitem()[1].release()  # everything was killed: nobody starts anything
    assert read_queue().has_stopped
    continue_all()
    machine.work()
    assert [name for name, _ in machine.trained] == ["three-seed-1", "three-seed-2"] and read_state(group).concluded


def test_a_killed_worker_does_not_end_the_group(machine: Machine) -> None:
    group = started([1, 2])
    run_id, lock = machine._held.popitem()
    lock.release()  # the worker died, and its supervisor goes on as it would
    run = next(run for run in list_runs() if run.id == run_id)
    run.queue_entry.unlink()
    run_ended(group.id)
    machine.work()
    assert sorted(name for name, _ in machine.trained) == ["three-seed-1", "three-seed-2"]
    assert read_state(group).concluded


def test_a_stopped_group_trains_nothing_until_it_continues(machine: Machine) -> None:
    group = started([1, 2, 3])
    stop_group(group)
    assert read_queue().waiting == () and not stalled_groups() and not read_state(group).is_unfinished
    machine.work()
    assert [name for name, _ in machine.trained] == ["three-seed-1"] and not read_state(group).concluded
    continue_group(group)
    machine.work()
    assert sorted(name for name, _ in machine.trained) == [f"three-seed-{seed}" for seed in (1, 2, 3)]
    assert read_state(group).concluded


def test_a_deleted_run_is_not_made_again(machine: Machine) -> None:
    group = started([1, 2])
    waits = read_queue().waiting[0].run
    waits.path.rename(waits.path.with_name("gone"))
    machine.work()
    result = read_result(group)
    assert result is not None and len(result["runs"]) == 1 and result["without_scores"] == 1


def test_names_are_shared_with_runs(machine: Machine) -> None:
    started([1, 2])
    with pytest.raises(InputError, match="already a run called 'three'"):
        require_unused("three")
    with pytest.raises(InputError, match="already a run called 'three-seed-1'"):
        start_group("three-seed-1", "seeds", request(), {"seeds": [1, 2]})


def test_damaged_lines_of_the_journal_are_skipped_and_the_next_record_is_whole(machine: Machine) -> None:
    group = started([1, 2])
    before = read_group_journal(group.journal)
    with group.journal.open("ab") as file:
        file.write(b'{"kind": "planned", "number": 9')
    append(group.journal, Made(number=1, run="20260901-100000-0001"))
    after = read_group_journal(group.journal)
    assert after.members.keys() == before.members.keys() and after.members[1].run == "20260901-100000-0001"


def test_a_strangers_group_folder_breaks_nothing(machine: Machine) -> None:
    group = started([1, 2])
    group.declaration.write_bytes(b"\xff")
    assert stalled_groups() == [] and find_group("three") is None
    other = GroupFolder(group.path.with_name("20260101-000000-0000"))
    other.path.mkdir()
    append(other.journal, Planned(new=(NewRun(number=1, name="[/]\x1b", settings={}),)))
    assert stalled_groups() == []


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=8, unique=True), st.integers(0, 50))
@settings(max_examples=30)
def test_seeds_as_they_are_typed(seeds: list[int], first: int) -> None:
    assert parse_seeds(", ".join(map(str, seeds)), first) == tuple(seeds)
    assert parse_seeds("3", first) == (first, first + 1, first + 2)


@pytest.mark.parametrize("words", ["", "1", "0", "a", "1,1", "1,", "-3", "1000", "1.5", "[/]"])
def test_seeds_that_make_no_sense_are_refused(words: str) -> None:
    with pytest.raises(InputError):
        parse_seeds(words, 1)


def test_advancing_again_changes_nothing(machine: Machine) -> None:
    group = started([1, 2])
    before = group.journal.read_bytes()
    advance_apart()
    start_next()
    assert group.journal.read_bytes() == before and len(list_runs()) == 2
    machine.work()
    content = json.loads(group.result.read_text())
    advance_apart(group)
    assert json.loads(group.result.read_text()) == content


def test_a_worker_that_cannot_be_reached_is_waited_for(machine: Machine) -> None:
    alone = make_run(1, end=None)
    lock = hold(alone)
    group = started([1, 2])
    assert len(read_queue().waiting) == 2 and not read_state(group).is_stalled
    lock.release()
    assert read_queue().has_stopped and runs_home().is_dir()
