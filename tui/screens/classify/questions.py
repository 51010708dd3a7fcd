"""What Classify asks in dialogs about files and models: which file, which model, and where an export goes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.suspicion.pile import suspects_of
from core.triage.decisions import recent_piles
from core.triage.exchange.exporting import DecisionsFile, free_name, set_apart, write_decisions
from core.triage.exchange.selection import Included
from core.triage.queue import Pile
from tui.decisions_text import left_out_text
from tui.formatting import counted
from tui.screens.classify.dialogs import ExportDialog, ExportDone, OpenPile
from tui.screens.classify.model_choice import Candidate, candidates
from tui.shell_command import quoted
from tui.widgets.dialogs import Choose
from tui.workbench import Workbench, sample_folder

if TYPE_CHECKING:
    from core.runs.summary import RunSummary

_OTHERS: tuple[Included, ...] = ("skipped", "flagged", "ambiguous")
"""Decisions without a label that an export may write, too."""


async def ask_file(app: Workbench) -> str | None:
    """Ask which file of reviews to open, and return its path; None if the dialog is cancelled."""
    chosen = await app.push_screen_wait(OpenPile(await asyncio.to_thread(_suggestions)))
    if chosen is None:
        return None
    path = Path(chosen).expanduser()
    return str(path) if path.exists() else chosen


async def ask_model(app: Workbench, current: str | None) -> Candidate | None:
    """Ask which run's model to classify with, and return it; None if there is none or the dialog is cancelled.

    Args:
        app: The application that shows the dialog.
        current: Id of the run whose model is in use.
    """
    try:
        found = await asyncio.to_thread(candidates)
    except ReviewtuiError as error:
        app.say(error, "error")
        return None
    if not found:
        app.say("No run has a model yet; train one first.", "warning")
        return None
    at = next((number for number, one in enumerate(found) if one.run.id == current), None)
    chosen = await app.push_screen_wait(Choose("Which run's model?", [_described(one) for one in found], at))
    return found[chosen] if chosen is not None else None


async def ask_export(app: Workbench, pile: Pile) -> None:
    """Write the decisions to a file that training reads, and offer to open it on Data."""
    if not pile.history.counts.decided:
        app.say("Nothing is decided yet; an export would be empty.", "warning")
        return
    suggested = await asyncio.to_thread(free_name, Path.cwd(), clean_line(Path(pile.source).stem))

    async def write(path: Path, replace: bool, others: bool) -> DecisionsFile:
        include = _OTHERS if others else ()
        return await asyncio.to_thread(write_decisions, pile.history, path, include=include, replace=replace)

    option = "also reviews that are skipped, flagged or ambiguous"
    dialog: ExportDialog[DecisionsFile] = ExportDialog("Export the decisions to", suggested, write, option)
    done = await app.push_screen_wait(dialog)
    if done is not None:
        lead = f"{counted(done.rows, 'decided review')} in"
        command = quoted(["reviewtui", "train", str(done.path)])
        if await app.push_screen_wait(ExportDone(lead, done.path, export_notes(done), command)):
            app.open_data(str(done.path))


def export_notes(done: DecisionsFile) -> list[str]:
    """Return what is to be known of an export, in sentences."""
    counts = ", ".join(f"{count} {clean_line(label, 30)}" for label, count in done.labels.items())
    notes = [f"{counts}."]
    if done.left_out:
        more = " tab in the dialog before writes them, too." if set(done.reasons) & set(_OTHERS) else ""
        notes.append(f"Not in it: {left_out_text(done.reasons)}.{more}")
    if done.conflicts:
        texts = "text was" if done.conflicts == 1 else "texts were"
        notes.append(f"{done.conflicts} {texts} decided in different ways; the export has the latest decision.")
    return [*notes, *filter(None, [set_apart(done.path)])]


def _suggestions() -> list[tuple[str, str]]:
    """Files to offer: the sample inbox, and piles opened before; none whose name cannot be shown as it is."""
    sample = str(sample_folder() / "inbox.csv")
    recent = [pile.source for pile in recent_piles() if pile.source != sample]
    offered = [(sample, "the sample inbox"), *((source, _what(source)) for source in recent)]
    return [(path, what) for path, what in offered if clean_line(path) == path and Path(path).exists()]


def _what(source: str) -> str:
    suspects = suspects_of(source)
    return (
        clean_line(Path(source).parent)
        if suspects is None
        else f"labels of {clean_line(Path(suspects.found.source).name)}"
    )


def _described(candidate: Candidate) -> Content:
    summary: RunSummary = candidate.summary
    score = f"accuracy {summary.validation.accuracy:.1%}" if summary.validation else "not evaluated"
    labels = ", ".join(clean_line(label, 20) for label in candidate.labels[:4])
    return Content.assemble(
        (clean_line(summary.name, 40), "bold"),
        (f"\n     {clean_line(summary.model, 24)} · {score} · {labels}"[:72], "$foreground-muted"),
    )
