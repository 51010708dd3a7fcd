"""What can be said about a review besides its label, and how to find the way back to it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Input

from core.runs.folder import RunFolder
from core.triage.bookmark import read_bookmark
from core.triage.decision import Decision
from tests.tui.frames import frame
from tests.tui.screens.classify.bench import FakeEngine, bench, make_run, press, settled, shows, verdicts
from tui.screens.classify.decision_list import DecisionList
from tui.screens.classify.pile_questions import matching
from tui.screens.classify.screen import ClassifyScreen

SIZES = [(80, 24), (120, 40)]


async def opened(pilot: Pilot[None], key: str) -> None:
    """Press a key that opens a dialog, and wait for it."""
    before = len(pilot.app.screen_stack)
    await pilot.press(key)
    await shows(pilot, lambda: len(pilot.app.screen_stack) > before)


def decision(screen: ClassifyScreen, row: int) -> Decision | None:
    assert screen.pile is not None
    return screen.pile.history.current(row)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_four_states_take_one_key_each_and_undo_names_what_it_takes_back(
    run: RunFolder, pile: str, size: tuple[int, int]
) -> None:
    async with bench(FakeEngine(), pile).run_test(size=size) as pilot:
        screen = await press(pilot, "s", "f", "v", "1")
        assert [word for _, word, _ in verdicts(screen)] == ["skip", "flag", "ambiguous", "negative"]
        shown = frame(pilot.app)
        assert "4 of 6 decided" in shown and "Saved: review 4, negative." in shown
        assert all(words in shown for words in ("1 skipped", "1 flagged", "1 ambiguous", "1 corrected"))
        await press(pilot, "u")
        assert "Undone: review 4, negative → undecided." in frame(pilot.app)
        await press(pilot, "u")
        assert "Undone: review 3, ambiguous → undecided." in frame(pilot.app)
        await press(pilot, "r")
        assert "Redone: review 3 → ambiguous." in frame(pilot.app)
        await press(pilot, "p")
        assert "~ you: ambiguous" in frame(pilot.app) and "Redone" not in frame(pilot.app)
        await press(pilot, "2", "u")
        assert "Undone: review 3, positive → ambiguous." in frame(pilot.app)
        await press(pilot, "u", "u", "u")
        assert "Undone: review 1, skipped → undecided." in frame(pilot.app)
        await press(pilot, "u")
        assert "There is nothing to undo." in frame(pilot.app)


async def test_a_decision_keeps_what_the_model_had_said_and_which_model_it_was(
    run: RunFolder, pile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.inference.temperature import FILE_NAME

    (run.model / FILE_NAME).write_text(
        '{"temperature": 2.0, "rows": 200, "ece": 0.1, "ece_with_temperature": 0.02, "fitted_on": "validation rows"}'
    )
    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await press(pilot, "enter", "s")
        agreed, skipped = decision(screen, 0), decision(screen, 1)
        assert agreed is not None and skipped is not None
        assert agreed.model == skipped.model == run.id and len(agreed.model_hash or "") == 32
        assert agreed.probability == 0.75 and agreed.calibrated == pytest.approx(0.634, abs=1e-3)
        assert (agreed.agreed, skipped.agreed, skipped.predicted) == (True, None, "positive")
        assert (agreed.order, agreed.audit, agreed.blind) == ("file", False, False)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_no_key_decides_while_a_note_is_written_and_the_note_comes_back(
    run: RunFolder, pile: str, size: tuple[int, int]
) -> None:
    async with bench(FakeEngine(), pile).run_test(size=size) as pilot:
        screen = await press(pilot, "n", "i", *"as12ufvx", "space", *"hB")
        assert screen.query_one("#note-line", Input).value == "as12ufvx hB" and verdicts(screen) == []
        assert "enter keeps it" in frame(pilot.app) and "review number 1" in frame(pilot.app)
        await press(pilot, "enter")
        assert screen.focused is None and "✎ as12ufvx hB" in frame(pilot.app)
        await press(pilot, "n")
        assert "✎" not in frame(pilot.app)
        await press(pilot, "p", "i", "space", *"too", "escape")
        assert "✎ as12ufvx hB  i edits" in frame(pilot.app) and "The note was not saved; i goes on" in frame(pilot.app)
        await press(pilot, "i", "enter")
        assert "✎ as12ufvx hB too" in frame(pilot.app)
        await press(pilot, "u")
        assert "Undone: the note on review 2" in frame(pilot.app) and "✎ as12ufvx hB  i" in frame(pilot.app)
        assert screen.pile is not None and screen.pile.position == 1
    async with bench(FakeEngine(), pile).run_test(size=size) as pilot:
        await press(pilot, "c", "n")
        assert "✎ as12ufvx hB" in frame(pilot.app)


async def test_a_note_is_about_the_review_that_was_in_view_after_the_keys_before_it(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test() as pilot:
        await settled(pilot)
        for key in ("1", "i", *"12", "enter", "2"):
            await pilot.press(key)
        screen = await settled(pilot)
        assert [word for _, word, _ in verdicts(screen)] == ["negative", "positive"]
        assert screen.pile is not None and [(one.row, one.text) for one in screen.pile.history.noted()] == [(1, "12")]


async def test_a_label_is_added_on_the_way_and_stays_with_the_pile(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test() as pilot:
        await settled(pilot)
        await opened(pilot, "N")
        screen = await press(pilot, *"fair", "enter")
        assert "Saved: the label “fair”; 3 gives it." in frame(pilot.app) and " 3 fair" in frame(pilot.app)
        screen = await press(pilot, "3")
        assert verdicts(screen) == [(0, "fair", False)]
        await opened(pilot, "N")
        await press(pilot, *"positive", "enter")
        assert any("There is a label positive already." in one.message for one in pilot.app._notifications)
    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await press(pilot, "3")
        assert verdicts(screen) == [(0, "fair", False), (1, "fair", False)]
        await press(pilot, "u", "u", "u")
        assert "Undone: the label “fair” is gone." in frame(pilot.app) and " 3 fair" not in frame(pilot.app)


async def test_of_many_labels_a_few_letters_find_one_and_enter_takes_the_first(home: Path, pile: str) -> None:
    labels = tuple(f"{thing} {how}" for thing in ("delivery", "hinge", "battery", "colour") for how in ("good", "bad"))
    labels += ("price", "refund", "other")
    make_run(home, "20260101-000000-aaaa", "first", labels)
    async with bench(FakeEngine(labels=labels), pile).run_test() as pilot:
        await settled(pilot)
        assert "l Labels" in frame(pilot.app)
        await opened(pilot, "l")
        assert "▸ other  75.0%" in frame(pilot.app), "the model's label is the first"
        screen = await press(pilot, *"batb")
        assert "▸ battery bad" in frame(pilot.app) and "hinge" not in frame(pilot.app)
        screen = await press(pilot, "enter")
        assert verdicts(screen) == [(0, "battery bad", False)]
        await opened(pilot, "l")
        screen = await press(pilot, *"zz", "enter", "escape")
        assert len(verdicts(screen)) == 1, "no label has these letters"


@given(st.lists(st.text("abc d", min_size=1, max_size=6), unique=True, max_size=8), st.text("abcd ", max_size=4))
def test_letters_find_every_label_that_has_them_in_their_order(labels: list[str], typed: str) -> None:
    wanted = "".join(typed.split())
    found = matching(labels, typed)
    for label in labels:
        rest = "".join(label.split())
        has = True
        for letter in wanted:
            has = has and letter in rest
            rest = rest[rest.index(letter) + 1 :] if has else ""
        assert (label in found) == has
    begins = [label.replace(" ", "").startswith(wanted) for label in found]
    assert begins == sorted(begins, reverse=True), "those that begin so come first"


async def test_reviews_go_back_to_undecided_one_or_all_in_a_state_and_one_undo_brings_them_back(
    run: RunFolder, pile: str
) -> None:
    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await press(pilot, "s", "1", "s", "f", "p")
        await opened(pilot, "B")
        assert "▸ 1   this review (flagged)" in frame(pilot.app)
        screen = await press(pilot, "enter")
        assert decision(screen, 3) is None and "Saved: review 4, undecided." in frame(pilot.app)
        await opened(pilot, "B")
        assert "all that are skipped, 2 reviews" in frame(pilot.app) and "flagged" not in frame(pilot.app)
        screen = await press(pilot, "enter")
        assert "Saved: 2 reviews undecided again." in frame(pilot.app)
        assert [row for row, _, _ in verdicts(screen)] == [1]
        await press(pilot, "u")
        assert "Undone: 2 reviews, decided again." in frame(pilot.app)
        assert [row for row, _, _ in verdicts(screen)] == [0, 1, 2]


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_decision_twenty_back_is_mended_with_three_keys(
    run: RunFolder, pile: str, size: tuple[int, int]
) -> None:
    engine = FakeEngine([f"text {row}" for row in range(60)])
    async with bench(engine, pile).run_test(size=size) as pilot:
        screen = await press(pilot, *["1"] * 30)
        await opened(pilot, "h")
        twentieth = next(line for line in frame(pilot.app).splitlines() if "text 10" in line)
        await press(pilot, twentieth.split()[0], "2")
        assert (decision(screen, 10), screen.pile.position if screen.pile else None) != (None, None)
        mended = decision(screen, 10)
        assert mended is not None and mended.verdict == "positive"
        assert screen.pile is not None and screen.pile.position == 30, "and on where one was"


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_list_shows_one_kind_at_a_time_and_pages_through_all(
    run: RunFolder, pile: str, size: tuple[int, int]
) -> None:
    engine = FakeEngine([f"text {row}" for row in range(60)])
    async with bench(engine, pile).run_test(size=size) as pilot:
        screen = await press(pilot, *["1", "s", "enter"] * 14, "f", "i", *"ask", "enter")
        await opened(pilot, "h")
        assert isinstance(pilot.app.screen, DecisionList)
        shown = frame(pilot.app)
        assert "[all 43]" in shown and "labelled 28  skipped 14  flagged 1  with notes 1" in shown
        await pilot.press("tab", "tab")
        assert (
            "[skipped 14]" in frame(pilot.app) and "text 40" in frame(pilot.app) and "text 39" not in frame(pilot.app)
        )
        await pilot.press("tab", "tab")
        assert "[with notes 1]" in frame(pilot.app) and "✎ ask" in frame(pilot.app)
        await pilot.press("tab", "end")
        assert "text 0" in frame(pilot.app)
        await press(pilot, "enter")
        assert screen.pile is not None and screen.pile.position == 0
        await opened(pilot, "h")
        await press(pilot, "escape")
        assert pilot.app.screen is screen


async def test_a_number_leads_to_its_review(run: RunFolder, pile: str) -> None:
    engine = FakeEngine([f"text {row}" for row in range(300)])
    async with bench(engine, pile).run_test() as pilot:
        await settled(pilot)
        await opened(pilot, "number_sign")
        assert "A number from 1 to 300." in frame(pilot.app)
        screen = await press(pilot, *"217", "enter")
        assert screen.pile is not None and screen.pile.position == 216 and "text 216" in frame(pilot.app)
        for typed in ("0", "301", "9" * 40, "x1", "-3"):
            await opened(pilot, "number_sign")
            pilot.app.clear_notifications()
            await press(pilot, *typed, "enter")
            assert screen.pile.position == 216
            assert any("There is no review" in one.message for one in pilot.app._notifications), typed


class Telling(FakeEngine):
    """Predicts a label that no review, file or other text mentions."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(texts, ("aye", "zorblatt"))


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_decision_made_blind_is_made_without_any_trace_of_the_prediction(
    home: Path, pile: str, size: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    make_run(home, "20260101-000000-aaaa", "first", ("aye", "zorblatt"))
    texts = ["fine", "broke", "fine", "late", "fine", "new"]
    async with bench(Telling(texts), pile).run_test(size=size) as pilot:
        await press(pilot, "b")
    caplog.set_level(logging.DEBUG)
    async with bench(Telling(texts), pile).run_test(size=size) as pilot:
        screen = await settled(pilot)

        def traces() -> list[str]:
            """Every place where the prediction is told."""
            shown = frame(pilot.app).replace(" 2 zorblatt", " 2 ________")  # the label that the digit 2 gives
            notices = [one.message for one in pilot.app._notifications]
            titles = [pilot.app.title, pilot.app.sub_title, screen.title or "", screen.sub_title or ""]
            logged = [record.getMessage() for record in caplog.records]
            places = [shown, *notices, *titles, *logged]
            return [place for place in places if "zorblatt" in place or "75" in place or "▸" in place]

        assert screen.blind and screen.prediction is not None and not traces()
        for keys in (["enter"], ["n"], ["p"], ["i", "x", "enter"], ["s"], ["u"], ["s"], ["p"]):
            await press(pilot, *keys)
            assert not traces(), keys
        assert "» you: skipped" in frame(pilot.app), "a skipped review is still to be labelled"
        await press(pilot, "1")
        assert decision(screen, 0) is not None and "model: zorblatt 75.0%" in frame(pilot.app), "told afterwards"
        first = decision(screen, 0)
        assert first is not None and first.blind and not first.revealed
        await press(pilot, "n")
        assert "asked before, line 2: you: aye" in frame(pilot.app)
        await opened(pilot, "h")
        assert "zorblatt" not in frame(pilot.app), "it is the same for every copy"
        await pilot.press("escape")
        await press(pilot, "1")
        copy = decision(screen, 2)
        assert copy is not None and not copy.blind and copy.revealed


async def test_what_was_seen_before_is_not_decided_blind(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await press(pilot, "b", "1")
        assert not decision(screen, 0).blind, "its prediction was shown at first"  # type: ignore[union-attr]
        screen = await press(pilot, "b", "b", "1")
        peeked = decision(screen, 1)
        assert peeked is not None and peeked.revealed and not peeked.blind
        screen = await press(pilot, "1", "u", "2")
        again = decision(screen, 2)
        assert again is not None and again.revealed and not again.blind, "the answer followed the first time"
    mark = read_bookmark(pile)
    assert mark is not None and mark.blind
