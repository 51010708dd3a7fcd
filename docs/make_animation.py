"""Draws docs/screenshots/demo.svg, an animation of `reviewtui demo`: `make animation` (a minute).

The screens are the workbench's own, of the recorded run that the demo replays; the clock of the replay is set from one
picture to the next, and each is taken when the screen has come to rest.
"""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

from docs.animated_svg import Screen, animated

TARGET = Path(__file__).with_name("screenshots") / "demo.svg"
SIZE = (100, 30)
PICTURES, SECONDS, LAST_SECONDS = 40, 18.0, 4.0
"""How many pictures there are, how long all together take, and how much longer the last one."""
MOST_BYTES = 1_000_000
_PATIENCE = 400


async def take_pictures() -> tuple[list[Screen], str]:
    """Return the screens of the replay, and the colour behind them."""
    from core.runs.records import PlanRecord, StepRecord
    from tui.app import ReviewTui
    from tui.demo.recording import read_recording
    from tui.demo.replay import Replay

    records = read_recording().run.records
    begun, planned = records[0].time, next(one.time for one in records if isinstance(one, PlanRecord))
    between = (records[-1].time - planned) / (PICTURES - 1)
    moments = [planned - begun + number * between for number in range(PICTURES)]
    now = 0.0
    replay = Replay("sample_reviews", speed=1.0)
    try:
        app = ReviewTui(run=replay.run, place="train")
        app.replays = True
        replay.begin(clock=lambda: now)
        screens = []
        async with app.run_test(size=SIZE) as pilot:
            screen: Any = app.screen
            for moment in moments:
                now = moment + 0.01
                done = [one for one in records if one.time - begun <= moment]
                steps = [one.step for one in done if isinstance(one, StepRecord)]
                await _until(pilot, lambda steps=steps: screen._history.step >= max(steps, default=0))
                if len(done) == len(records):
                    await _until(pilot, lambda: screen.summary.state == "finished")
                screens.append(await _at_rest(pilot))
            return screens, screen.styles.background.rgb
    finally:
        replay.end()


async def _until(pilot: Any, condition: Any) -> None:
    for _ in range(_PATIENCE):
        if condition():
            return
        await pilot.pause(0.05)
    raise RuntimeError("the screen does not show what it should")


async def _at_rest(pilot: Any) -> Screen:
    """Return the screen once it has been the same for a second: it looks at the run's folder twice in one."""
    before, same = None, 0
    for _ in range(_PATIENCE):
        await pilot.pause(0.1)
        now = _lines(pilot.app)
        same = same + 1 if now == before else 0
        before = now
        if same >= 8:
            return now
    raise RuntimeError("the screen does not come to rest")


def _lines(app: Any) -> Screen:
    """Return what the screen shows, line by line."""
    strips = app.screen._compositor.render_strips()
    return [list(strip) for strip in strips]


def main() -> None:
    """Draw the animation."""
    screens, (red, green, blue) = asyncio.run(take_pictures())
    each = SECONDS / len(screens)
    seconds = [*itertools.repeat(each, len(screens) - 1), each + LAST_SECONDS]
    title = "The Train screen of reviewtui while a recorded run is replayed: the losses fall, accuracy rises"
    svg = animated(screens, seconds, f"#{red:02x}{green:02x}{blue:02x}", title)
    if len(svg.encode()) > MOST_BYTES:
        raise SystemExit(f"{len(svg.encode()):,} bytes are more than {MOST_BYTES:,}; take fewer pictures.")
    TARGET.write_text(svg, encoding="utf-8")
    print(f"{TARGET.name}: {len(svg.encode()) / 1000:.0f} kB, {sum(seconds):.0f} s")


if __name__ == "__main__":
    main()
