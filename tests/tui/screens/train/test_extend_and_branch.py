"""More epochs and branches, from the Train screen: what is asked and explained, and what is started."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from core.runs.checkpoint_folders import STATE, WEIGHTS, making
from core.runs.folder import RunFolder, list_runs
from core.runs.notes import read_annotations
from core.runs.outline import Parent
from core.settings.schema import Settings
from tests.tui.frames import frame
from tests.tui.made_runs import append, make_run
from tests.tui.screens.runs.test_screen import HOSTILE, settled
from tests.tui.screens.train.bench import open_train
from tui.app import ReviewTui
from tui.screens.train import branch as branching
from tui.screens.train import extend as extending
from tui.screens.train.branch import completed, explained
from tui.widgets.line_input import LineInput


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Which workers were started, and how."""
    found: list[tuple[str, dict[str, Any]]] = []

    def begin(run: RunFolder, *, wait: bool, **how: Any) -> None:
        assert not wait
        found.append((run.id, how))

    for module in (extending, branching):
        monkeypatch.setattr(module, "begin", begin)
    return found


def with_checkpoint(run: RunFolder, step: int) -> RunFolder:
    with making(run.checkpoints / f"step-{step}") as beside:
        (beside / WEIGHTS).write_bytes(b"weights")
        (beside / STATE).write_text(f'{{"step": {step}, "steps": 40}}')
    append(run, "checkpoint", step=step)
    return run


async def typed(pilot: Pilot[None], text: str) -> None:
    await pilot.press("ctrl+u", *text, "enter")


async def asked(pilot: Pilot[None], run: RunFolder, key: str, *words: str) -> str:
    """Open the run and its dialog for `key`."""
    await open_train(pilot, run)
    await settled(pilot, "✓ finished")
    await pilot.press(key)
    return await settled(pilot, *words)


async def test_an_extension_is_explained_while_it_is_typed_and_says_what_happens_to_the_results(
    started: list[Any],
) -> None:
    run = with_checkpoint(make_run(1, name="whole"), 40)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await asked(pilot, run, "e", "Total epochs (was 2)", "4 epochs are 80 steps, 40 more", "jumps to")
        await pilot.press("ctrl+u", *"6 # no gain")
        await settled(pilot, "6 epochs are 120 steps, 80 more", "under earlier/", "both ends")
        await pilot.press("enter")
        await settled(pilot, "Extend to 6 epochs?", "move to earlier/epochs-2", "2   Extend a copy", "schedule=wsd")
        await pilot.press("1")
        await pilot.pause()
        await settled(pilot, "[Train]", "✓ finished")
    assert started == [(run.id, {"extend": 6})]
    (expected,) = read_annotations(run.notes).hypotheses
    assert (expected.text, expected.epochs) == ("no gain", 6)


async def test_a_copy_is_extended_and_the_run_stays_as_it_is(started: list[Any]) -> None:
    run = with_checkpoint(make_run(1, name="whole"), 40)
    before = {file: file.read_bytes() for file in (run.settings, run.journal)}
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await asked(pilot, run, "e", "Total epochs")
        await typed(pilot, "5")
        await settled(pilot, "Extend to 5 epochs?")
        await pilot.press("2")
        await settled(pilot, "whole-5-epochs")
    copy = list_runs()[0]
    assert started == [(copy.id, {"resume": True})]
    assert (copy.request().settings.epochs, copy.request().parent) == (5, Parent(run=run.id, step=40))
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.parametrize(("text", "words"), [("2", "has 2 epochs already"), ("many", "whole number"), ("", "whole")])
async def test_a_number_that_cannot_be_is_said_and_stays_to_be_mended(
    text: str, words: str, started: list[Any]
) -> None:
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await asked(pilot, make_run(1), "e", "Total epochs")
        await typed(pilot, text)
        await settled(pilot, "✗", words)
        assert pilot.app.screen.query_one(LineInput).value == text
        await pilot.press("ctrl+u", "3", "enter")
        await settled(pilot, "Extend to 3 epochs?")
    assert started == []


async def test_an_extension_can_be_cancelled_at_both_questions(started: list[Any]) -> None:
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await asked(pilot, make_run(1), "e", "Total epochs")
        await pilot.press("escape", "e")
        await settled(pilot, "Total epochs")
        await typed(pilot, "4")
        await settled(pilot, "Extend to 4 epochs?")
        await pilot.press("3")
        await pilot.pause()
        assert "Extend to" not in frame(pilot.app)
    assert started == []


async def test_a_branch_shows_what_is_typed_beside_what_it_was_and_is_made_and_shown(started: list[Any]) -> None:
    run = with_checkpoint(make_run(1, name="trunk"), 40)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await asked(pilot, run, "b", "Branch of trunk", "Checkpoint available: step 40", "learning_rate", "auto")
        await pilot.press(*"learn", "tab", *"1e-5 epochs=3 # slower helps")
        shown = await settled(pilot, "auto → 1e-5", "2 → 3")
        assert "batch_size" not in shown
        await pilot.press("enter")
        await settled(pilot, "trunk-branch", "[Train]")
        branch = list_runs()[0]
        assert started == [(branch.id, {"resume": True})]
        assert branch.request().parent == Parent(run=run.id, step=40)
        assert (branch.request().settings.learning_rate, branch.request().settings.epochs) == (1e-5, 3)
        assert branch.request().hypothesis == "slower helps"
        await pilot.press("g", "r")
        await settled(pilot, "└ trunk-branch")
        await pilot.press("j")
        await settled(pilot, f"of {run.id}, from its step 40")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("epochs", "name=value"),
        ("lr=1e-3", "did you mean learning_rate"),
        ("lora=true", "cannot change lora"),
        ("step=nine", "step cannot be"),
        ("step=9", "no checkpoint at step 9"),
        ("name='x", "cannot be read"),
        ("learning_rate=1e-5", "past the end"),
        ("learning_rate=fast", "learning_rate cannot be 'fast'"),
    ],
)
async def test_a_branch_that_cannot_be_is_said_stays_typed_and_makes_no_run(
    text: str, words: str, started: list[Any]
) -> None:
    run = with_checkpoint(make_run(1), 40)
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await asked(pilot, run, "b", "Branch of first")
        await typed(pilot, text)
        await settled(pilot, "✗", words)
        assert pilot.app.screen.query_one(LineInput).value == text
        assert started == [] and [found.id for found in list_runs()] == [run.id]
        await pilot.press("escape")
        await settled(pilot, "[Train]", "✓ finished")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_typed_the_dialog_has_an_answer(text: str) -> None:
    assert explained(text, Settings(), [40, 20]).plain.startswith("Like learning_rate=1e-5")
    assert completed(text).startswith(text)


@pytest.mark.parametrize(("steps", "end", "absent"), [(10, None, "Branch"), (0, "failed", "Extend")])
async def test_without_a_checkpoint_there_is_no_branch_and_without_a_step_no_extension(
    steps: int, end: str | None, absent: str
) -> None:
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, make_run(1, steps=steps, end=end))
        shown = await settled(pilot, end or "interrupted")
        assert absent not in shown.splitlines()[-1]


async def test_a_hostile_parent_is_shown_as_text() -> None:
    run = make_run(1)
    request = run.request().model_copy(update={"parent": Parent(run=HOSTILE, step=3)})
    run.settings.write_text(request.to_toml())
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        shown = await settled(pilot, "from its step 3")
        assert not set(shown) & set("\x1b\x07\x9b\u202e")
