"""A pile of doubted labels: what the file and a model that has not seen the review say, and the corrected file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.reviews.options import ReadingOptions
from core.runs.folder import RunFolder
from core.suspicion.listing import PILE_READING, fields_of, keep, read_kept
from core.suspicion.pile import doubt_in, suspects_of
from core.suspicion.report import Corrected, Suspect
from tests.core.suspicion.test_listing import FOUND, SOME, suspect
from tests.hostile import SHORT, steering
from tests.tui.frames import frame
from tests.tui.screens.classify.bench import FakeEngine, bench, press, settled, verdicts
from tui.app import ReviewTui

CLASSES = ["bad", "good", "so-so"]
ONCE = [SOME[0], *SOME[2:]]
"""Those of the suspects that are in the pile."""


class Corrector(FakeEngine):
    """Also writes corrected files, as far as their names go."""

    def _correct_labels(self, params: dict[str, Any]) -> Any:
        done = Corrected(
            output=params["output"], rows=1_200, corrected=2, confirmed=1, ambiguous=0,
            unknown={"great": 1}, missing=0, unread=0, label="stars",
        )  # fmt: skip
        return msgspec.to_builtins(done)


def columns_of(one: Suspect) -> dict[str, str]:
    return {name: "" if cell is None else str(cell) for name, cell in fields_of(one).items() if name != "text"}


def opened(source: Path, suspects: list[Suspect], engine: FakeEngine | None = None) -> ReviewTui:
    """The workbench, once the suspects of a source are found, on their pile."""
    found = msgspec.structs.replace(FOUND, source=str(source))
    keep(str(source), ReadingOptions(), found, CLASSES, suspects)
    kept = read_kept(str(source))
    assert kept is not None
    engine = engine or Corrector()
    engine.texts = [one.text for one in suspects]
    engine.columns = [columns_of(one) for one in suspects]
    app = bench(engine, str(kept.pile))
    app.pile_reading = PILE_READING
    return app


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    path.touch()
    return path


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_is_said_of_the_label_is_seen(run: RunFolder, source: Path, size: tuple[int, int]) -> None:
    async with opened(source, ONCE).run_test(size=size) as pilot:
        await settled(pilot)
        shown = frame(pilot.app)
        assert "The file says bad  1.2%" in shown and "a model trained without it says good" in shown
        assert "98.8%" in shown
        assert "r.csv:10" in shown and "els of reviews.csv" in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": "contradiction"}, "a copy of this text has another label"),
        ({"reason": "alone", "suggested": None, "suggested_probability": None, "given_probability": None}, "no other"),
        ({"suggested": "bad"}, "and so does a model trained without it"),
    ],
)
async def test_why_a_label_is_doubted_is_said(run: RunFolder, source: Path, changes: dict[str, Any], said: str) -> None:
    one = msgspec.structs.replace(SOME[0], **changes)
    async with opened(source, [one]).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert said in " ".join(frame(pilot.app).split())


async def test_blind_shows_nothing_of_it_until_it_is_decided(run: RunFolder, source: Path) -> None:
    async with opened(source, ONCE).run_test(size=(120, 40)) as pilot:
        await press(pilot, "b")
        assert "The file says" not in frame(pilot.app) and "trained without" not in frame(pilot.app)
        await press(pilot, "1", "p")
        assert "The file says" in frame(pilot.app)


async def test_the_labels_of_the_file_have_the_first_keys(run: RunFolder, source: Path) -> None:
    """Also if the model has others."""
    async with opened(source, ONCE).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.labels == ("bad", "good", "so-so", "negative", "positive")
        screen = await press(pilot, "3")
        assert verdicts(screen) == [(0, "so-so", False)]
        await press(pilot, "t")
        assert screen.labels == ("negative", "positive")


async def test_without_a_model_its_labels_are_all(home: Path, source: Path) -> None:
    async with opened(source, ONCE).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.labels == tuple(CLASSES)
        await press(pilot, "2")
        assert verdicts(screen) == [(0, "good", None)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_corrected_file_is_written_and_opens(run: RunFolder, source: Path, size: tuple[int, int]) -> None:
    source.with_name("reviews-corrected-1.csv").touch()
    engine = Corrector()
    app = opened(source, ONCE, engine)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "2", "1", "x")
        shown = frame(app)
        assert "Write reviews.csv with corrected labels to" in shown and "reviews-corrected-2.csv" in shown
        await press(pilot, "enter")
        (asked,) = (params for method, params in engine.asked if method == "correct_labels")
        assert asked["source"] == str(source) and asked["output"].endswith("/reviews-corrected-2.csv")
        shown = frame(app)
        assert "1,200 rows in" in shown and "2 corrected, 1 confirmed, 0 ambiguous." in shown
        assert "“great”, which is no class of the" in shown and "--label" in shown
        at: list[str] = []
        app.open_data = at.append  # type: ignore[method-assign,assignment]
        await press(pilot, "d")
        assert at == [asked["output"]]


async def test_a_refusal_is_shown_and_the_name_can_be_changed(run: RunFolder, source: Path) -> None:
    engine = Corrector()
    engine.errors["correct_labels"] = "Nothing was decided about the labels yet."
    app = opened(source, ONCE, engine)
    async with app.run_test() as pilot:
        await press(pilot, "x", "enter")
        assert "Nothing was decided about the labels yet." in frame(app)
        engine.errors.clear()
        await press(pilot, "enter")
        assert "1,200 rows in" in frame(app)


async def test_hostile_labels_and_names_steer_nothing(run: RunFolder, source: Path) -> None:
    some = [
        suspect(number, f"review {number}", label, suggested=f"{label}!", file=f"/data/{label}")
        for number, label in enumerate(SHORT[:12])
    ]
    async with opened(source, some).run_test(size=(120, 40)) as pilot:
        for _ in some:
            await press(pilot, "n")
            assert not steering(frame(pilot.app)) - {"\n"}


def test_only_the_pile_of_suspects_is_taken_for_one(home: Path, source: Path) -> None:
    keep(str(source), ReadingOptions(), FOUND, CLASSES, SOME)
    kept = read_kept(str(source))
    assert kept is not None and suspects_of(str(kept.pile)) == kept
    assert suspects_of(str(kept.list)) is None and suspects_of(str(source)) is None
    assert suspects_of(str(home / "suspicions" / "gone" / "pile.jsonl")) is None
    assert doubt_in({}) is None and doubt_in(columns_of(SOME[0]) | {"line": "x"}) is None
