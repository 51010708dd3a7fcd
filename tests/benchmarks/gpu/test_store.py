"""Results on disk: whatever moment a process is killed at, whole lines stay and half a line is no record."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gpu.store import Store


def test_records_are_read_back_and_the_last_of_a_name_counts(tmp_path: Path) -> None:
    store = Store(tmp_path / "new")
    for value in (1, 2):
        store.append("proofs", {"name": "a", "value": value})
    store.append("proofs", {"name": "b", "value": 3})
    assert [record["value"] for record in store.read("proofs")] == [1, 2, 3]
    assert {name: record["value"] for name, record in store.latest("proofs").items()} == {"a": 2, "b": 3}
    assert store.read("memory") == []


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_half_a_line_is_no_record_and_the_next_one_takes_its_place(tmp_path: Path, cut: int) -> None:
    store = Store(tmp_path)
    store.append("proofs", {"name": "a", "text": "reviews\n" * 3})
    store.append("proofs", {"name": "b", "text": "reviews\n" * 3})
    file = tmp_path / "proofs.jsonl"
    file.write_bytes(file.read_bytes()[:-cut])
    assert list(store.latest("proofs")) == ["a"]
    store.append("proofs", {"name": "c"})
    assert list(Store(tmp_path).latest("proofs")) == ["a", "c"]
    assert file.read_bytes().count(b"\n") == 2
