"""Files: private whatever the umask, replaced whole or not at all, and failures that are sentences."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.errors import ReviewtuiError
from core.base.files import home, open_private, private_folder, sync_path, write_json, write_parts, write_whole


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct, autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test holds under any umask."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_made_private_with_their_parents(tmp_path: Path) -> None:
    private_folder(tmp_path / "a" / "b" / "c")
    assert {mode(tmp_path / part) for part in ("a", "a/b", "a/b/c")} == {0o700}


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine").chmod(0o750)
    assert private_folder(tmp_path / "mine") == tmp_path / "mine"
    assert mode(tmp_path / "mine") == 0o750


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ReviewtuiError, match=r"^Cannot write in .* set REVIEWTUI_HOME to a folder you own\.$"):
            private_folder(place)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ReviewtuiError, match="Permission denied"):
        private_folder(tmp_path)


def test_files_are_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "first")
    path.chmod(0o644)
    write_whole(path, b"second")
    assert (path.read_text(), mode(path), os.listdir(tmp_path)) == ("second", 0o600, ["file"])


def test_an_opened_file_that_was_readable_by_others_is_made_private(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(0o644)
    os.close(open_private(tmp_path / "file", os.O_WRONLY | os.O_CREAT))
    assert mode(tmp_path / "file") == 0o600


def test_a_symbolic_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "target").read_text() == "precious" and not (tmp_path / "link").is_symlink()
    (tmp_path / "other").symlink_to(tmp_path / "target")
    with pytest.raises(ReviewtuiError, match=r"is a symbolic link\. Links are not followed"):
        open_private(tmp_path / "other", os.O_WRONLY | os.O_CREAT)


@pytest.mark.parametrize("failing", ["fsync", "fchmod", "open"])
def test_a_failed_write_leaves_the_old_content_and_nothing_beside(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole(tmp_path / "file", "old")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, failing, full)
        with pytest.raises(ReviewtuiError, match=r"Cannot write .*file \(No space left on device\)"):
            write_whole(tmp_path / "file", "new" * 1000)
    assert (tmp_path / "file").read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_reader_sees_the_old_content_or_the_new_and_never_a_part(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = {"a" * 50_000, "b" * 70_000}
    write_whole(path, min(contents))
    seen: set[str] = set()
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            seen.add(path.read_text())

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for content in sorted(contents) * 5:
        write_whole(path, content)
    over.set()
    for reader in readers:
        reader.join()
    assert seen <= contents


def test_json_is_readable_and_comes_back(tmp_path: Path) -> None:
    value = {"name": "Größe ✓", "list": [1, 2.5, None, True]}
    write_json(tmp_path / "file.json", value)
    text = (tmp_path / "file.json").read_text(encoding="utf-8")
    assert json.loads(text) == value and "Größe ✓" in text and text.endswith("}\n")


def test_the_home_is_absolute_wherever_it_was_named_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    for given, expected in (("runs here", tmp_path / "runs here"), ("~/r", tmp_path / "me" / "r"), ("/x", Path("/x"))):
        monkeypatch.setenv("REVIEWTUI_HOME", given)
        assert home() == expected


def test_without_a_word_the_home_is_the_platforms_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    for unset in (True, False):
        monkeypatch.delenv("REVIEWTUI_HOME", raising=False) if unset else monkeypatch.setenv("REVIEWTUI_HOME", "")
        assert home().name == "reviewtui" and home().is_absolute()


def test_syncing_a_folder_leaves_no_descriptor_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        sync_path(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_takes_the_place_of_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(errno.EPERM, "not permitted")))
    path = tmp_path / "file"
    write_parts(path, iter([b"one ", b"two"]), new=True)
    with pytest.raises(FileExistsError):
        write_parts(path, [b"three"], new=True)
    assert path.read_bytes() == b"one two" and mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_whose_parts_fail_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write_parts(tmp_path / "file", (bytes(1 // number) for number in (1, 0)))
    assert list(tmp_path.iterdir()) == []
