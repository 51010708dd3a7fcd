"""The Journal screen: all entries, the chosen one in full, what the user says in it, and the file that it writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.base.errors import InputError
from core.base.files import write_whole
from core.comparison.judged import Pair
from core.comparison.stored_pairs import judge_stored
from core.runs.folder import RunFolder
from core.runs.group import GroupFolder
from core.runs.notes import add_note, read_annotations
from tests.core.lab_journal.bench import make_run, tell
from tests.hostile import SOUND
from tests.tui.engine_double import FakeEngine, until
from tests.tui.screens.runs.test_screen import settled
from tui.app import ReviewTui
from tui.screens.journal.screen import JournalScreen
from tui.widgets.dialogs import Ask

SIZES = [(80, 24), (120, 40)]
Story = dict[str, RunFolder | GroupFolder]


def judges(params: Mapping[str, Any]) -> Any:
    pairs = msgspec.convert(params["pairs"], tuple[Pair, ...])
    return {"judged": msgspec.to_builtins(judge_stored(pairs, lambda *_: None))}


def workbench(engine: FakeEngine | None = None) -> ReviewTui:
    return ReviewTui(engine=engine or FakeEngine(judge_pairs=judges))  # type: ignore[arg-type]


@pytest.fixture
def story() -> Story:
    return tell()


def screen_of(pilot: Pilot[None]) -> JournalScreen:
    found = pilot.app.screen
    assert isinstance(found, JournalScreen)
    return found


async def opened(pilot: Pilot[None], *keys: str) -> None:
    """The Journal screen once all verdicts are there, after some keys."""
    await pilot.press("f9")
    await until(pilot, lambda: isinstance(pilot.app.screen, JournalScreen) and bool(screen_of(pilot).shown))
    await until(pilot, lambda: all(entry.to_judge is None for entry in screen_of(pilot).shown))
    await pilot.press(*keys)
    await pilot.pause()


async def say(pilot: Pilot[None], key: str, text: str) -> None:
    """Press a key and answer the question that it asks."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, Ask))
    line = pilot.app.screen.query_one(Input)
    line.value = text
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, JournalScreen))


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_home_says_what_will_be_here(size: tuple[int, int]) -> None:
    async with workbench().run_test(size=size) as pilot:
        await pilot.press("g", "j")
        shown = await settled(pilot, "Nothing has been tried yet.", "F2 goes to the runs")
        assert "[Journal]" in shown and "w Write" not in shown


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.usefixtures("story")
async def test_the_newest_is_on_top_and_the_chosen_one_is_told_in_full(size: tuple[int, int]) -> None:
    async with workbench().run_test(size=size) as pilot:
        await opened(pilot)
        names = ("└ twig", "longer")
        shown = await settled(pilot, "second against first", "Which of these two models", "better", "undecided", *names)
        places = [shown.index(name) for name in names]
        assert places == sorted(places)
        await pilot.press("down", "down")
        await settled(pilot, "branch of first, from its step 20, finished", "learning_rate auto (5e-5) → 3e-5")
        await settled(pilot, "verdict", "on 60 validation", "h says it now", "macro F1")
        if size[1] > 24:
            await settled(pilot, "always “negative”", "validation loss", "Scores on validation rows")
        else:
            await pilot.press("space")
            await settled(pilot, "always “negative”", "validation loss")
        await pilot.press("up")
        shown = await settled(pilot, "seeds differ by less than a point", "three-seed-2", "seed 2", "0.8667")
        assert "accuracy 0.8500 ± 0.0200" in " ".join(shown.split())


@pytest.mark.usefixtures("story")
async def test_words_narrow_the_list_and_esc_shows_all() -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("slash", *"epochs gain")
        await until(pilot, lambda: [entry.name for entry in screen_of(pilot).shown] == ["longer"])
        await pilot.press("space", *"-finished")
        await settled(pilot, "No entry has these words; esc shows all.")
        await pilot.press("enter", "enter", "n", "h", "c")
        assert isinstance(pilot.app.screen, JournalScreen)
        await pilot.press("escape")
        await until(pilot, lambda: len(screen_of(pilot).shown) == 7)
        await pilot.press("escape")
        await settled(pilot, "[Runs]")


async def test_notes_and_hypotheses_are_dated_and_what_was_said_first_stays(story: Story) -> None:
    async with workbench().run_test(size=(120, 40)) as pilot:
        await opened(pilot, "end")
        await say(pilot, "n", "check the lamps")
        await settled(pilot, "check the lamps")
        await say(pilot, "h", "the starter does not suffice")
        shown = " ".join((await settled(pilot, "the starter suffices", "known)")).split())
        assert "does not suffice (said " in shown and "when the result was known)" in shown.replace("│ ", "")
        first = read_annotations(story["first"].notes)
        assert [note.text for note in first.notes] == ["mislabelled lamps", "check the lamps"]
        await pilot.press("u")
        await until(pilot, lambda: len(read_annotations(story["first"].notes).notes) == 1)
        await pilot.press("home", "down")
        await say(pilot, "n", "one more seed?")
        await until(pilot, lambda: bool(read_annotations(story["three"].notes).notes))
        await pilot.press("down", "down")
        await say(pilot, "h", "about the extension")
        await until(pilot, lambda: len(read_annotations(story["longer"].notes).hypotheses) == 2)
        assert read_annotations(story["longer"].notes).hypotheses[-1].epochs == 20


async def test_keys_lead_to_the_run_and_to_its_comparison(story: Story) -> None:
    app = workbench()
    compared: list[list[RunFolder]] = []
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        app.open_compare = compared.append  # type: ignore[method-assign, assignment]
        await opened(pilot, "down", "down")
        await pilot.press("c")
        assert [run.id for run in compared[0]] == [story["twig"].id, story["first"].id]
        await pilot.press("home", "enter")
        assert {run.id for run in compared[1]} == {story["second"].id, story["first"].id}
        await pilot.press("end", "c")
        await settled(pilot, "there is nothing to")
        await pilot.press("up", "enter")
        await settled(pilot, "[Train]")
        assert app.run_in_view is not None and app.run_in_view.id == story["second"].id


@pytest.mark.usefixtures("story")
async def test_what_is_shown_is_written_with_its_verdicts_and_nothing_else_is_overwritten(tmp_path: Path) -> None:
    thesis = tmp_path / "thesis.md"
    write_whole(thesis, "# Thesis\n")
    async with workbench().run_test(size=(120, 40), notifications=True) as pilot:
        await opened(pilot, "slash", *"longer", "enter")
        await say(pilot, "w", str(thesis))
        await settled(pilot, "is no lab journal")
        await say(pilot, "w", str(tmp_path / "mine.md"))
        await until(pilot, (tmp_path / "mine.md").is_file)
    written = (tmp_path / "mine.md").read_text()
    assert thesis.read_text() == "# Thesis\n" and written.count("\n## ") == 2 and "not compared yet" not in written
    assert written.index("· longer\n") < written.index("· longer, extended to 20 epochs\n")


@pytest.mark.usefixtures("story")
async def test_an_engine_that_fails_costs_verdicts_only() -> None:
    engine = FakeEngine(judge_pairs=InputError("The engine has stopped."))
    async with workbench(engine).run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("f9")
        await settled(pilot, "Verdicts are missing: The engine has stopped.", "└ twig")
        await pilot.press("down", "down")
        await settled(pilot, "not compared yet")


async def test_what_others_write_meanwhile_appears_and_the_cursor_stays(story: Story) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        await opened(pilot, "end")
        add_note(story["first"].notes, "from elsewhere")
        make_run("newest", 9)
        screen_of(pilot).look()
        await until(pilot, lambda: len(screen_of(pilot).shown) == 8)
        await settled(pilot, "from elsewhere")
        chosen = screen_of(pilot).chosen()
        assert chosen is not None and chosen.name == "first"


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_texts_stay_text(size: tuple[int, int]) -> None:
    for number, text in enumerate(SOUND[::40]):
        run = make_run(f"q{number} {text[:100]}", number, data=f"/data/{text[:60]}.csv".replace("\0", ""))
        if text.strip():
            add_note(run.notes, text[:300])
    async with workbench().run_test(size=size) as pilot:
        await opened(pilot)
        for _ in range(len(screen_of(pilot).shown)):
            await pilot.press("down")
            await pilot.pause()
        await pilot.press("end")
        await settled(pilot, "q0")


async def test_a_home_that_cannot_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.mkdir()
    (file / "runs").write_text("")
    monkeypatch.setenv("REVIEWTUI_HOME", str(file))
    async with workbench().run_test(size=(80, 24)) as pilot:
        await pilot.press("f9")
        await settled(pilot, "The journal cannot be read: ")
