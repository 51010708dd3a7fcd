"""The dialogs in which the user chooses what to be told about runs, and how."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import time
from typing import TYPE_CHECKING

from textual import work
from textual.content import Content

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.notifications.command import TIMEOUT_SECONDS, words_of
from core.notifications.preferences import EVENTS, WAYS, Notifications, remember_notifications
from tui.navigation.place import Place
from tui.terminal.notification import in_tmux
from tui.widgets.attempt import AttemptDialog
from tui.widgets.checklist import CheckList

if TYPE_CHECKING:
    from tui.workbench import Workbench

_HELP = "The title and notifications need this workbench open; the command is run without it, too."
_TMUX = "tmux passes notifications on if its option allow-passthrough is on."
_TRY = "now   try it out, once"


class Tells(Place):
    """A screen on which the user can ask to be told about runs."""

    @work(exit_on_error=False, exclusive=True, group="dialog")
    async def action_tell(self) -> None:
        """Ask what to tell, and how; from then on it is told."""
        await ask_what_to_tell(self.app)


async def ask_what_to_tell(app: Workbench) -> None:
    """Ask what to tell, and how, keep it, and tell it from now on."""
    before = app.telling.chosen
    names = [*EVENTS, *WAYS]
    choices = [Content(f"when  {words}") for words in EVENTS.values()]
    choices += [Content(f"by    {words}") for words in WAYS.values()]
    ticked = [names.index(name) for name in (*before.events, *before.ways)]
    help = f"{_HELP} {_TMUX}" if in_tmux() else _HELP
    chosen = await app.push_screen_wait(CheckList("Tell me about runs", [*choices, Content(_TRY)], ticked, help=help))
    if chosen is None:
        return
    events = tuple(name for number, name in enumerate(EVENTS) if number in chosen)
    ways = tuple(name for number, name in enumerate(WAYS, start=len(EVENTS)) if number in chosen)
    command = before.command
    if "command" in ways:
        dialog = AttemptDialog("The command that tells you", command, explain=explained, attempt=usable)
        typed = await app.push_screen_wait(dialog)
        if typed is None:
            return
        command = typed
    try:
        asked = Notifications(events, ways, command)
        kept = await asyncio.to_thread(lambda: remember_notifications(asked, time.time()))
    except ReviewtuiError as error:
        app.say(error, "error")
        return
    app.telling.choose(kept)
    app.say(in_words(kept))
    if len(names) in chosen:
        app.telling.try_out()


def explained(command: str) -> Content:
    """Return how a command is run."""
    words = " ".join(shlex.quote(clean_line(word)) for word in words_of(command)) if command.strip() else ""
    return Content(
        f"Run as:  {clean_line(words, 300) or '(nothing yet)'}\n\n"
        "No shell reads it: for pipes and variables write sh -c '…'. On its standard input it gets what has happened "
        "as one JSON object (docs/formats.md), with a sentence in “text”. What it prints is thrown away, and after "
        f"{TIMEOUT_SECONDS:.0f} seconds it is ended."
    )


def usable(command: str) -> str:
    """Return a command that can be run.

    Raises:
        InputError: There is no such program.
    """
    program = words_of(command)[0]
    if shutil.which(program) is None:
        raise InputError(f"There is no program called '{clean_line(program, 60)}'.")
    return command.strip()


def in_words(chosen: Notifications) -> str:
    """Return in a sentence what is told from now on."""
    if not chosen.wanted:
        return "You are told nothing about runs."
    when = f" of runs: {', '.join(chosen.events)}" if chosen.events else " runs in the title only"
    return f"From now on you are told{when}; by {', '.join(chosen.ways)}."
