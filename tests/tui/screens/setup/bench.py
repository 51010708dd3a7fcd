"""The Setup screen with an engine that answers from a script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import events
from textual.pilot import Pilot

from core.runs.launch import Launched
from core.runs.logout import Detachment
from core.settings.schema import Settings, describe
from tests.tui.engine_double import FakeEngine, report, settle
from tests.tui.rest import until
from tui.app import ReviewTui
from tui.screens.setup.setting_row import SettingRow
from tui.state import Draft

SIZES = [(80, 24), (120, 40), (200, 60)]


LAUNCHED = Launched(1, Detachment("session", False, "this [/ machine", "ask [/ its keeper"))


async def open_setup(pilot: Pilot[None], **changes: Any) -> ReviewTui:
    """The Setup screen on a draft whose reviews were read."""
    app = pilot.app
    assert isinstance(app, ReviewTui)
    lengths_found = changes.pop("lengths", None)
    app.draft = Draft(**{"source": "/data/reviews.csv", "report": report(), **changes})
    if lengths_found is not None:
        app.draft.keep_lengths(lengths_found, Settings().model)
    app.switch_mode("setup")
    await settle(pilot)
    return app


def workbench(engine: FakeEngine | None = None) -> ReviewTui:
    return ReviewTui(engine=engine or FakeEngine())  # type: ignore[arg-type]


def focused(app: ReviewTui) -> str:
    assert isinstance(app.focused, SettingRow)
    return app.focused.declaration.name


async def at_once(pilot: Pilot[None], keys: Sequence[str]) -> None:
    """Send all keys before the app handles the first, as a terminal does with what comes in one write, and wait."""
    app: Any = pilot.app
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))
    await until(pilot, lambda: app._settling_since is None and not app._keys_waiting and app._message_queue.empty())


async def go_to(pilot: Pilot[None], name: str) -> None:
    """By keys alone, as a person would."""
    app = pilot.app
    assert isinstance(app, ReviewTui)
    await pilot.press("home")
    order = ["name", "hypothesis", *(declaration.name for declaration in describe())]
    await at_once(pilot, ["down"] * order.index(name))
    assert focused(app) == name
