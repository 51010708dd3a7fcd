"""Runs whose journal a test writes record by record, and a command that keeps what it was given."""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from core.base.files import private_folder, write_whole
from core.notifications.preferences import EVENTS, Notifications, remember_notifications
from core.runs.folder import RunFolder, runs_home
from core.runs.journal import JournalWriter
from core.runs.request import Request
from tests.core.runs.whole_records import record

BEGAN = float(round(time.time()))
_KEEP = "import sys; open(sys.argv[1], 'ab', 0).write(sys.stdin.buffer.read())"


def empty_run(name: str = "lamps", number: int = 1) -> RunFolder:
    """A run without a journal."""
    run = RunFolder(private_folder(runs_home()) / f"20260901-100000-{number:04}")
    private_folder(run.path)
    write_whole(run.settings, Request(name=name, data="/data/lamps.csv").to_toml())
    return run


def write(run: RunFolder, at: float, kind: str, **fields: Any) -> None:
    """Add a record that was written `at` seconds after the beginning."""
    writer = JournalWriter(run.journal, clock=lambda: BEGAN + at)
    writer.write(record(kind, **fields))
    writer.close()


def step(number: int, loss: float = 0.5) -> dict[str, Any]:
    """The fields of a step."""
    return {"step": number, "epoch": number / 20, "loss": loss, "seconds": number * 0.25}


def keeping(file: Path) -> str:
    """A command that appends what it gets on its standard input to a file."""
    return shlex.join([sys.executable, "-c", _KEEP, str(file)])


def ask(command: str = "", at: float = 0.0, **changes: Any) -> Notifications:
    """Ask to be told everything by a command."""
    chosen: dict[str, Any] = {"events": tuple(EVENTS), "ways": ("command",), "command": command}
    return remember_notifications(Notifications(**{**chosen, **changes}), BEGAN + at)


def kept(file: Path) -> list[dict[str, Any]]:
    """What the command was given so far."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
