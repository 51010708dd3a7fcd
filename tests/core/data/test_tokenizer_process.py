"""A large source is tokenized in a process of its own, which gives way to training."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data import tokenization as module
from core.data import tokenizer_process
from core.data.token_store import TokenStore
from core.data.tokenization import tokenize, tokenize_ahead
from core.data.tokens import encode
from core.models.tokenizer import load_tokenizer
from core.reviews.reading import Reviews
from tests.core.data.conftest import ROWS, beside, contents


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that tokenize, which these few reviews are worth for once; none of them is left over."""
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def start(*command: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(real(*command, **options))
        return started[-1]

    monkeypatch.setattr(tokenizer_process.subprocess, "Popen", start)
    monkeypatch.setattr(module, "_PROCESS_BYTES", 0)
    monkeypatch.setattr(module, "_CHUNK", 5)
    yield started
    assert all(process.poll() is not None for process in started)


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_a_process_of_its_own_makes_the_same_ids(
    family: str,
    reviews: Reviews,
    tiny_models: dict[str, Path],
    processes: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokenizer = load_tokenizer(tiny_models[family], "x")
    direct = encode(tokenizer, reviews.texts(range(ROWS)))
    here: list[int] = []

    def counted(tokenizer: Any, texts: list[str]) -> list[list[int]]:
        here.append(len(texts))
        return encode(tokenizer, texts)

    monkeypatch.setattr(module, "encode", counted)
    store = tokenize_ahead(reviews, tokenizer, [np.array([30, 3, 17])])
    assert contents(store) == direct
    store.finish()
    assert len(processes) == 1 and sum(here) < ROWS / 2
    assert contents(tokenize(reviews, tokenizer)) == direct


def test_a_process_that_is_killed_is_done_without(
    reviews: Reviews,
    tokenizer: Any,
    direct: list[list[int]],
    processes: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At every chunk, and however much of one it had written by then."""
    write_ids, kill_at = tokenizer_process.TokenizerProcess.write_ids, [0]

    def killing(self: Any, rows: np.ndarray, progress: Any) -> np.ndarray:
        if not kill_at[0]:
            write_ids(self, rows, progress)  # all of it is in the file, but nobody hears of it
            processes[-1].kill()
            processes[-1].wait()
            raise tokenizer_process.TokenizerProcessError("killed")
        kill_at[0] -= 1
        return write_ids(self, rows, progress)

    monkeypatch.setattr(tokenizer_process.TokenizerProcess, "write_ids", killing)
    for count in range(4):
        for name in beside(reviews):
            shutil.rmtree(reviews.folder / name)
        kill_at[0] = count
        store = tokenize_ahead(reviews, tokenizer, ())
        store.finish()
        assert contents(store) == contents(tokenize(reviews, tokenizer)) == direct
    assert len(processes) == 4


def test_a_tokenizer_that_does_more_than_its_definition_says_stays_in_this_process(
    reviews: Reviews, tokenizer: Any, processes: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def shouting(tokenizer: Any, texts: list[str]) -> list[list[int]]:
        return encode(tokenizer, [f"{text} great" for text in texts])

    monkeypatch.setattr(tokenizer_process, "encode", shouting)
    monkeypatch.setattr(module, "encode", shouting)
    store = tokenize_ahead(reviews, tokenizer, ())
    assert contents(store) == shouting(tokenizer, reviews.texts(range(ROWS))) and not processes


def test_closing_a_store_ends_its_process(
    reviews: Reviews, tokenizer: Any, processes: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_REST", 1e9)
    store = tokenize_ahead(reviews, tokenizer, [np.array([1])])
    store.wait(np.array([1]))
    store.close()
    assert beside(reviews) == [] and not store.complete


def test_it_rests_beside_training_until_somebody_waits(
    reviews: Reviews, tokenizer: Any, direct: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would rest for ever here; whoever waits gets all rows all the same, and nobody else has it hurry."""
    monkeypatch.setattr(module, "_CHUNK", 5)
    monkeypatch.setattr(module, "_REST", 1e12)
    rests: list[float] = []
    rest = TokenStore.rest

    def resting(self: TokenStore, seconds: float) -> None:
        rests.append(seconds)
        rest(self, seconds)

    monkeypatch.setattr(TokenStore, "rest", resting)
    store = tokenize_ahead(reviews, tokenizer, ())
    assert contents(store) == direct and rests
    for name in beside(reviews):
        shutil.rmtree(reviews.folder / name)
    rests.clear()
    hurried = tokenize_ahead(reviews, tokenizer, (), considerate=False)
    hurried._thread.join()  # type: ignore[union-attr]  -- which nobody waits for
    assert hurried.complete and not any(rests)
