"""Hostile model folders given to real commands: a sentence, exit status 2, and nothing of them has run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.models.hostile_models import REFUSED, plant_canary
from tests.end_to_end.conftest import Reviewtui


@pytest.mark.parametrize(
    ("command", "case"), [("train", "an index of pickles"), ("classify", "a tokenizer of folders")], ids=str
)
def test_a_hostile_model_ends_a_command_in_a_sentence(
    command: str,
    case: str,
    reviewtui: Reviewtui,
    reviews_csv: Callable[..., Path],
    tiny_classifier: Path,
    tmp_path: Path,
) -> None:
    folder = Path(shutil.copytree(tiny_classifier, tmp_path / "model \x1b]0;owned\x07"))
    canary = tmp_path / "canary"
    plant_canary(folder, canary)
    spoil, words = REFUSED[case]
    spoil(folder)
    what = {"train": (str(reviews_csv()), "--wait", "--json"), "classify": ("Lovely.", "--json")}[command]
    ended = reviewtui(command, *what, "--model", str(folder))
    assert ended.status == 2 and ended.out == ""
    last = ended.err.splitlines()[-1]
    assert words in last and "model ␛]0;owned␇" in last and last.endswith(".") and last.isprintable()
    assert not canary.exists() and not list((tmp_path / "home").glob("runs/*"))
