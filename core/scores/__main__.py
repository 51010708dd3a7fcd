"""`python -m core.scores SOURCE READING MODEL…`: scores a pile in the background; see `launch.py`.

READING is a `ReadingOptions` in JSON. The process forks at once, so that its parent need not wait for it.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.files import private_folder, write_whole
from core.base.priority import lower_process_priority
from core.reviews.options import ReadingOptions
from core.runs.lock import RunLock, RunLockedError
from core.scores.folder import ScoresFolder, background_lock, scores_home
from core.scores.launch import end_in_background

_NICENESS = 10
_PATIENCE_SECONDS = 30.0


def main(source: str, reading: str, models: list[str]) -> int:
    """Score a pile with models, in place of what is scored in the background now; return the exit status."""
    os.umask(0o077)
    private_folder(scores_home())
    lock = _take_over()
    if lock is None:
        return 1
    try:
        return _score_all(source, ReadingOptions.model_validate_json(reading), [Path(model) for model in models])
    finally:
        lock.release()


def _score_all(source: str, reading: ReadingOptions, models: list[Path]) -> int:
    from core.reviews.unlabelled import read_unlabelled
    from core.runs.model_hash import model_hash
    from core.scores.folder import scores_folder
    from core.scores.scoring import score

    try:
        reviews = read_unlabelled(source, reading)
    except ReviewtuiError as error:  # the screen that opens the pile says so, too
        print(error, file=sys.stderr)
        return error.exit_code
    status = 0
    for model in models:
        try:
            folder = scores_folder(model_hash(model), reviews.report.data_hash)
            private_folder(folder.path)
            with suppress(FileNotFoundError):
                folder.problem.unlink()
        except ReviewtuiError as error:
            print(error, file=sys.stderr)
            status = error.exit_code
            continue
        try:
            score(model, reviews, source)
        except ReviewtuiError as error:
            status = _give_up(folder, str(error))
        except Exception as error:
            memory = isinstance(error, MemoryError) or "allocate memory" in str(error)
            _give_up(folder, "Out of memory." if memory else f"An unforeseen {type(error).__name__}: {error}")
            raise
    return status


def _give_up(folder: ScoresFolder, reason: str) -> int:
    print(reason, file=sys.stderr)
    with suppress(ReviewtuiError):
        write_whole(folder.problem, f"{reason}\n")
    return 1


def _take_over() -> RunLock | None:
    """Return the lock of the process in the background, and end the one that holds it; None if it does not end."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            lock = RunLock(background_lock())
        except RunLockedError:
            end_in_background()
            time.sleep(0.1)
            continue
        lock.sign()
        return lock
    return None


if __name__ == "__main__":
    lower_process_priority(_NICENESS)  # while this process leads its session: what it forks does not
    if os.fork():
        os._exit(0)
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
