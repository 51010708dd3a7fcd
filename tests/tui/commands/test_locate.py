"""Sources that can be read only once are copied; all others keep their path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from core.runs.piped import release_piped
from tui.commands.options import locate

CONTENT = b"text,label\nIt is good,1\nIt is bad,0\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("REVIEWTUI_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    release_piped()


def test_a_named_pipe_is_copied(tmp_path: Path, home: Path) -> None:
    pipe = tmp_path / "reviews.csv"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(CONTENT,))
    writer.start()
    copy = Path(locate(str(pipe)))
    writer.join()
    assert copy.is_relative_to(home) and copy.read_bytes() == CONTENT


def test_what_a_shell_puts_in_place_of_a_command_is_copied(home: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, CONTENT)
    os.close(writer)
    try:
        copy = Path(locate(f"/dev/fd/{reader}"))
    finally:
        os.close(reader)
    assert copy.is_relative_to(home) and copy.read_bytes() == CONTENT


def test_a_descriptor_of_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(CONTENT)
    with (tmp_path / "r.csv").open("rb") as file:
        assert locate(f"/dev/fd/{file.fileno()}") == str(tmp_path / "r.csv")


@pytest.mark.parametrize("source", ["owner/name", "hf:imdb", "x" * 5000, "a\0b", "~nobody-of-this-name/x"])
def test_what_is_no_path_stays_as_it_is(source: str) -> None:
    assert locate(source) == source
