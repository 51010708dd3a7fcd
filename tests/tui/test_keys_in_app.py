"""Keys in the running workbench: remapped, dimmed, of other layouts, and `g`."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.notifications import Notification
from textual.widgets import Footer

from core.runs.folder import RunFolder
from tests.tui.frames import frame
from tests.tui.made_runs import make_run
from tests.tui.rest import until
from tests.tui.screens.classify import bench as classify
from tui.app import ReviewTui
from tui.navigation.go_to import GoTo
from tui.navigation.help import Help
from tui.navigation.place import Place
from tui.navigation.table import SCREENS


@pytest.fixture
def run(home: Path) -> RunFolder:
    return classify.make_run(home, "20260101-000000-aaaa", "first")


@pytest.fixture
def pile(tmp_path: Path) -> str:
    path = tmp_path / "inbox.csv"
    path.touch()
    return str(path)


@pytest.fixture(autouse=True)
def notices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine takes longer for some keys than a notice is shown."""
    monkeypatch.setattr(Notification, "has_expired", False)


def said(app: ReviewTui) -> list[str]:
    return [notice.message for notice in app._notifications]


async def test_remapped_keys_act_and_show_and_the_old_ones_do_not(home: Path, run: RunFolder, pile: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "keys.toml").write_text('[classify]\nskip = "w"\nagree = "z"\n[app]\nhelp = "H"\n')
    app = classify.bench(classify.FakeEngine(), pile)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await classify.press(pilot, "s", "enter", "a")
        assert classify.verdicts(screen) == [] and not said(app)
        screen = await classify.press(pilot, "w", "z", "1")
        assert [verdict for _, verdict, _ in classify.verdicts(screen)] == ["skip", "positive", "negative"]
        last = frame(app).splitlines()[-1]
        assert "w Skip" in last and "z Agree" in last and "s Skip" not in last and "o Open" in last
        await classify.press(pilot, "t", "escape", "enter")
        assert screen.focused is not None, "enter still leads into the text: another action, on the same key"
        await classify.press(pilot, "escape", "H")
        assert isinstance(app.screen, Help) and "w" in frame(app)


async def test_a_broken_keys_file_is_told_and_everything_else_works(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "keys.toml").write_text('[runs]\nnew = "q"\nnwe = "x"\nquit = 4\nstop = "ctrl+i"\n')
    app = ReviewTui()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(said(app)) == 4)
        assert any("2 more" in one for one in said(app)) or any("1 more" in one for one in said(app))
        await pilot.press("n")
        await until(pilot, lambda: app.current_mode == "data")


async def test_azerty_digits_give_labels_where_their_keys_are_free(run: RunFolder, pile: str) -> None:
    app = classify.bench(classify.FakeEngine(), pile)
    async with app.run_test() as pilot:
        screen = await classify.press(pilot, "ampersand", "é")
        assert [verdict for _, verdict, _ in classify.verdicts(screen)] == ["negative", "positive"]
        screen = await classify.press(pilot, "quotation_mark")
        assert len(classify.verdicts(screen)) == 2, "there is no third label"
        screen = await classify.press(pilot, "t", "ampersand", "escape", "ampersand")
        assert len(classify.verdicts(screen)) == 2, "what is typed is text"


async def test_another_script_is_told_once(run: RunFolder, pile: str) -> None:
    app = classify.bench(classify.FakeEngine(), pile)
    async with app.run_test() as pilot:
        await classify.press(pilot, "ы", "ы", "ф")
        [sentence] = said(app)
        assert "Cyrillic" in sentence and "Latin" in sentence and "keys.toml" in sentence
        await classify.press(pilot, "λ")
        assert len(said(app)) == 2 and "Greek" in said(app)[-1]
        await classify.press(pilot, "t", "ы")
        assert len(said(app)) == 2


async def test_a_dimmed_key_says_why(home: Path) -> None:
    make_run(1, name="failed-early", end="failed", message="No.")
    app = ReviewTui()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "failed-early" in frame(app))
        await pilot.press("c")
        await until(pilot, lambda: bool(said(app)))
        await pilot.press("x", "u", "u")
        await until(pilot, lambda: len(said(app)) == 3)
        assert ["no model" in said(app)[0], "over" in said(app)[1], "nothing to undo" in said(app)[2]] == [True] * 3
        app.switch_mode("setup")
        await pilot.pause()
        await pilot.press("y")
        await until(pilot, lambda: "nothing to set up" in said(app)[-1])


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
async def test_g_and_a_letter_lead_to_every_screen_at_any_speed(
    entry: object, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GoTo, "SHOW_AFTER_SECONDS", 3600.0)
    app = ReviewTui()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g", entry.letter)  # type: ignore[attr-defined]
        await until(pilot, lambda: app.current_mode == entry.name and not isinstance(app.screen, GoTo))  # type: ignore[attr-defined]
        await pilot.press(entry.function_key)  # type: ignore[attr-defined]
        assert app.current_mode == entry.name  # type: ignore[attr-defined]


async def test_the_menu_of_g_shows_only_when_one_hesitates(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GoTo, "SHOW_AFTER_SECONDS", 3600.0)
    app = ReviewTui()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g")
        await pilot.pause()
        assert isinstance(app.screen, GoTo) and "Go to\n" not in frame(app) and "F4" not in frame(app)
        await pilot.press("escape")
        monkeypatch.setattr(GoTo, "SHOW_AFTER_SECONDS", 0.001)
        await pilot.press("g")
        await until(pilot, lambda: "F4" in frame(app))
        await pilot.press("escape")
        monkeypatch.setattr(GoTo, "SHOW_AFTER_SECONDS", 3600.0)
        await pilot.press("g", "w")
        await until(pilot, lambda: "F4" in frame(app))


def test_letters_and_function_keys_of_screens_are_unique() -> None:
    assert len({one.letter for one in SCREENS}) == len({one.function_key for one in SCREENS}) == len(SCREENS)
    assert not {one.letter for one in SCREENS} & {"g", "q"}


async def test_esc_goes_back_one_screen_at_a_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(Place, "clock", staticmethod(lambda: now[0]))
    app = ReviewTui()
    async with app.run_test() as pilot:
        for place in ("runs", "train", "classify", "data", "setup"):
            app.switch_mode(place)
            await pilot.pause()
        await pilot.press("escape")
        assert app.current_mode == "data"
        app.switch_mode("setup")
        await pilot.pause()
        now[0] = 10.0
        await pilot.press("question_mark")
        await pilot.pause()
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert app.current_mode == "setup", "the second esc was meant for the help"
        now[0] = 20.0
        await pilot.press("escape")
        assert app.current_mode == "data"


async def test_help_opens_with_the_purpose_then_the_keys_of_the_screen(home: Path, run: RunFolder, pile: str) -> None:
    app = classify.bench(classify.FakeEngine(), pile)
    async with app.run_test(size=(120, 92)) as pilot:
        await classify.press(pilot, "question_mark")
        shown = frame(app)
        order = ["Let a finished run's model", "⏎ a" if "⏎ a" in shown else "enter a", "1–2", "Every screen", "ctrl+q"]
        assert [shown.find(words) for words in order] == sorted(shown.find(words) for words in order)
        assert "`" not in shown and "Scroll Up" not in shown and "1–2" in shown and "Not now" in shown
        assert not app.screen.query(Footer)


async def test_the_palette_finds_actions_screens_and_settings(home: Path, run: RunFolder, pile: str) -> None:
    app = classify.bench(classify.FakeEngine(), pile)
    async with app.run_test(size=(120, 40)) as pilot:
        await classify.settled(pilot)
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Agree", "Skip", "Go to Setup", "Export"} <= set(titles) and len(titles) == len(set(titles))
        await pilot.press("ctrl+p", *"learning rate")
        await until(pilot, lambda: "learning_rate" in frame(app))


async def test_the_theme_is_remembered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    app = ReviewTui()
    async with app.run_test() as pilot:
        assert not (home / "workbench.json").exists()
        app.theme = "nord"
        await until(pilot, (home / "workbench.json").exists)
    async with ReviewTui().run_test() as pilot:
        assert pilot.app.theme == "nord"
    (home / "workbench.json").write_text('{"theme": ["no"]}')
    async with ReviewTui().run_test() as pilot:
        assert pilot.app.theme != "nord"
