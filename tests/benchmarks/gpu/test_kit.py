"""What a bare machine is brought: only what it lacks, and told by name where nobody brought it."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from benchmarks.data import ROOT
from benchmarks.gpu import kit

OF_GROUPS = {"optuna", "threadpoolctl"}
"""What only sweeps and baselines need, which a device machine does not run."""
LATER = {"textual", "plotext"}
"""Of the screen, which none of the pieces opens."""
_BLOCKED = """
import importlib.util, runpy, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name in {absent} else find(name, *more)
sys.argv = ["gpu", *{words}]
runpy.run_module("benchmarks.gpu", run_name="__main__")
"""


def wheel(folder: Path, name: str, module: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{module}.py", text)


def test_every_dependency_is_in_the_kit_or_expected_of_the_machine() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[>=<]", line)[0] for line in project["dependencies"]}
    assert wanted - LATER - OF_GROUPS - {"scikit-learn"} <= {*kit.PACKAGES, *kit.EXPECTED}


def test_only_missing_packages_are_unpacked_and_those_of_one_version_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("tomli_w", "pydantic", "pydantic_core", "rich"):
        wheel(tmp_path / "kit" / "wheels", name, name, "carried = True")
    monkeypatch.setattr(kit, "missing", lambda: ["tomli-w", "pydantic-core", "torch"])
    kit.unpack(tmp_path / "kit", tmp_path / "site")
    assert {file.stem for file in (tmp_path / "site").iterdir()} == {"tomli_w", "pydantic", "pydantic_core"}
    found = importlib.util.find_spec("tomli_w")
    assert sys.path[0] == str(tmp_path / "site") and found is not None
    assert "tomli_w" in sys.modules or found.origin == str(tmp_path / "site" / "tomli_w.py")


def test_what_is_missing_and_how_to_bring_it_is_one_sentence_at_once(tmp_path: Path) -> None:
    words = ["--output", str(tmp_path / "out"), "--kit", str(tmp_path / "none")]
    script = _BLOCKED.format(absent={"tomli_w", "torch"}, words=words)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "Missing here: tomli-w, torch" in done.stderr and "make gpu-kit" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_kit_itself_needs_the_standard_library_alone() -> None:
    script = "import sys; from benchmarks.gpu import kit; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-S", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {*sys.stdlib_module_names, "__main__", "benchmarks"}
