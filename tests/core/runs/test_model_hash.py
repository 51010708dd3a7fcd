"""The hash of a model: it changes with whatever decides an answer, and with nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from core.base.errors import ReviewtuiError
from core.runs import model_hash as module
from core.runs.model_hash import model_hash


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    made.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (made / name).write_text(f"content of {name}")
    return made


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_another_content_of_a_file_is_another_model(folder: Path, name: str) -> None:
    before = model_hash(folder)
    (folder / name).write_text("something else")
    assert model_hash(folder) != before


def test_cards_and_calibration_change_no_answer(folder: Path) -> None:
    before = model_hash(folder)
    (folder / "README.md").write_text("a card")
    (folder / "calibration.json").write_text('{"temperature": 2.0}')
    assert model_hash(folder) == before


def test_a_copy_elsewhere_is_the_same_model(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    assert model_hash(tmp_path / "copy") == model_hash(folder)


def test_an_unchanged_folder_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = model_hash(folder)
    monkeypatch.setattr(module, "sha256_of", lambda file: pytest.fail(f"{file} was read"))
    assert model_hash(folder) == before


def test_a_change_that_keeps_size_and_time_but_not_the_file_is_seen(folder: Path) -> None:
    weights = folder / "model.safetensors"
    before, state = model_hash(folder), weights.stat()
    weights.with_suffix(".new").write_text("CONTENT OF MODEL.SAFETENSORS")
    weights.with_suffix(".new").replace(weights)
    os.utime(weights, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert weights.stat().st_size == state.st_size and model_hash(folder) != before


def test_a_damaged_note_about_a_hash_is_ignored(folder: Path, home: Path) -> None:
    before = model_hash(folder)
    for damage in (b"", b"[1]", b'{"state": 3}', b"\xff"):
        (kept,) = (home / "model-hashes").iterdir()
        kept.write_bytes(damage)
        assert model_hash(folder) == before


def test_without_a_model_it_says_so(tmp_path: Path) -> None:
    for absent in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ReviewtuiError, match="There is no model in"):
            model_hash(absent)
