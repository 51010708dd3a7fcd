"""The Classify screen: one key decides and goes on, nothing shows before it is saved, and no text can hurt it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import Input, TextArea

from core.runs.folder import RunFolder
from core.triage.decisions import DecisionLog
from tests.tui.frames import frame
from tests.tui.rest import until
from tests.tui.screens.classify.bench import (
    HOSTILE,
    FakeEngine,
    bench,
    hash_of,
    make_run,
    press,
    settled,
    shows,
    verdicts,
)
from tests.tui.sizes import sizes_at_borders
from tui.screens.classify.review_text import ReviewText, wrap
from tui.screens.classify.screen import ClassifyScreen

ROOT = Path(__file__).parents[4]


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
        assert (
            "4 of 6 decided ━" in shown and "2 agreed · 1 corrected · 1 skipped" in shown and "agreement 67%" in shown
        )
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
        screen = await press(pilot, "c")
        assert screen.pile.position == 0


async def test_the_next_review_shows_only_after_the_decision_is_on_the_disk(
    run: RunFolder, pile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def noted(descriptor: int) -> None:
        os.fsync(descriptor)
        order.append("synced")

    show = ReviewText.show

    def shown(self: ReviewText, text: str, *marks: Any) -> None:
        if text not in order[-1:]:
            order.append(text)
        show(self, text, *marks)

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
        shown = frame(pilot.app)
        assert "1,000 tokens, cut to 128:" in shown and "⟦872 at the end⟧ not read" in shown


@pytest.mark.parametrize(
    ("truncation", "shown"),
    [("head", "aaaaa⟦bbbbbbccc⟧"), ("tail", "⟦aaaaabbbb⟧bbccc"), ("head+tail", "a⟦aaaabbbbb⟧bccc")],
)
async def test_the_part_that_the_model_does_not_read_is_struck_through(
    run: RunFolder, pile: str, truncation: str, shown: str
) -> None:
    engine = FakeEngine(["aaaaabbbbbbccc", "😡 x"])
    engine._load = lambda params: {  # type: ignore[method-assign]
        "labels": ["negative", "positive"], "max_length": 5, "truncation": truncation,
    }  # fmt: skip
    async with bench(engine, pile).run_test(size=(120, 40)) as pilot:
        screen = await settled(pilot)
        assert shown in frame(pilot.app)
        struck = [
            segment.text
            for segment in screen.query_one(ReviewText).render_line(0)
            if segment.style is not None and segment.style.strike
        ]
        assert struck == [shown[shown.index("⟦") : shown.index("⟧") + 1]]
        await press(pilot, "enter")
        assert "⟪😡⟫ x" in frame(pilot.app) and "⟪1 token⟫ unknown" in frame(pilot.app)


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
        await until(pilot, lambda: pilot.app.screen.query(Input))
        assert pilot.app.screen.query_one(Input).value.endswith("sample_reviews/inbox.csv")
        pilot.app.screen.query_one(Input).value = pile
        screen = await press(pilot, "enter")
        assert screen.pile is not None and screen.pile.source == pile and "1 of 6" in frame(pilot.app)


async def test_blind_the_models_word_is_nowhere_on_the_screen_before_the_guess(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test(size=(120, 40)) as pilot:
        screen = await press(pilot, "b", "n")
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
        assert verdicts(screen) == [(1, "negative", False)]
        assert "you: negative · model: positive 75.0%" in frame(pilot.app) and "█" not in frame(pilot.app)
        screen = await press(pilot, "2", "b", "1")
        counts = screen.pile.history.counts if screen.pile is not None else None
        assert counts is not None and (counts.blind_agreed, counts.blind_corrected, counts.corrected) == (1, 1, 2)
        assert "agreement 0% of 1 shown" in frame(pilot.app) and "agreement 50% of 2 blind" in frame(pilot.app)
        await press(pilot, "p", "b")
        assert "75.0%" in frame(pilot.app), "what is decided is revealed"


async def test_an_export_says_where_it_lies_and_how_to_train_on_it(
    run: RunFolder, pile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    taken = tmp_path / "mine.jsonl"
    taken.write_text("mine")
    async with bench(FakeEngine(), pile).run_test(size=(120, 40)) as pilot:
        screen = await press(pilot, "enter", "1", "s", "x")
        await shows(pilot, lambda: "decisions.csv" in frame(pilot.app))
        pilot.app.screen.query_one(Input).value = str(taken)
        await pilot.press("enter")
        await shows(pilot, lambda: "already exists" in frame(pilot.app))
        assert taken.read_text() == "mine"
        await pilot.press("enter")
        await shows(pilot, lambda: "reviewtui train" in frame(pilot.app))
        shown = frame(pilot.app)
        assert "2 decided reviews in" in shown and "Not in it: 1 skipped." in shown
        assert [json.loads(line)["label"] for line in taken.read_text().splitlines()] == ["positive", "negative"]
        await pilot.press("enter")
        await settled(pilot)
        assert pilot.app.screen is screen


async def test_an_export_may_hold_what_has_no_label(
    run: RunFolder, pile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with bench(FakeEngine(), pile).run_test(size=(80, 24)) as pilot:
        await press(pilot, "enter", "s", "f", "v", "x")
        await shows(pilot, lambda: "[ ] also reviews that are skipped, flagged or ambiguous" in frame(pilot.app))
        await pilot.press("tab")
        await shows(pilot, lambda: "[x] also" in frame(pilot.app))
        await pilot.press("enter")
        await shows(pilot, lambda: "4 decided reviews in" in frame(pilot.app))
    (written,) = tmp_path.glob("*decisions*.csv")
    assert all(word in written.read_text() for word in ("positive", "skip", "flag", "ambiguous"))


async def test_what_a_key_cannot_do_is_said_where_it_hides_nothing(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test(size=(80, 24)) as pilot:
        await press(pilot, "b", "enter")
        assert "Label first: a digit gives your label" in frame(pilot.app) and not pilot.app._notifications


async def test_a_label_that_does_not_count_as_blind_says_why(run: RunFolder, pile: str) -> None:
    async with bench(FakeEngine(), pile).run_test(size=(120, 40)) as pilot:
        screen = await press(pilot, "b")
        assert "The model's answer is hidden until you have labelled a review." in frame(pilot.app)
        await press(pilot, "1")
        assert "Not counted as blind: the answer was seen." in frame(pilot.app)
        assert screen.pile is not None and not screen.pile.history.decided()[0].blind
        await press(pilot, "1")
        assert "Not counted as blind" not in frame(pilot.app) and screen.pile.history.decided()[0].blind


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
        for turn, size in enumerate(sizes_at_borders(3)):
            await pilot.resize_terminal(*size)
            if turn % 4 == 0:
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
