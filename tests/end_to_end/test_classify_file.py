"""`reviewtui classify --file` as whole processes: killed, given again, and the file is that of an undisturbed one."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import ROOT, Reviewtui

Write = Callable[..., Path]


def test_a_killed_command_given_again_goes_on_to_the_same_file(
    reviewtui: Reviewtui,
    environment: dict[str, str],
    reviews_csv: Write,
    tiny_classifier: Path,
    tmp_path: Path,
    until: Callable[..., Any],
) -> None:
    source, output, whole = reviews_csv(6000), tmp_path / "out.parquet", tmp_path / "whole.parquet"
    partial = output.with_name(f".{output.name}.partial")

    def asked(target: Path) -> tuple[str, ...]:
        return ("classify", "--file", str(source), "--output", str(target), "--model", str(tiny_classifier))

    undisturbed = reviewtui(*asked(whole), "--json")
    assert undisturbed.status == 0 and undisturbed.json["resumed_at"] == 0, undisturbed.err
    command = [sys.executable, "-m", "tui", *asked(output)]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL, cwd=ROOT)
    until(lambda: (partial / "index.jsonl").is_file() and (partial / "index.jsonl").read_bytes().count(b"\n") >= 2)
    pid = int((partial / "lock").read_text())
    os.kill(pid, signal.SIGKILL)  # the engine: nothing is left that could tidy up
    assert process.wait() == 1 and not output.exists()
    with (partial / "lock").open() as lock:
        until(lambda: can_lock(lock.fileno()))
    again = reviewtui(*asked(output))
    assert again.status == 0, again.err
    assert "note: continuing at row" in again.err and "of 6,000" in again.err
    assert "6000 reviews classified, " in again.out and " of them before; " in again.out
    assert output.read_bytes() == whole.read_bytes()
    assert not partial.exists()


def can_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True
