"""Copies of a review: asked about once, decided along with it as one operation, and never asked again silently."""

from __future__ import annotations

from core.runs.folder import RunFolder
from core.triage.bookmark import read_bookmark
from tests.tui.frames import frame
from tests.tui.screens.classify.bench import FakeEngine, bench, press, settled, verdicts

TEXTS = ["fine", "broke", "fine", "FINE..", "late", "fine"]
"""Three copies of the first, one of which is not quite the same."""


def engine() -> FakeEngine:
    made = FakeEngine(TEXTS)
    made.finds_copies = True
    return made


async def test_copies_are_asked_about_once_and_decided_and_undone_as_one(run: RunFolder, pile: str) -> None:
    async with bench(engine(), pile).run_test() as pilot:
        screen = await settled(pilot)
        assert "3 copies in this pile" in frame(pilot.app)
        await press(pilot, "1")
        shown = frame(pilot.app)
        assert "3 copies of this review wait." in shown and "review 3: the same text" in shown
        assert "review 4: FINE.." in shown, "one that is not the same can be read"
        screen = await press(pilot, "1", "2", "escape")
        assert verdicts(screen) == [], "digits answer nothing, and esc decides nothing"
        await press(pilot, "1")
        screen = await press(pilot, "y")
        assert screen.pile is not None and screen.pile.history.counts.decided == 4 and screen.pile.position == 1
        assert "Saved: review 1 and 3 copies, negative." in frame(pilot.app) and "3 copies" in frame(pilot.app)
        assert [one.source for one in screen.pile.history.decided()] == ["human", "copy", "copy", "copy"]
        assert len(screen.pile.history.human()) == 1
        screen = await press(pilot, "2")
        assert screen.pile is not None and screen.pile.position == 4, "copies are not asked again"
        await press(pilot, "u", "u")
        assert "Undone: review 1 and 3 copies, negative → undecided." in frame(pilot.app)
        assert screen.pile.history.counts.decided == 0 and screen.pile.position == 0
        await press(pilot, "f")
        assert screen.pile.history.counts.flagged == 4, "the answer is remembered"
        await press(pilot, "p", "2")
        assert screen.pile.history.counts.flagged == 0, "those that were decided along follow"
    mark = read_bookmark(pile)
    assert mark is not None and mark.copies == "along"


async def test_a_repeated_text_that_comes_up_again_says_what_was_said(run: RunFolder, pile: str) -> None:
    async with bench(engine(), pile).run_test() as pilot:
        await press(pilot, "1")
        await press(pilot, "n")
        screen = await press(pilot, "2", "n", "p")
        assert screen.pile is not None and screen.pile.position == 2
        assert "asked before, line 2: you: negative · model: positive" in frame(pilot.app)
        await press(pilot, "n")
        assert "nearly the same, line 2: you: negative" in frame(pilot.app)
        assert "2 copies each decided by itself  y changes" in frame(pilot.app)
        await press(pilot, "y")
        assert "2 copies decided along" in frame(pilot.app)
        screen = await press(pilot, "2")
        assert [row for row, _, _ in verdicts(screen)] == [1, 2, 3], "one for each text"
        await press(pilot, "p")
        assert screen.pile.history.counts.copied == 2
    async with bench(engine(), pile).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.copies_choice == "along"


async def test_copies_that_are_not_found_in_time_hold_nothing_up(run: RunFolder, pile: str) -> None:
    broken = engine()
    broken.errors["find_copies"] = "no"
    async with bench(broken, pile).run_test() as pilot:
        screen = await press(pilot, "1", "2")
        assert len(verdicts(screen)) == 2 and not pilot.app._notifications
        assert "asked before, line 2: you: negative" in frame(pilot.app)
