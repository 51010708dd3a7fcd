"""More epochs and branches, from the Train screen: what is asked, what is said before, what is started."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from core.runs.checkpoint_folders import STATE, WEIGHTS, making
from core.runs.folder import RunFolder, list_runs
from core.runs.request import Parent
from core.runs.summary import summarize
from core.runs.tree import as_tree, branch_label
from tests.tui.frames import frame
from tests.tui.made_runs import append, make_run
from tests.tui.screens.runs.test_screen import HOSTILE, settled
from tests.tui.screens.train.test_screen import open_train
from tui.app import ReviewTui
from tui.screens.train import continue_run as continuing


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Which workers were started, and how."""
    found: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(continuing, "launch_worker", lambda run, **how: found.append((run.id, how)))
    return found


def with_checkpoint(run: RunFolder, step: int) -> RunFolder:
    with making(run.checkpoints / f"step-{step}") as beside:
        (beside / WEIGHTS).write_bytes(b"weights")
        (beside / STATE).write_text(f'{{"step": {step}, "steps": 40}}')
    append(run, "checkpoint", step=step)
    return run


async def typed(pilot: Pilot[None], text: str) -> None:
    await pilot.press("ctrl+u", *text, "enter")


async def test_more_epochs_are_asked_for_explained_and_then_made(started: list[Any]) -> None:
    run = make_run(1, name="whole")
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished", "e Extend")
        await pilot.press("e")
        await settled(pilot, "Epochs in all (it was asked for 2)", "4")
        await typed(pilot, "6")
        await settled(pilot, "Extend to 6 epochs?", "120 steps in all", "jumps to", "schedule=wsd")
        await pilot.press("1")
        await settled(pilot, "It goes on to 6 epochs.")
    assert started == [(run.id, {"extend": 6})]


@pytest.mark.parametrize(
    ("text", "words"), [("2", "has 2 epochs already"), ("many", "whole number"), ("", "whole number")]
)
async def test_a_number_that_cannot_be_is_a_sentence(text: str, words: str, started: list[Any]) -> None:
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, make_run(1))
        await settled(pilot, "✓ finished")
        await pilot.press("e")
        await settled(pilot, "Epochs in all")
        await typed(pilot, text)
        await settled(pilot, words)
    assert started == []


async def test_an_extension_can_be_let_be_at_both_questions(started: list[Any]) -> None:
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, make_run(1))
        await settled(pilot, "✓ finished")
        await pilot.press("e")
        await settled(pilot, "Epochs in all")
        await pilot.press("escape", "e")
        await settled(pilot, "Epochs in all")
        await typed(pilot, "4")
        await settled(pilot, "Extend to 4 epochs?")
        await pilot.press("2")
        await pilot.pause()
        assert "Extend to" not in frame(pilot.app)
    assert started == []


async def test_a_branch_is_asked_for_made_started_and_shown(started: list[Any]) -> None:
    run = with_checkpoint(make_run(1, name="trunk"), 40)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished", "b Branch")
        await pilot.press("b")
        await settled(pilot, "Settings of the branch that differ", "steps 40")
        await typed(pilot, "learning_rate=1e-5 epochs=3")
        await settled(pilot, "trunk-branch")
        branch = list_runs()[0]
        assert started == [(branch.id, {"resume": True})]
        assert branch.request().parent == Parent(run=run.id, step=40)
        assert (branch.request().settings.learning_rate, branch.request().settings.epochs) == (1e-5, 3)
        await pilot.press("g", "r")
        await settled(pilot, "└ trunk-branch")
        await pilot.press("j")
        await settled(pilot, f"of {run.id}, from its step 40")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("epochs", "name=value"),
        ("lora=true", "cannot change lora"),
        ("step=nine", "step cannot be"),
        ("step=9", "no checkpoint at step 9"),
        ("name='x", "cannot be read"),
        ("learning_rate=1e-5", "past the end"),
    ],
)
async def test_a_branch_that_cannot_be_is_a_sentence_and_no_run(text: str, words: str, started: list[Any]) -> None:
    run = with_checkpoint(make_run(1), 40)
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished")
        await pilot.press("b")
        await settled(pilot, "Settings of the branch")
        await typed(pilot, text)
        await settled(pilot, words)
    assert started == [] and [found.id for found in list_runs()] == [run.id]


@pytest.mark.parametrize(("steps", "end", "absent"), [(10, None, "Branch"), (0, "failed", "Extend")])
async def test_without_a_checkpoint_there_is_no_branch_and_without_a_step_no_extension(
    steps: int, end: str | None, absent: str
) -> None:
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, make_run(1, steps=steps, end=end))
        shown = await settled(pilot, end or "interrupted")
        assert absent not in shown.splitlines()[-1]


def test_branches_stand_below_their_parents_whoever_is_missing() -> None:
    def child(number: int, parent: str | None) -> RunFolder:
        run = make_run(number, name=f"run{number}")
        if parent is not None:
            request = run.request().model_copy(update={"parent": Parent(run=parent, step=20)})
            run.settings.write_text(request.to_toml())
        return run

    first = child(1, None)
    second = child(2, first.id)
    third = child(3, second.id)
    child(4, None)
    child(5, "20200101-000000-0000")
    sixth = child(6, first.id)
    summaries = [summarize(run) for run in list_runs()]
    tree = [(one.name, depth) for one, depth in as_tree(summaries)]
    assert tree == [("run5", 0), ("run4", 0), ("run1", 0), ("run6", 1), ("run2", 1), ("run3", 2)]
    assert [branch_label("x", depth) for depth in range(3)] == ["x", "└ x", "  └ x"]

    ring = first.request().model_copy(update={"parent": Parent(run=third.id, step=1)})
    first.settings.write_text(ring.to_toml())
    sixth.settings.write_text(sixth.request().model_copy(update={"parent": Parent(run=sixth.id, step=1)}).to_toml())
    again = as_tree([summarize(run) for run in list_runs()])
    assert sorted(one.name for one, _ in again) == [f"run{number}" for number in range(1, 7)], (
        "each once, come what may"
    )


async def test_a_hostile_parent_is_shown_as_text() -> None:
    run = make_run(1)
    request = run.request().model_copy(update={"parent": Parent(run=HOSTILE, step=3)})
    run.settings.write_text(request.to_toml())
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        shown = await settled(pilot, "from its step 3")
        assert not set(shown) & set("\x1b\x07\x9b\u202e")
