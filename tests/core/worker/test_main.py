"""The worker's last words: whatever ends a run is written down as a sentence, and its details in the log."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from core.runs.control import ControlReader
from core.runs.folder import RunFolder, create_run
from core.runs.journal import JournalReader
from core.runs.request import Request
from core.worker import main as worker
from core.worker import session


@pytest.fixture
def run() -> RunFolder:
    return create_run(Request(name="chairs", data="/absent.csv"))


@pytest.mark.parametrize(
    ("error", "words", "traced"),
    [
        (InputError("The file is empty; name another."), "The file is empty; name another.", False),
        (MemoryError(), "Out of memory. Lower max_length", True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "Out of memory.", True),
        (ZeroDivisionError("division by zero"), "An unexpected ZeroDivisionError ended the run;", True),
        (SystemExit(3), "An unexpected SystemExit ended the run;", True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_whatever_ends_a_run_is_written_down_as_a_sentence(
    error: BaseException,
    words: str,
    traced: bool,
    run: RunFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Failing:
        def __init__(self, *_: Any) -> None:
            raise error

    monkeypatch.setattr(session, "Session", Failing)
    monkeypatch.setattr(worker.faulthandler, "enable", lambda: None)
    worker._work(run, ControlReader(run.control), threading.Event(), resume=False)
    records = JournalReader(run.journal).read_new()
    assert [record.kind for record in records] == ["started", "failed"]
    assert records[-1].message.startswith(words) and "\n" not in records[-1].message
    assert ("Traceback" in capsys.readouterr().err) == traced


def test_a_run_that_is_taken_is_refused_before_anything_is_written(
    run: RunFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.runs.lock import RunLock

    monkeypatch.setattr(worker.os, "umask", lambda mask: None)
    lock = RunLock(run.lock)
    assert worker.main([str(run.path)]) == 1
    lock.release()
    assert "already has a worker" in capsys.readouterr().err and not Path(run.journal).exists()
