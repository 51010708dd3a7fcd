"""The log of chunks: whatever a crash leaves of its two files, a prefix of what was written counts."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bulk.chunk_log import ChunkLog, totals_of

CHUNKS = [
    (b"first,1\n" * 3, 3, {"good": 3}),
    (b"\x00\xff{\n", 1, {"bad": 1}),
    (b"last\n" * 2, 2, {"good": 1, "bad": 1}),
]


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """These tests crash no machine, so nothing need reach the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


def write(folder: Path, since: int = 0) -> ChunkLog:
    """Open a log and add the chunks that are missing."""
    log = ChunkLog(folder / "index", folder / "data")
    assert log.rows in (0, 3, 4, 6)
    for content, rows, labels in CHUNKS[(0, 3, 4, 6).index(log.rows) :]:
        log.append(content, rows, labels)
    log.close()
    return log


def files(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "index").read_bytes(), (folder / "data").read_bytes()


def test_a_log_holds_what_was_added_and_is_private(tmp_path: Path) -> None:
    log = write(tmp_path)
    assert files(tmp_path)[1] == b"".join(content for content, _, _ in CHUNKS)
    assert [content for _, content in log.contents()] == [content for content, _, _ in CHUNKS]
    whole = totals_of(tmp_path / "index", tmp_path / "data")
    assert (whole.rows, whole.labels) == (6, Counter(good=4, bad=2)) == (log.rows, log.labels)
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("index", "data")} == {0o600}


def test_cut_anywhere_it_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path)
    index, data = files(tmp_path)
    ends = [0, *(sum(len(content) for content, _, _ in CHUNKS[: n + 1]) for n in range(len(CHUNKS)))]
    for cut in range(len(data) + 1):
        (tmp_path / "data").write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends) - 1
        assert totals_of(tmp_path / "index", tmp_path / "data").size == ends[whole]
        write(tmp_path)
        assert files(tmp_path) == (index, data), cut
    for cut in range(len(index) + 1):
        (tmp_path / "index").write_bytes(index[:cut])
        assert totals_of(tmp_path / "index", tmp_path / "data").size == ends[index[:cut].count(b"\n")]
        write(tmp_path)
        assert files(tmp_path) == (index, data), cut


@given(name=st.sampled_from(["index", "data"]), at=st.integers(0, 10_000), put=st.binary(min_size=1, max_size=40))
def test_overwritten_or_lengthened_anywhere_it_goes_on_to_the_same_bytes(
    name: str, at: int, put: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("log")
    write(folder)
    expected = files(folder)
    old = (folder / name).read_bytes()
    at %= len(old) + 1
    (folder / name).write_bytes(old[:at] + put + old[at + len(put) :])
    write(folder)
    assert files(folder) == expected


def test_what_is_done_is_synced_about_every_second_data_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
    )
    log = ChunkLog(tmp_path / "index", tmp_path / "data", clock=lambda: now)
    synced.clear()
    for moment in (0.1, 0.5, 0.9, 1.0, 1.1, 1.9, 2.5):
        now = moment
        log.append(b"x\n", 1, {})
    assert synced == ["data", "index"] * 2
    log.close()
