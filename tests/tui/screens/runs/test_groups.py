"""Groups on the Runs screen: one line each, unfolded and folded; and keys that act on a group and all of its runs."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from core.experiments import state as state_module
from core.experiments.state import read_state
from core.runs import group_list
from core.runs.folder import RunFolder, list_runs
from core.runs.group import GroupFolder, groups_home, list_groups
from core.runs.group_journal import Stopped, append
from core.runs.notes import add_note, read_annotations
from core.runs.outline import Parent
from core.runs.queue import enqueue, read_queue
from core.runs.run_list import RunList
from tests.tui.frames import frame
from tests.tui.made_runs import files_of, hold, make_run
from tests.tui.screens.groups.made_groups import SEEDS_RESULT, SWEEP_RESULT, make_group
from tests.tui.screens.runs.test_organizing import screen_of
from tests.tui.screens.runs.test_screen import settled
from tui.app import ReviewTui

SIZES = [(80, 24), (120, 40), (200, 50)]
SEEDS = ({"seed": 1}, {"seed": 2}, {"seed": 3})


def lines(pilot: Pilot[None]) -> list[str]:
    """Names of the groups and runs in the list, from top to bottom."""
    return [row.summary.name if hasattr(row, "summary") else f"[{row.name}]" for row in screen_of(pilot).lines]


async def lines_are(pilot: Pilot[None], *wanted: str) -> None:
    for _ in range(400):
        if lines(pilot) == list(wanted):
            return
        await pilot.pause(0.01)
    raise AssertionError(f"{lines(pilot)} are shown")


def three(**named: object) -> tuple[GroupFolder, list[RunFolder]]:
    """A group of three seeds whose accuracies are 0.9, 0.8 and 0.85."""
    accuracies = (0.9, 0.8, 0.85)
    return make_group("seeds", "three", settings=SEEDS, seeds=[1, 2, 3], accuracies=accuracies, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
async def test_a_group_is_one_line_that_unfolds_and_folds(size: tuple[int, int]) -> None:
    make_run(1, name="before")
    _, runs = three(first=2, result=SEEDS_RESULT)
    make_run(9, name="after")
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        shown = await settled(pilot, "✓ finished", "+ three", "seeds 3/3", "5 runs", "on disk")
        assert lines(pilot) == ["after", "[three]", "before"]
        assert ".850±.050" in shown or "0.850 ±0.050" in shown
        await pilot.press("down", "right")
        await lines_are(pilot, "after", "[three]", "three-03", "three-02", "three-01", "before")
        await settled(pilot, "- three", "└ three-03", "mean 0.8500 ± 0.0500 (standard deviation, 3 runs)")
        await pilot.press("down", "down", "h")
        await lines_are(pilot, "after", "[three]", "before")
        await settled(pilot, "▸", "+ three", "0.8000 to 0.9000")
        await pilot.press("l", "f8")
        await settled(pilot, "[Groups]", "three")
        await pilot.press("escape")
        await lines_are(pilot, "after", "[three]", "three-03", "three-02", "three-01", "before")
    assert [run.id for run in list_runs()][1:4] == [run.id for run in reversed(runs)]


async def test_a_sweep_shows_the_scores_of_its_winner() -> None:
    make_group(result=SWEEP_RESULT, accuracies=(0.9, 0.7, 0.8))
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await settled(pilot, "+ hill", "sweep 3/3", "0.700", "hill-02 · accuracy 0.7000", "learning_rate 3e-5")


async def test_enter_opens_the_group_on_groups() -> None:
    make_group(result=SWEEP_RESULT)
    three(first=10, result=SEEDS_RESULT)
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await settled(pilot, "+ hill", "+ three", "on disk")
        await pilot.press("down", "enter")
        shown = await settled(pilot, "[Groups]", "hill-03")
        assert [line for line in shown.splitlines() if "▸" in line and "hill" in line]
        await pilot.press("escape")
        await settled(pilot, "[Runs]")
        await pilot.press("up", "enter")
        await settled(pilot, "[Groups]", "three-03")


@pytest.mark.parametrize("size", SIZES)
async def test_a_filter_and_an_order_show_runs_alone_with_the_name_of_their_group(size: tuple[int, int]) -> None:
    three(first=2, result=SEEDS_RESULT)
    make_run(9, name="alone")
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await settled(pilot, "+ three", "on disk")
        await pilot.press("slash", *"group:three accuracy>0.82", "enter")
        await lines_are(pilot, "three-03", "three-01")
        shown = await settled(pilot, "group", "2 of 4 runs")
        assert sum("three-0" in line and line.count("three") == 2 for line in shown.splitlines()) == 2
        await pilot.press("right")
        await settled(pilot, "There is no group here")
        await pilot.press("escape", "o", *"accuracy", "enter")
        await lines_are(pilot, "alone", "three-01", "three-03", "three-02")
        await settled(pilot, "groups and branches apart")


async def test_marks_of_a_group_are_those_of_its_runs() -> None:
    three(first=2, result=SEEDS_RESULT)
    make_run(1, name="alone")
    async with ReviewTui().run_test(size=(120, 40)) as pilot:
        await settled(pilot, "+ three", "on disk")
        await pilot.press("space")
        await settled(pilot, "3 marked", "*✓ finished      + three")
        await pilot.press("up", "right", "down", "space")
        await settled(pilot, "2 marked", "~✓ finished      - three")
        await pilot.press("left")
        await settled(pilot, "2 marked", "▸~✓ finished      + three")
        await pilot.press("space")
        await settled(pilot, "3 marked")
        await pilot.press("t")
        await settled(pilot, "Tags of 3 runs")


@pytest.mark.parametrize("marked", [False, True])
async def test_a_deleted_group_comes_back_whole_on_undo(marked: bool) -> None:
    group, runs = three(first=2, result=SEEDS_RESULT)
    other = make_run(1, name="alone")
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "+ three", "on disk")
        await pilot.press(*(["space"] if marked else []), "d")
        await settled(pilot, "Deleted three with 3 runs. u restores them.")
        await lines_are(pilot, "alone")
        assert list_groups() == [] and list_runs() == [other]
        await pilot.press("u")
        await settled(pilot, "three with 3 runs restored.")
        await lines_are(pilot, "[three]", "alone")
        assert [one.run for one in read_state(group).members] == runs and read_state(group).concluded
        await pilot.press("d")
        await settled(pilot, "Deleted three")
    assert list_runs() == [other] and files_of(groups_home()) == set()


async def test_the_runs_of_a_group_are_deleted_without_it() -> None:
    group, _ = three(first=2, result=SEEDS_RESULT)
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "+ three", "on disk")
        await pilot.press("right", "down", "d")
        await settled(pilot, "Deleted three-03")
        await lines_are(pilot, "[three]", "three-02", "three-01")
        assert list_groups() == [group]
        await pilot.press("u")
        await lines_are(pilot, "[three]", "three-03", "three-02", "three-01")


async def test_a_group_at_work_is_stopped_not_deleted() -> None:
    group, runs = three(first=2, ends=("finished", "stopped", None))
    lock = hold(runs[2])
    enqueue([runs[1]])
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "● running", "seeds 1/3", "on disk", "x Stop")
        await pilot.press("d")
        await settled(pilot, "three is running: stop")
        await pilot.press("r")
        await settled(pilot, "three is running: only")
        await pilot.press("x")
        await settled(pilot, "Stopping three.", "■ stopped")
        assert read_state(group).stopped and read_queue().waiting == ()
        assert b"stop_and_save" in runs[2].control.read_bytes()
        await pilot.press("d")
        await settled(pilot, "is not over yet.")
    lock.release()
    assert len(list_runs()) == 3


async def test_a_stopped_group_and_an_interrupted_one_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.experiments.state._PLANNING_SECONDS", -1.0)
    asked: list[str] = []
    monkeypatch.setattr("core.experiments.continuing.continue_group", lambda group: asked.append(group.id))
    monkeypatch.setattr("core.experiments.continuing.continue_all", lambda: asked.append("all"))
    group, _ = three(first=2, ends=("finished", "stopped", "stopped"))
    append(group.journal, Stopped())
    make_group("seeds", "killed", settings=SEEDS, first=10, ends=("finished", None, None))
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "! interrupted", "+ killed", "every process of this group was killed", "on disk")
        await pilot.press("r")
        await settled(pilot, "killed continues.")
        await pilot.press("down", "r")
        await settled(pilot, "three continues.")
    assert asked == ["all", group.id]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("c", "three is a group; → shows its runs"),
        ("i", "three is a group; → shows its runs"),
        ("N", "three is a group; → shows its runs"),
        ("e", "whose name stays"),
        ("x", "three is finished: nothing is left to stop."),
        ("r", "three is finished: only"),
        ("K", "Only runs that wait"),
        ("left", "Its runs are not shown."),
    ],
)
async def test_a_key_that_makes_no_sense_on_a_group_says_why(key: str, words: str) -> None:
    three(first=2, result=SEEDS_RESULT)
    async with ReviewTui().run_test(notifications=True, size=(200, 50)) as pilot:
        await settled(pilot, "+ three", "on disk")
        await pilot.press(key)
        await settled(pilot, words)
    assert len(list_runs()) == 3


async def test_its_runs_are_compared_and_it_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    group, runs = three(first=2, result=SEEDS_RESULT)
    compared: list[list[str]] = []
    monkeypatch.setattr(ReviewTui, "open_compare", lambda self, found: compared.append([run.id for run in found]))
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "+ three", "on disk")
        await pilot.press("C")
        await pilot.press("w")
        await settled(pilot, "Note on three")
        await pilot.press(*"seeds differ", "enter")
        await settled(pilot, "Noted on three.", "noted")
        assert [note.text for note in read_annotations(group.notes).notes] == ["seeds differ"]
        await pilot.press("u")
        await settled(pilot, "Took the note back.")
    assert compared == [[run.id for run in reversed(runs)]] and not read_annotations(group.notes).notes


async def test_a_group_without_runs_and_a_damaged_one() -> None:
    make_run(1, name="alone")
    make_group("seeds", "none-yet", settings=(), seeds=[1])
    damaged, _ = make_group("seeds", "damaged", settings=SEEDS, first=5)
    damaged.declaration.write_text("[")
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "none-yet", "seeds 0/0", "on disk")
        assert lines(pilot) == ["[none-yet]", "damaged-03", "damaged-02", "damaged-01", "alone"]
        await pilot.press("l")
        await settled(pilot, "No run of this group is there.")
        await pilot.press("space")
        await settled(pilot, "No run of none-yet is there.")
        assert "none-yet" in frame(pilot.app)


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_in_a_group_steers_the_terminal(size: tuple[int, int]) -> None:
    evil = "e\x1b[31m\x9b2J[/]\u202e"
    group, _ = make_group("sweep", evil, settings=({evil: evil},), result=SWEEP_RESULT)
    add_note(group.notes, evil)
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:  # conftest refuses what was not cleaned
        await settled(pilot, "sweep 1/1", "on disk", "[/]")
        await pilot.press("right", "left", "c", "space", "w")
        await settled(pilot, "Note on e")
        await pilot.press("escape", "d")
        await settled(pilot, "Deleted e")


async def test_a_branch_off_a_run_of_a_group_stands_alone() -> None:
    _, runs = three(first=2, result=SEEDS_RESULT)
    branch = make_run(9, name="branch")
    request = branch.request().model_copy(update={"parent": Parent(run=runs[0].id, step=20)})
    branch.settings.write_text(request.to_toml())
    async with ReviewTui().run_test(size=(80, 24)) as pilot:
        await settled(pilot, "+ three", "on disk")
        assert lines(pilot) == ["branch", "[three]"]


def test_what_did_not_change_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    group, _ = three(first=2, result=SEEDS_RESULT)
    reader = RunList()
    before = [(reader.read(), reader.groups) for _ in range(2)][1][1]
    reads: list[str] = []
    whole = group_list.read_written
    monkeypatch.setattr(group_list, "read_written", lambda folder: (reads.append(folder.id), whole(folder))[1])
    monkeypatch.setattr(state_module, "summarize", lambda run: reads.append(run.id))
    reader.read()
    assert reads == [] and reader.groups[0] is before[0]
    append(group.journal, Stopped())
    reader.read()
    assert reads == [group.id] and reader.groups[0].stopped


def test_the_first_reading_leaves_no_group_half_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.runs import run_list

    monkeypatch.setattr(run_list, "_AT_FIRST", 3)
    make_group("seeds", "old", settings=SEEDS, first=1)
    make_group("seeds", "new", settings=SEEDS, first=5)
    make_run(9, name="newest"), make_run(10, name="latest")
    reader = RunList()
    found = reader.read(quick=True)
    assert [run.summary.name for run in found] == ["latest", "newest", "new-03", "new-02", "new-01"]
    assert [group.outline.name for group in reader.groups] == ["new"] and reader.unread == 3
    reader.read()
    assert len(reader.groups) == 2 and reader.unread == 0
