"""The order of a pile on Classify, its filter, and the scores that both go by."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.scores.folder import Manifest, ScoringProgress, scores_folder
from core.triage.bookmark import Bookmark, read_bookmark, write_bookmark
from tests.hostile import steering
from tests.tui.frames import frame
from tests.tui.screens.classify.bench import FakeEngine, bench, make_run, press, settled, shows, verdicts
from tui.screens.classify import order_text
from tui.screens.classify.ordering import Ordering
from tui.screens.classify.screen import ClassifyScreen

TEXTS = ["a good lamp", "a bad lamp", "the zip broke", "came late", "a refund please", "fine"]


@pytest.fixture
def pile(tmp_path: Path) -> str:
    (tmp_path / "inbox.csv").write_text("review\n")
    return str(tmp_path / "inbox.csv")


def row(screen: ClassifyScreen) -> int | None:
    return screen.pile.review.row if screen.pile is not None and screen.pile.review is not None else None


def asked(engine: FakeEngine, method: str) -> list[dict[str, Any]]:
    return [params for name, params in engine.asked if name == method]


async def choose(pilot: Pilot[None], number: str) -> ClassifyScreen:
    """Choose an order by its digit."""
    await settled(pilot)
    await pilot.press("O")
    await shows(pilot, lambda: "In which order?" in frame(pilot.app))
    return await press(pilot, number)


async def test_another_order_keeps_the_review_in_view_and_says_how_each_came(home: Path, pile: str) -> None:
    run = make_run(home, "20260101-000000-aaaa", "first")
    engine = FakeEngine(TEXTS)
    engine.scored = len(TEXTS)
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        screen = await press(pilot, "n", "n")
        assert row(screen) == 2
        screen = await choose(pilot, "2")
        assert row(screen) == 2 and "‹p 1 of 6 n›  O unsure first" in frame(pilot.app)
        assert "From here on: what the model is least sure of. This review stays." in frame(pilot.app)
        (request,) = asked(engine, "arrange")
        assert (request["order"], request["current"], request["query"]) == ("uncertainty", 2, "")
        assert request["model"] == str(run.model)
        screen = await press(pilot, "1", "1", "1")
        assert screen.pile is not None
        found = {one.row: (one.order, one.audit) for one in screen.pile.history.decided()}
        assert found == {2: ("uncertainty", False), 5: ("uncertainty", False), 4: ("uncertainty", False)}
        screen = await press(pilot, "1")
        assert screen.pile is not None and screen.pile.history.decided()[0].audit
        screen = await choose(pilot, "1")
        assert row(screen) == 1 and "O as in the file" in frame(pilot.app)


async def test_the_order_is_remembered_with_the_pile(home: Path, pile: str) -> None:
    make_run(home, "20260101-000000-aaaa", "first")
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile).run_test(size=(80, 24)) as pilot:
        await choose(pilot, "6")
    found = read_bookmark(pile)
    assert found is not None and found.order == "random"
    async with bench(FakeEngine(TEXTS), pile).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        assert screen.pile is not None and screen.pile.way.name == "random" and "at random" in frame(pilot.app)


@pytest.mark.parametrize("order", ["similarity", "disagreement", "no such order"])
async def test_an_order_about_something_chosen_then_is_that_of_the_file_later(
    home: Path, pile: str, order: str
) -> None:
    write_bookmark(pile, Bookmark(order=order))
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        assert screen.order == "file" and not asked(engine, "arrange")


async def test_similar_reviews_are_like_the_one_in_view(home: Path, pile: str) -> None:
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile).run_test(size=(80, 24)) as pilot:
        await press(pilot, "n")
        await choose(pilot, "5")
        (request,) = asked(engine, "arrange")
        assert (request["order"], request["like"]) == ("similarity", 1)


async def test_without_a_model_its_orders_are_refused_in_a_sentence(home: Path, pile: str) -> None:
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile).run_test(size=(80, 24)) as pilot:
        screen = await choose(pilot, "2")
        await shows(pilot, lambda: "This order asks a model, and there is none" in frame(pilot.app))
        assert screen.order == "file" and not asked(engine, "arrange")


async def test_disagreement_asks_for_the_other_run_with_the_same_labels(home: Path, pile: str) -> None:
    run = make_run(home, "20260103-000000-aaaa", "first")
    make_run(home, "20260102-000000-aaaa", "stars", ("1", "2", "3"))
    other = make_run(home, "20260101-000000-aaaa", "second")
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await choose(pilot, "3")
        await shows(pilot, lambda: "Compare with which run?" in frame(pilot.app))
        assert "second" in frame(pilot.app) and "stars" not in frame(pilot.app)
        screen = await press(pilot, "1")
        (request,) = asked(engine, "arrange")
        assert (request["model"], request["second_model"]) == (str(run.model), str(other.model))
        assert screen.pile is not None and screen.pile.way.name == "disagreement"


async def test_an_order_that_cannot_be_leaves_the_one_there_is(home: Path, pile: str) -> None:
    run = make_run(home, "20260101-000000-aaaa", "first")
    engine = FakeEngine(TEXTS)
    engine.errors["arrange"] = "The reviews have no labels, so none of them can be wrong."
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        screen = await choose(pilot, "4")
        assert any("so none of them can be wrong" in one.message for one in pilot.app._notifications)
        assert screen.order == "file" and row(screen) == 0
        assert (found := read_bookmark(pile)) is None or found.order == "file"


async def test_keys_go_on_while_a_pile_is_arranged_and_the_order_starts_where_the_user_is_by_then(
    home: Path, pile: str
) -> None:
    run = make_run(home, "20260101-000000-aaaa", "first")
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        engine.held.add("arrange")
        await choose(pilot, "2")
        screen = await press(pilot, "1", "1")
        assert row(screen) == 2 and screen.pile is not None and screen.pile.way.name == "file"
        engine.let_go()
        screen = await settled(pilot)
        assert screen.pile.way.name == "uncertainty" and row(screen) == 2
        assert [request["current"] for request in asked(engine, "arrange")] == [0, 2]
        assert len(verdicts(screen)) == 2


# The filter


async def type_filter(pilot: Pilot[None], words: str) -> ClassifyScreen:
    screen = await press(pilot, "slash")
    for character in words:
        await pilot.press("space" if character == " " else character)
    return await settled(pilot) if screen else screen


async def test_a_filter_counts_as_it_is_typed_shows_what_fits_and_one_key_clears_it(home: Path, pile: str) -> None:
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile).run_test(size=(80, 24)) as pilot:
        screen = await type_filter(pilot, "lamp")
        assert "2 of 6, 2 undecided" in frame(pilot.app) and not verdicts(screen), "letters decide nothing"
        assert screen.pile is not None and screen.pile.shown == 6
        screen = await press(pilot, "enter")
        assert screen.pile.shown == 2 and "‹p 1 of 2 n›" in frame(pilot.app)
        assert "/ lamp" in frame(pilot.app) and "2 of 6, 2 undecided · esc shows all" in frame(pilot.app)
        screen = await press(pilot, "1")
        assert "2 of 6, 1 undecided" in frame(pilot.app) and row(screen) == 1
        decision = screen.pile.history.decided()[0]
        assert (decision.order, decision.audit) == ("filter", False)
        screen = await press(pilot, "1")
        assert "All 2 reviews that fit are decided." in frame(pilot.app)
        screen = await press(pilot, "escape")
        assert screen.pile.shown == 6 and row(screen) == 2 and "/ lamp" not in frame(pilot.app)
        assert pilot.app.current_mode == "classify"


async def test_escape_in_the_line_shows_all_too_and_then_leaves_the_screen(home: Path, pile: str) -> None:
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile).run_test(size=(80, 24)) as pilot:
        await type_filter(pilot, "zip")
        screen = await press(pilot, "escape")
        assert screen.focused is None and not screen.has_class("-filtering") and pilot.app.current_mode == "classify"
        assert not asked(engine, "arrange")
        screen = await press(pilot, "escape")
        assert "Esc again leads to the list of runs." in frame(pilot.app) and pilot.app.current_mode == "classify"
        screen = await press(pilot, "n", "escape")  # any other key, and it is asked once more
        assert pilot.app.current_mode == "classify"
        await pilot.press("escape")
        await shows(pilot, lambda: pilot.app.current_mode != "classify")


async def test_nothing_that_fits_is_said_and_what_is_wrong_stays_in_the_line(home: Path, pile: str) -> None:
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile).run_test(size=(80, 24)) as pilot:
        await type_filter(pilot, "nothing")
        screen = await press(pilot, "enter")
        assert "No review fits the filter." in frame(pilot.app)
        screen = await press(pilot, "1", "u", "n", "p", "c", "enter", "escape")
        assert not verdicts(screen) and row(screen) is not None
        engine.errors["count"] = "There is no filter 'lable'; did you mean label?"
        await type_filter(pilot, "lable:x")
        screen = await press(pilot, "enter")
        assert "did you mean label?" in frame(pilot.app) and screen.focused is not None
        assert screen.pile is not None and screen.pile.shown == 6


async def test_an_empty_filter_shows_all(home: Path, pile: str) -> None:
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile).run_test(size=(80, 24)) as pilot:
        await type_filter(pilot, "late")
        screen = await press(pilot, "enter")
        assert screen.pile is not None and screen.pile.shown == 1
        await press(pilot, "slash")
        screen = await press(pilot, *["backspace"] * 4, "enter")
        assert screen.pile is not None and screen.pile.shown == 6 and not screen.has_class("-filtering")


async def test_hostile_words_in_the_filter_do_not_steer(home: Path, pile: str) -> None:
    engine = FakeEngine(TEXTS)
    engine.errors["count"] = "There is no filter '\x1b[2J\u202e'; they are label."
    async with bench(engine, pile).run_test(size=(80, 24)) as pilot:
        await type_filter(pilot, "x")
        assert not steering(frame(pilot.app).replace("\n", ""))


# Scores


class Scores:
    """How far the scores are, as a test says."""

    def __init__(self) -> None:
        self.launched: list[tuple[list[Path], str]] = []
        self.now = ScoringProgress()
        self._looks = asyncio.Event()

    def start(self, models: Sequence[Path], source: str, reading: Any) -> None:
        self.launched.append((list(models), source))

    def become(self, now: ScoringProgress) -> None:
        """Have the screen look again, at this."""
        self.now = now
        self._looks.set()

    async def until_next_look(self) -> None:
        await self._looks.wait()
        self._looks.clear()


@pytest.fixture
def scores(home: Path, monkeypatch: pytest.MonkeyPatch) -> Scores:
    """A home with a run, and the scores of whatever pile is opened."""
    make_run(home, "20260101-000000-aaaa", "first")
    made = Scores()
    monkeypatch.setattr(Ordering, "_until_next_look", staticmethod(made.until_next_look))
    monkeypatch.setattr("tui.screens.classify.ordering.progress_of", lambda folder: made.now)
    return made


async def test_a_pile_is_scored_once_it_is_open_and_ranked_anew_as_more_is_known(
    scores: Scores, home: Path, pile: str
) -> None:
    engine = FakeEngine(TEXTS)
    engine.errors["arrange"] = "The pile is not scored yet; that has to begin first."
    app = bench(engine, pile)
    app.scores_piles, app.start_scoring = True, scores.start  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, lambda: bool(scores.launched))
        assert scores.launched == [([home / "runs" / "20260101-000000-aaaa" / "model"], pile)]
        await pilot.press("O")
        await shows(pilot, lambda: "In which order?" in frame(app))
        await pilot.press("2")
        await shows(pilot, lambda: "unsure first once scored" in frame(app))
        screen: Any = app.screen_stack[0]
        assert screen.pile.way.name == "file"
        engine.errors.clear()
        for done, requests in ((1, 2), (2, 3), (3, 3), (4, 4), (5, 4), (6, 5)):
            engine.scored = done
            scores.become(ScoringProgress(done, 6, working=done < 6))
            words = f"unsure first, {100 * done // 6}% scored" if done < 6 else "unsure first"
            await shows(pilot, lambda words=words: words in frame(app))  # type: ignore[misc]
            await shows(pilot, lambda count=requests: len(asked(engine, "arrange")) == count)  # type: ignore[misc]
        await settled(pilot)
        assert "% scored" not in frame(app) and len(scores.launched) == 1


async def test_what_is_scored_already_is_not_scored_again(scores: Scores, home: Path, pile: str) -> None:
    scores.now = ScoringProgress(6, 6)
    app = bench(FakeEngine(TEXTS), pile)
    app.scores_piles, app.start_scoring = True, scores.start  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        assert not scores.launched and screen.scoring.complete


async def test_scoring_that_gave_up_is_told(scores: Scores, home: Path, pile: str) -> None:
    scores.now = ScoringProgress(2, 6, problem="Out of memory.")
    app = bench(FakeEngine(TEXTS), pile)
    app.scores_piles, app.start_scoring = True, scores.start  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, lambda: bool(scores.launched))
        await choose(pilot, "2")
        await shows(pilot, lambda: "33% scored, stopped" in frame(app))


def test_words_about_scores() -> None:
    assert order_text.scored(ScoringProgress()) == "" == order_text.scored(ScoringProgress(5, 5))
    assert order_text.scored(ScoringProgress(1, 3, working=True)) == "33% scored"
    assert order_text.scored(ScoringProgress(999, 1000)) == "99% scored, stopped"


def test_the_manifest_is_what_the_screen_looks_for(home: Path) -> None:
    folder = scores_folder("m" * 32, "d" * 32)
    folder.path.mkdir(parents=True)
    manifest = Manifest(
        model="m" * 32, model_folder="x", data="d" * 32, source="y", rows=3, labels=("a",), max_length=9, complete=True
    )
    folder.write_manifest(manifest)
    from core.scores.folder import progress_of

    assert progress_of(folder) == ScoringProgress(3, 3)
