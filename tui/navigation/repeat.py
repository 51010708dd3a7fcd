"""Setting up a new run like an earlier one, with some settings changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.base.errors import ReviewtuiError
from core.runs.outline import read_outline

if TYPE_CHECKING:
    from core.runs.folder import RunFolder
    from tui.navigation.place import Place


async def repeat(place: Place, run: RunFolder, changes: Mapping[str, str]) -> None:
    """Open Setup with the data, reading, preset and settings of a run, unless the user leaves `place` meanwhile.

    Args:
        place: The screen in view.
        run: The run whose settings are taken.
        changes: Setting → what to type in place of the run's value.
    """
    from core.engine.data_requests import Inspect  # pydantic; the first list does without it
    from tui.form_values import as_typed
    from tui.state import Draft

    app = place.app
    try:
        request, outline = await asyncio.to_thread(lambda: (run.request(), read_outline(run.settings)))
        draft = Draft(source=request.data, reading=request.reading, preset=request.preset)
        changed = outline.changed_settings() if outline is not None else {}
        draft.typed = {name: as_typed(getattr(request.settings, name)) for name in changed} | dict(changes)
        name = outline.name if outline is not None else request.name
        app.say(f"Reading the reviews of {name} …")
        found = await app.ask(Inspect(source=draft.source, reading=draft.reading))
    except ReviewtuiError as error:
        app.say(error, "error")
        return
    if not place.is_current:
        return
    app.draft = draft
    if found.trainable:
        app.switch_mode("data")
        return
    draft.report = found.report
    app.switch_mode("setup")
    if request.validation is not None:
        app.say(
            f"{name} was measured on {request.validation}; a new run holds out reviews of its own instead. "
            "`reviewtui train --validation FILE` measures on a file.",
            "warning",
        )
