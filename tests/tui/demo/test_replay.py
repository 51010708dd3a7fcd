"""The demo's home and its recording: private, of its own, removed; a real run without anybody's name in it."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from core.base.subprocess_env import child_environment
from core.diagnosis.run import diagnose_run
from core.runs.baselines import best_baseline, gain_over
from core.runs.folder import list_runs
from core.runs.history import read_history
from core.runs.launch import launch_worker
from core.runs.lock import living_worker
from core.runs.outline import read_outline
from core.runs.queue import begin
from core.runs.records import FinishedRecord
from core.runs.summary import summarize
from tests.end_to_end.conftest import wider_than_private
from tests.tui.commands.test_hostile_commands import Printed, reviewtui
from tui.demo.recording import FILE, NAME, read_recording
from tui.demo.replay import Replay


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@pytest.fixture
def replay(temporary: Path) -> Iterator[Replay]:
    made = Replay("/data/reviews.csv", speed=1000.0)
    yield made
    made.end()


def test_the_recording_is_a_whole_run_and_small(tmp_path: Path) -> None:
    recording = read_recording()
    assert FILE.stat().st_size < 300_000
    kinds = [one.kind for one in recording.run.records]
    assert kinds[0] == "started" and kinds[-1] == "finished" and kinds.count("evaluation") >= 4
    assert {"plan", "step", "memory", "checkpoint", "phase"} <= set(kinds)
    assert 30 < recording.run.seconds < 300
    times = [one.time for one in recording.run.records]
    assert times == sorted(times)


def test_nobodys_name_and_no_path_is_in_the_recording() -> None:
    with zipfile.ZipFile(FILE) as archive:
        for entry in archive.namelist():
            text = archive.read(entry).decode()
            assert not re.search(r"(?:^|[\s\"'=(])(?:/|~)[\w.]+/", text), entry
            assert os.uname().nodename not in text


def test_it_is_laid_out_as_a_run_at_work_with_its_baseline(replay: Replay) -> None:
    replay.begin()
    runs = list_runs()
    assert runs[0].id == replay.run.id and len(runs) == 2
    summary = summarize(replay.run)
    assert summary.name == NAME and summary.data == "/data/reviews.csv"
    baseline = best_baseline(replay.run)
    assert baseline is not None and baseline.name == "recorded baseline"
    assert wider_than_private(replay.home) == []


def test_when_it_has_been_played_it_is_the_run_that_was_recorded(replay: Replay, until: Callable[..., Any]) -> None:
    replay.begin()
    until(lambda: read_history(replay.run.journal).end is not None, seconds=60)
    until(lambda: living_worker(replay.run.lock) is None, seconds=60)
    history, recorded = read_history(replay.run.journal), read_recording().run
    assert summarize(replay.run).state == "finished"
    assert history.step == sum(one.kind == "step" for one in recorded.records)
    assert isinstance(history.end, FinishedRecord) and "nothing was trained" in history.end.message
    assert "recording" in history.notices[0].text
    baseline = best_baseline(replay.run)
    assert baseline is not None and gain_over(baseline, replay.run, history.end) is not None
    assert diagnose_run(replay.run, history) is not None


def test_status_says_that_it_is_a_recording(replay: Replay, until: Callable[..., Any], capsys: Printed) -> None:
    replay.begin()
    until(lambda: read_history(replay.run.journal).notices, seconds=60)
    assert reviewtui("status", "latest") == 0
    said = capsys.readouterr().out
    assert NAME in said and "This is a recording of a real run" in said
    until(lambda: read_history(replay.run.journal).end is not None, seconds=60)
    assert reviewtui("status", "latest") == 0
    assert "nothing was trained here" in capsys.readouterr().out


def test_nothing_can_be_trained_in_its_home(replay: Replay) -> None:
    outline = read_outline(replay.run.settings)
    assert outline is not None
    for wait in (True, False):
        with pytest.raises(InputError, match="nothing is trained here"):
            begin(replay.run, wait=wait, resume=True)
    with pytest.raises(InputError, match="nothing is trained here"):
        launch_worker(replay.run)


def test_the_home_of_the_user_is_neither_read_nor_written(home: Path, temporary: Path) -> None:
    home.mkdir()
    home.chmod(0)
    made = Replay("/data/reviews.csv", speed=1000.0)
    made.begin()
    assert Path(os.environ["REVIEWTUI_HOME"]).parent == temporary
    assert stat.S_IMODE(made.home.stat().st_mode) == 0o700
    made.end()
    assert os.environ["REVIEWTUI_HOME"] == str(home) and not made.home.exists()
    made.end()
    home.chmod(0o700)
    assert list(home.iterdir()) == []


_KILLED = """
import sys, tempfile, time
tempfile.tempdir = sys.argv[1]
from tui.demo.replay import Replay
made = Replay("x", speed=1.0)
made.begin()
print(made.home, flush=True)
time.sleep(1000)
"""


def test_what_a_killed_demo_left_is_removed_by_the_next_one_and_that_of_a_living_one_is_not(temporary: Path) -> None:
    def other() -> tuple[subprocess.Popen[str], Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(temporary)], env=child_environment(), stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip())

    (dead, its_home), (living, other_home) = other(), other()
    assert its_home.is_dir() and other_home.is_dir()
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    Replay("x", speed=1.0).end()
    assert not its_home.exists() and other_home.is_dir()
    living.kill()
    for process in (dead, living):
        process.communicate()


def test_it_takes_about_a_minute_unless_a_speed_is_chosen(temporary: Path) -> None:
    made = Replay("x")
    assert 60 <= read_recording().run.seconds / made.speed <= 90
    made.end()
