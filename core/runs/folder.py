"""A run's folder: its names, how one is made, and how a person's word for it (`RUN`) is found.

settings.toml        what was asked: data, settings, name; enough to repeat the run
provenance.json      versions, device, threads, hashes of data, tokenizer and weights, label names, split sizes
events.jsonl         the journal (core/runs/journal.py)
control.jsonl        requests to the worker (core/runs/control.py)
worker.log           everything the worker and its libraries print
lock                 held by the worker (core/runs/lock.py)
split.parquet        which row, by hash of its text, sits in train and which in validation
checkpoints/step-N/  where the run can go on from (core/training/checkpoints.py)
model/               the best weights as a Hugging Face folder
predictions.parquet  validation rows: row, text hash, label, logits
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError

from core.clean import clean_line
from core.errors import InputError, ReviewtuiError
from core.files import PRIVATE_FOLDER, home, private_folder, write_whole
from core.reviews.options import ReadingOptions
from core.settings import Settings

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")


class Request(BaseModel):
    """What a run is asked to do: `settings.toml`, typed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    data: str
    """Absolute path of the training data, or a Hugging Face dataset id."""
    validation: str | None = None
    reading: ReadingOptions = ReadingOptions()
    preset: str = "balanced"
    settings: Settings = Settings()

    def to_toml(self) -> str:
        """The request as TOML; a missing key means None, which TOML cannot say."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run. Holds paths only; reading a run is `core/runs/summary.py`."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def settings(self) -> Path:
        return self.path / "settings.toml"

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

    def request(self) -> Request:
        """What the run was asked to do.

        Raises:
            ReviewtuiError: settings.toml is missing or damaged.
        """
        try:
            return Request.model_validate(tomllib.loads(self.settings.read_text(encoding="utf-8")))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
            raise ReviewtuiError(f"{self.settings} cannot be read; the run cannot be repeated from it.") from error


def runs_home() -> Path:
    """The folder that holds every run's folder."""
    return home() / "runs"


def create_run(request: Request) -> RunFolder:
    """A new folder with its `settings.toml`; its id is the time of day, to 1/65536 of a second.

    Raises:
        ReviewtuiError: the home cannot be written.
    """
    run = _new_folder(private_folder(runs_home()))
    private_folder(run.checkpoints)
    write_whole(run.settings, request.to_toml())
    return run


def _new_folder(place: Path) -> RunFolder:
    """A folder that nobody else has: where an id is taken, the next one is."""
    for moment in itertools.count(time.time(), 1 / (1 << 16)):
        path = place / f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(moment))}-{int(moment % 1 * (1 << 16)):04x}"
        try:
            path.mkdir(mode=PRIVATE_FOLDER)
            path.chmod(PRIVATE_FOLDER)
        except FileExistsError:
            continue
        except OSError as error:
            raise ReviewtuiError(f"Cannot write in {place} ({error.strerror}); set REVIEWTUI_HOME.") from error
        return RunFolder(path)
    raise AssertionError("the clock ended")


def list_runs() -> list[RunFolder]:
    """Every run's folder, the newest first."""
    return sorted(_folders(), key=lambda run: run.id, reverse=True)


def _folders() -> Iterator[RunFolder]:
    try:
        entries = list(runs_home().iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise ReviewtuiError(f"Cannot read {runs_home()} ({error.strerror}); set REVIEWTUI_HOME.") from error
    for entry in entries:
        if _ID.fullmatch(entry.name) and entry.is_dir() and not entry.is_symlink():
            yield RunFolder(entry)


def find_run(word: str) -> RunFolder:
    """The run that `word` names: `latest`, an id, a name, or the beginning of just one id or name.

    Raises:
        InputError: no run, or several, answer to it.
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
    ):
        if len(match) == 1:
            return match[0]
        if match:
            several = ", ".join(run.id for run in match[:5])
            raise InputError(f"'{clean_line(word, 60)}' names {len(match)} runs ({several}, …); use an id.")
    raise InputError(f"No run is called '{clean_line(word, 60)}'; `reviewtui runs` lists them.")


def _name(run: RunFolder) -> str:
    try:
        content: dict[str, Any] = tomllib.loads(run.settings.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(content.get("name", ""))


def trash_run(run: RunFolder) -> Path:
    """Move a run out of the list; `restore_run` brings it back until `empty_trash`. Returns where it lies."""
    target = private_folder(_trash(os.getpid())) / run.id
    run.path.rename(target)
    return target


def restore_run(trashed: Path) -> RunFolder:
    """Bring a trashed run back to the list."""
    run = RunFolder(runs_home() / trashed.name)
    trashed.rename(run.path)
    return run


def empty_trash() -> None:
    """Delete what this process moved to the trash, for good."""
    shutil.rmtree(_trash(os.getpid()), ignore_errors=True)


def recover_trash() -> list[RunFolder]:
    """Bring back what a process trashed that ended without emptying its trash: it had promised an undo."""
    recovered = []
    trash = home() / "trash"
    for folder in sorted(trash.iterdir()) if trash.is_dir() else []:
        if folder.name.isdecimal() and not _lives(int(folder.name)):
            recovered += [restore_run(run) for run in folder.iterdir() if _ID.fullmatch(run.name)]
            shutil.rmtree(folder, ignore_errors=True)
    return recovered


def _lives(process: int) -> bool:
    try:
        return psutil.pid_exists(process)
    except OverflowError:
        return False


def _trash(process: int) -> Path:
    return home() / "trash" / str(process)
