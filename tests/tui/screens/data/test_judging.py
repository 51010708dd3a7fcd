"""Labels are verified in the background, and what is doubted opens as a pile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.base.errors import InputError
from core.reviews.options import ReadingOptions
from core.suspicion.listing import PILE_READING, keep, read_kept
from core.suspicion.report import Suspicions
from tests.core.suspicion.test_listing import FOUND, SOME
from tests.tui.engine_double import HOSTILE, FakeEngine, inspection, settle, until
from tests.tui.frames import frame
from tests.tui.screens.data.bench import SIZES, chosen, screen_of, workbench
from tui.app import ReviewTui

SOURCE = "/data/reviews.csv"


def judged(params: dict[str, Any], **changes: Any) -> Suspicions:
    """What the engine does: it keeps the list, and answers with the figures."""
    found = msgspec.structs.replace(FOUND, data_hash="00", **changes)
    reading = ReadingOptions.model_validate(params["reading"])
    keep(params["source"], reading, found, ["negative", "positive"], SOME[: found.suspects])
    return found


def said_in(app: ReviewTui) -> str:
    """The notices that are shown."""
    return " ".join(notice.message for notice in app._notifications)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The piles that were opened."""
    piles: list[dict[str, Any]] = []
    monkeypatch.setattr(ReviewTui, "open_classify", lambda self, **given: piles.append(given))
    return piles


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_doubted_opens_as_a_pile(size: tuple[int, int], opened: list[dict[str, Any]]) -> None:
    engine = FakeEngine(find_suspects=judged)
    app = workbench(engine)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("v")
        await until(pilot, lambda: opened)
        (asked,) = engine.of("find_suspects")
        assert (asked["source"], asked["reading"], asked["folds"]) == (SOURCE, chosen(), 5)
        kept = read_kept(SOURCE)
        assert kept is not None and opened == [{"pile": str(kept.pile), "reading": PILE_READING}]
        await settle(pilot)
        assert "Of 50 labels, 4 are doubted: 2 labels are probably wrong (an estimate)" in said_in(app)


async def test_what_was_found_before_is_not_sought_again_unless_the_file_has_changed(
    opened: list[dict[str, Any]],
) -> None:
    engine = FakeEngine(find_suspects=judged)
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        judged({"source": SOURCE, "reading": {}})
        await pilot.press("v")
        await until(pilot, lambda: opened)
        assert engine.of("find_suspects") == []
        keep(SOURCE, ReadingOptions(), msgspec.structs.replace(FOUND, data_hash="old"), ["a"], SOME)
        await pilot.press("v")
        await until(pilot, lambda: len(opened) == 2)
        assert len(engine.of("find_suspects")) == 1


@pytest.mark.parametrize("size", SIZES)
async def test_how_far_the_judges_are_is_shown_and_keys_work_meanwhile(
    size: tuple[int, int], opened: list[dict[str, Any]]
) -> None:
    engine = FakeEngine(find_suspects=judged)
    engine.held.add("find_suspects")
    app = workbench(engine)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("v")
        await until(pilot, lambda: engine.of("find_suspects"))
        assert "verifying labels: waiting for the engine" in frame(app)
        assert engine.progress is not None
        engine.progress("judging, fold 2 of 5", 0.5)
        await until(pilot, lambda: "judging, fold 2 of 5  ██████████░░░░░░░░░░  50%" in frame(app))
        await pilot.press("3", "v")
        assert screen_of(app).findings.section == 2 and len(engine.of("find_suspects")) == 1
        engine.let_go()
        await until(pilot, lambda: opened)
        assert "verifying labels" not in frame(app)


async def test_nobody_is_taken_away_from_another_screen(opened: list[dict[str, Any]]) -> None:
    engine = FakeEngine(find_suspects=judged)
    engine.held.add("find_suspects")
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("v")
        await until(pilot, lambda: engine.of("find_suspects"))
        await pilot.press("c")
        await until(pilot, lambda: app.current_mode == "setup")
        engine.let_go()
        await settle(pilot)
        assert not opened and app.current_mode == "setup"


async def test_other_reviews_end_the_judging(opened: list[dict[str, Any]]) -> None:
    engine = FakeEngine(find_suspects=judged)
    engine.held.add("find_suspects")
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        screen = screen_of(app)
        await pilot.press("v")
        await until(pilot, lambda: screen.judging)
        screen._begin("/data/other.csv", ReadingOptions())
        await until(pilot, lambda: not screen.judging)
        engine.let_go()
        await settle(pilot)
        assert not opened


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"inspect": inspection(label_column=None)}, "There are no labels to verify"),
        ({"find_suspects": InputError(f"{HOSTILE} has so few different texts.")}, "has so few different texts"),
        ({"find_suspects": lambda params: judged(params, suspects=0, likely=0)}, "none is doubted"),
    ],
)
async def test_where_there_is_nothing_to_open_it_is_said(
    answers: dict[str, Any], said: str, opened: list[dict[str, Any]], tmp_path: Path
) -> None:
    app = workbench(FakeEngine(**answers))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("v")
        await until(pilot, lambda: said in said_in(app))
        assert not opened and not screen_of(app).judging
