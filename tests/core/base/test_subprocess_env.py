"""What a child process is given."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.subprocess_env import KERNELS, child_environment, python_module


def test_a_child_finds_core_from_any_folder_and_keeps_what_was_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    given = child_environment()
    words = "import core, sys; print(core.__file__); print(sys.path)"
    said = subprocess.check_output([sys.executable, "-c", words], cwd=tmp_path, env=given, text=True)
    assert str(tmp_path / "mine") in said
    assert given["PYTHONPATH"].split(os.pathsep)[1] == str(tmp_path / "mine")


def test_a_module_is_ours_wherever_it_is_started(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("raise SystemExit(3)")
    command = python_module("core.data.tokenizer_process")
    assert subprocess.run(command, cwd=tmp_path, env=child_environment(), input=b"", check=False).returncode != 3


def test_kernels_are_few_unless_the_person_said_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KERNELS:
        monkeypatch.delenv(name, raising=False)
    given = child_environment(MORE="1")
    assert KERNELS.items() <= given.items() and given["MORE"] == "1"
    monkeypatch.setenv("LRU_CACHE_CAPACITY", "7")
    assert child_environment()["LRU_CACHE_CAPACITY"] == "7"


def test_waiting_threads_spin_briefly_unless_the_person_said_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    assert int(child_environment()["GOMP_SPINCOUNT"]) <= 1000
    monkeypatch.setenv("GOMP_SPINCOUNT", "12345")
    assert child_environment()["GOMP_SPINCOUNT"] == "12345"
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    given = child_environment()
    assert "GOMP_SPINCOUNT" not in given and given["OMP_WAIT_POLICY"] == "active"


def test_the_spin_reaches_the_openmp_that_torch_computes_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library itself prints what it took from its environment when it was loaded, in a process that forked first,
    as a worker does."""
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    script = "import os; child = os.fork(); os.waitpid(child, 0) if child else __import__('torch')"
    given = child_environment(OMP_DISPLAY_ENV="VERBOSE")
    said = subprocess.run([sys.executable, "-c", script], env=given, capture_output=True, text=True, check=True).stderr
    assert f"GOMP_SPINCOUNT = '{given['GOMP_SPINCOUNT']}'" in said
