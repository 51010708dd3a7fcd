"""The certificate view at 80×24: what may be labelled, what is missing, and what went wrong; each state in a frame."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from core.base.errors import ReviewtuiError
from core.engine.certificate_requests import AutoLabel, AutoLabelled
from core.inference.temperature import Temperature
from core.triage.certificate.certificate import Certificate, Inputs, Threshold
from core.triage.certificate.watching import Watch
from tests.tui.frames import frame
from tests.tui.screens.classify.bench import FakeEngine, bench, settled, shows
from tui.app import ReviewTui
from tui.screens.classify.certificate_view import CertificateView, Labelled, Wanted

COVERAGES = [share / 20 for share in range(8, 21)]


def made(certified: int = 0, audits: int = 0, errors: int = 0, **changes: Any) -> Certificate:
    inputs = Inputs(
        source="inbox.csv", data_hash="", reviews=10_000, counted=9800, run="", run_name="", model_hash="",
        logits_sha256="", groups_sha256="", sequence_sha256="",
        learned=0, learned_sha256="", log_bytes=0, log_sha256="",
    )  # fmt: skip
    thresholds = tuple(
        Threshold(
            threshold=1 - coverage / 5, coverage=coverage, audited=round(audits * coverage), errors=errors, p_value=0.5,
            bound=0.015 if number < certified else 0.21, needed=0 if number < certified else 428,
        )
        for number, coverage in enumerate(COVERAGES)
    )  # fmt: skip
    found = Certificate(
        made=0.0, max_error=0.02, confidence=0.95, inputs=inputs, at_hand=980, thresholds=thresholds,
        certified_thresholds=certified, fewest=171, audits=audits, unlabelled=0, left_out={}, elsewhere=0, alarm=(),
    )  # fmt: skip
    return msgspec.structs.replace(found, **changes)


def answer(certificate: Certificate | None, **more: Any) -> AutoLabelled:
    return AutoLabelled(certificate=certificate, different=9800, reviews=10_000, scored=10_000, **more)


CERTIFIED = answer(
    made(certified=2, audits=900, errors=2, unlabelled=3, left_out={"the answer was in view": 41}, elsewhere=120),
    labelled=4012,
    labels={"positive": 2500, "negative": 1512},
    watched=201,
    temperature=Temperature(
        temperature=1.32, rows=897, ece=0.041, ece_with_temperature=0.018, ece_null_95=0.03, fitted_on="",
        fitted="2026-11-27T08:00:00+00:00",
    ),
)  # fmt: skip


def watch(audited: int, errors: int, *, withdrawn: bool) -> Watch:
    certificate = made(watched={f"{number:016x}": "positive" for number in range(201)})
    return Watch(certificate, 1, audited, errors, withdrawn)


class Bench:
    """The view over Classify, and what it returned."""

    def __init__(
        self, said: Callable[[AutoLabel], AutoLabelled], before: Labelled | None = None, blind: bool = False
    ) -> None:
        self.asked: list[float] = []
        self.said, self.before, self.blind = said, before or Labelled(), blind
        self.returned: list[Wanted | None] = []

    async def judge(self, request: AutoLabel, progress: Any) -> AutoLabelled:
        self.asked.append(request.max_error)
        progress("classifying, 1,200 of 10,000 reviews", 0.12)
        return self.said(request)

    async def open(self, pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, ReviewTui)
        screen = await settled(pilot)
        asked = AutoLabel(source="/data/inbox.csv", run="/runs/first")
        view = CertificateView(asked, self.judge, self.before, "balanced", screen.key, blind=self.blind)
        app.push_screen(view, self.returned.append)
        await pilot.pause()


@pytest.fixture
def app(run: Any, pile: str) -> ReviewTui:
    return bench(FakeEngine(), pile)


async def seen(app: ReviewTui, it: Bench, *words: str) -> str:
    """The frame, once it has these words."""
    async with app.run_test(size=(80, 24)) as pilot:
        await it.open(pilot)
        await shows(pilot, lambda: all(word in frame(app) for word in words))
        return frame(app)


async def test_what_is_certified_and_what_enter_does(app: ReviewTui) -> None:
    it = Bench(lambda _: CERTIFIED)
    async with app.run_test(size=(80, 24)) as pilot:
        await it.open(pilot)
        await shows(pilot, lambda: "Can label" in frame(app))
        shown = frame(app)
        for words in (
            "at most 2 % wrong, 95 % sure, however often you look", "✓    40%", "✓    45%", "▸    50%", "certified",
            "4,012 reviews: 2,500 positive, 1,512 negative; 201 of them", "900 random reviews",
            "3 of them without such a label: counted as errors", "41 not counted", "120 not counted",
            "temperature 1.32 from 897 labels, 2026-11-27", "enter labels 4,012", "esc closes",
        ):  # fmt: skip
            assert words in shown, words
        await pilot.press("enter")
        await pilot.pause()
        assert it.returned == [Wanted("label", 0.02)]


async def test_without_evidence_it_says_how_many_and_how(app: ReviewTui) -> None:
    it = Bench(lambda _: answer(made()))
    async with app.run_test(size=(80, 24)) as pilot:
        await it.open(pilot)
        await shows(pilot, lambda: "Not yet" in frame(app))
        shown = frame(app)
        for words in (
            "there is no evidence yet",
            "about 428 random reviews",
            "b turns blind mode on",
            "not calibrated: 0 of 150",
        ):
            assert words in shown, words
        await pilot.press("enter", "w")
        await pilot.pause()
        assert it.returned == [], "there is nothing to label or to take back"
        await pilot.press("escape")
        await pilot.pause()
        assert it.returned == [None]


async def test_in_blind_mode_it_does_not_ask_for_it(app: ReviewTui) -> None:
    shown = await seen(app, Bench(lambda _: answer(made(audits=100, errors=1)), blind=True), "Not yet")
    assert "blind mode on" not in shown and "1 of the 40 audited answers" in shown


async def test_another_promise_is_judged_anew(app: ReviewTui) -> None:
    it = Bench(lambda request: answer(msgspec.structs.replace(made(), max_error=request.max_error)))
    async with app.run_test(size=(80, 24)) as pilot:
        await it.open(pilot)
        for key, words in (
            ("right", "5 %"),
            ("right", "10 %"),
            ("right", "10 %"),
            ("left", "5 %"),
            ("left", "2 %"),
            ("left", "1 %"),
        ):
            await pilot.press(key)
            await shows(pilot, lambda words=words: f"at most {words} wrong" in frame(app) and "Not yet" in frame(app))
        assert it.asked == [0.02, 0.05, 0.1, 0.05, 0.02, 0.01], "none is asked for twice in a row"


async def test_while_the_model_answers_it_says_how_far_it_is(app: ReviewTui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CertificateView, "AGAIN", 0.0)
    gate = asyncio.Event()
    it = Bench(lambda _: AutoLabelled(certificate=None, scored=1200, reviews=10_000))

    async def judge(request: AutoLabel, progress: Any) -> AutoLabelled:
        if it.asked:
            await gate.wait()
            return CERTIFIED
        it.asked.append(request.max_error)
        return it.said(request)

    monkeypatch.setattr(it, "judge", judge)
    async with app.run_test(size=(80, 24)) as pilot:
        await it.open(pilot)
        await shows(pilot, lambda: "1,200 of 10,000 so" in frame(app))
        gate.set()
        await shows(pilot, lambda: "Can label" in frame(app))


async def test_what_goes_wrong_is_one_sentence(app: ReviewTui) -> None:
    def fail(request: AutoLabel) -> AutoLabelled:
        raise ReviewtuiError("The scores cannot be read \x1b[31m[bold].")

    assert "The scores cannot be read ␛[31m[bold]." in await seen(app, Bench(fail), "cannot be read")


async def test_a_model_that_could_not_answer(app: ReviewTui) -> None:
    found = AutoLabelled(certificate=None, scored=10, reviews=10_000, problem="Out of memory.")
    assert "could not answer about all reviews: Out of memory." in await seen(
        app, Bench(lambda _: found), "Out of memory"
    )


async def test_labels_from_before_can_be_taken_back(app: ReviewTui) -> None:
    before = Labelled((watch(31, 0, withdrawn=False),), still=3811)
    it = Bench(lambda _: CERTIFIED, before)
    async with app.run_test(size=(80, 24)) as pilot:
        await it.open(pilot)
        await shows(pilot, lambda: "Can label" in frame(app))
        shown = frame(app)
        for words in ("31 of 201 audited, 0 were wrong: the promise stands", "w takes back 3,811"):
            assert words in shown, words
        await pilot.press("w")
        await pilot.pause()
        assert it.returned == [Wanted("take back", 0.02)]


async def test_a_withdrawn_certificate_cannot_be_missed(app: ReviewTui) -> None:
    before = Labelled((watch(31, 5, withdrawn=True),), still=3811)
    shown = await seen(app, Bench(lambda _: answer(made()), before), "WITHDRAWN")
    assert "WITHDRAWN: 5 of 31 audited were wrong, more than 2 % allows" in shown


async def test_hostile_names_and_labels_are_inert(app: ReviewTui, tmp_path: Path) -> None:
    evil = "\x1b]0;x\x07[link=x]\u202e"
    found = msgspec.structs.replace(CERTIFIED, labels={evil: 3}, labelled=3)
    shown = await seen(app, Bench(lambda _: found), "Can label")
    assert "\x1b" not in shown and "\u202e" not in shown and "[link=x]" in shown
