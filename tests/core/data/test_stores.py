"""Stores as a cache: all together under a limit, the least recently used go first, and neither a crash, nor a link, nor
a folder that refuses takes more than the cache, or fails a run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.data import stores as module
from core.data.stores import MANIFEST, Place, make_room
from core.data.token_store import TokenStore
from core.data.tokenization import tokenize
from core.learners.features import Shape, keep
from core.models.tokenizer import load_tokenizer
from core.reviews.reading import Reviews, read_reviews
from core.reviews.store import data_folder

NOW = 1_000_000_000.0
"""Long ago, so that what is used in a test is used after all that a test has put there."""
HOUR, DAY = 3600.0, 24 * 3600.0
OWN, OTHER = "aa" * 12, "bb" * 12
"""Names of folders of data."""
GONE = (1 << 31) - 1
"""A number that no process has: it is above what Linux gives out."""


def touch(path: Path, age: float) -> None:
    os.utime(path, (NOW - age, NOW - age))


def stored(data: Path, number: int, size: int = 100, age: float = 2 * DAY, kind: str = "tokens") -> Path:
    """A folder that looks like a store of `size` bytes which was used `age` seconds ago."""
    folder = data / f"{kind}-{number:016x}"
    folder.mkdir(parents=True)
    (folder / "content.bin").write_bytes(bytes(size))
    (folder / MANIFEST).touch()
    touch(folder / MANIFEST, age)
    return folder


def half(data: Path, process: int, age: float = 0.0) -> Path:
    """A store of `process` that is half written, and was touched `age` seconds ago."""
    folder = data / f".features-{process:016x}.{process}-0123abcd"
    folder.mkdir(parents=True)
    (folder / "content.bin").write_bytes(b"half")
    touch(folder / "content.bin", age)
    touch(folder, age)
    return folder


def make(data: Path, size: int = 0, now: float = NOW) -> None:
    make_room(data, size, clock=lambda: now)


def there(data: Path) -> list[str]:
    return sorted(os.listdir(data))


def contents(store: TokenStore) -> list[list[int]]:
    return [store[row].tolist() for row in range(len(store))]


def token_folders(reviews: Reviews) -> list[Path]:
    return sorted(path for path in reviews.folder.iterdir() if "tokens-" in path.name)


@pytest.fixture
def own() -> Path:
    """The folder of the data whose run asks for room."""
    folder = data_folder() / OWN
    folder.mkdir()
    return folder


@pytest.fixture
def other() -> Path:
    folder = data_folder() / OTHER
    folder.mkdir()
    return folder


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda size: monkeypatch.setattr(module, "LIMIT", size)


@pytest.fixture
def refuses(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Lets nothing in a folder be renamed, as where it may not be written."""
    rename, refused = Path.rename, set[Path]()

    def checked(self: Path, target: Path) -> Path:
        if self.parent in refused:
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", checked)
    return refused.add


# What goes


@given(
    kept=st.lists(
        st.tuples(st.booleans(), st.integers(0, 50), st.sampled_from([0.0, HOUR - 1, HOUR, DAY, 9 * DAY])), max_size=8
    ),
    size=st.integers(0, 120),
    most=st.integers(0, 150),
)
def test_the_limit_is_held_and_the_oldest_use_goes_first(
    tmp_path_factory: pytest.TempPathFactory, kept: list[tuple[bool, int, float]], size: int, most: int
) -> None:
    """And no more than must go, and of the run's own data nothing that it may be using."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVIEWTUI_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(module, "LIMIT", most)
        data = data_folder()
        (data / OWN).mkdir()
        ages: dict[Path, float] = {}
        sizes: dict[Path, int] = {}
        for number, (mine, length, age) in enumerate(kept):
            folder = stored(data / (OWN if mine else OTHER), number, length, age, ("tokens", "features")[number % 2])
            ages[folder], sizes[folder] = age, length
        make(data / OWN, size)
    held = {folder for folder in ages if folder.parent.name == OWN and ages[folder] < HOUR}
    left = {folder for folder in ages if folder.exists()}
    removed, free = ages.keys() - left, left - held
    allowed = most - size if size <= most else most
    assert held <= left
    assert not free or sum(sizes[folder] for folder in left) <= allowed
    assert all(ages[gone] >= ages[stays] for gone in removed for stays in free)
    if removed:
        last = min(removed, key=lambda folder: (ages[folder], sizes[folder]))
        ties = [sizes[folder] for folder in removed if ages[folder] == ages[last]]
        assert sum(sizes[folder] for folder in left) + max(ties) > allowed
    for folder in data.iterdir():
        assert not [name for name in there(folder) if name.startswith(".")]


def test_a_store_that_was_opened_stays_and_one_that_was_not_goes(
    own: Path, other: Path, limit: Callable[[int], None]
) -> None:
    place = Place(other / f"tokens-{1:016x}", ("content.bin",), {"what": "numbers"})
    with place.writing() as folder:
        (folder / "content.bin").write_bytes(bytes(100))
    touch(place.folder / MANIFEST, 9 * DAY)
    newer = stored(other, 2, age=8 * DAY)
    assert place.open(lambda folder: folder) == place.folder
    limit(place.folder.joinpath(MANIFEST).stat().st_size + 100)
    make(own)
    assert place.folder.exists() and not newer.exists()


def test_a_store_over_the_limit_by_itself_does_not_drive_out_the_others(
    own: Path, other: Path, limit: Callable[[int], None]
) -> None:
    folder = stored(other, 1)
    limit(150)
    make(own, 10**12)
    assert folder.exists()


def test_a_small_disk_has_a_lower_limit(own: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [stored(other, number, age=number * DAY) for number in range(1, 4)]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=801))
    make(own)
    assert [folder.exists() for folder in folders] == [True, True, False]


def test_a_store_without_a_manifest_was_never_used(own: Path, other: Path, limit: Callable[[int], None]) -> None:
    oldest, broken = stored(other, 1, age=99 * DAY), stored(own, 2, age=0.0)
    (broken / MANIFEST).unlink()
    limit(100)
    make(own)
    assert oldest.exists() and not broken.exists()


# What a removal costs


def test_a_removed_store_stays_readable_and_is_made_anew_with_the_same_content(
    reviews_csv: Callable[..., Path], tiny_model: Path, limit: Callable[[int], None]
) -> None:
    tokenizer = load_tokenizer(tiny_model, "x")
    one, two = (read_reviews(reviews_csv(30, seed, f"{seed}.csv")) for seed in (1, 2))
    tokenize(one, tokenizer)
    opened = tokenize(one, tokenizer)
    (folder,) = token_folders(one)
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    limit(0)
    tokenize(two, tokenizer)
    assert token_folders(one) == [] and len(token_folders(two)) == 1
    in_use = contents(opened)
    assert contents(tokenize(one, tokenizer)) == in_use
    assert token_folders(one) == [folder] and token_folders(two) == []
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == files


def test_features_make_room_for_their_own_size(own: Path, other: Path, limit: Callable[[int], None]) -> None:
    """Those that are found ask for none."""
    shape = Shape(np.array([2, 3]), 4, torch.float32)
    rows, calls = torch.randn(5, 4), []

    def compute() -> Any:
        calls.append(1)
        yield np.array([0, 1]), rows

    folders = [stored(other, number, age=number * DAY) for number in range(1, 4)]
    limit(shape.bytes + 2 * shape.counts.nbytes + 200)
    for found in (False, True):
        store = keep(own, "5" * 64, shape, compute)
        assert store is not None and store.on_disk and store.found == found
        assert torch.equal(store.take(np.array([1]), torch.empty(3, 4)), rows[2:])
        assert [folder.exists() for folder in folders] == [True, True, False] and len(calls) == 1
        limit(0)


def test_a_place_that_holds_something_else_is_written_over(own: Path) -> None:
    wrong = stored(own, 1)
    place = Place(wrong, ("content.bin",), {"what": "numbers"})
    with place.writing() as folder:
        (folder / "content.bin").write_bytes(b"right")
    assert place.open(lambda folder: (folder / "content.bin").read_bytes()) == b"right"
    assert there(own) == [wrong.name]


# Crashes


def test_a_process_killed_while_it_removes_leaves_nothing_that_is_kept(own: Path, other: Path) -> None:
    """A real process, killed between renaming and removing."""
    folder = stored(other, 1)
    script = f"""
import os, signal
from pathlib import Path
from core.data import stores
stores.LIMIT = 0
stores.shutil.rmtree = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
stores.make_room(Path({str(own)!r}))
"""
    process = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3], check=False)
    assert process.returncode == -signal.SIGKILL
    (left,) = there(other)
    assert not folder.exists() and left.startswith(f".{folder.name}.")
    for path in (other / left, *(other / left).iterdir()):
        touch(path, 0.0)
    make(own)
    assert there(other) == [left]  # it could be at work on another machine
    make(own, now=NOW + HOUR)
    assert there(other) == []


def test_who_writes_beside_what_a_crash_left_removes_it_at_once(own: Path) -> None:
    left = half(own, GONE)
    make(own)
    assert not left.exists()


@pytest.mark.parametrize("mine", [True, False])
def test_what_a_living_process_writes_stays_for_a_day(mine: bool, own: Path, other: Path) -> None:
    """For longer only where it still writes: its number may have been given to another process."""
    writing = half(own if mine else other, os.getpid(), age=DAY - 1)
    make(own)
    assert writing.exists()
    touch(writing, 9 * DAY)
    make(own)
    assert writing.exists()  # its file grows, which does not touch the folder
    make(own, now=NOW + 2)
    assert not writing.exists()


def test_a_number_that_no_process_can_have_is_gone(own: Path) -> None:
    empty = own / f".tokens-{0:016x}.{'9' * 30}-0123abcd"
    empty.mkdir()
    make(own)
    assert there(own) == []


# What is no store


def test_only_folders_with_the_names_of_stores_go(own: Path, other: Path, limit: Callable[[int], None]) -> None:
    names = "tokens-xyz tokens-0123456789abcdef.old models-0123456789abcdef .tokens-notes.1-2 rows.arrow".split()
    for name in names:
        (other / name).mkdir()
        (other / name / "content.bin").write_bytes(bytes(100))
    (other / f"tokens-{1:016x}").write_bytes(bytes(100))
    elsewhere = [
        stored(data_folder() / ".building-x", 1),
        stored(data_folder() / "notes", 1),
        stored(own.parents[1], 1),
    ]
    before = there(other)
    limit(0)
    make(own)
    assert there(other) == before and all(folder.exists() for folder in elsewhere)


def test_links_are_not_followed(own: Path, other: Path, tmp_path: Path, limit: Callable[[int], None]) -> None:
    precious = stored(tmp_path / "precious", 1)
    names = ["tokens-xyz", f"tokens-{2:016x}", f".tokens-{3:016x}.{GONE}-0123abcd"]
    for name in names:
        (other / name).symlink_to(precious)
    (data_folder() / "cc").symlink_to(precious.parent)
    inside = stored(other, 4, 0)
    (inside / "link").symlink_to(precious)
    limit(0)
    make(own)
    assert there(precious) == ["content.bin", MANIFEST] and not inside.exists()
    assert there(other) == sorted(names)


# What refuses


def test_what_cannot_be_removed_stays_and_others_go_in_its_place(
    own: Path, other: Path, limit: Callable[[int], None], refuses: Callable[[Path], None]
) -> None:
    oldest = stored(other, 1, age=9 * DAY)
    old, new = (stored(data_folder() / "cc", number, age=DAY * (4 - number)) for number in (2, 3))
    refuses(other)
    limit(200)
    make(own)
    assert oldest.exists() and not old.exists() and new.exists()


def test_what_another_process_removes_meanwhile_counts_as_removed(
    own: Path, other: Path, limit: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest, newer = stored(other, 1, age=9 * DAY), stored(other, 2)
    rename = Path.rename

    def late(self: Path, target: Path) -> Path:
        shutil.rmtree(self)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", late)
    limit(100)
    make(own)
    assert not oldest.exists() and newer.exists()


def test_a_folder_that_refuses_fails_no_run(
    reviews_csv: Callable[..., Path],
    tiny_model: Path,
    limit: Callable[[int], None],
    refuses: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokenizer = load_tokenizer(tiny_model, "x")
    one, two, three = (read_reviews(reviews_csv(20, seed, f"{seed}.csv")) for seed in (1, 2, 3))
    tokenize(one, tokenizer)
    limit(0)
    refuses(one.folder)
    assert tokenize(two, tokenizer).complete
    assert len(token_folders(one)) == len(token_folders(two)) == 1

    def refused(path: object) -> Any:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refused)
        assert tokenize(three, tokenizer).complete
    assert len(token_folders(two)) == len(token_folders(three)) == 1


def test_a_store_that_may_not_be_moved_stays_and_the_others_still_go(
    own: Path, other: Path, limit: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed, free, rename = stored(other, 1, age=3 * DAY), stored(other, 2), Path.rename

    def refused(self: Path, target: Any) -> Path:
        if self == fixed:
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    limit(0)
    make(own)
    assert fixed.exists() and not free.exists()
