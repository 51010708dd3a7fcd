"""What the tests of whole processes share."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_reviews"
WORKBENCH = (sys.executable, "-m", "tui")


@dataclass
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Reviewtui = Callable[..., Ended]
Open = Callable[..., Terminal]


def wider_than_private(folder: Path) -> list[str]:
    """What under `folder` another user could look into."""
    found = [folder, *folder.rglob("*")] if folder.is_dir() else []
    modes = {entry: stat.S_IMODE(entry.lstat().st_mode) for entry in found if not entry.is_symlink()}
    return [f"{mode:o} {entry}" for entry, mode in modes.items() if mode != (0o700 if entry.is_dir() else 0o600)]


@pytest.fixture(autouse=True)
def everything_left_is_private(tmp_path: Path) -> Iterator[None]:
    """Whatever processes leave in the home is its owner's alone, though they run with umask 0."""
    yield
    assert wider_than_private(tmp_path / "home") == []


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home of the test's own, and no network."""
    return {
        "REVIEWTUI_HOME": str(tmp_path / "home"),
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hub"),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def reviewtui(environment: dict[str, str], tmp_path: Path) -> Reviewtui:
    """Run the command line in a process of its own."""

    def run(*arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None, timeout: float = 170) -> Ended:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "tui", *arguments],
            input=stdin,
            capture_output=True,
            env={**os.environ, **environment, **(env or {})},
            cwd=tmp_path,
            timeout=timeout,
            umask=0,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def opened(environment: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    """Open the command in a terminal; whatever is still open at the end is closed."""
    terminals: list[Terminal] = []

    def open_terminal(
        *arguments: str,
        env: dict[str, str] | None = None,
        columns: int = 80,
        rows: int = 24,
        command: tuple[str, ...] = WORKBENCH,
    ) -> Terminal:
        everything = {**environment, **(env or {})}
        terminals.append(Terminal((*command, *arguments), everything, columns, rows, cwd=str(tmp_path)))
        return terminals[-1]

    yield open_terminal
    for terminal in terminals:
        terminal.close()
