"""Every command that prints, as a real process on hostile reviews, labels, names and models, with umask 0."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.subprocess_env import child_environment
from core.base.text import clean_line
from core.runs.folder import find_run
from tests.core.models.hostile_models import REFUSED, plant_canary
from tests.end_to_end.conftest import ROOT, wider_than_private
from tests.end_to_end.emitted import raw_among
from tests.end_to_end.hostile_place import lay_out
from tests.hostile import CORPUS, SOUND, steering

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

Command = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def reviewtui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command line in a process of its own, with umask 0; nothing that it prints may steer."""
    monkeypatch.setenv("REVIEWTUI_HOME", str(tmp_path / "home"))

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [sys.executable, "-m", "tui", *arguments],
            env=child_environment(PYTHONPATH=str(ROOT), HF_HUB_OFFLINE="1"),
            cwd=tmp_path,
            capture_output=True,
            umask=0,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert not steering(printed.decode()) - {"\n"}, arguments
        assert raw_among(printed, CORPUS) == [], arguments
        return done

    return run


def test_every_command_on_a_hostile_place(
    reviewtui: Command, tmp_path: Path, tiny_model: Path, tiny_classifier: Path
) -> None:
    place = lay_out(tmp_path, tiny_classifier, CORPUS)
    data, name = str(place.data), next(text for text in SOUND[37:] if "\x00" not in text)
    quick = ("--model", str(tiny_model), "--set", "epochs=1", "--set", "max_length=32", "--set", "batch_size=16")
    some = [text for text in SOUND[::60] if "\x00" not in text and text.strip()]
    outputs = [tmp_path / f"out.{suffix}" for suffix in ("csv", "jsonl", "parquet")]
    commands: list[tuple[str, ...]] = [
        ("inspect", data, "--model", str(tiny_model)), ("inspect", data, "--model", str(tiny_model), "--json"),
        ("forecast", data, *quick), ("train", data, *quick, "--name", name, "--wait"), ("runs",), ("runs", "--json"),
        ("status", "latest"), ("status", "latest", "--plain"), ("status", place.run.id, "--plain"),
        ("evaluate", "latest", data), ("suspects", data, "--model", str(tiny_model), "--json"),
        ("classify", *some, "--run", "latest", "--explain"),
        ("classify", *some, "--run", place.run.id, "--json"),
        *(("classify", "--file", data, "--output", str(output), "--run", "latest") for output in outputs),
    ]  # fmt: skip
    printed = 0
    for command in commands:
        done = reviewtui(*command)
        assert done.returncode == 0, (command, done.stderr[-2000:])
        printed += len(done.stdout) + len(done.stderr)
    run = find_run(name)
    assert run.request().name == clean_line(name)
    provenance = json.loads(run.provenance.read_text())
    assert set(provenance["train_rows"]) == set(place.labels)
    left = [*(tmp_path / "home").rglob("*")]
    assert wider_than_private(tmp_path / "home") == []
    print(
        f"{len(commands)} commands on {len(place.texts)} hostile reviews printed {printed:,} bytes, none of which "
        f"steers; they left {len(left)} files and folders, all 0600 and 0700 with umask 0"
    )


def test_every_hostile_model_by_the_command_line(
    reviewtui: Command, tmp_path: Path, tiny_classifier: Path, reviews_csv: Callable[..., Path]
) -> None:
    data = str(reviews_csv())
    sound = Path(shutil.copytree(tiny_classifier, tmp_path / "sound"))
    for case, (spoil, words) in REFUSED.items():
        folder = tmp_path / "models" / f"m{len(os.listdir(tmp_path))}"
        shutil.rmtree(tmp_path / "models", ignore_errors=True)
        shutil.copytree(sound, folder)
        plant_canary(folder, tmp_path / "canary")
        spoil(folder)
        done = reviewtui("train", data, "--model", str(folder), "--wait")
        last = done.stderr.decode().splitlines()[-1]
        assert done.returncode == 2 and words in last and str(folder) in last, (case, last)
        assert not (tmp_path / "canary").exists(), case
    assert not list((tmp_path / "home").glob("runs/*"))
    print(f"{len(REFUSED)} hostile models: each refused by name with exit status 2, no code of any ran")
