"""Labelling a pile automatically from Classify: done by the engine, taken back by one key, withdrawn loudly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.engine.requests import to_result
from core.inference.temperature import FILE_NAME, Temperature, write_temperature
from core.runs.folder import RunFolder
from core.triage.certificate.certificate import keep_certificate
from core.triage.certificate.certifying import alarm_of
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog
from tests.tui.frames import frame
from tests.tui.screens.classify.bench import FakeEngine, bench, hash_of, press, settled, shows
from tests.tui.screens.classify.test_certificate_view import CERTIFIED, made
from tui.app import ReviewTui

TEXTS = [f"review number {row}" for row in range(12)]
WATCHED = range(2, 6)


class Labelling(FakeEngine):
    """Labels all but the first two reviews, as the engine does, once it is asked to record it."""

    def __init__(self) -> None:
        super().__init__(TEXTS)
        self.opened_elsewhere = False

    def _auto_label(self, params: dict[str, Any]) -> Any:
        done = msgspec.structs.replace(CERTIFIED, labelled=10, watched=len(WATCHED), labels={"positive": 10})
        if params["record"]:
            log = DecisionLog(params["source"])
            watched = {hash_of(TEXTS[row]): "positive" for row in WATCHED}
            certificate = made(watched=watched, alarm=alarm_of(len(watched), 0.02, 0.95))
            keep_certificate(log.folder, certificate)
            labels = [
                Decision(
                    hash=hash_of(text), row=row, file=params["source"], line=row + 2, text=text, verdict="positive",
                    predicted="positive", probability=0.99, source="model", order="auto-label",
                )
                for row, text in enumerate(TEXTS)
                if row >= 6
            ]  # fmt: skip
            log.bulk(labels, "auto-label", {"certificate": certificate.id})
            log.close()
            done = msgspec.structs.replace(done, recorded=len(labels))
        return to_result(done)


def told(app: ReviewTui) -> str:
    """What notifications say."""
    return "\n".join(str(one.message) for one in app._notifications)


async def test_one_key_labels_and_one_undo_takes_all_back(run: RunFolder, pile: str) -> None:
    app = bench(Labelling(), pile)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await press(pilot, "1", "C")
        await shows(pilot, lambda: "enter labels 10" in frame(app))
        await pilot.press("enter")
        await shows(pilot, lambda: "The model labelled 6 reviews" in frame(app))
        shown = frame(app)
        assert "4 more come up again; u undoes it." in shown and "2 of 12" in shown, "and the place is kept"
        assert screen.pile is not None and screen.pile.history.counts.by_model == 6
        asked = [params for method, params in app.engine.asked if method == "auto_label"]  # type: ignore[attr-defined]
        assert [one["record"] for one in asked] == [False, True] and not any(one["score"] for one in asked)
        screen = await press(pilot, "u")
        assert screen.pile is not None and screen.pile.history.counts.by_model == 0
        assert screen.pile.history.counts.decided == 1 and "6 labels that the model gave" in frame(app)


async def test_labels_are_taken_back_from_the_view_later(run: RunFolder, pile: str) -> None:
    app = bench(Labelling(), pile)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "C")
        await pilot.press("enter")
        await shows(pilot, lambda: "The model labelled" in frame(app))
        screen = await press(pilot, "2", "2", "C")
        await shows(pilot, lambda: "w takes back 6" in frame(app))
        await pilot.press("w")
        await shows(pilot, lambda: "6 labels of the model taken back" in frame(app))
        assert screen.pile is not None and screen.pile.history.counts.by_model == 0
        assert screen.pile.history.counts.decided == 2, "what the person said stays"


async def test_errors_among_the_watched_withdraw_it_loudly_until_the_labels_are_gone(run: RunFolder, pile: str) -> None:
    app = bench(Labelling(), pile)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "C")
        await pilot.press("enter")
        await shows(pilot, lambda: "The model labelled" in frame(app))
        await press(pilot, "2", "2")  # these are not watched
        assert "WITHDRAWN" not in frame(app)
        await press(pilot, "1", "1", "1")
        await shows(pilot, lambda: "✗ certificate WITHDRAWN: 3 of 3 audited were wrong" in frame(app))
        assert "WITHDRAWN" in told(app)
        await press(pilot, "2")
        assert "WITHDRAWN" in frame(app), "it stays in view"
    async with bench(Labelling(), pile).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await shows(pilot, lambda: "WITHDRAWN" in frame(pilot.app))
        await press(pilot, "C")
        await shows(pilot, lambda: "Since then" in frame(pilot.app))
        await pilot.press("w")
        await shows(pilot, lambda: "taken back" in frame(pilot.app))
        await shows(pilot, lambda: "✗ certificate" not in frame(pilot.app))


async def test_right_answers_among_the_watched_leave_it_standing(run: RunFolder, pile: str) -> None:
    app = bench(Labelling(), pile)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "C")
        await pilot.press("enter")
        await shows(pilot, lambda: "The model labelled" in frame(app))
        await press(pilot, "2", "2", "2", "2", "1")
        assert "WITHDRAWN" not in frame(app)
        await press(pilot, "C")
        await shows(pilot, lambda: "3 of 4 audited, 1 was wrong: the promise stands" in frame(app))


async def test_a_refusal_of_the_engine_leaves_the_pile_open(run: RunFolder, pile: str) -> None:
    app = bench(Labelling(), pile)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "C")
        await shows(pilot, lambda: "enter labels 10" in frame(app))
        app.engine.errors["auto_label"] = "The disk is full."  # type: ignore[attr-defined]
        await pilot.press("enter")
        await shows(pilot, lambda: "The disk is full." in told(app))
        screen = await press(pilot, "2")
        assert screen.pile is not None and screen.pile.history.counts.decided == 1


async def test_without_a_model_it_says_what_to_do(home: Path, pile: str) -> None:
    app = bench(FakeEngine(), pile)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "C")
        assert "No model is chosen that could label anything" in told(app)


@pytest.mark.parametrize("rows", [149, 150])
async def test_probabilities_are_calibrated_where_there_are_labels_for_it(run: RunFolder, pile: str, rows: int) -> None:
    fitted = Temperature(
        temperature=2.0, rows=rows, ece=0.1, ece_with_temperature=0.05, fitted_on="", fitted="2026-11-27T08:00:00+00:00"
    )
    write_temperature(run.model / FILE_NAME, fitted)
    app = bench(FakeEngine(), pile)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await press(pilot, "enter")
        shown = "75.0%  calibrated 63.4%, 2026-11-27" if rows >= 150 else "75.0%  not calibrated"
        assert shown in frame(app)
        assert screen.pile is not None
        calibrated = screen.pile.history.verdicts()[0].calibrated
        assert calibrated == (pytest.approx(0.634, abs=1e-3) if rows >= 150 else None)
