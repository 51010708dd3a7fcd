"""The journal: whatever tears or flips it, and whenever its writer dies, a reader gets whole records or none."""

from __future__ import annotations

import errno
import os
import random
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.journal import JournalReader, JournalWriter
from core.runs.records import CheckpointRecord, NoticeRecord, Record, to_fields
from tests.core.runs.whole_records import record


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal with three records, of which one holds what could be taken for a line's end or a checksum."""
    path = tmp_path / "events.jsonl"
    writer = JournalWriter(path, clock=iter([1.0, 2.25, 3.0]).__next__)
    writer.write(record("started", pid=7))
    writer.write(NoticeRecord(text='torn\nline", "crc32": "00000000"}\u2028 ✓'))
    writer.write(CheckpointRecord(step=1))
    writer.close()
    return path


def read(path: Path) -> list[Record]:
    return JournalReader(path).read_new()


def test_records_come_back_in_order_with_kind_and_time(journal: Path) -> None:
    assert [(one.kind, one.time) for one in read(journal)] == [("started", 1.0), ("notice", 2.25), ("checkpoint", 3.0)]
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def steps(records: list[Record]) -> list[int]:
    """Steps of the checkpoints among `records`."""
    return [one.step for one in records if isinstance(one, CheckpointRecord)]


def test_a_journal_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    reader = JournalReader(tmp_path / "events.jsonl")
    assert reader.read_new() == []
    JournalWriter(tmp_path / "events.jsonl").write(CheckpointRecord(step=1))
    assert steps(reader.read_new()) == [1]


def test_a_tail_torn_at_any_byte_is_passed_over_and_repaired(journal: Path, tmp_path: Path) -> None:
    whole = journal.read_bytes()
    records = read(journal)
    ends = [index + 1 for index, byte in enumerate(whole) if byte == ord("\n")]
    path = tmp_path / "torn.jsonl"
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        kept = sum(end <= cut for end in ends)
        early = JournalReader(path)
        assert early.read_new() == records[:kept] and early.damaged == 0, cut
        writer = JournalWriter(path)
        writer.write(CheckpointRecord(step=9))
        os.close(writer._descriptor)  # without the sync of close(): this runs for every byte
        late = JournalReader(path)
        assert late.read_new()[:-1] == records[:kept] and late.damaged == 0, cut
        assert steps(early.read_new()) == [9], cut


def test_a_record_that_arrives_in_pieces_is_given_once_and_whole(journal: Path, tmp_path: Path) -> None:
    path, found = tmp_path / "growing.jsonl", []
    reader = JournalReader(path)
    with path.open("ab", buffering=0) as file:
        for byte in journal.read_bytes():
            file.write(bytes([byte]))
            found += reader.read_new()
    assert found == read(journal) and reader.damaged == 0


def test_a_flipped_bit_anywhere_never_gives_a_record_that_was_not_written(journal: Path, tmp_path: Path) -> None:
    whole, records = journal.read_bytes(), read(journal)
    path = tmp_path / "flipped.jsonl"
    generator = random.Random(0)
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << generator.randrange(8)
        path.write_bytes(flipped)
        reader = JournalReader(path)
        found = reader.read_new()
        assert all(record in records for record in found), place
        assert len(found) < len(records) and (reader.damaged or place == len(whole) - 1), place
        assert len(found) >= len(records) - 2, place  # a line's end that is gone joins two records, not more


def test_any_number_of_readers_and_threads_share_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    writer = JournalWriter(path)
    over = threading.Event()
    seen: list[list[tuple[int, int]]] = [[], []]

    def write(thread: int) -> None:
        for count in range(60):
            writer.write(NoticeRecord(text=f"{thread} {count} {'x' * (count * 7 % 50)}"))

    def follow(found: list[tuple[int, int]]) -> None:
        reader = JournalReader(path)
        while True:
            last = over.is_set()
            words = [one.text.split() for one in reader.read_new() if isinstance(one, NoticeRecord)]
            found += [(int(thread), int(count)) for thread, count, *_ in words]
            if last:
                assert reader.damaged == 0
                return

    readers = [threading.Thread(target=follow, args=(found,)) for found in seen]
    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in readers:
        thread.join()
    writer.close()
    assert seen[0] == seen[1] and len(seen[0]) == 240
    for number in range(4):
        assert [count for thread, count in seen[0] if thread == number] == list(range(60))


KILLED = """
import sys
from pathlib import Path
from core.runs.journal import JournalReader, JournalWriter
from core.runs.records import NoticeRecord
path = Path(sys.argv[1])
first = len(JournalReader(path).read_new())
writer = JournalWriter(path)
for count in range(first, 1_000_000):
    writer.write(NoticeRecord(text=f"{count} {'x' * (count % 3000)}"), sync=count % 100 == 0)
"""


def test_a_writer_killed_at_any_moment_leaves_whole_records_and_the_next_goes_on(
    tmp_path: Path, until: Callable[..., Any]
) -> None:
    path = tmp_path / "events.jsonl"
    generator = random.Random(1)
    for _ in range(4):
        before = path.stat().st_size if path.exists() else 0
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)])
        wanted = before + generator.randrange(5_000, 300_000)
        until(lambda wanted=wanted: path.exists() and path.stat().st_size > wanted)
        process.send_signal(signal.SIGKILL)
        process.wait()
    reader = JournalReader(path)
    counts = [int(one.text.split()[0]) for one in reader.read_new() if isinstance(one, NoticeRecord)]
    assert counts == list(range(len(read(path)))) and counts
    assert reader.damaged == 0


def test_a_write_that_a_full_disk_cut_short_does_not_spoil_the_next(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(journal)
    with monkeypatch.context() as patch:
        whole_write = os.write
        patch.setattr(os, "write", lambda descriptor, data: whole_write(descriptor, data[:20]))
        assert not writer.write(CheckpointRecord(step=2))
        reader = JournalReader(journal)
        assert steps(reader.read_new()) == [1]
    assert writer.write(CheckpointRecord(step=3))
    writer.close()
    reader = JournalReader(journal)
    assert steps(reader.read_new()) == [1, 2, 3] and reader.damaged == 0


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["checkpoint", "notice", "memory"])), max_size=30))
def test_whenever_the_disk_takes_nothing_records_wait_in_their_order(fates: list[tuple[bool, str]]) -> None:
    """Only readings of memory are let go meanwhile."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path, whole_write = Path(folder) / "events.jsonl", os.write
        room = True

        def write(descriptor: int, data: bytes) -> int:
            if not room:
                raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
            return whole_write(descriptor, data)

        patch.setattr(os, "write", write)
        writer = JournalWriter(path, sleep=lambda seconds: None)
        expected: list[int] = []
        waiting = False
        for number, (room, kind) in enumerate(fates):
            if not (waiting and kind == "memory"):
                expected.append(number)
            part = {"checkpoint": "step", "notice": "text", "memory": "process"}[kind]
            one = record(kind, **{part: str(number) if kind == "notice" else number})
            assert writer.write(one) == (room or not expected)
            waiting = not room and (waiting or expected[-1:] == [number])
        room = True
        assert writer.close()
        fields = [to_fields(one) for one in read(path)]
        assert [int(one.get("step", one.get("text", one.get("process")))) for one in fields] == expected


def test_a_journal_that_can_never_be_written_says_so_when_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    writer = JournalWriter(tmp_path / "events.jsonl", sleep=waited.append)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: 0)
        assert not writer.write(record("finished"), sync=True)
        assert not writer.close()
    assert len(waited) >= 30


def test_a_journal_replaced_by_a_shorter_one_is_read_from_its_beginning(journal: Path) -> None:
    reader = JournalReader(journal)
    first = reader.read_new()
    journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[0])
    assert reader.read_new() == first[:1]


def test_a_synced_record_is_on_the_disk_before_write_returns(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = JournalWriter(journal)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    writer.write(CheckpointRecord(step=2))
    assert synced == []
    writer.write(record("finished"), sync=True)
    assert synced == [journal.stat().st_size]
    writer.close()
