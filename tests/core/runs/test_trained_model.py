"""A run can be named where a model is asked for, without another meaning of any name that worked before."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import InputError
from core.base.files import write_json
from core.runs.folder import RunFolder, create_run
from core.runs.request import Request
from core.runs.trained_model import model_named


@pytest.fixture
def run() -> RunFolder:
    found = create_run(Request(name="lab", data="/data/x.csv"))
    found.model.mkdir()
    write_json(found.model / "config.json", {"id2label": {"0": "negative", "1": "positive"}})
    return found


def test_a_run_s_name_or_id_means_its_model(run: RunFolder) -> None:
    assert model_named("lab") == model_named(run.id) == str(run.model)


@pytest.mark.parametrize("word", ["auto", "starter", "bert-base-uncased", "owner/name", "la", "latest", "", "~x"])
def test_every_other_word_stays_what_it_is(run: RunFolder, word: str) -> None:
    assert model_named(word) == word


def test_a_folder_comes_first(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab").mkdir()
    assert model_named("lab") == "lab"


def test_a_run_without_a_model_is_said_to_have_none() -> None:
    create_run(Request(name="young", data="/data/x.csv"))
    with pytest.raises(InputError, match="young has no model yet"):
        model_named("young")
