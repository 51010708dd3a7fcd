"""`reviewtui`, `reviewtui open` and `reviewtui triage`: the workbench, in a terminal that can show it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands.options import locate

if TYPE_CHECKING:
    from core.runs.folder import RunFolder
    from tui.app import ReviewTui

_SLOW_LINK = {"TEXTUAL_FPS": "15", "TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}
"""Over SSH: fewer frames and no animations. Textual reads these variables when it is imported."""


def open_data(
    data: Annotated[str, typer.Argument(help="A file, a folder, or a Hugging Face dataset id.")],
    no_mouse: Annotated[bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")] = False,
) -> int:
    """Open the workbench on a data file."""
    return run_workbench(data=locate(data), mouse=not no_mouse)


def triage(
    file: Annotated[str, typer.Argument(help="A file of reviews to go through one by one.")],
    run: Annotated[str, typer.Option("--run", help="The run whose model answers; as before without it.")] = "",
    no_mouse: Annotated[bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")] = False,
) -> int:
    """Open the workbench on a pile of reviews, to decide about them one by one."""
    from core.runs.folder import find_run
    from tui.screens.classify.model_choice import has_model

    chosen = find_run(run) if run else None
    if chosen is not None and not has_model(chosen):
        raise InputError(f"Run {clean_line(run, 60)} has no model yet; let it finish, or stop and save it.")
    return run_workbench(pile=locate(file), run=chosen, mouse=not no_mouse)


def run_workbench(
    *, data: str | None = None, pile: str | None = None, run: RunFolder | None = None, mouse: bool = True
) -> int:
    """Run the workbench until the user quits.

    Args:
        data: The source that Data opens.
        pile: The file of reviews that Classify opens.
        run: The run whose model answers there.

    Raises:
        InputError: standard input or output is not a terminal that can position text.
    """
    require_terminal()
    from tui.app import ReviewTui

    return show(ReviewTui(data=data, pile=pile, run=run), mouse=mouse)


def require_terminal() -> None:
    """Prepare for a workbench, before anything of it is imported.

    Raises:
        InputError: standard input, output or error is not a terminal that can position text.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError("The workbench needs a terminal; `reviewtui --help` lists the commands that do not.")
    if not sys.stderr.isatty():
        raise InputError("The workbench draws on standard error, which is not a terminal here: do not redirect it.")
    if os.environ.get("TERM", "dumb") in ("dumb", ""):
        raise InputError("This terminal cannot position text (TERM is dumb or unset); set TERM, or use the commands.")
    if os.environ.get("SSH_CONNECTION"):
        for name, value in _SLOW_LINK.items():
            os.environ.setdefault(name, value)
    if os.environ.get("NO_COLOR"):
        os.environ.setdefault("TEXTUAL_THEME", "ansi-dark")


def show(app: ReviewTui, *, mouse: bool) -> int:
    """Run a workbench until the user quits; the exit status."""
    from tui.terminal import collection

    collection.begin()
    app.run(mouse=mouse)
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0
