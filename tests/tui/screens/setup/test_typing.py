"""Setup keeps every key: whatever is typed, however fast, the form holds what a person would expect of those keys."""

from __future__ import annotations

import random
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from core.settings.schema import Settings
from tests.tui.engine_double import until
from tests.tui.screens.setup.bench import open_setup, workbench
from tests.tui.screens.setup.edits import Edit, FormModel, random_edits


def press_at_once(pilot: Pilot[None], keys: list[str]) -> None:
    """Send all keys before the app handles the first, as a terminal does with what comes in one write."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))


async def handled(pilot: Pilot[None]) -> None:
    """Wait until every key has had its effect."""
    app: Any = pilot.app
    await until(pilot, lambda: app._settling_since is None and not app._keys_waiting and app._message_queue.empty())


@pytest.mark.parametrize("seed", range(1))
async def test_random_edits_in_bursts_of_any_length(seed: int) -> None:
    generator = random.Random(seed)
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        model = FormModel(app.draft.source)
        for _ in range(3):
            edits = random_edits(generator, 8)
            keys = [key for edit in edits for key in edit.keys] + ["home", "y"]
            while keys:
                size = generator.choice((1, 2, 3, 5, 12, 100))
                press_at_once(pilot, keys[:size])
                del keys[:size]
                if generator.random() < 0.3:
                    await pilot.pause()
            await handled(pilot)
            for edit in edits:
                model.apply(edit)
            assert app.clipboard == model.command(), [edit.keys for edit in edits]


@pytest.mark.parametrize("typed", ["128", "2e-5", "1e-3", "0.05"])
async def test_a_number_in_one_burst_is_taken_whole(typed: str) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        app = await open_setup(pilot)
        name = "max_length" if typed == "128" else "learning_rate"
        await pilot.press("home", *["down"] * list(Edit.ORDER).index(name))
        press_at_once(pilot, [*typed, "down", "y"])
        await handled(pilot)
        assert app.draft.typed == {name: typed} and f"--set {name}={typed}" in app.clipboard


async def test_one_key_validates_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with workbench().run_test(size=(80, 24)) as pilot:
        await open_setup(pilot)
        await pilot.press("home", *["down"] * list(Edit.ORDER).index("epochs"))
        await pilot.pause()
        count = 0
        validate = Settings.__pydantic_validator__

        class Counting:
            def validate_python(self, *args: Any, **options: Any) -> Any:
                nonlocal count
                count += 1
                return validate.validate_python(*args, **options)

        monkeypatch.setattr(Settings, "__pydantic_validator__", Counting())
        for number, key in enumerate("7", start=1):
            await pilot.press(key)
            assert count == number
        count = 0
        await pilot.press(*"x")  # and a refused value no more often
        assert count == 1
