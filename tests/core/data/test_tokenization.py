"""Tokenizing: the same ids in whatever order they came and whoever made them, whole on disk or not there, and never
waited for longer than the rows that are asked for take."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data import encoding
from core.data import tokenization as module
from core.data.token_store import TokenStore
from core.data.tokenization import tokenize, tokenize_ahead
from core.data.tokens import SpecialTokens, encode
from core.models.tokenizer import load_tokenizer
from core.reviews.reading import Reviews, read_reviews
from tests.core.data.conftest import ROWS, beside, contents
from tests.core.made import transformers_tokenizer


class Gate:
    """Stands before the tokenizer: lets `open` calls through, then holds every other until it is opened."""

    def __init__(self, passing: int = 0) -> None:
        self._left, self._opened = passing, threading.Event()
        self.reached = threading.Event()
        """Set once a call is held."""

    def encode(self, tokenizer: Any, texts: list[str]) -> list[list[int]]:
        if self._left:
            self._left -= 1
        else:
            self.reached.set()
            assert self._opened.wait(60)
        return encode(tokenizer, texts)

    def open(self) -> None:
        self._opened.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Lets the first call through; in the end all."""
    gate = Gate(passing=1)
    monkeypatch.setattr(module, "encode", gate.encode)
    yield gate
    gate.open()


def fail(*_: object) -> Any:
    raise AssertionError("tokenized again")


# Whole


def test_a_store_holds_what_direct_encoding_gives(reviews: Reviews, tokenizer: Any, direct: list[list[int]]) -> None:
    shares: list[float] = []
    store = tokenize(reviews, tokenizer, shares.append)
    assert contents(store) == direct and len(store) == len(reviews) and store.complete
    assert store.counts.tolist() == [len(ids) for ids in direct]
    assert shares == sorted(shares) and shares[-1] == 1.0


@pytest.mark.parametrize(("chunk", "characters"), [(1, 1 << 20), (7, 50), (1024, 1)])
def test_a_store_is_the_same_in_chunks_of_any_size(
    chunk: int,
    characters: int,
    reviews: Reviews,
    tokenizer: Any,
    direct: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    monkeypatch.setattr(encoding, "_CHARACTERS", characters)
    assert contents(tokenize(reviews, tokenizer)) == contents(tokenize(reviews, tokenizer)) == direct


def test_a_vocabulary_too_large_for_two_bytes_gets_four(reviews: Reviews, monkeypatch: pytest.MonkeyPatch) -> None:
    class Large:
        def __len__(self) -> int:
            return (1 << 16) + 1

    monkeypatch.setattr(module, "encode", lambda tokenizer, texts: [[1 << 16, 1 << 31]] * len(texts))
    monkeypatch.setattr(module, "tokenizer_sha256", lambda tokenizer: "0" * 64)
    for _ in ("made", "opened"):
        assert tokenize(reviews, Large())[3].tolist() == [1 << 16, 1 << 31]


def test_reviews_without_any_token_are_stored(
    reviews: Reviews, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "encode", lambda tokenizer, texts: [[]] * len(texts))
    for _ in ("made", "opened"):
        assert contents(tokenize(reviews, tokenizer)) == [[]] * ROWS


def test_a_store_is_made_once_and_opened_again(
    reviews: Reviews, tokenizer: Any, tiny_model: Path, direct: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenize(reviews, tokenizer)
    monkeypatch.setattr(module, "encode", fail)
    again = tokenize(reviews, load_tokenizer(tiny_model, "y"))
    ahead = tokenize_ahead(reviews, tokenizer, map(fail, [0]))
    assert contents(again) == contents(ahead) == direct and ahead.complete
    ahead.finish()
    ahead.close()


def test_a_store_is_private_and_leaves_nothing_beside(reviews: Reviews, tokenizer: Any) -> None:
    before = set(os.listdir(reviews.folder))
    tokenize(reviews, tokenizer)
    (name,) = set(os.listdir(reviews.folder)) - before
    assert stat.S_IMODE((reviews.folder / name).stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (reviews.folder / name).iterdir()} == {0o600}
    assert sorted(os.listdir(reviews.folder / name)) == ["counts.npy", "ids.bin", "manifest.json", "starts.npy"]


def test_a_store_that_could_not_be_finished_is_not_there(reviews: Reviews, tokenizer: Any) -> None:
    def progress(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tokenize(reviews, tokenizer, progress)
    assert beside(reviews) == []


def test_two_that_tokenize_at_once_both_get_the_store(
    reviews: Reviews, tiny_model: Path, direct: list[list[int]]
) -> None:
    together = threading.Barrier(2)
    stores: list[TokenStore] = []

    def work() -> None:
        own = load_tokenizer(tiny_model, "x")
        together.wait()
        stores.append(tokenize(reviews, own))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [contents(store) for store in stores] == [direct] * 2 and len(beside(reviews)) == 1


# Found again


def test_another_tokenizer_or_another_text_has_a_store_of_its_own(
    reviews_csv: Callable[..., Path], tiny_models: dict[str, Path]
) -> None:
    bert, roberta = (transformers_tokenizer(tiny_models[family]) for family in ("bert", "roberta"))
    file = reviews_csv(ROWS)
    reviews = read_reviews(file)
    tokenize(reviews, bert)
    assert contents(tokenize(reviews, roberta)) == encode(roberta, reviews.texts(range(ROWS)))
    before = file.read_text()
    bert.add_tokens(["chair"])
    assert contents(tokenize(reviews, bert)) == encode(bert, reviews.texts(range(ROWS)))
    assert len(beside(reviews)) == 3
    changed = before.replace("lamp", "desk")
    assert changed != before and len(changed) == len(before)
    file.write_text(changed)
    os.utime(file, ns=(1, 1))
    after = read_reviews(file)
    assert contents(tokenize(after, bert)) == encode(bert, after.texts(range(ROWS)))


def test_a_store_of_other_texts_in_the_same_place_is_not_used(
    reviews: Reviews, reviews_csv: Callable[..., Path], tokenizer: Any
) -> None:
    other = read_reviews(reviews_csv(ROWS, 5, "other.csv"))
    tokenize(other, tokenizer)
    (name,) = beside(other)
    shutil.copytree(other.folder / name, reviews.folder / name)
    assert contents(tokenize(reviews, tokenizer)) == encode(tokenizer, reviews.texts(range(ROWS)))


@pytest.mark.parametrize("name", ["ids.bin", "starts.npy", "counts.npy", "manifest.json"])
@pytest.mark.parametrize("damage", ["short", "long", "empty", "gone"])
def test_a_damaged_store_is_made_anew(
    name: str, damage: str, reviews: Reviews, tokenizer: Any, direct: list[list[int]]
) -> None:
    tokenize(reviews, tokenizer)
    (folder,) = beside(reviews)
    file = reviews.folder / folder / name
    content = file.read_bytes()
    file.unlink()
    if damage != "gone":
        file.write_bytes({"short": content[:-2], "long": content + b"12", "empty": b""}[damage])
    assert contents(tokenize(reviews, tokenizer)) == direct
    assert file.read_bytes() == content


# Ahead


ORDERS = st.lists(st.lists(st.integers(0, ROWS - 1), max_size=30), max_size=6)


@given(order=ORDERS, chunk=st.integers(1, 50))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_arrival_changes_nothing(
    order: list[list[int]], chunk: int, reviews: Reviews, tokenizer: Any, direct: list[list[int]]
) -> None:
    for name in beside(reviews):
        shutil.rmtree(reviews.folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        store = tokenize_ahead(reviews, tokenizer, (np.array(rows, dtype=np.int64) for rows in order))
        assert contents(store) == direct
        store.finish()
    assert store.complete and contents(store) == contents(tokenize(reviews, tokenizer)) == direct


@given(order=ORDERS, chunk=st.integers(1, 50), count=st.just(ROWS) | st.just(ROWS * 3))
def test_every_row_comes_once_the_first_array_first_and_the_others_in_file_order(
    order: list[list[int]], chunk: int, count: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        chunks = list(module._chunks(iter([np.array(rows, dtype=np.int64) for rows in order]), count))
    arrived = [row for rows in chunks for row in rows.tolist()]
    assert sorted(arrived) == list(range(count))
    assert all(0 < len(rows) < 2 * chunk and (np.diff(rows) > 0).all() for rows in chunks)
    named = {row for rows in order for row in rows}
    assert set(arrived[: len(named)]) == named
    assert arrived[len(named) :] == [row for row in range(count) if row not in named]
    if order:
        first = set(order[0])
        assert set(arrived[: len(first)]) == first and len(first) in {0, *np.cumsum([len(rows) for rows in chunks])}


def test_rows_are_there_while_the_rest_is_still_to_come(
    reviews: Reviews, tokenizer: Any, direct: list[list[int]], gate: Gate
) -> None:
    first = np.array([30, 3, 17])
    store = tokenize_ahead(reviews, tokenizer, [first])
    store.wait(first)
    assert [store[row].tolist() for row in first] == [direct[row] for row in first]
    special_tokens = SpecialTokens((1,), (2,), 0, 9, "head")
    lengths = store.lengths(first, special_tokens)
    assert lengths.tolist() == [min(len(direct[row]), 7) + 2 for row in first] and lengths.dtype == np.int64
    assert gate.reached.wait(60) and not store.complete
    found: list[list[int]] = []
    reader = threading.Thread(target=lambda: found.append(store[5].tolist()))
    reader.start()
    kept = store[3]
    gate.open()
    reader.join()
    store.finish()
    assert found == [direct[5]] and store.complete
    assert kept.tolist() == direct[3] and contents(store) == direct


def test_what_fails_in_the_background_is_raised_where_it_is_waited_for(
    reviews: Reviews, tokenizer: Any, direct: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def full(tokenizer: Any, texts: list[str]) -> list[list[int]]:
        calls.append(len(texts))
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return encode(tokenizer, texts)

    monkeypatch.setattr(module, "encode", full)
    store = tokenize_ahead(reviews, tokenizer, [np.array([4, 2])])
    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            store.wait(np.arange(ROWS))
    with pytest.raises(OSError, match="No space left"):
        store[9]
    with pytest.raises(OSError, match="No space left"):
        store.finish()
    assert store[4].tolist() == direct[4] and not store.complete  # what is there stays readable
    store.wait(np.array([2]))
    assert beside(reviews) == []


def test_a_store_that_cannot_be_kept_is_complete_all_the_same(
    reviews: Reviews, tokenizer: Any, direct: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_file", full)
    store = tokenize_ahead(reviews, tokenizer, ())
    with pytest.raises(OSError, match="No space left"):
        store.finish()
    store.wait(np.arange(ROWS))
    assert contents(store) == direct and beside(reviews) == []


def test_a_closed_store_leaves_nothing_half_done(
    reviews: Reviews, tokenizer: Any, direct: list[list[int]], gate: Gate
) -> None:
    store = tokenize_ahead(reviews, tokenizer, [np.array([1])])
    assert gate.reached.wait(60) and len(beside(reviews)) == 1
    store.close(0)  # the tokenizer does not return just now
    gate.open()
    store.close()
    store.close()
    assert beside(reviews) == [] and store[1].tolist() == direct[1]
    for wait in (store.finish, lambda: store.wait(np.arange(ROWS)), lambda: store[2]):
        with pytest.raises(RuntimeError, match="closed"):
            wait()


def test_a_store_closed_when_all_is_tokenized_is_kept(reviews: Reviews, tokenizer: Any) -> None:
    store = tokenize_ahead(reviews, tokenizer, ())
    store.wait(np.arange(ROWS))
    store.close()
    store.finish()
    assert len(beside(reviews)) == 1


def test_padding_and_cutting_elsewhere_does_not_reach_the_background(
    reviews: Reviews, tiny_model: Path, direct: list[list[int]], gate: Gate
) -> None:
    tokenizer = transformers_tokenizer(tiny_model)
    store = tokenize_ahead(reviews, tokenizer, [np.array([1])])
    assert gate.reached.wait(60)
    tokenizer(["great", "the lamp"], padding=True, truncation=True, max_length=4)
    tokenizer.backend_tokenizer.enable_padding(length=60)
    gate.open()
    assert contents(store) == direct
