"""`journal`: what was tried, expected and found, as Markdown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.errors import InputError
from tui.commands.options import Json
from tui.commands.output import complain, say, say_json

if TYPE_CHECKING:
    from core.lab_journal.entry import Entry


def journal(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it into a Markdown file; a journal there is replaced.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only what was begun or said since.")] = None,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Only what is about a run or a group.")] = None,
    svg: Annotated[bool, typer.Option("--svg", help="Figures as SVG files in a folder beside FILE.")] = False,
    json: Json = False,
) -> int:
    """The lab journal: each run, extension, branch, baseline, group and comparison, as Markdown.

    What was expected, which settings differ from the one before, the result, a verdict, and your notes.
    """
    from core.lab_journal.journal import LabJournal, about, begins
    from core.lab_journal.journal import since as entries_since
    from tui.lab_journal.markdown import document
    from tui.lab_journal.writing import require_replaceable, write_journal

    if svg and output is None:
        raise InputError("--svg needs --output FILE, beside which the figures are written.")
    if output is not None:
        require_replaceable(output.expanduser().absolute())
    moment = begins(since) if since is not None else None
    entries = LabJournal().read()
    entries = entries if run is None else about(entries, run)
    entries = _with_verdicts(entries if moment is None else entries_since(entries, moment))
    if output is not None:
        (complain if json else say)(f"Wrote {write_journal(entries, output, figures=svg)}.")
    if json:
        say_json({"entries": [entry.to_json() for entry in entries]})
    elif output is None:
        sys.stdout.write(document(entries))
    return 0


def _with_verdicts(entries: list[Entry]) -> list[Entry]:
    """Return the entries with the verdicts that only the engine can give; it is not started if there are none."""
    from core.lab_journal.journal import judged
    from tui.lab_journal.asking import missing, paired

    pairs = missing(entries, {})
    if not pairs:
        return entries
    from core.engine.data_requests import JudgePairs
    from tui.commands.engine import ask

    return judged(entries, paired(pairs, ask(JudgePairs(pairs=pairs)).judged))
