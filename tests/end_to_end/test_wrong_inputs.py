"""Whatever a person gives by mistake ends in one clear sentence and exit status 2 or 1, never in a traceback."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.conftest import SAMPLES, Reviewtui

TRAIN = ("--model", "starter", "--wait", "--json")


def _csv(rows: list[str]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / "data.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        return folder / "data.csv"

    return make


def _bytes(content: bytes, name: str = "data.csv") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def _folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


GOOD = ["review,label", *(f"number {i} is {'good' if i % 2 else 'bad'},{i % 2}" for i in range(20))]

FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing file": (lambda folder: folder / "nothing.csv", "does not exist"),
    "folder without data": (_folder, "no data file|no file"),
    "binary file": (_bytes(bytes(range(256)) * 40), "binary|not.*text"),
    "a zip": (_bytes(b"PK\x03\x04" + bytes(400)), "damaged or incomplete"),
    "parquet in name only": (_bytes(b"hello", "data.parquet"), "Parquet|parquet"),
    "empty file": (_bytes(b""), "empty"),
    "header only": (_csv(["review,label"]), "no (row|review)|only a header|header"),
    "one class": (_csv(["review,label", *(f"good number {i},1" for i in range(20))]), "two classes"),
    "two rows": (_csv(GOOD[:3]), "few|least"),
    "no text column": (_csv(["a,b", *(f"{i},{i % 2}" for i in range(20))]), "--text"),
    "no label column": (_csv(["review", *(f"this is the review with number {i}" for i in range(20))]), "label"),
    "a label per row": (_csv(["review,label", *(f"good number {i},kind{i}" for i in range(60))]), "class|label"),
    "broken json": (_bytes(b'[{"review": "x"', "data.json"), "JSON|json"),
    "utf-16 garbage": (_bytes(b"\xff\xfe\x00"), "."),
}


@pytest.mark.parametrize("case", FILES)
def test_an_unusable_file_is_refused_in_one_sentence(case: str, reviewtui: Reviewtui, tmp_path: Path) -> None:
    make, words = FILES[case]
    path = make(tmp_path)
    ended = reviewtui("train", str(path), *TRAIN)
    _is_one_sentence(ended.err, words)
    assert ended.status == 2, ended
    assert ended.out == ""
    assert not list((tmp_path / "home" / "runs").glob("*")), "a refused run leaves no folder"


USAGE: dict[str, tuple[list[str], str, int]] = {
    "no such command": (["trian"], "No such command", 2),
    "no argument": (["train"], "Missing argument", 2),
    "no such option": (["runs", "--sideways"], "No such option", 2),
    "unknown setting": (["train", "{good}", "--set", "lerning_rate=1"], "learning_rate", 2),
    "setting out of range": (["train", "{good}", "--set", "epochs=0"], "epochs", 2),
    "no value": (["train", "{good}", "--set", "epochs"], "name=value", 2),
    "settings that do not fit": (["train", "{good}", "--set", "micro_batch_size=64"], "micro_batch_size", 2),
    "no such preset": (["train", "{good}", "--preset", "fastest"], "balanced", 2),
    "no such column": (["train", "{good}", "--text", "body"], "body", 2),
    "no such settings file": (["train", "{good}", "--settings", "nothing.toml"], "nothing.toml", 2),
    "settings file is no TOML": (["train", "{good}", "--settings", "{good}"], "TOML", 2),
    "no such model folder": (["train", "{good}", "--model", "./nothing"], "no model folder", 2),
    "model without a network": (["train", "{good}", "--model", "someone/some-model"], "starter", 1),
    "hub data without a network": (["train", "someone/some-reviews", "--model", "starter"], ".", 2),
    "no GPU": (["train", "{good}", "--model", "starter", "--set", "device=cuda:7", "--wait"], "cuda:7", 1),
    "no run yet": (["status", "latest"], "no run", 2),
    "no run to evaluate": (["evaluate", "latest", "{good}"], "no run", 2),
    "no model to classify with": (["classify", "Fine"], "no trained model", 2),
    "nothing to classify": (["classify"], "quotes", 2),
    "file without output": (["classify", "--file", "{good}"], "--output", 2),
    "untrained model": (["classify", "Fine", "--model", "starter"], "not a trained classifier", 2),
    "standard input is empty": (["inspect", "-"], "empty", 2),
    "the workbench without a terminal": ([], "terminal", 2),
}


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_is_refused_in_one_sentence(case: str, reviewtui: Reviewtui, tmp_path: Path) -> None:
    arguments, words, status = USAGE[case]
    good = _csv(GOOD)(tmp_path)
    ended = reviewtui(*(argument.format(good=good) for argument in arguments))
    _is_one_sentence(ended.err + ended.out if case == "no GPU" else ended.err, words)
    assert ended.status == status, ended


def test_a_home_that_cannot_be_written_is_said(reviewtui: Reviewtui, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    env = {"REVIEWTUI_HOME": str(tmp_path / "file" / "home")}
    ended = reviewtui("train", str(_csv(GOOD)(tmp_path)), *TRAIN, env=env)
    _is_one_sentence(ended.err, "REVIEWTUI_HOME")
    assert ended.status == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_is_said(reviewtui: Reviewtui, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(full)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        env = {"REVIEWTUI_HOME": str(full / "home")}
        ended = reviewtui("train", str(SAMPLES / "train.csv"), *TRAIN, env=env)
        _is_one_sentence(ended.err, "space|full|write")
        assert ended.status == 1
    finally:
        subprocess.run(["umount", str(full)], check=False)


def test_a_100_kb_line_is_read(reviewtui: Reviewtui, tmp_path: Path) -> None:
    path = _csv([*GOOD, "word " * 20_000 + ",1"])(tmp_path)
    ended = reviewtui("inspect", str(path), "--model", "starter", "--json")
    assert ended.status == 0, ended.err
    assert ended.json["kept"] == 21
    assert ended.json["tokens"]["max"] > 20_000


def test_a_folder_core_where_one_works_is_not_run(reviewtui: Reviewtui, tmp_path: Path) -> None:
    path = _csv(GOOD)(tmp_path)
    for name in ("core", "tui", "numpy", "pyarrow"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('not ours')")
    ended = reviewtui("inspect", str(path), "--json")
    assert ended.status == 0, ended.err
    assert ended.json["kept"] == 20


def _is_one_sentence(said: str, words: str) -> None:
    """The last line is the error; what stands before it may only be progress."""
    assert "Traceback" not in said
    assert said.strip(), "something must be said"
    last = said.strip().splitlines()[-1]
    assert re.search(words, last), last
    assert "unexpected error" not in last, last
