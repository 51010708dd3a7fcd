"""Labelling a pile automatically, killed at every call that changes what is on the disk: all of it or nothing."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.base.files import write_json
from core.engine.certificate_methods import auto_label
from core.engine.certificate_requests import AutoLabel, AutoLabelled
from core.runs.folder import RunFolder
from core.triage.certificate.watching import certificate_of, labelled_automatically
from core.triage.decisions import DecisionLog, pile_folder
from tests.core.bulk.killed import CALLS, in_a_fork
from tests.core.triage.certificate.made import answers, audit, pile_file, sequence
from tests.tui.commands.test_auto_label import Scored
from tests.tui.made_runs import make_run

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]


@pytest.fixture
def run() -> RunFolder:
    made = make_run(1, name="first")
    write_json(made.model / "config.json", {"id2label": {"0": "negative", "1": "positive"}})
    return made


def test_killed_at_every_call(tmp_path: Path, run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.scores.scoring.score", lambda model, reviews, *_, **__: Scored(reviews))
    source, reviews = pile_file(tmp_path, 500, copies=20)
    audit(source, reviews, sequence(answers(source, reviews))[:220])
    output, pile = tmp_path / "labels.csv", pile_folder(source)
    before, folder = tmp_path / "before", pile

    def label() -> AutoLabelled:
        asked = AutoLabel(source=source, run=str(run.path), max_error=0.05, record=True, output=str(output))
        return auto_label(asked, lambda what, share: None)

    shutil.copytree(folder, before)
    assert in_a_fork(label) == 0  # what it loads and keeps once is there for all
    whole, rows = output.read_bytes(), _labelled(source)
    assert rows > 100
    outcomes = set()
    for number in itertools.count():
        shutil.rmtree(folder)
        shutil.copytree(before, folder)
        output.unlink(missing_ok=True)
        status = in_a_fork(lambda: _killed_at(number, label))  # noqa: B023 (waited for)
        recorded, written = _labelled(source), output.exists()
        assert recorded in (0, rows), "none of the labels, or all"
        assert not written or output.read_bytes() == whole, "no file, or all of it"
        outcomes.add((recorded > 0, written))
        assert in_a_fork(label) == 0
        assert _labelled(source) == rows and output.read_bytes() == whole, "entered again, it goes on"
        log = DecisionLog(source)
        assert len(labelled_automatically(log.history)) == 1, "once, not twice"
        log.undo()
        assert log.history.counts.by_model == 0 and log.history.counts.decided == 220
        log.close()
        if status == 0:
            break
        assert status == -signal.SIGKILL
    print(f"\nkilled at {number} calls: {sorted(outcomes)} (recorded, written)")
    assert outcomes >= {(False, False), (False, True), (True, True)}


def _labelled(source: str) -> int:
    """How many labels of the model the log has; its certificate is there if it has any."""
    log = DecisionLog(source)
    for operation in labelled_automatically(log.history):
        assert certificate_of(log.folder, operation) is not None
    found = log.history.counts.by_model
    log.close()
    return found


def _killed_at(number: int, work: Callable[[], object]) -> None:
    """Do `work`; end by SIGKILL at call `number`, of which writes count twice: before, and half done."""
    count = itertools.count()
    real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in CALLS}

    def watched(name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if next(count) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            if name == "write" and next(count) == number:
                real["write"](given[0], bytes(given[1])[: len(given[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real[name](*given, **named)

        return call

    for name in CALLS:
        setattr(os, name, watched(name))
    work()
