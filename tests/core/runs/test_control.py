"""Requests to a worker: whole, in order, once, and only those that were made to it."""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from typing import get_args

import pytest

from core.runs.control import ControlReader, ControlRequest, send


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.jsonl"


def test_every_wish_arrives_once_and_in_order(path: Path) -> None:
    reader = ControlReader(path)
    assert reader.read_new() == []
    for wish in get_args(ControlRequest):
        send(path, wish)
    assert reader.read_new() == list(get_args(ControlRequest))
    assert reader.read_new() == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_wishes_made_to_an_earlier_worker_are_passed_over(path: Path) -> None:
    send(path, "stop")
    reader = ControlReader(path)
    assert reader.read_new() == []
    send(path, "pause")
    assert reader.read_new() == ["pause"]


@pytest.mark.parametrize(
    "line", [b"stop", b"[]", b'{"request": "explode"}', b'{"request": ["stop"]}', b"{}", b"\xff\x00", b"", b"null"]
)
def test_what_is_no_request_is_passed_over(path: Path, line: bytes) -> None:
    reader = ControlReader(path)
    path.write_bytes(line + b"\n")
    send(path, "stop")
    assert reader.read_new() == ["stop"]


def test_half_a_request_waits_for_its_other_half(path: Path) -> None:
    reader = ControlReader(path)
    send(path, "stop_and_save")
    whole = path.read_bytes()
    path.unlink()
    with path.open("wb", buffering=0) as file:
        for byte in whole[:-1]:
            file.write(bytes([byte]))
            assert reader.read_new() == []
        file.write(whole[-1:])
    assert reader.read_new() == ["stop_and_save"]


def test_several_may_ask_at_once(path: Path) -> None:
    reader = ControlReader(path)
    askers = [threading.Thread(target=lambda: [send(path, "pause") for _ in range(5)]) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert reader.read_new() == ["pause"] * 20
