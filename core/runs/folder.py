"""A run's folder: its files, its creation, and how the `RUN` that the user types is found.

settings.toml        what was asked: data, settings, name; enough to repeat the run
forecast.json        the forecast (core/forecast/forecast.py); missing if nothing was measured
provenance.json      versions, device, threads, hashes of data, tokenizer and weights, label names, split sizes
events.jsonl         the journal (core/runs/journal.py)
control.jsonl        requests to the worker (core/runs/control.py)
worker.log           everything the worker and its libraries print
lock                 held by the worker (core/runs/lock.py)
notes.jsonl          what the user says about it: notes, tags, another name (core/runs/notes.py)
queue.json           the run's place in the queue, while it has one (core/runs/queue_entry.py)
told/                a marker for each event that was told (core/notifications/told.py)
notify.log           what went wrong with the command that tells events
split.parquet        which row, by hash of its text, sits in train and which in validation
checkpoints/step-N/  where the run can be resumed (core/training/checkpoints.py)
student/             the model that a student begins with, while its worker works (core/worker/distillation.py)
base/N/              weights of other runs that a branch began with, if it trains others (core/runs/branch.py)
model/               the best weights as a Hugging Face folder
predictions.parquet  validation rows: row, text hash, label, logits
earlier/epochs-N/    model/ and predictions.parquet as they were before the run was extended (core/runs/extension.py)
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import InputError, ReviewtuiError
from core.base.files import PRIVATE_FOLDER, home, private_folder, write_whole
from core.base.text import clean_line
from core.runs.notes import FILE_NAME, read_annotations
from core.runs.outline import read_outline

if TYPE_CHECKING:
    from core.runs.request import Request

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")


@dataclass(frozen=True)
class RunFolder:
    """The paths in the folder of a run. `core/runs/summary.py` reads a run."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def settings(self) -> Path:
        return self.path / "settings.toml"

    @property
    def forecast(self) -> Path:
        return self.path / "forecast.json"

    @property
    def provenance(self) -> Path:
        return self.path / "provenance.json"

    @property
    def journal(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def control(self) -> Path:
        return self.path / "control.jsonl"

    @property
    def log(self) -> Path:
        return self.path / "worker.log"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def notes(self) -> Path:
        return self.path / FILE_NAME

    @property
    def told(self) -> Path:
        return self.path / "told"

    @property
    def notify_log(self) -> Path:
        return self.path / "notify.log"

    @property
    def queue_entry(self) -> Path:
        return self.path / "queue.json"

    @property
    def split(self) -> Path:
        return self.path / "split.parquet"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions.parquet"

    @property
    def base(self) -> Path:
        return self.path / "base"

    @property
    def student(self) -> Path:
        return self.path / "student"

    @property
    def earlier(self) -> Path:
        return self.path / "earlier"

    def request(self) -> Request:
        """Return the request of the run, with the name that it has now.

        Raises:
            ReviewtuiError: settings.toml is missing or damaged.
        """
        from core.runs.request import read_request  # pydantic; a list of runs does without it

        request, name = read_request(self.settings), read_annotations(self.notes).name
        return request.model_copy(update={"name": name}) if name else request


def runs_home() -> Path:
    """Return the folder that holds every run's folder."""
    return home() / "runs"


def create_run(request: Request) -> RunFolder:
    """Create the folder of a run with its `settings.toml`. The id of the run is the time, to 1/65536 of a second.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    run = RunFolder(new_folder(private_folder(runs_home())))
    private_folder(run.checkpoints)
    write_request(run, request)
    return run


def write_request(run: RunFolder, request: Request) -> None:
    """Replace a run's settings.toml."""
    write_whole(run.settings, request.located().to_toml())


def new_folder(place: Path) -> Path:
    """Create a folder in `place` that did not exist, named by the time: if an id is taken, the next one is tried.

    Raises:
        ReviewtuiError: `place` cannot be written to.
    """
    for moment in itertools.count(time.time(), 1 / (1 << 16)):
        path = place / f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(moment))}-{int(moment % 1 * (1 << 16)):04x}"
        try:
            path.mkdir(mode=PRIVATE_FOLDER)
            path.chmod(PRIVATE_FOLDER)
        except FileExistsError:
            continue
        except OSError as error:
            raise ReviewtuiError(f"Cannot write in {place} ({error.strerror}); set REVIEWTUI_HOME.") from error
        return path
    raise AssertionError("the clock ended")


def is_run_id(name: str) -> bool:
    """Return whether `name` has the form of a run's id."""
    return _ID.fullmatch(name) is not None


def list_runs() -> list[RunFolder]:
    """Return every run's folder, the newest first."""
    return sorted(_folders(), key=lambda run: run.id, reverse=True)


def _folders() -> Iterator[RunFolder]:
    try:
        entries = list(runs_home().iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise ReviewtuiError(f"Cannot read {runs_home()} ({error.strerror}); set REVIEWTUI_HOME.") from error
    for entry in entries:
        if is_run_id(entry.name) and entry.is_dir() and not entry.is_symlink():
            yield RunFolder(entry)


def find_run(word: str) -> RunFolder:
    """Return the run that `word` names: `latest`, an id, a name, or the beginning of exactly one id or name.

    Raises:
        InputError: The word names no run, or several.
    """
    runs = list_runs()
    if not runs:
        raise InputError("There is no run yet; start one with `reviewtui train DATA`.")
    if word == "latest":
        return runs[0]
    names = {run.id: _name(run) for run in runs}
    for match in (
        [run for run in runs if run.id == word],
        [run for run in runs if names[run.id] == word],
        [run for run in runs if word and (run.id.startswith(word) or names[run.id].startswith(word))],
        [run for run in runs if names[run.id] == clean_line(word)],  # as `train --name` has recorded it
    ):
        if len(match) == 1:
            return match[0]
        if match:
            several = ", ".join(run.id for run in match[:5])
            raise InputError(f"'{clean_line(word, 60)}' names {len(match)} runs ({several}, …); use an id.")
    raise InputError(f"No run is called '{clean_line(word, 60)}'; `reviewtui runs` lists them.")


def _name(run: RunFolder) -> str:
    outline = read_outline(run.settings)
    return outline.name if outline is not None else ""
