"""Starts the process that scores a pile in the background: detached, at a low priority, one at a time.

It ends by itself when all is scored, and killing it costs a chunk at most. One that works for another pile or another
model is ended by the next: what it has computed is kept for when it is wanted again.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.files import home, open_private, private_folder
from core.base.subprocess_env import child_environment, python_module
from core.reviews.options import ReadingOptions
from core.runs.lock import living_worker
from core.scores.folder import ScoresFolder, background_lock, scores_home


def launch_scoring(
    models: Sequence[Path],
    source: str,
    reading: ReadingOptions = ReadingOptions(),  # noqa: B008 (frozen)
) -> None:
    """Start a process that scores a pile with models, one after the other; `progress_of` tells how far it is.

    Args:
        models: The folders of the models.
        source: The pile.
        reading: How it is read with labels; they play no part.

    Raises:
        ReviewtuiError: The process cannot be started.
    """
    arguments = [source, reading.model_dump_json(), *map(str, models)]
    log = open_private(private_folder(scores_home()) / "scoring.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        starter = subprocess.Popen(
            python_module("core.scores", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env=child_environment(REVIEWTUI_HOME=str(home())),
        )
    except (OSError, ValueError) as error:
        raise ReviewtuiError(f"Scoring in the background could not be started ({error}).") from error
    finally:
        os.close(log)
    starter.wait()  # it forks and ends, so that nobody has to reap the one that works


def end_in_background(folder: ScoresFolder | None = None) -> bool:
    """End the process in the background; return whether there was one. What it has computed is kept.

    Args:
        folder: End it only if it works on these scores.
    """
    holder = living_worker(background_lock())
    if holder is None or not holder.is_here or holder.pid == os.getpid():
        return False
    if folder is not None:
        works = living_worker(folder.lock)
        if works is None or works.pid != holder.pid:
            return False
    with suppress(OSError):
        os.kill(holder.pid, signal.SIGTERM)
    return True
