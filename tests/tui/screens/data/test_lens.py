"""Lengths: what a limit cuts off, what is measured, and what the tokenizer does not know."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from tests.tui.engine_double import FakeEngine, facts, lengths, settle, until
from tests.tui.frames import frame
from tests.tui.screens.data.bench import workbench
from tui.screens.data.lens import next_limit


async def test_lengths_that_cannot_be_measured_say_why_and_stop_nothing() -> None:
    app = workbench(FakeEngine(lengths=InputError("There is no such model.")))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("5")
        assert "There is no such model." in frame(app)
        await pilot.press("c")
        assert app.current_mode == "setup"


async def test_lengths_are_measured_for_the_model_of_the_draft() -> None:
    engine = FakeEngine()
    app = workbench(engine)
    app.draft.typed = {"model": "starter", "batch_size": "8"}
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert (engine.of("lengths")[0]["model"], engine.of("lengths")[0]["batch_size"]) == ("starter", 8)
        await pilot.press("c")
        app.draft.typed["model"] = "bert-base-uncased"
        app.switch_mode("data")
        await settle(pilot)
        assert engine.of("lengths")[-1]["model"] == "bert-base-uncased"


async def test_the_limit_moves_over_a_long_review_and_is_the_runs() -> None:
    """Every character of the engine's double is a token, and two special tokens take part of the limit."""
    engine = FakeEngine()
    engine.text = "abcdefghij" * 12
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert not engine.of("find_tokens") and not engine.of("facts")
        await pilot.press("plus")
        assert app.draft.typed == {}  # the section is not open
        await pilot.press("5")
        await settle(pilot)
        assert (engine.of("rows")[-1]["offset"], engine.of("rows")[-1]["limit"]) == (7, 1)
        assert "all of its 124 tokens are read" in frame(app) and "⟦" not in frame(app)
        for _ in range(9):
            await pilot.press("minus")
        assert app.draft.typed == {"max_length": "112"} and "112 tokens" in frame(app)
        assert "12 of its 124 tokens are not read" in frame(app)
        lost = "abcdefghij"[0] + "bcdefghij 7"
        assert f"⟦{lost}⟧" in frame(app)
        await pilot.press("p")
        assert app.draft.typed == {"max_length": "112", "truncation": "tail"} and "⟦abcdefghijab⟧cdef" in frame(app)
        await pilot.press("p")
        assert "¼ head and ¾ tail" in frame(app)
        await pilot.press("p", "full_stop")
        await settle(pilot)
        assert engine.of("rows")[-1]["offset"] == 3 and "Long review 2 of 3" in frame(app)
        for _ in range(9):
            await pilot.press("plus")
        assert app.draft.typed == {}


async def test_what_the_tokenizer_does_not_know_is_said_by_class() -> None:
    one = {"tokens": 0.25, "reviews": 9, "only": 4}
    unknown = one | {
        "by_class": {"negative": one, "positive": one | {"only": 0}}, "alike": 4, "alike_labelled_differently": 2,
        "examples": ["😡👎"],
    }  # fmt: skip
    engine = FakeEngine(lengths=lengths(unknown=unknown))
    app = workbench(engine)
    async with app.run_test(size=(120, 60)) as pilot:
        await settle(pilot)
        assert "25.0% of them are unknown words or characters" in frame(app)
        await pilot.press("5")
        await settle(pilot)
        shown = " ".join(frame(app).split())
        assert "for example 😡👎" in shown and "negative 25.0% 9 4 positive 25.0% 9 0" in shown
        assert "4 reviews hold nothing that the tokenizer knows" in shown and "2 of them with different labels" in shown


async def test_padding_is_told_in_seconds_of_this_machine_and_what_is_unmeasured_is_measured() -> None:
    engine = FakeEngine(facts=lambda params: facts() if params["measure"] else facts(calibrations={}))
    app = workbench(engine)
    async with app.run_test(size=(120, 60)) as pilot:
        await settle(pilot)
        assert not engine.of("facts")  # nothing is measured before it is looked at
        await pilot.press("5")
        await settle(pilot)
        assert [one["measure"] for one in engine.of("facts")] == [False, True]
        shown = frame(app)
        assert "Measured on this machine: an epoch takes" in shown and "its time" in shown and "an epoch" in shown
        cut = next(line for line in shown.splitlines() if line.split()[:1] == ["64"])
        assert len(re.findall(r"[\d.]+ s\b", cut)) == 2
        before = shown
        await pilot.press("minus", "minus")
        assert len(engine.of("facts")) == 2 and frame(app) != before  # it follows the limit without asking


async def test_the_keys_of_the_lens_show_once_there_is_one() -> None:
    engine = FakeEngine()
    engine.held.add("lengths")
    app = workbench(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "Ready" in frame(app))
        await pilot.press("5")
        assert "Limit" not in frame(app).splitlines()[-1]
        engine.let_go()
        await until(pilot, lambda: "Limit" in frame(app).splitlines()[-1])
        assert "Kept part" in frame(app).splitlines()[-1]


async def test_where_nothing_can_be_measured_no_seconds_are_told() -> None:
    engine = FakeEngine(facts=lambda params: InputError("no") if params["measure"] else facts(calibrations={}))
    app = workbench(engine)
    async with app.run_test(size=(80, 60)) as pilot:
        await settle(pilot)
        await pilot.press("5")
        await settle(pilot)
        assert "The time it takes on this machine is not known yet." in " ".join(frame(app).split())
        assert "its time" not in frame(app)


@given(st.integers(4, 8192))
def test_every_limit_is_left_upwards_and_downwards(limit: int) -> None:
    assert limit < next_limit(limit, 1) or limit == 8192
    assert next_limit(limit, -1) < limit or limit <= 16
    assert next_limit(next_limit(limit, 1), -1) <= max(limit, 16)
