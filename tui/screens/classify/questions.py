"""What Classify asks in dialogs about files and models: which file, which model, and where an export goes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.triage.decisions import recent_piles
from core.triage.exchange.exporting import DecisionsFile, free_name
from core.triage.queue import Pile
from tui.screens.classify.dialogs import ExportDialog, ExportDone, OpenPile
from tui.screens.classify.model_choice import Candidate, candidates
from tui.shell_command import quoted
from tui.widgets.dialogs import Choose
from tui.workbench import Workbench, sample_folder

if TYPE_CHECKING:
    from core.runs.summary import RunSummary


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
    done: DecisionsFile | None = await app.push_screen_wait(ExportDialog(pile.history, suggested))
    if done is not None:
        command = quoted(["reviewtui", "train", str(done.path)])
        if await app.push_screen_wait(ExportDone(done, command)):
            app.open_data(str(done.path))


def _suggestions() -> list[tuple[str, str]]:
    """Files to offer: the sample inbox, and piles opened before; none whose name cannot be shown as it is."""
    sample = str(sample_folder() / "inbox.csv")
    recent = [pile.source for pile in recent_piles() if pile.source != sample]
    offered = [(sample, "the sample inbox"), *((source, clean_line(Path(source).parent)) for source in recent)]
    return [(path, what) for path, what in offered if clean_line(path) == path and Path(path).exists()]


def _described(candidate: Candidate) -> Content:
    summary: RunSummary = candidate.summary
    score = f"accuracy {summary.validation.accuracy:.1%}" if summary.validation else "not evaluated"
    labels = ", ".join(clean_line(label, 20) for label in candidate.labels[:4])
    return Content.assemble(
        (clean_line(summary.name, 40), "bold"),
        (f"\n     {clean_line(summary.model, 24)} · {score} · {labels}"[:72], "$foreground-muted"),
    )
