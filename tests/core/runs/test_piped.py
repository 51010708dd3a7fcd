"""Reviews from a pipe: their copy is there while somebody needs it, and gone, with all that was read from it, after."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.errors import ReviewtuiError
from core.reviews.reading import read_reviews
from core.runs import piped
from core.runs.folder import RunFolder, create_run
from core.runs.piped import keep_piped, release_piped, remove_unneeded
from core.runs.request import Request
from core.runs.trash import empty_trash, restore_run, trash_run
from core.settings.schema import Settings

CONTENT = b"text,label\nIt is good,1\nIt is bad,0\n"
HOLDER = """
import sys
from core.runs.piped import keep_piped
print(keep_piped(sys.stdin.buffer), flush=True)
sys.stdout.close()
{ending}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("REVIEWTUI_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    release_piped()


def kept() -> Path:
    return keep_piped(io.BytesIO(CONTENT))


def run_on(copy: Path, **more: str) -> RunFolder:
    return create_run(Request(name="piped", data=str(copy), settings=Settings(), **more))


def test_the_copy_is_private_and_whole_and_stays_while_the_process_lives() -> None:
    copy = kept()
    remove_unneeded()
    assert copy.read_bytes() == CONTENT
    assert copy.stat().st_mode & 0o777 == 0o600 and copy.parent.stat().st_mode & 0o777 == 0o700


def test_a_pipe_that_would_fill_the_disk_is_refused_and_leaves_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piped, "_MARGIN", 1 << 62)
    with pytest.raises(ReviewtuiError, match="make room, or move REVIEWTUI_HOME"):
        kept()
    assert list((home / "standard-input").iterdir()) == []


def test_without_a_run_the_copy_and_all_that_was_read_from_it_go_with_the_process(home: Path) -> None:
    copies = [kept(), kept()]
    stores = [read_reviews(copy).folder for copy in copies]
    other = home.parent / "mine.csv"
    other.write_bytes(CONTENT)
    mine = read_reviews(other).folder
    release_piped()
    assert not any(copy.exists() for copy in copies) and not any(store.exists() for store in stores)
    assert mine.is_dir() and other.exists()


def test_a_run_keeps_its_data_and_its_validation_data_until_it_is_deleted_for_good() -> None:
    data, held_out = kept(), kept()
    run = run_on(data, validation=str(held_out))
    store = read_reviews(data).folder
    release_piped()
    assert data.exists() and held_out.exists() and store.is_dir()
    trashed = trash_run(run)
    remove_unneeded()
    assert data.exists(), "an undo brings the run back"
    trash_run(restore_run(trashed))
    empty_trash()
    assert not data.exists() and not held_out.exists() and not store.is_dir()


def test_a_copy_that_two_runs_need_stays_until_both_are_gone() -> None:
    copy = kept()
    runs = [run_on(copy), run_on(copy)]
    release_piped()
    for run in runs:
        assert copy.exists()
        trash_run(run)
        empty_trash()
    assert not copy.exists()


@pytest.mark.parametrize("ending", ["", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_copy_of_another_process_is_gone_when_that_has_ended_or_was_killed(ending: str) -> None:
    code = HOLDER.format(ending=ending)
    done = subprocess.run([sys.executable, "-c", code], input=CONTENT, stdout=subprocess.PIPE, check=False)
    copy = Path(done.stdout.decode().strip())
    assert copy.exists() == bool(ending)  # one that was killed could not clean up
    remove_unneeded()
    assert not copy.exists()


def test_a_copy_of_a_living_process_stays() -> None:
    code = HOLDER.format(ending="sys.stdin.close(); import time; time.sleep(600)")
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    with process.stdin, process.stdout:
        process.stdin.write(CONTENT)
        process.stdin.close()
        copy = Path(process.stdout.readline().decode().strip())
        remove_unneeded()
        assert copy.read_bytes() == CONTENT
        process.kill()
        process.wait()
    remove_unneeded()
    assert not copy.exists()
