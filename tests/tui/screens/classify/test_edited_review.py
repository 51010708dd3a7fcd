"""An edited copy: the original stays beside it, one or two models answer as it is typed, and nothing of it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.inference.classification import Classification
from core.runs.folder import RunFolder
from tests.hostile import SHORT, STEERS
from tests.tui.frames import frame
from tests.tui.screens.classify.bench import FakeEngine, bench, make_run, press, settled, shows, verdicts
from tui.screens.classify.edited_review import EditedReview
from tui.screens.classify.edited_text import line_of, waiting_line
from tui.screens.classify.review_editor import ReviewEditor
from tui.screens.classify.screen import ClassifyScreen

TEXT = "fine lamp"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClassifyScreen, "TYPING_PAUSE", 0.001)


async def opened(pilot: Pilot[None]) -> EditedReview:
    await settled(pilot)
    await pilot.press("E")
    await shows(pilot, lambda: isinstance(pilot.app.screen, EditedReview))
    await shows(pilot, lambda: "0.81" in frame(pilot.app))
    found = pilot.app.screen
    assert isinstance(found, EditedReview)
    return found


async def test_probabilities_move_as_the_copy_is_typed_and_the_original_stays_beside(pile: str, run: RunFolder) -> None:
    engine = FakeEngine([TEXT, "the second"])
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert "first" in frame(pilot.app) and "positive 0.81 → 0.81   ±0.00" in frame(pilot.app)
        await pilot.press("end", *" and x")
        await shows(pilot, lambda: "positive 0.81 → 0.75   −0.06" in frame(pilot.app))
        shown = frame(pilot.app)
        assert "│ fine lamp " in shown and "fine lamp and x" in shown
        await pilot.press(*" a very long text indeed!!")
        await shows(pilot, lambda: "now negative" in frame(pilot.app))
        asked = [params["texts"] for method, params in engine.asked if method == "classify_by_each"]
        assert asked[0] == (TEXT, TEXT) and all(len(texts) == 1 for texts in asked[1:])
        await pilot.press("ctrl+r")
        await shows(pilot, lambda: "±0.00" in frame(pilot.app))


async def test_esc_leads_back_to_the_review_with_nothing_changed(pile: str, run: RunFolder) -> None:
    async with bench(FakeEngine([TEXT, "the second"]), pile, run).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press(*"1 a u n ")
        await pilot.press("escape")
        await shows(pilot, lambda: not isinstance(pilot.app.screen, EditedReview))
        screen = await settled(pilot)
        assert verdicts(screen) == [] and screen.pile is not None and screen.pile.position == 0
        assert "1 of 2" in frame(pilot.app) and TEXT in frame(pilot.app) and not screen.typed
        assert screen.query_one("#editor", ReviewEditor).text == ""


async def test_a_second_model_is_chosen_and_remembered(pile: str, run: RunFolder, home: Path) -> None:
    make_run(home, "20250101-000000-bbbb", "second")
    engine = FakeEngine([TEXT, "another"])
    async with bench(engine, pile, run).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("ctrl+o")
        await shows(pilot, lambda: "Which run's model?" in frame(pilot.app))
        await pilot.press("2")
        await shows(pilot, lambda: "second" in frame(pilot.app) and "positive 0.71 → 0.71" in frame(pilot.app))
        await pilot.press("end", *"!!")
        await shows(pilot, lambda: "0.81 → 0.79" in frame(pilot.app) and "0.71 → 0.69" in frame(pilot.app))
        await pilot.press("escape")
        await shows(pilot, lambda: not isinstance(pilot.app.screen, EditedReview))
        screen = await settled(pilot)
        assert screen.model.candidate is not None and screen.model.candidate.run.id == run.id
        await pilot.press("E")
        await shows(pilot, lambda: "positive 0.71 → 0.71" in frame(pilot.app))


async def test_only_the_latest_text_is_answered(pile: str, run: RunFolder) -> None:
    engine = FakeEngine([TEXT])
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        engine.held.add("classify_by_each")
        await pilot.press("end", "x")
        await shows(pilot, lambda: len(engine.waiting) == 1)
        await pilot.press("y")
        await shows(pilot, lambda: len(engine.waiting) == 2)
        (_, first), (_, second) = engine.waiting
        await shows(pilot, first.cancelled)
        assert not second.cancelled()
        engine.let_go()
        await shows(pilot, lambda: "0.81 → 0.79" in frame(pilot.app))


async def test_a_failure_is_a_sentence_and_the_next_text_is_asked_again(pile: str, run: RunFolder) -> None:
    engine = FakeEngine([TEXT])
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        engine.errors["classify_by_each"] = "The engine ended."
        await pilot.press("end", "x")
        await shows(pilot, lambda: "The engine ended." in frame(pilot.app))
        engine.errors.clear()
        await pilot.press("y")
        await shows(pilot, lambda: "0.81 → 0.79" in frame(pilot.app))


async def test_blind_no_copy_is_edited_before_the_label(pile: str, run: RunFolder) -> None:
    engine = FakeEngine([TEXT])
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await press(pilot, "b", "E")
        assert not isinstance(pilot.app.screen, EditedReview)
        assert "classify_by_each" not in [method for method, _ in engine.asked]


@pytest.mark.parametrize("look", ["E", "e"])
async def test_who_has_seen_the_answer_there_does_not_decide_blind(pile: str, run: RunFolder, look: str) -> None:
    engine = FakeEngine([TEXT, "the second"])
    engine.held.add("classify")
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await shows(pilot, lambda: TEXT in frame(pilot.app) and "The model says" not in frame(pilot.app))
        await pilot.press(look)
        await shows(pilot, lambda: "0.81" in frame(pilot.app) or "without" in frame(pilot.app))
        await pilot.press("escape")
        await shows(pilot, lambda: not isinstance(pilot.app.screen, EditedReview))
        await pilot.press("b", "1")
        await shows(pilot, lambda: "2 of 2" in frame(pilot.app))
        screen = pilot.app.screen
        assert isinstance(screen, ClassifyScreen) and screen.pile is not None
        (decision,) = screen.pile.history.verdicts()
        assert decision.labelled and not decision.blind


async def test_an_unedited_copy_is_the_original_also_where_the_editor_shows_it_cleaned(
    pile: str, run: RunFolder
) -> None:
    engine = FakeEngine(["a\x1b[2Jb\r\nc"])
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("E")
        await shows(pilot, lambda: "±0.00" in frame(pilot.app))
        assert not any(one in STEERS - {"\n"} for one in frame(pilot.app))
        (params,) = [params for method, params in engine.asked if method == "classify_by_each"]
        assert params["texts"][0] == params["texts"][1] == "a\x1b[2Jb\r\nc"


def test_lines_are_clean_and_fit() -> None:
    for text in SHORT:
        before = Classification(text, text, 0.9, {text: 0.9, "other": 0.1}, 3, False)
        after = Classification(text, "other", 0.7, {text: 0.3, "other": 0.7}, 3, False)
        said = line_of(text, before, after, 70).plain + waiting_line(text, text, failed=True).plain
        assert not any(one in STEERS for one in said)
        assert "0.90 → 0.30   −0.60   now other 0.70" in said
