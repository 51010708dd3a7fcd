"""Many runs on the Runs screen: found, sorted, marked, named, queued and pruned; and one key takes each change back."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.runs.folder import RunFolder, list_runs
from core.runs.notes import add_note, change_tags, read_annotations
from core.runs.queue import enqueue, read_queue
from tests.tui import engine_double
from tests.tui.made_runs import hold, make_run
from tests.tui.screens.runs.test_screen import chosen_is, settled
from tui.app import ReviewTui
from tui.preferences import RunsView, read_runs_view
from tui.screens.runs.columns import choose_columns
from tui.screens.runs.screen import RunsScreen
from tui.screens.runs.table import RunTable
from tui.widgets.checklist import CheckList

SIZES = [(80, 24), (120, 40), (200, 50)]


def screen_of(pilot: Pilot[None]) -> RunsScreen:
    found = pilot.app.screen
    assert isinstance(found, RunsScreen)
    return found


def names(pilot: Pilot[None]) -> list[str]:
    return [run.summary.name for run in screen_of(pilot).shown]


async def shown_are(pilot: Pilot[None], *wanted: str) -> None:
    """Wait until these runs are shown, in this order."""
    for _ in range(400):
        if isinstance(pilot.app.screen, RunsScreen) and names(pilot) == list(wanted):
            return
        await pilot.pause(0.01)
    raise AssertionError(f"{names(pilot)} are shown")


@pytest.fixture
def runs() -> list[RunFolder]:
    """Three finished runs of different data, length and accuracy; the first is tagged."""
    made = []
    for number, (name, accuracy) in enumerate((("monday", 0.7), ("tuesday", 0.9), ("wednesday", 0.8)), start=1):
        best = {"validation": {"loss": 1 - accuracy, "accuracy": accuracy, "macro_f1": accuracy}}
        made.append(make_run(number, name=name, steps=20 * number, data=f"/data/{name}.csv", best=best))
    change_tags(made[0].notes, ["lab"])
    return made


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.usefixtures("runs")
async def test_a_filter_works_as_it_is_typed_and_esc_shows_all(size: tuple[int, int]) -> None:
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await settled(pilot, "monday", "3 runs · ")
        await pilot.press("slash", *"accuracy>0.75")
        await shown_are(pilot, "wednesday", "tuesday")
        await settled(pilot, "2 of 3 runs")
        await pilot.press("space", *"tuesday", "down")
        await shown_are(pilot, "tuesday")
        await settled(pilot, "d Delete")
        await pilot.press("escape")
        await shown_are(pilot, "wednesday", "tuesday", "monday")
        await pilot.press("slash", *"epoch>1")
        await settled(pilot, "did you mean epochs?")
        await pilot.press("escape", "slash", *"nothing fits", "enter")
        await settled(pilot, "0 of 3 runs", "No run fits the filter")
        await pilot.press("d", "x", "r", "enter", "space", "t")
        await pilot.press("escape")
        await shown_are(pilot, "wednesday", "tuesday", "monday")
    assert len(list_runs()) == 3


@pytest.mark.usefixtures("runs")
async def test_the_order_is_chosen_said_and_kept() -> None:
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "monday", "on disk")
        await pilot.press("o", *"accuracy", "enter")
        await shown_are(pilot, "tuesday", "wednesday", "monday")
        await settled(pilot, "by accuracy ↓, branches apart", "↓accuracy")
        assert screen_of(pilot).chosen().name == "tuesday"  # type: ignore[union-attr]
        await pilot.press("O")
        await shown_are(pilot, "monday", "wednesday", "tuesday")
        for _ in range(400):
            if read_runs_view() == RunsView(None, "accuracy", False):
                break
            await pilot.pause(0.01)
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await shown_are(pilot, "monday", "wednesday", "tuesday")
        await pilot.press("o", "enter")
        await shown_are(pilot, "wednesday", "tuesday", "monday")


@pytest.mark.usefixtures("runs")
async def test_columns_are_chosen_moved_and_kept_and_none_means_automatic() -> None:
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "monday", "on disk", "began")
        await pilot.press("v")
        await settled(pilot, "[x] state", "unticks all")
        await pilot.press("x", "space", "down", "space", "J", "enter")
        await settled(pilot, "on disk")
        assert [one.name for one in screen_of(pilot).query_one(RunTable).shown_columns] == ["state", "name"]
        for _ in range(400):
            if read_runs_view().columns == ("state", "name"):
                break
            await pilot.pause(0.01)
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        shown = await settled(pilot, "monday", "on disk")
        assert "began" not in shown
        await pilot.press("v")
        await settled(pilot, "[x] state")
        await pilot.press("x", "enter")
        await settled(pilot, "began")


@pytest.mark.parametrize("width", range(40, 240, 7))
@pytest.mark.usefixtures("runs")
def test_columns_never_are_wider_than_the_list(width: int) -> None:
    from core.runs.run_list import RunList

    rows = RunList().read()
    for wanted in (None, ("name", "note", "data", "model", "tags", "epochs", "settings", "folder")):
        columns, left_out = choose_columns(wanted, rows, width, 0.0)
        assert 2 + sum(one.width for one in columns) + 2 * (len(columns) - 1) <= width
        assert wanted is None or len(columns) + len(left_out) == len(wanted)
    assert "preset" not in [one.name for one in choose_columns(None, rows, 300, 0.0)[0]], "it is the same in all runs"


async def test_marked_runs_are_deleted_together_and_one_key_brings_all_back(runs: list[RunFolder]) -> None:
    alive = make_run(4, name="alive", end=None)
    lock = hold(alive)
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "monday", "alive", "on disk")
        await pilot.press("space", "space", "space")
        await settled(pilot, "3 marked", "*✓ finished")
        await pilot.press("d")
        await settled(pilot, "Deleted 2 runs. u restores them. 1 run not over: kept.")
        await shown_are(pilot, "alive", "monday")
        assert screen_of(pilot).marked == {alive.id}
        await pilot.press("u")
        await settled(pilot, "2 runs restored.")
        await shown_are(pilot, "alive", "wednesday", "tuesday", "monday")
        await pilot.press("escape", "a")
        await settled(pilot, "4 marked")
        await pilot.press("escape")
        await pilot.pause()
        assert screen_of(pilot).marked == frozenset()
    lock.release()
    assert len(list_runs()) == 4


async def test_a_mark_out_of_sight_is_not_acted_on(runs: list[RunFolder]) -> None:
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "monday", "on disk")
        await pilot.press("a", "slash", *"monday", "enter")
        await shown_are(pilot, "monday")
        await pilot.press("d")
        await settled(pilot, "Deleted monday")
    assert [run.id for run in list_runs()] == [runs[2].id, runs[1].id]


async def test_names_tags_and_notes_are_given_and_taken_back(runs: list[RunFolder]) -> None:
    monday = runs[0]
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "monday", "on disk")
        await pilot.press("end", "e")
        await settled(pilot, "Name of the run")
        await pilot.press("ctrl+u", *"tuesday", "enter")
        await settled(pilot, "There is already a run called 'tuesday'")
        await pilot.press("e", "ctrl+u", *"sunday", "enter")
        await settled(pilot, "monday is now called sunday.")
        await shown_are(pilot, "wednesday", "tuesday", "sunday")
        await pilot.press("w")
        await settled(pilot, "Note on sunday")
        await pilot.press(*"it was rain", "enter")
        await settled(pilot, "it was rain", "Noted on sunday")
        await pilot.press("t")
        await settled(pilot, "Tags of sunday", "It has lab.")
        await pilot.press(*"-lab +wet", "enter")
        await settled(pilot, "#wet")
        said = read_annotations(monday.notes)
        assert (said.tags, [note.text for note in said.notes]) == (("wet",), ["it was rain"])
        await pilot.press("u")
        await settled(pilot, "#lab")
        await pilot.press("u")
        await settled(pilot, "Took the note back.")
        await pilot.press("u")
        await settled(pilot, "Called monday again.")
        await shown_are(pilot, "wednesday", "tuesday", "monday")
        assert read_annotations(monday.notes).notes == () and read_annotations(monday.notes).tags == ("lab",)


async def test_tags_of_several_runs_are_changed_at_once_and_each_gets_its_own_back(runs: list[RunFolder]) -> None:
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "monday", "on disk")
        await pilot.press("a", "t")
        await settled(pilot, "Tags of 3 runs")
        await pilot.press(*"lab new", "enter")
        await settled(pilot, "3 runs: +lab +new.")
        assert [read_annotations(run.notes).tags for run in runs] == [("lab", "new")] * 3
        await pilot.press("u")
        await settled(pilot, "Tags as before.")
    assert [read_annotations(run.notes).tags for run in runs] == [("lab",), (), ()]


async def test_the_queue_is_shown_moved_left_and_restored() -> None:
    at_work = make_run(1, name="now", end=None)
    waiting = [make_run(number, name=f"wait{number}", end="stopped") for number in (2, 3, 4)]
    lock = hold(at_work)
    enqueue(waiting)
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await settled(pilot, "… queued 1", "… queued 2", "… queued 3", "● running")
        await pilot.press("K")
        await settled(pilot, "wait4 starts earlier.")
        assert [one.run.id for one in read_queue().waiting] == [waiting[0].id, waiting[2].id, waiting[1].id]
        await pilot.press("u")
        await settled(pilot, "The order as before.")
        assert [one.run.id for one in read_queue().waiting] == [run.id for run in waiting]
        await chosen_is(pilot, waiting[2])
        await pilot.press("space", "space", "x")
        await settled(pilot, "Took 2 runs out of the queue. u undoes it.")
        assert [one.run.id for one in read_queue().waiting] == [waiting[0].id]
        await pilot.press("u")
        await settled(pilot, "Back in the queue.")
        assert [one.run.id for one in read_queue().waiting] == [run.id for run in waiting]
    lock.release()


async def test_a_queue_that_has_stopped_is_told_and_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.screens.runs import organizing

    started: list[str] = []
    monkeypatch.setattr(organizing, "start_next", lambda: started.append("next"))
    enqueue([make_run(1, name="waits", end="stopped")])
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "The queue has stopped: 1 run waits and none trains; Q continues it", "Q Continue queue")
        await pilot.press("Q")
        await settled(pilot, "The queue continues.")
    assert started == ["next"]


@pytest.mark.parametrize("size", SIZES)
async def test_what_could_be_freed_is_shown_asked_for_and_restored(size: tuple[int, int], home: Path) -> None:
    run = make_run(1, name="one")
    checkpoint = run.checkpoints / "step-40"
    checkpoint.mkdir()
    (checkpoint / "weights").write_bytes(bytes(3 << 20))
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await settled(pilot, "one", "on disk")
        await pilot.press("p")
        await settled(pilot, "What could be freed", "[ ]   3.0 MiB  checkpoints of finished runs, 1 folder")
        await pilot.press("enter")
        await pilot.pause()
        assert checkpoint.is_dir(), "nothing was ticked"
        await pilot.press("p")
        await settled(pilot, "What could be freed")
        assert isinstance(pilot.app.screen, CheckList)
        await pilot.press("space", "enter")
        await settled(pilot, "3.0 MiB are freed when you quit. u undoes it.")
        assert not checkpoint.exists()
        await pilot.press("u")
        await settled(pilot, "3.0 MiB restored.")
        assert (checkpoint / "weights").stat().st_size == 3 << 20
        await pilot.press("p")
        await settled(pilot, "What could be freed")
        await pilot.press("space", "enter")
        await settled(pilot, "3.0 MiB are freed")
    assert not checkpoint.exists() and run.model.is_dir() and not list((home / "trash").glob("*/*"))


async def test_a_new_run_from_the_settings_of_another_is_set_up_with_one_key() -> None:
    run = make_run(1, name="old", data="/data/reviews.csv")
    request = run.request()
    settings = request.settings.changed({"epochs": 7, "learning_rate": 1e-4, "lora": True})
    run.settings.write_text(request.model_copy(update={"settings": settings, "preset": "quick"}).to_toml())
    engine = engine_double.FakeEngine()
    async with ReviewTui(engine=engine).run_test(notifications=True, size=(120, 40)) as pilot:  # type: ignore[arg-type]
        await settled(pilot, "old", "on disk")
        await pilot.press("N")
        await settled(pilot, "[Setup]", "Start training")
        draft = pilot.app.draft  # type: ignore[attr-defined]
        assert (draft.source, draft.preset, draft.name) == ("/data/reviews.csv", "quick", "")
        from tui.form_values import check

        assert check(draft.preset, draft.typed).settings == settings


async def test_a_note_from_elsewhere_appears_while_one_looks() -> None:
    run = make_run(1, name="one")
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "one", "on disk")
        add_note(run.notes, "from \x1b[31m another [/ terminal")
        await settled(pilot, "noted", "another [/ terminal")
