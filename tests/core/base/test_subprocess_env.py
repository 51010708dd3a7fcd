"""What a child process is given."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.subprocess_env import KERNELS, child_environment


def test_a_child_finds_core_from_any_folder_and_keeps_what_was_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    given = child_environment()
    words = "import core, sys; print(core.__file__); print(sys.path)"
    said = subprocess.check_output([sys.executable, "-c", words], cwd=tmp_path, env=given, text=True)
    assert str(tmp_path / "mine") in said
    assert given["PYTHONPATH"].split(os.pathsep)[1] == str(tmp_path / "mine")


def test_kernels_are_few_unless_the_person_said_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KERNELS:
        monkeypatch.delenv(name, raising=False)
    given = child_environment(MORE="1")
    assert KERNELS.items() <= given.items() and given["MORE"] == "1"
    monkeypatch.setenv("LRU_CACHE_CAPACITY", "7")
    assert child_environment()["LRU_CACHE_CAPACITY"] == "7"
