"""What the process in the background does: it takes the place of another, and tries each model."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.files import private_folder
from core.base.subprocess_env import child_environment, python_module
from core.reviews.options import ReadingOptions
from core.reviews.unlabelled import read_unlabelled
from core.runs.lock import living_worker
from core.runs.model_hash import model_hash
from core.scores.__main__ import main
from core.scores.folder import ScoringProgress, progress_of, scores_folder, scores_home
from core.scores.scores import scores_of
from tests.core.scores.bench import inbox, model_folder


@pytest.fixture
def lock(home: Path) -> Iterator[Path]:
    """The lock of the process in the background, which is ended if the test fails."""
    path = private_folder(scores_home()) / "background.lock"
    yield path
    if (holder := living_worker(path)) is not None:
        os.kill(holder.pid, signal.SIGKILL)


def test_a_new_pile_takes_the_place_of_another_and_each_model_is_tried(
    lock: Path, tmp_path: Path, tiny_classifier: Path
) -> None:
    source = inbox(tmp_path / "pile.csv", 12)
    reviews = read_unlabelled(str(source))
    broken = model_folder(tmp_path)
    folders = [scores_folder(model_hash(model), reviews.report.data_hash) for model in (broken, tiny_classifier)]
    other = subprocess.Popen(
        [*python_module("tests.core.scores.holding"), str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment(),
    )
    assert other.stdin is not None and other.stdout is not None
    assert other.stdout.readline() == b"locked\n"
    assert main(str(source), ReadingOptions().model_dump_json(), [str(broken), str(tiny_classifier)]) == 1
    assert other.wait(60) == -signal.SIGTERM
    other.stdin.close()
    other.stdout.close()
    assert living_worker(lock) is None
    failed, done = map(progress_of, folders)
    assert "is refused" in failed.problem and not failed.working
    assert done == ScoringProgress(12, 12)
    assert scores_of(tiny_classifier, reviews) is not None
