"""Scoring in the background, in a real process: detached, at a low priority, and gone when all is done."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.base.files import private_folder
from core.reviews.unlabelled import read_unlabelled
from core.runs.lock import living_worker
from core.runs.model_hash import model_hash
from core.scores.folder import progress_of, scores_folder, scores_home
from core.scores.launch import launch_scoring
from core.scores.scores import scores_of
from tests.core.scores.bench import inbox

pytestmark = pytest.mark.proof


def test_the_process_is_nobodys_child_yields_and_ends(
    tmp_path: Path, tiny_classifier: Path, until: Callable[..., Any]
) -> None:
    source = inbox(tmp_path / "pile.csv", 40)
    reviews = read_unlabelled(str(source))
    launch_scoring([tiny_classifier], str(source))
    lock = private_folder(scores_home()) / "background.lock"
    worker = until(lambda: living_worker(lock), 60, "a process has begun")
    assert worker.pid != os.getpid() and os.getpriority(os.PRIO_PROCESS, worker.pid) >= 10
    assert os.getsid(worker.pid) != os.getsid(0)
    folder = scores_folder(model_hash(tiny_classifier), reviews.report.data_hash)
    until(lambda: progress_of(folder).complete, 300, "all is scored")
    until(lambda: living_worker(lock) is None, 60, "the process has ended")
    assert scores_of(tiny_classifier, reviews) is not None
