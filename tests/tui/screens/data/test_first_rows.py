"""A large file on the Data screen: its first rows at once, counts that grow, and then the whole."""

from __future__ import annotations

from core.base.errors import InputError
from tests.tui.engine_double import FakeEngine, inspection, report, settle, until
from tests.tui.frames import frame
from tui.app import ReviewTui
from tui.screens.data.screen import DataScreen

ROW = {"row": 0, "file": "/data/reviews.csv", "line": 2, "text": "An early chair.", "label": "positive", "hash": "00"}


def large(**answers: object) -> FakeEngine:
    """An engine that has looked at the first rows and is still reading."""
    first = report(rows=10, kept=10, left_out={}, class_counts={"negative": 4, "positive": 6}).model_dump()
    engine = FakeEngine(glance={"report": first, "rows": [ROW]}, **answers)
    engine.held = {"inspect"}
    return engine


async def test_first_rows_and_columns_are_shown_while_reading_goes_on(tmp_path: object) -> None:
    engine = large(inspect=inspection())
    app = ReviewTui(data=__file__, engine=engine)  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "An early chair." in frame(app))
        shown = frame(app)
        assert "reading the rest" in shown and "verdict" in shown and "summary" in shown
        assert engine.of("inspect")[0]["count_classes"]
        await until(pilot, lambda: engine.progress is not None)
        engine.progress("reading, 412,000 rows so far, 3 left out", 0.41)
        await until(pilot, lambda: "412,000 rows so far, 3 left out" in frame(app) and "41%" in frame(app))
        engine.progress("reading, 415,000 rows so far", 0.42, {"negative": 165_000, "\x1b[2Jpositive": 250_000})
        await until(pilot, lambda: "165,000" in frame(app) and "250,000" in frame(app) and "60.2%" in frame(app))
        await pilot.press("c")
        assert app.current_mode == "data", "no run is set up on the first rows alone"
        engine.let_go()
        await settle(pilot)
        assert "50 reviews, 48 kept" in frame(app) and "Ready: 48" in frame(app) and "so far" not in frame(app)
        assert len(engine.of("glance")) == 1


async def test_a_refusal_of_the_whole_takes_the_first_rows_away() -> None:
    engine = large(inspect=InputError("Row 9,000 is broken."))
    app = ReviewTui(data=__file__, engine=engine)  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "reading the rest" in frame(app))
        engine.let_go()
        await settle(pilot)
        assert "Row 9,000 is broken." in frame(app) and "Choose reviews" in frame(app)


async def test_escape_drops_the_reading() -> None:
    app = ReviewTui(data=__file__, engine=large())  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "reading the rest" in frame(app))
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, DataScreen) and app.screen.stage == "picking"


async def test_counts_grow_where_nothing_can_be_shown_yet() -> None:
    engine = FakeEngine(glance={"report": None, "rows": []}, inspect=inspection())
    engine.held = {"inspect"}
    app = ReviewTui(data=__file__, engine=engine)  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: engine.of("inspect") and "Reading" in frame(app))
        engine.progress("reading, 8,000 rows so far, 3 left out", 0.1, {"negative": 3_000, "positive": 4_997})
        await until(pilot, lambda: "8,000 rows so far, 3 left out" in frame(app))
        assert "negative 3,000 · positive 4,997" in frame(app) and "10%" in frame(app)
        engine.let_go()
        await settle(pilot)
        assert "50 reviews, 48 kept" in frame(app)
