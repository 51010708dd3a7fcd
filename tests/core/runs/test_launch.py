"""Starting a worker: detached from whoever starts it, told apart from one that could not start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.errors import ReviewtuiError
from core.runs import launch
from core.runs.folder import RunFolder, create_run
from core.runs.launch import launch_worker
from core.runs.lock import RunLock
from core.runs.request import Request


@pytest.fixture
def run() -> RunFolder:
    return create_run(Request(name="chairs", data="/absent.csv"))


def test_a_second_worker_is_refused_in_the_words_of_the_first(run: RunFolder) -> None:
    lock = RunLock(run.lock)
    lock.sign()
    with pytest.raises(ReviewtuiError, match=rf"The worker could not start: .*already has a worker \({os.getpid()}\)"):
        launch_worker(run)
    lock.release()
    assert not run.journal.exists()


def test_a_worker_that_cannot_even_begin_is_a_sentence(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ReviewtuiError, match="it printed no message"):
        launch_worker(run)


def test_a_worker_that_does_not_stay_is_told_with_its_log(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    monkeypatch.setattr(launch, "_PATIENCE_SECONDS", 0.05)
    with pytest.raises(ReviewtuiError, match=r"ended right after its start; see .*worker\.log"):
        launch_worker(run)


def test_a_worker_gets_a_session_and_a_place_of_its_own_and_the_same_home(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the process is given, seen by a stand-in for Python that writes it down."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REVIEWTUI_HOME", "home")  # named from here; the worker is elsewhere
    stand_in = tmp_path / "python"
    facts = "$PWD|$REVIEWTUI_HOME|$PYTHONPATH|$*|$(ps -o sid= -p $$)|$$|$(readlink /proc/$$/fd/0)"
    stand_in.write_text(f'#!/bin/sh\necho "{facts}"\nexit 1\n')
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    with pytest.raises(ReviewtuiError):
        launch_worker(run, resume=True)
    folder, home, path, arguments, session, pid, stdin = run.log.read_text().strip().split("|")
    assert (folder, home, stdin) == ("/", str(tmp_path / "home"), "/dev/null")
    assert (Path(path.split(os.pathsep)[0]) / "core" / "worker" / "main.py").is_file()
    assert arguments == f"-P -m core.worker {run.path} --resume"
    assert session.strip() in (pid, "")


def test_the_parts_that_start_a_worker_load_no_model_library() -> None:
    script = (
        "import sys, core.worker.main, core.runs.launch, core.runs.summary, core.engine.client, core.settings.presets\n"
        "heavy = {'torch', 'transformers', 'numpy', 'pyarrow', 'datasets', 'sklearn', 'scipy', 'textual', 'rich'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
