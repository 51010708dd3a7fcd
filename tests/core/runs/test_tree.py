"""The order of the list: newest first, branches below their parent, whoever is missing."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.runs.outline import Parent
from core.runs.tree import as_tree, branch_label


@dataclass(frozen=True)
class _Run:
    """As much of a summary as its place depends on."""

    id: str
    parent: Parent | None = None


def listed(*parents: int | None) -> Any:
    """Runs, the newest first; run n branches off run `parents[n]`. Of -1 there is no such run."""
    runs = [_Run(str(n), Parent(str(of), 1) if of is not None else None) for n, of in enumerate(parents)]
    return list(reversed(runs))


def order(*parents: int | None) -> list[tuple[str, int]]:
    return [(run.id, depth) for run, depth in as_tree(listed(*parents))]


def test_the_newest_is_first_and_a_branch_stands_below_its_parent() -> None:
    assert order(None, None, None) == [("2", 0), ("1", 0), ("0", 0)]
    assert order(None, 0, None) == [("2", 0), ("0", 0), ("1", 1)]


def test_a_new_branch_brings_its_family_to_the_top_and_is_the_first_branch() -> None:
    assert order(None, None, 0, 0) == [("0", 0), ("3", 1), ("2", 1), ("1", 0)]
    assert order(None, 0, 0, None, 1) == [("0", 0), ("1", 1), ("4", 2), ("2", 1), ("3", 0)]


def test_a_branch_whose_parent_is_gone_stands_on_its_own() -> None:
    assert order(None, -1) == [("1", 0), ("0", 0)]


@given(st.lists(st.none() | st.integers(-1, 12), max_size=12), st.integers())
def test_every_run_is_listed_once_whatever_its_files_say(parents: list[int | None], seed: int) -> None:
    runs = listed(*parents)
    random.Random(seed).shuffle(runs)
    tree = as_tree(runs)
    assert sorted(run.id for run, _ in tree) == sorted(run.id for run in runs)
    above: list[str] = []
    for run, depth in tree:
        above[depth:] = [run.id]
        assert depth == 0 or (run.parent is not None and run.parent.run == above[depth - 1])


def test_the_label_shows_the_depth() -> None:
    assert [branch_label("x", depth) for depth in range(3)] == ["x", "└ x", "  └ x"]


@given(st.lists(st.tuples(st.none() | st.integers(-1, 12), st.none() | st.integers(0, 3)), max_size=12))
def test_the_runs_of_a_group_stand_together_where_the_newest_of_them_belongs(
    found: list[tuple[int | None, int | None]],
) -> None:
    runs = listed(*(parent for parent, _ in found))
    group_of = {str(n): f"g{group}" for n, (_, group) in enumerate(found) if group is not None}
    tree = as_tree(runs, group_of)
    assert sorted(run.id for run, _ in tree) == sorted(run.id for run in runs)
    groups = [group_of.get(run.id) for run, _ in tree]
    blocks = [group for at, group in enumerate(groups) if group is not None and (at == 0 or groups[at - 1] != group)]
    assert len(blocks) == len(set(blocks)), "each group is in one place"
    assert all(depth > 0 for run, depth in tree if run.id in group_of)
    newest = [max(int(run) for run, of in group_of.items() if of == group) for group in blocks]
    assert newest == sorted(newest, reverse=True)
    alone = [(run, depth) for run, depth in tree if run.id not in group_of]
    assert alone == as_tree([run for run in runs if run.id not in group_of]), "groups change nothing else"
