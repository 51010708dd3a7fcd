"""A group as a line of a list, and its deletion: nothing of it is lost or left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import ReviewtuiError
from core.experiments.deleting import trash_group
from core.experiments.listed_group import ListedGroup, listed_groups, with_groups
from core.experiments.state import read_state
from core.runs.folder import RunFolder, list_runs
from core.runs.group import GroupFolder, GroupOutline, list_groups
from core.runs.group_journal import Member, Stopped, append
from core.runs.group_list import WrittenGroup
from core.runs.history import RunHistory
from core.runs.listed import ListedRun
from core.runs.outline import Outline
from core.runs.run_list import RunList
from core.runs.summary import RunSummary, summary_of
from core.runs.trash import recover_trash
from tests.tui.made_runs import hold, make_run
from tests.tui.screens.groups.made_groups import SEEDS_RESULT, SWEEP_RESULT, make_group

SEEDS = ({"seed": 1}, {"seed": 2}, {"seed": 3})


def read() -> list[ListedGroup]:
    reader = RunList()
    runs = reader.read()
    return listed_groups(reader.groups, runs)


def test_it_says_what_the_screen_of_groups_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.experiments.state._PLANNING_SECONDS", -1.0)
    make_group("seeds", "over", settings=SEEDS, result=SEEDS_RESULT)
    make_group("seeds", "killed", settings=SEEDS, first=10, ends=("finished", None, None))
    group, _ = make_group("sweep", "stopped", first=20, ends=("finished", "stopped", "failed"))
    append(group.journal, Stopped())
    for one in read():
        assert one.group == read_state(one.written.folder)
    assert {one.name: (one.state, one.over, one.planned) for one in read()} == {
        "over": ("finished", 3, 3),
        "killed": ("interrupted", 1, 3),
        "stopped": ("stopped", 3, 3),
    }


def test_the_scores_of_a_run_that_trains_do_not_count() -> None:
    _, runs = make_group("seeds", "at-work", settings=SEEDS, ends=("finished", "finished", None), accuracies=(0.8, 0.9))
    lock = hold(runs[2])
    (group,) = read()
    spread = group.spread("accuracy")
    assert spread is not None and (spread.mean, spread.least, spread.greatest, spread.runs) == (
        pytest.approx(0.85), 0.8, 0.9, 2,
    )  # fmt: skip
    assert spread.sd == pytest.approx(0.05 * 2**0.5)
    lock.release()


@pytest.mark.parametrize(("metric", "best"), [("accuracy", 0.9), ("macro_f1", 0.9), ("loss", 0.9)])
def test_the_best_of_a_sweep_is_its_winner_and_before_that_the_run_that_is_ahead(metric: str, best: float) -> None:
    group, _ = make_group(accuracies=(0.7, 0.8, 0.9), metric=metric)
    (found,) = read()
    assert found.spread("accuracy") is None
    assert metric == "loss" or found.best_score("accuracy") == best
    group.result.write_text(json.dumps(SWEEP_RESULT))
    (found,) = read()
    assert found.best_score("accuracy") == 0.8, "number 2 won"
    for damaged in ("[", "[]", '{"winner": 3}', '{"winner": {"number": [2]}}'):
        group.result.write_text(damaged)
        assert read()[0].state == "finished" and read()[0].best is not None


@given(st.data())
def test_every_run_and_group_has_its_place_in_the_list(data: st.DataObject) -> None:
    ids = data.draw(st.lists(st.integers(0, 99), unique=True, max_size=12).map(lambda ids: sorted(ids, reverse=True)))
    of = {id: data.draw(st.sampled_from([None, 0, 1, 2])) for id in ids}
    unfolded = data.draw(st.frozensets(st.sampled_from(["0", "1", "2"])))
    rows = sorted(
        ids, key=lambda id: (-max(x for x in ids if x == id or (of[id] is not None and of[x] == of[id])), -id)
    )
    runs = [ListedRun(_summary(f"{id:02}"), int(of[id] is not None)) for id in rows]
    written = [_written(str(number), [f"{id:02}" for id in ids if of[id] == number]) for number in (2, 1, 0)]
    groups = listed_groups(written, runs, unfolded)
    lines = with_groups(runs, groups)
    assert [line for line in lines if isinstance(line, ListedRun)] == [
        run for run in runs if of[int(run.id)] is None or str(of[int(run.id)]) in unfolded
    ]
    assert sorted(line.id for line in lines if isinstance(line, ListedGroup)) == ["0", "1", "2"]
    for at, line in enumerate(lines):
        if isinstance(line, ListedGroup) and not line.folded:
            assert tuple(lines[at + 1 : at + 1 + len(line.runs)]) == line.runs


def _summary(id: str) -> RunSummary:
    return summary_of(RunFolder(Path("/nowhere") / id), RunHistory(workers=1))


def _written(id: str, runs: list[str]) -> WrittenGroup:
    members = tuple(Member(at, run, {}, "", "", run=run) for at, run in enumerate(runs, start=1))
    outline = Outline(name=id, data="/data/reviews.csv")
    return WrittenGroup(
        GroupFolder(Path("/nowhere") / id), GroupOutline(name=id, kind="seeds", request=outline), members, False, None
    )


def test_a_trashed_group_is_gone_with_its_runs_and_comes_back_as_it_was() -> None:
    group, runs = make_group("seeds", "three", settings=SEEDS, result=SEEDS_RESULT)
    other = make_run(9, name="alone")
    before = read_state(group)
    back: list[Callable[[], object]] = []
    assert set(trash_group(group, back)) == {run.id for run in runs}
    assert list_groups() == [] and list_runs() == [other]
    for step in reversed(back):
        step()
    assert list_groups() == [group] and read_state(group) == before


def test_a_group_at_work_is_not_trashed() -> None:
    group, runs = make_group("seeds", "three", settings=SEEDS, ends=("finished", None, None))
    lock = hold(runs[1])
    back: list[Callable[[], object]] = []
    with pytest.raises(ReviewtuiError, match="three-02 is running: stop the group first"):
        trash_group(group, back)
    assert back == [] and list_groups() == [group] and len(list_runs()) == 3
    lock.release()


def test_what_a_killed_process_had_trashed_comes_back_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.runs import trash

    group, runs = make_group("seeds", "three", settings=SEEDS, result=SEEDS_RESULT)
    with monkeypatch.context() as patched:
        patched.setattr(trash.os, "getpid", lambda: 4194304999)  # no process has this number
        trash_group(group, [])
    assert list_groups() == [] and list_runs() == []
    assert set(recover_trash()) == set(runs)
    assert list_groups() == [group] and read_state(group).concluded
