"""Starting a worker that outlives whoever starts it.

The worker gets a session of its own (no terminal, no hang-up), its output goes to `worker.log`, and nothing ties it to
the pipes of its parent. Whether it also survives a logout depends on the machine; `logout_survival` finds out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from core.children import child_environment
from core.errors import ReviewtuiError
from core.files import home, open_private
from core.runs.folder import RunFolder
from core.runs.lock import read_holder

_PATIENCE_SECONDS = 10.0


def launch_worker(run: RunFolder, *, resume: bool = False, extend: int | None = None) -> int:
    """Start the worker of `run`, detached; return its pid once it holds the run's lock.

    The process started here takes the lock, forks and ends, so that the worker is nobody's child and leaves no zombie.

    Args:
        extend: have so many epochs in all from now on; see `core/runs/extension.py`.

    Raises:
        ReviewtuiError: it could not start, for instance because the run has a worker already.
    """
    command = [sys.executable, "-m", "core.worker", str(run.path), *(["--resume"] if resume else [])]
    command += [f"--extend={extend}"] if extend is not None else []
    log = open_private(run.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        starter = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env=child_environment(PYTHONUNBUFFERED="1", REVIEWTUI_HOME=str(home())),
        )
    finally:
        os.close(log)
    if starter.wait() != 0:
        raise ReviewtuiError(f"The worker could not start: {_last_words(run.log)}")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        holder = read_holder(run.lock)
        if holder is not None and holder.pid != starter.pid:
            return holder.pid
        time.sleep(0.02)
    raise ReviewtuiError(f"The worker did not stay; {run.log} may say why.")


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing."


def logout_survival() -> tuple[bool, str]:
    """Whether a detached worker survives its user's logout here, and the reason in words."""
    if not Path("/run/systemd/system").is_dir():
        return True, "no systemd here: detached runs survive a logout"
    if (Path("/var/lib/systemd/linger") / os.environ.get("USER", "")).is_file():
        return True, "lingering is on for this user: detached runs survive a logout"
    if _kills_user_processes():
        return False, "systemd-logind ends all processes at logout; `loginctl enable-linger` changes that"
    return True, "systemd-logind leaves processes alone at logout"


def _kills_user_processes(root: Path = Path("/")) -> bool:
    """`KillUserProcesses` as logind reads it: its last file wins; upstream's default is yes, Debian's is no."""
    files = [root / "usr/lib/systemd/logind.conf", root / "etc/systemd/logind.conf"]
    for folder in ("usr/lib/systemd/logind.conf.d", "run/systemd/logind.conf.d", "etc/systemd/logind.conf.d"):
        files += sorted((root / folder).glob("*.conf"))
    answer = "no" if (root / "etc/debian_version").exists() else "yes"
    for file in files:
        try:
            found = re.findall(r"^\s*KillUserProcesses\s*=\s*(\w+)", file.read_text(errors="replace"), re.MULTILINE)
        except OSError:
            continue
        answer = found[-1] if found else answer
    return answer.lower() in ("yes", "true", "1", "on")
