"""Starts a worker that outlives the process that starts it.

The worker runs in its own session (no terminal, no hang-up), writes its output to `worker.log`, and holds no pipe of
its parent. If a logout would end it nevertheless, it is started under the user's systemd manager where possible; see
`core/runs/logout.py`.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import ReviewtuiError
from core.base.files import home, open_private
from core.base.subprocess_env import child_environment, python_module
from core.runs.folder import RunFolder
from core.runs.lock import read_holder
from core.runs.logout import Detachment, plan_detachment, without_systemd
from core.runs.recorded import refuse_in_recording

_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Launched:
    """A worker that was started."""

    pid: int
    detachment: Detachment
    """How the worker was detached, and whether it survives a logout."""


def launch_worker(run: RunFolder, *, resume: bool = False, extend: int | None = None) -> Launched:
    """Start a detached worker for `run`, and return once it holds the run's lock.

    The process started here takes the lock, forks and ends, so that no parent has to reap the worker.

    Args:
        run: The run.
        resume: Whether to continue from the newest checkpoint.
        extend: The new total number of epochs; see `core/runs/extension.py`. None does not extend the run.

    Returns:
        The worker's pid, and how it was detached.

    Raises:
        ReviewtuiError: The worker could not start, for instance because the run already has one.
    """
    refuse_in_recording()
    command = python_module("core.worker", str(run.path), *(["--resume"] if resume else []))
    command += [f"--extend={extend}"] if extend is not None else []
    detachment = plan_detachment()
    before = [word.replace("UNIT", f"reviewtui-{run.id}") for word in detachment.command]
    starter = _start([*before, *command], run.log)
    if starter.returncode != 0 and before:
        detachment = without_systemd(_last_words(run.log))
        starter = _start(command, run.log)
    if starter.returncode != 0:
        raise ReviewtuiError(f"The worker could not start: {_last_words(run.log)}")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        holder = read_holder(run.lock)
        if holder is not None and holder.pid != starter.pid:
            return Launched(holder.pid, detachment)
        time.sleep(0.02)
    raise ReviewtuiError(f"The worker ended right after its start; see {run.log}.")


def _start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Run a command that starts a worker in its own session, with output to `log`; return it when it has ended."""
    output = open_private(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        starter = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env=child_environment(PYTHONUNBUFFERED="1", REVIEWTUI_HOME=str(home())),
        )
    finally:
        os.close(output)
    starter.wait()
    return starter


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it printed no message."
