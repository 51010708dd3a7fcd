"""Writing a corrected file from Classify: its labels are those that were decided about a source's suspects."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.text import clean_line
from core.suspicion.listing import KeptSuspects
from core.suspicion.report import Corrected, corrected_in_words, training_command
from core.suspicion.versions import next_version
from tui.formatting import counted
from tui.screens.classify.dialogs import ExportDialog, ExportDone
from tui.shell_command import quoted

if TYPE_CHECKING:
    from tui.workbench import Workbench


async def ask_corrected(app: Workbench, suspects: KeptSuspects) -> None:
    """Ask for a file, write the source with corrected labels to it, and offer to open it on Data."""
    from core.engine.suspicion_requests import CorrectLabels

    source = suspects.found.source

    async def write(path: Path, replace: bool, option: bool) -> Corrected:
        return await app.ask_apart(CorrectLabels(source=source, output=str(path)), lambda what, share: None)

    title = f"Write {clean_line(Path(source).name, 40)} with corrected labels to"
    suggested = await asyncio.to_thread(next_version, source)
    done: Corrected | None = await app.push_screen_wait(ExportDialog(title, suggested, write))
    if done is not None:
        _, *notes = corrected_in_words(done)
        changed = f"{done.corrected:,} corrected, {done.confirmed:,} confirmed, {done.ambiguous:,} ambiguous."
        command = quoted(training_command(done))
        if await app.push_screen_wait(
            ExportDone(f"{counted(done.rows, 'row')} in", Path(done.output), [changed, *notes], command)
        ):
            app.open_data(done.output)
