"""`demo`: the recording of a real run, replayed on the Train screen. Nothing is trained, and nothing is kept."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.commands.workbench import require_terminal, show


def demo(
    speed: Annotated[
        float | None, typer.Option(min=0.1, max=1000, help="Recorded seconds per second; 1 is as it was.")
    ] = None,
    no_mouse: Annotated[bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")] = False,
) -> int:
    """Watch a recorded run, replayed in about a minute: no model, no training, nothing of yours is read or written."""
    require_terminal()
    from tui.app import ReviewTui
    from tui.demo.replay import Replay
    from tui.workbench import sample_folder

    replay = Replay(str(sample_folder()), speed)
    try:
        app = ReviewTui(run=replay.run, place="train")
        app.replays, app.at_hang_up = True, replay.end
        replay.begin()
        return show(app, mouse=not no_mouse)
    finally:
        replay.end()
