"""Tokens: what is fed to a model is what its own tokenizer would feed it, cut where it was asked to be cut."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.tokenizer import load_tokenizer
from core.reviews.reading import Reviews, read_reviews
from core.training import tokens as tokens_module
from core.training.tokens import Frame, TokenStore, collate, cpu_threads, encode, frame_of, tokenize, tokenizer_sha256

FAMILIES = ("bert", "distilbert", "roberta")
IDS = st.lists(st.integers(5, 99), max_size=40)


@pytest.fixture(scope="module", params=FAMILIES)
def tokenizer(request: pytest.FixtureRequest, tiny_models: dict[str, Path]) -> Any:
    return load_tokenizer(tiny_models[request.param], request.param)


@pytest.fixture
def reviews(reviews_csv: Callable[..., Path]) -> Reviews:
    return read_reviews(reviews_csv(40))


@given(IDS, st.integers(4, 30))
def test_head_keeps_the_beginning_and_tail_the_end(ids: list[int], length: int) -> None:
    room = length - 2
    head = Frame((1,), (2,), 0, length, "head").cut(np.array(ids))
    tail = Frame((1,), (2,), 0, length, "tail").cut(np.array(ids))
    assert head.tolist() == ids[:room]
    assert tail.tolist() == (ids[-room:] if len(ids) > room else ids)


@given(IDS, st.integers(4, 30))
def test_head_and_tail_keeps_a_quarter_of_the_beginning_and_the_rest_of_the_end(ids: list[int], length: int) -> None:
    room = length - 2
    found = Frame((1,), (2,), 0, length, "head+tail").cut(np.array(ids)).tolist()
    if len(ids) <= room:
        assert found == ids
    else:
        quarter = room // 4
        assert len(found) == room and found[:quarter] == ids[:quarter]
        assert found[quarter:] == ids[len(ids) - (room - quarter) :]


@given(IDS, st.integers(0, 30), st.sampled_from(["head", "tail", "head+tail"]))
def test_a_cut_review_fits_and_a_length_is_known_without_cutting(ids: list[int], length: int, truncation: str) -> None:
    frame = Frame((1, 8), (2,), 0, length, truncation)
    cut = frame.cut(np.array(ids))
    assert len(cut) == min(len(ids), frame.room) and frame.room == max(length - 3, 0)
    assert frame.length(len(ids)) == len(cut) + 3
    assert frame.length(np.array([len(ids)] * 2)).tolist() == [len(cut) + 3] * 2


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_framed_ids_are_the_tokenizers_own_output(tokenizer: Any, text: str) -> None:
    own = tokenizer(text)["input_ids"]
    ids, mask = collate(encode(tokenizer, [text]), frame_of(tokenizer, 512, "head"))
    assert ids[0][mask[0] == 1].tolist() == own
    assert set(ids[0][len(own) :].tolist()) <= {tokenizer.pad_token_id} and mask[0].sum() == len(own)
    assert ids.shape[1] % 8 == 0 and ids.shape[1] - len(own) < 8


@given(text=st.text("abc def.", min_size=20, max_size=120), length=st.integers(4, 20))
def test_a_text_cut_at_head_or_tail_is_cut_as_the_tokenizer_itself_would(
    tokenizer: Any, text: str, length: int
) -> None:
    for truncation, side in (("head", "right"), ("tail", "left")):
        tokenizer.truncation_side = side
        own = tokenizer(text, truncation=True, max_length=length)["input_ids"]
        ids, mask = collate(encode(tokenizer, [text]), frame_of(tokenizer, length, truncation))
        assert ids[0][mask[0] == 1].tolist() == own and ids.shape[1] <= length


def test_a_batch_is_padded_as_the_tokenizer_itself_pads(tokenizer: Any) -> None:
    texts = ["great", "the chair is broken after two weeks of use", "", "lamp lamp"]
    own = tokenizer(texts, padding=True, pad_to_multiple_of=8, return_tensors="np")
    ids, mask = collate(encode(tokenizer, texts), frame_of(tokenizer, 512, "head"))
    assert np.array_equal(ids, own["input_ids"]) and np.array_equal(mask, own["attention_mask"])
    assert ids.dtype == mask.dtype == np.int64


def test_a_store_holds_what_direct_encoding_gives(tokenizer: Any, reviews: Reviews) -> None:
    shares: list[float] = []
    store = tokenize(reviews, tokenizer, shares.append)
    direct = encode(tokenizer, reviews.texts(range(len(reviews))))
    assert [store[row].tolist() for row in range(len(store))] == direct
    assert store.counts.tolist() == [len(ids) for ids in direct] and len(store) == len(reviews)
    assert shares == sorted(shares) and shares[-1] == 1.0


@pytest.mark.parametrize("chunk", [1, 7, 1024])
def test_a_store_is_the_same_in_chunks_of_any_size(
    chunk: int, reviews: Reviews, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = load_tokenizer(tiny_model, "x")
    monkeypatch.setattr(tokens_module, "_CHUNK", chunk)
    store = tokenize(reviews, tokenizer)
    assert [store[row].tolist() for row in range(len(store))] == encode(tokenizer, reviews.texts(range(len(reviews))))


def test_a_vocabulary_too_large_for_two_bytes_gets_four(
    reviews: Reviews, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Large:
        def __len__(self) -> int:
            return (1 << 16) + 1

    monkeypatch.setattr(tokens_module, "encode", lambda tokenizer, texts: [[1 << 16, 1 << 31]] * len(texts))
    monkeypatch.setattr(tokens_module, "tokenizer_sha256", lambda tokenizer: "0" * 64)
    assert tokenize(reviews, Large())[3].tolist() == [1 << 16, 1 << 31]


def test_a_store_is_made_once_and_opened_again(
    reviews: Reviews, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = load_tokenizer(tiny_model, "x")
    first = tokenize(reviews, tokenizer)
    monkeypatch.setattr(tokens_module, "encode", lambda *_: pytest.fail("tokenized again"))
    again = tokenize(reviews, load_tokenizer(tiny_model, "y"))
    assert [again[row].tolist() for row in range(len(again))] == [first[row].tolist() for row in range(len(first))]


def test_a_store_is_private_and_leaves_nothing_beside(reviews: Reviews, tiny_model: Path) -> None:
    before = set(os.listdir(reviews.folder))
    tokenize(reviews, load_tokenizer(tiny_model, "x"))
    (name,) = set(os.listdir(reviews.folder)) - before
    assert stat.S_IMODE((reviews.folder / name).stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (reviews.folder / name).iterdir()} == {0o600}
    assert sorted(os.listdir(reviews.folder / name)) == ["ids.npy", "offsets.npy"]


def test_a_store_that_could_not_be_finished_is_not_there(
    reviews: Reviews, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(os.listdir(reviews.folder))

    def progress(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tokenize(reviews, load_tokenizer(tiny_model, "x"), progress)
    assert set(os.listdir(reviews.folder)) == before


def test_two_that_tokenize_at_once_both_get_the_store(reviews: Reviews, tiny_model: Path) -> None:
    tokenizer = load_tokenizer(tiny_model, "x")
    together = threading.Barrier(2)
    stores: list[TokenStore] = []

    def work() -> None:
        together.wait()
        stores.append(tokenize(reviews, load_tokenizer(tiny_model, "x"), lambda share: None))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    direct = encode(tokenizer, reviews.texts(range(len(reviews))))
    assert [[store[row].tolist() for row in range(len(store))] for store in stores] == [direct] * 2


def test_the_hash_of_a_tokenizer_is_blind_to_cutting_and_padding_and_to_nothing_else(
    tiny_models: dict[str, Path],
) -> None:
    bert, roberta = (load_tokenizer(tiny_models[family], "x") for family in ("bert", "roberta"))
    before = tokenizer_sha256(bert)
    bert(["great", "the lamp"], padding=True, truncation=True, max_length=7)
    bert.model_max_length = 9
    assert tokenizer_sha256(bert) == before == tokenizer_sha256(load_tokenizer(tiny_models["distilbert"], "x"))
    bert.add_tokens(["newword"])
    assert len({before, tokenizer_sha256(bert), tokenizer_sha256(roberta)}) == 3


def test_there_is_a_thread_for_every_processor_that_may_be_used() -> None:
    assert cpu_threads() == len(os.sched_getaffinity(0))
