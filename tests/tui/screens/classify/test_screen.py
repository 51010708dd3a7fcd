"""The Classify screen: one key decides and goes on, nothing shows before it is saved, and no text can hurt it."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from core.base.errors import ReviewtuiError
from core.engine.requests import EngineRequest, from_result, method_of, to_params
from core.reviews.options import ReadingOptions
from core.runs.folder import RunFolder
from core.triage.bookmark import read_bookmark
from core.triage.decisions import DecisionLog
from tests.tui.frames import frame
from tui.app import ReviewTui
from tui.screens.classify.review_text import ReviewText, wrap
from tui.screens.classify.screen import ClassifyScreen

ROOT = Path(__file__).parents[4]
HOSTILE = (
    "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m \u202ebidi [bold]x [/ [@click=app.quit]y \u2028 \x00 👩‍👩‍👧 "
    + "long" * 25_000
)


class FakeEngine:
    """Answers as the engine does, at once, from a list of texts; a method in `held` waits until it is let go."""

    def __init__(self, texts: list[str] | None = None, labels: tuple[str, ...] = ("negative", "positive")) -> None:
        self.texts = texts if texts is not None else [f"review number {row}" for row in range(6)]
        self.labels = labels
        self.held: set[str] = set()
        self.waiting: list[tuple[EngineRequest[Any], Future[Any]]] = []
        self.errors: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.data_hash = "one"
        self.closed = False

    def request(self, request: EngineRequest[Any], progress: Any = None) -> Future[Any]:
        future: Future[Any] = Future()
        self.asked.append((method_of(request), to_params(request)))
        if method_of(request) in self.held:
            self.waiting.append((request, future))
        else:
            self._answer(request, future)
        return future

    def let_go(self) -> None:
        """Answer what was held."""
        self.held.clear()
        waiting, self.waiting = self.waiting, []
        for request, future in waiting:
            if not future.cancelled():
                self._answer(request, future)

    def close(self) -> None:
        self.closed = True

    def _answer(self, request: EngineRequest[Any], future: Future[Any]) -> None:
        future.set_running_or_notify_cancel()
        method = method_of(request)
        if method in self.errors:
            future.set_exception(ReviewtuiError(self.errors[method]))
        else:
            future.set_result(from_result(request, getattr(self, f"_{method}")(to_params(request))))

    def _rows(self, params: dict[str, Any]) -> Any:
        assert params["reading"]["label"] == "" and params["limit"] <= 500
        rows = [
            {"row": row, "file": params["source"], "line": row + 2, "text": text, "label": None, "hash": hash_of(text)}
            for row, text in enumerate(self.texts)
        ][params["offset"] : params["offset"] + params["limit"]]
        return {"rows": rows, "total": len(self.texts), "data_hash": self.data_hash}

    def _load(self, params: dict[str, Any]) -> Any:
        return {"labels": list(self.labels), "max_length": 128}

    def _classify(self, params: dict[str, Any]) -> Any:
        share = (1 - 0.75) / max(len(self.labels) - 1, 1)
        others = dict.fromkeys(self.labels, share)
        found = [
            {
                "text": text, "label": self.labels[-1], "probability": 0.75,
                "probabilities": others | {self.labels[-1]: 0.75}, "tokens": len(text), "truncated": len(text) > 128,
            }
            for text in params["texts"]
        ]  # fmt: skip
        return {"classifications": found}


def hash_of(text: str) -> str:
    from core.reviews.hashing import text_digest

    return text_digest(text.replace("\ud800", "")).hex()


@pytest.fixture
def run(home: Path) -> RunFolder:
    """A run with a model, as far as this process looks into it."""
    return make_run(home, "20260101-000000-aaaa", "first")


def make_run(home: Path, number: str, name: str, labels: tuple[str, ...] = ("negative", "positive")) -> RunFolder:
    folder = RunFolder(home / "runs" / number)
    folder.model.mkdir(parents=True)
    folder.settings.write_text(f'name = {json.dumps(name)}\ndata = "x.csv"\n')
    (folder.model / "config.json").write_text(json.dumps({"id2label": dict(enumerate(labels))}))
    return folder


@pytest.fixture
def pile(tmp_path: Path) -> str:
    path = tmp_path / "inbox.csv"
    path.touch()
    return str(path)


async def settled(pilot: Pilot[None]) -> ClassifyScreen:
    """The screen, once nothing is under way but what a dialog or a held answer waits for."""
    await pilot.pause()
    while any(not worker.is_finished and worker.group != "dialog" for worker in pilot.app.workers):
        if pilot.app.engine.waiting:  # type: ignore[attr-defined]
            break
        await pilot.pause()
    await pilot.pause()
    found = pilot.app.screen_stack[0]
    return found  # type: ignore[return-value]


async def press(pilot: Pilot[None], *keys: str) -> ClassifyScreen:
    screen = await settled(pilot)
    for key in keys:
        await pilot.press(key)
        screen = await settled(pilot)
    return screen


def bench(engine: FakeEngine, pile: str | None = None, run: RunFolder | None = None) -> ReviewTui:
    app = ReviewTui(engine=engine, pile=pile, run=run)  # type: ignore[arg-type]
    if pile is None:
        app._first = "classify"
    return app


def verdicts(screen: ClassifyScreen) -> list[tuple[int, str, bool | None]]:
    assert screen.pile is not None
    return [(one.row, one.verdict, one.agreed) for one in screen.pile.history.verdicts()]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_frame_holds_all_that_a_decision_needs(run: RunFolder, pile: str, size: tuple[int, int]) -> None:
    app = bench(FakeEngine(), pile)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        shown = frame(app)
        for words in ("1 of 6", "inbox.csv:2", "review number 0", "75.0%", "25.0%", "15 tokens", "Agree", "Skip"):
            assert words in shown, words
        assert "▸2 positive █" in shown and " 1 negative █" in shown and "0 of 6 decided" in shown
        assert "first" in shown and "n›" in shown and "Undo" in shown and "Export" in shown
    assert app.engine.closed  # type: ignore[attr-defined]


async def test_one_key_decides_and_goes_on_and_is_kept_across_restarts(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await press(pilot, "enter", "1", "s", "a")
        assert verdicts(screen) == [
            (0, "positive", True), (1, "negative", False), (2, "skip", None), (3, "positive", True),
        ]  # fmt: skip
        assert screen.pile is not None and screen.pile.position == 4
        kept = screen.pile.history.verdicts()[1]
        assert (kept.predicted, kept.probability, kept.model, kept.source) == ("positive", 0.75, run.id, "human")
        assert kept.text == "review number 1" and kept.line == 3 and kept.hash == hash_of(kept.text)
        shown = frame(pilot.app)
        assert "4 of 6 decided ━" in shown and "2 agreed · 1 corrected · 1 skipped · 67% agreement" in shown
    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.pile is not None and screen.pile.position == 4
        assert "5 of 6" in frame(pilot.app)
        screen = await press(pilot, "u", "u", "u", "u", "u")
        assert verdicts(screen) == [] and screen.pile is not None and screen.pile.position == 0
        screen = await press(pilot, "r", "ctrl+y", "r", "r", "r")
        assert len(verdicts(screen)) == 4 and screen.pile is not None and screen.pile.position == 4


async def test_walking_decides_nothing_and_a_second_look_replaces_the_first(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await press(pilot, "n", "j", "right", "p", "k", "left", "left", "n")
        assert verdicts(screen) == [] and screen.pile is not None and screen.pile.position == 1
        screen = await press(pilot, "enter", "p")
        assert "✓ you: positive · model: the same" in frame(pilot.app)
        screen = await press(pilot, "1")
        assert verdicts(screen) == [(1, "negative", False)] and screen.pile.position == 2
        screen = await press(pilot, "f")
        assert screen.pile.position == 0


async def test_the_next_review_shows_only_after_the_decision_is_on_the_disk(
    run: RunFolder, pile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def noted(descriptor: int) -> None:
        os.fsync(descriptor)
        order.append("synced")

    show = ReviewText.show

    def shown(self: ReviewText, text: str) -> None:
        order.append(text)
        show(self, text)

    monkeypatch.setattr(ReviewText, "show", shown)
    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.pile is not None and screen.pile._log is not None
        screen.pile._log._sync = noted
        order.clear()
        await press(pilot, "enter", "2")
    assert order == ["synced", "review number 1", "synced", "review number 2"]


async def test_a_decision_that_cannot_be_saved_stays_where_it_is(
    run: RunFolder, pile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await settled(pilot)
        monkeypatch.setattr(screen.pile._log, "_sync", full)
        screen = await press(pilot, "enter")
        assert verdicts(screen) == [] and screen.pile is not None and screen.pile.position == 0
        assert any("does not count" in notice.message for notice in pilot.app._notifications)


async def test_keys_answer_while_the_model_loads_and_before_it_spoke(run: RunFolder, pile: str) -> None:
    engine = FakeEngine()
    engine.held = {"load"}
    async with bench(engine, pile).run_test() as pilot:
        screen = await settled(pilot)
        assert "loading the model…" in frame(pilot.app) and "review number 0" in frame(pilot.app)
        for key in ("enter", "2"):
            await pilot.press(key)
        await shows(pilot, lambda: screen.pile is not None and screen.pile.position == 1)
        assert verdicts(screen) == [(0, "positive", None)], "nothing to agree with; a digit labels by hand"
        engine.let_go()
        screen = await settled(pilot)
        assert screen.prediction is not None and "75.0%" in frame(pilot.app)


async def test_the_next_predictions_are_there_before_they_are_needed(
    run: RunFolder, pile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.triage.queue.PAGE", 20)
    engine = FakeEngine([f"text {row}" for row in range(300)])
    async with bench(engine, pile).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.pile is not None
        for _ in range(22):
            await pilot.press("enter")
            await settled(pilot)
            assert screen.prediction is not None
        assert screen.pile.position == 22
        sizes = [len(params["texts"]) for method, params in engine.asked if method == "classify"]
        assert max(sizes) <= 8
        pages = [params["offset"] for method, params in engine.asked if method == "rows"]
        assert pages == [0, 20]


async def test_finished(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await press(pilot, "enter", "enter", "1", "s", "2", "enter")
        shown = frame(pilot.app)
        assert "All 6 reviews are decided." in shown and "4 agreed, 1 corrected, 1 skipped." in shown
        assert " x exports" in shown
        screen = await press(pilot, "enter")
        assert len(verdicts(screen)) == 6
        await press(pilot, "p")
        assert "6 of 6" in frame(pilot.app)
        screen = await press(pilot, "p", "p", "1")
        assert screen.pile is not None and screen.pile.position == 4, "revising a finished pile goes on by one"
    async with bench(FakeEngine(), pile).run_test() as pilot:
        await settled(pilot)
        assert "All 6 reviews are decided." in frame(pilot.app)


async def test_decision_keys_are_dead_while_something_is_typed(run: RunFolder, pile: str) -> None:
    engine = FakeEngine()
    async with bench(engine, pile).run_test() as pilot:
        await press(pilot, "t")
        screen = await press(pilot, *"as12unx")
        assert screen.query_one(TextArea).text == "as12unx" and verdicts(screen) == []
        screen = await press(pilot, "escape", "1", "s", "u")
        assert screen.focused is None and verdicts(screen) == [] and screen.typed
        screen = await press(pilot, "t", "1")
        assert verdicts(screen) == [(0, "negative", False)]


async def test_a_typed_review_is_classified_at_a_key_and_after_a_pause(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClassifyScreen, "TYPING_PAUSE", 3600.0)
    engine = FakeEngine()
    async with bench(engine).run_test() as pilot:
        screen = await settled(pilot)
        assert isinstance(screen.focused, TextArea)
        await press(pilot, *"good")
        assert not [one for one in engine.asked if one[0] == "classify"]
        await press(pilot, "ctrl+s")
        assert engine.asked[-1][1]["texts"] == ("good",)
        assert "75.0%" in frame(pilot.app) and "4 tokens" in frame(pilot.app)
        monkeypatch.setattr(ClassifyScreen, "TYPING_PAUSE", 0.001)
        await press(pilot, "x")
        await shows(pilot, lambda: engine.asked[-1][1]["texts"] == ("goodx",))
        screen.query_one(TextArea).text = ""
        await settled(pilot)
        assert "%" not in frame(pilot.app)


async def test_a_cut_review_says_so(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(["word " * 200]), pile).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "1,000 tokens, cut at 128 tokens" in frame(pilot.app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_hostile_texts_labels_and_names_are_shown_as_text(
    home: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    labels = ("\x1b[31m[bold]no[/", "[/\u202eyes", *(f"\x07class {number}" for number in range(10)))
    make_run(home, "20260101-000000-aaaa", "\x1b]0;title\x07[/name", labels)
    source = tmp_path / "in\x1b[2Jbox [red].csv"
    source.touch()
    engine = FakeEngine([HOSTILE, "ok", HOSTILE[::-1], HOSTILE], labels)
    async with bench(engine, str(source)).run_test(size=size) as pilot:
        frames = [frame(pilot.app)]
        for keys in ("", "enter", "1", "2", "p", "l", "escape", "m", "escape", "o", "escape", "end", "home", "pagedown",
                     "question_mark", "escape", "x", "escape", "s", "s", "u"):  # fmt: skip
            await press(pilot, *([keys] if keys else []))
            frames.append(frame(pilot.app))
        screen = await press(pilot, "t")
        screen.query_one(TextArea).post_message(events.Paste(HOSTILE[:300]))
        await press(pilot, "ctrl+s")
        frames.append(frame(pilot.app))
    acting = set(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2028])) - {"\n"}
    for shown in frames:
        assert not acting & set(shown), sorted(map(repr, acting & set(shown)))
    assert any("[bold]x [/ [@click=app.quit]y" in shown for shown in frames)
    assert any("␛" in shown for shown in frames)


async def test_engine_errors_become_sentences(run: RunFolder, pile: str) -> None:
    engine = FakeEngine()
    engine.errors = {"rows": "There is no such [/file."}
    async with bench(engine, pile).run_test() as pilot:
        await settled(pilot)
        assert "This pile cannot be opened." in frame(pilot.app) and "There is no such [/file." in frame(pilot.app)
        assert "o opens another file" in frame(pilot.app)
    engine.errors = {"load": "The weights are damaged [/."}
    async with bench(engine, pile).run_test() as pilot:
        screen = await settled(pilot)
        assert "The weights are damaged [/." in frame(pilot.app)
        screen = await press(pilot, "2")
        assert verdicts(screen) == [(0, "positive", None)]
    engine.errors = {"classify": "The engine ended (signal 9)."}
    async with bench(engine, pile).run_test() as pilot:
        await settled(pilot)
        assert "The engine ended (signal 9)." in frame(pilot.app)
        engine.errors = {}
        await press(pilot, "n")
        assert "75.0%" in frame(pilot.app), "the next step tries again"


async def test_without_any_model_the_screen_says_so_and_labels_by_hand(pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test() as pilot:
        screen = await settled(pilot)
        assert "No run has a model yet" in frame(pilot.app) and "1 negative" in frame(pilot.app)
        screen = await press(pilot, "2", "enter")
        assert verdicts(screen) == [(0, "positive", None)]
        assert "1 by hand" in frame(pilot.app)
        await press(pilot, "d")
        assert pilot.app.current_mode == "data"


async def test_without_a_pile_one_can_be_opened_by_keys_alone(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine()).run_test() as pilot:
        await press(pilot, "escape", "t")
        assert "No pile of reviews is open." in frame(pilot.app)
        await pilot.press("o")
        await pilot.pause()
        while not pilot.app.screen.query(Input):
            await pilot.pause()
        assert pilot.app.screen.query_one(Input).value.endswith("sample_reviews/inbox.csv")
        pilot.app.screen.query_one(Input).value = pile
        screen = await press(pilot, "enter")
        assert screen.pile is not None and screen.pile.source == pile and "1 of 6" in frame(pilot.app)


async def test_blind_the_models_word_is_nowhere_on_the_screen_before_the_guess(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test(size=(120, 40)) as pilot:
        screen = await press(pilot, "b")
        assert screen.prediction is not None
        shown = frame(pilot.app)
        assert (
            "75" not in shown
            and "▸" not in shown
            and "█" not in shown
            and "Label first" in shown
            and "Agree" not in shown.splitlines()[-1]
        )
        screen = await press(pilot, "enter")
        assert verdicts(screen) == []
        screen = await press(pilot, "1")
        assert verdicts(screen) == [(0, "negative", False)]
        assert "you: negative · model: positive 75.0%" in frame(pilot.app) and "█" not in frame(pilot.app)
        screen = await press(pilot, "2", "b", "1")
        counts = screen.pile.history.counts if screen.pile is not None else None
        assert counts is not None and (counts.blind_agreed, counts.blind_corrected, counts.corrected) == (1, 1, 2)
        assert "50% blind, of 2 labelled first" in frame(pilot.app)
        await press(pilot, "p", "b")
        assert "75.0%" in frame(pilot.app), "what is decided is revealed"


async def test_a_chosen_model_speaks_for_the_review_in_view(home: Path, run: RunFolder, pile: str) -> None:
    other = make_run(home, "20260202-000000-bbbb", "second", ("bad", "fair", "good"))
    engine = FakeEngine()
    async with bench(engine, pile, run).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.model.run_id == run.id, "the run in view goes before newer ones"
        engine.labels = ("bad", "fair", "good")
        await pilot.press("m")
        while pilot.app.screen is screen:
            await pilot.pause()
        await press(pilot, "up", "enter")
        screen = await settled(pilot)
        assert screen.model.run_id == other.id
        assert engine.asked[-1][1]["folder"] == str(other.model)
        assert "▸3 good" in frame(pilot.app)
        screen = await press(pilot, "3")
        assert verdicts(screen) == [(0, "good", True)]


async def test_after_a_break_the_pile_comes_back_with_the_model_that_judged_it(
    home: Path, run: RunFolder, pile: str
) -> None:
    async with bench(FakeEngine(), pile, run).run_test() as pilot:
        await press(pilot, "enter", "1", "n")
    newer = make_run(home, "20260303-000000-cccc", "newer")
    engine = FakeEngine()
    async with bench(engine).run_test() as pilot:
        screen = await settled(pilot)
        assert not screen.typed and screen.pile is not None and screen.pile.source == pile
        assert screen.pile.position == 3 and "review number 3" in frame(pilot.app), "where one had walked to"
        assert screen.model.run_id == run.id and not pilot.app._notifications
        pilot.app.run_in_view = newer  # type: ignore[attr-defined]
        pilot.app.switch_mode("runs")
        await pilot.pause()
        pilot.app.switch_mode("classify")
        await settled(pilot)
        assert screen.model.run_id == run.id, "looking at a run does not change who judges"
        pilot.app.open_classify(newer)  # type: ignore[attr-defined]
        pilot.app.switch_mode("runs")
        await pilot.pause()
        pilot.app.switch_mode("classify")
        await settled(pilot)
        assert screen.model.run_id == newer.id
        [notice] = pilot.app._notifications
        assert notice.message.startswith("newer answers from here on; first judged this pile before.")
    assert {params["folder"] for method, params in engine.asked if method == "load"} == {
        str(run.model), str(newer.model)
    }  # fmt: skip
    async with bench(FakeEngine()).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.model.run_id == newer.id and not pilot.app._notifications


async def test_a_pile_is_read_as_data_was_told_to_also_after_a_break(run: RunFolder, pile: str, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.touch()
    reading = ReadingOptions(text="body", encoding="windows-1252", label="stars", scheme="stars")
    engine = FakeEngine()
    async with bench(engine, str(other)).run_test() as pilot:
        await press(pilot, "n", "n")
        pilot.app.open_classify(pile=pile, reading=reading)  # type: ignore[attr-defined]
        pilot.app.switch_mode("runs")
        await pilot.pause()
        pilot.app.switch_mode("classify")
        screen = await press(pilot, "enter")
        assert screen.pile is not None and screen.pile.source == pile
    again = FakeEngine()
    async with bench(again, pile).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.pile is not None and screen.pile.position == 1
    for asked in (engine.asked, again.asked):
        params = [params for method, params in asked if method == "rows" and params["source"] == pile]
        assert params and all(one["reading"]["text"] == "body" and one["reading"]["label"] == "" for one in params)
        assert all(one["reading"]["encoding"] == "windows-1252" for one in params)
    mark = read_bookmark(str(other))
    assert mark is not None and mark.row == 2 and mark.reading is None, "each pile has its own"


async def test_a_model_that_is_gone_is_told_and_no_other_takes_its_place(home: Path, run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile, run).run_test() as pilot:
        await press(pilot, "enter")
    shutil.rmtree(run.path)
    make_run(home, "20260303-000000-cccc", "newer")
    engine = FakeEngine()
    async with bench(engine).run_test() as pilot:
        screen = await press(pilot, "enter")
        assert len(verdicts(screen)) == 1, "no other model's word was agreed with"
        assert "first, whose model judged this pile, is gone" in next(iter(pilot.app._notifications)).message
        assert "No model is chosen" in frame(pilot.app)
        screen = await press(pilot, "2")
        assert verdicts(screen)[1] == (1, "positive", None)
    assert not [method for method, _ in engine.asked if method in ("load", "classify")]


async def test_an_export_says_where_it_lies_and_how_to_train_on_it(
    run: RunFolder, pile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    taken = tmp_path / "mine.jsonl"
    taken.write_text("mine")
    async with bench(FakeEngine(), pile).run_test(size=(120, 40)) as pilot:
        screen = await press(pilot, "enter", "1", "s", "x")
        await shows(pilot, lambda: "inbox-decisions.csv" in frame(pilot.app))
        pilot.app.screen.query_one(Input).value = str(taken)
        await pilot.press("enter")
        await shows(pilot, lambda: "already exists" in frame(pilot.app))
        assert taken.read_text() == "mine"
        await pilot.press("enter")
        await shows(pilot, lambda: "reviewtui train" in frame(pilot.app))
        shown = frame(pilot.app)
        assert "2 decided reviews in" in shown and "1 skipped is left out" in shown
        assert [json.loads(line)["label"] for line in taken.read_text().splitlines()] == ["positive", "negative"]
        await pilot.press("enter")
        await settled(pilot)
        assert pilot.app.screen is screen


async def test_a_pile_that_is_open_elsewhere_is_said_to_be(run: RunFolder, pile: str) -> None:
    log = DecisionLog(pile)
    async with bench(FakeEngine(), pile).run_test() as pilot:
        await settled(pilot)
        assert "open in another workbench" in frame(pilot.app).replace("\n", " ")
    log.close()


async def test_a_file_that_changes_is_read_again_and_keeps_its_decisions(
    run: RunFolder, pile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.triage.queue.PAGE", 20)
    engine = FakeEngine([f"text {row}" for row in range(200)])
    async with bench(engine, pile).run_test() as pilot:
        await press(pilot, "enter", "1")
        engine.texts.insert(0, "a new one")
        engine.data_hash = "two"
        screen = await press(pilot, *["n"] * 4)
        assert verdicts(screen) == [(1, "positive", True), (2, "negative", False)]
        assert screen.pile is not None and screen.pile.first_undecided() == 0


async def test_resizing_at_random_never_raises(run: RunFolder, pile: str) -> None:
    chance = random.Random(3)
    async with bench(FakeEngine([HOSTILE, "short"]), pile).run_test() as pilot:
        await settled(pilot)
        for turn in range(40):
            await pilot.resize_terminal(chance.randrange(1, 220), chance.randrange(1, 70))
            if turn % 8 == 0:
                await press(pilot, chance.choice(("t", "n", "p", "end")))
                await press(pilot, "escape") if pilot.app.screen.focused is not None else None
        await pilot.resize_terminal(80, 24)
        await settled(pilot)


@pytest.mark.parametrize("width", [1, 7, 40, 96])
@pytest.mark.parametrize("text", ["", "a b  c", "x" * 300, "漢字" * 100, "one\n\n  two\tthree " * 9, HOSTILE])
def test_wrapping_keeps_every_word_and_the_width(text: str, width: int) -> None:
    from rich.cells import cell_len

    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.expandtabs(4).split())
    assert all(cell_len(line) <= max(width, 2) for line in lines)


def test_the_screen_never_loads_a_heavy_library() -> None:
    probe = (
        "import sys, tui.screens.classify.screen; print([m for m in sys.modules if m.split('.')[0] in sys.argv[1:]])"
    )
    heavy = ["torch", "transformers", "datasets", "pyarrow", "numpy", "sklearn"]
    done = subprocess.run([sys.executable, "-c", probe, *heavy], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def shows(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        await pilot.pause()
    pytest.fail(frame(pilot.app))
