"""Tokenizing: the same ids in whatever order they came and whoever made them, whole on disk or not there, and never
waited for longer than the rows that are asked for take."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data import encoding, tokenizer_process
from core.data import tokenization as module
from core.data.token_store import TokenStore
from core.data.tokenization import tokenize, tokenize_ahead
from core.data.tokens import SpecialTokens, encode
from core.models.tokenizer import load_tokenizer
from core.reviews.reading import Reviews, read_reviews
from tests.core.made import transformers_tokenizer

ROWS = 40


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return load_tokenizer(tiny_model, "x")


@pytest.fixture
def reviews(reviews_csv: Callable[..., Path]) -> Reviews:
    return read_reviews(reviews_csv(ROWS))


@pytest.fixture
def direct(reviews: Reviews, tokenizer: Any) -> list[list[int]]:
    return encode(tokenizer, reviews.texts(range(len(reviews))))


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


def contents(store: TokenStore) -> list[list[int]]:
    return [store[row].tolist() for row in range(len(store))]


def fail(*_: object) -> Any:
    raise AssertionError("tokenized again")


def beside(reviews: Reviews) -> list[str]:
    return sorted(name for name in os.listdir(reviews.folder) if "tokens-" in name)


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


# Processes

NEVER = "threading.Event().wait()"


def _start(folder: Path, model: Path, second: str) -> subprocess.Popen[str]:
    """A process that tokenizes the reviews in `folder` one by one and does `second` before the second of them.

    It ends when its standard input does.
    """
    script = f"""
import sys, threading
from pathlib import Path
from core.models.tokenizer import load_tokenizer
from core.reviews.reading import Reviews
from core.data import token_store
from core.data import tokenization as module
encode, calls, made = module.encode, [], threading.Event()
def held(tokenizer, texts):
    made.wait()
    calls.append(1)
    if len(calls) == 2:
        print("half", flush=True)
        {second}
    return encode(tokenizer, texts)
module.encode, module._CHUNK, token_store._EXIT_SECONDS = held, 1, float(sys.argv[1])
store = module.tokenize_ahead(Reviews(Path({str(folder)!r})), load_tokenizer(Path({str(model)!r}), "x"), ())
made.set()
sys.stdin.readline()
"""
    command = [sys.executable, "-c", script, "60" if second != NEVER else "0.1"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_writer_killed_half_way_leaves_no_store_and_the_next_one_clears_up_after_it(
    reviews: Reviews, tokenizer: Any, tiny_model: Path, direct: list[list[int]]
) -> None:
    with _start(reviews.folder, tiny_model, NEVER) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "half\n"
        (half,) = beside(reviews)
        assert f".{writer.pid}-" in half and half.startswith(".")
        store = tokenize(reviews, tokenizer)  # beside one that lives
        assert half in beside(reviews) and contents(store) == direct
        shutil.rmtree(reviews.folder / next(name for name in beside(reviews) if name != half))
        writer.send_signal(signal.SIGKILL)
    assert beside(reviews) == [half]
    assert contents(tokenize(reviews, tokenizer)) == direct
    (name,) = beside(reviews)
    assert name != half and json.loads((reviews.folder / name / "manifest.json").read_bytes())["reviews"] == ROWS


@pytest.mark.parametrize(("second", "left"), [("store._stopping.wait()", 0), (NEVER, 1)])
def test_a_process_ends_while_the_background_tokenizes(
    second: str, left: int, reviews: Reviews, tiny_model: Path
) -> None:
    """It clears up where the tokenizer returns in time, and ends without where it never does."""
    with _start(reviews.folder, tiny_model, second) as writer:
        assert writer.stdout is not None and writer.stdin is not None and writer.stdout.readline() == "half\n"
        writer.stdin.close()
        assert writer.wait(60) == 0
    assert len(beside(reviews)) == left


# Beside training


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
