"""Packed files are read like what is in them, and nothing that is packed reaches beyond a private folder."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews import opening
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.unpacking import workspace as bounds
from tests.core.reviews.kinds.containers import workbook

ROWS = b"text,label\nIt is good,1\nIt is bad,0\n"


def zipped(members: dict[str, bytes], **extra: Any) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def tarred(members: dict[str, bytes | tarfile.TarInfo]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return target.getvalue()


def by_arrow(codec: str) -> Callable[[bytes], bytes]:
    def pack(content: bytes) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, codec) as stream:
            stream.write(content)
        return bytes(sink.getvalue())

    return pack


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": by_arrow("zstd"),
    "lz4": by_arrow("lz4"),
    "zip": lambda content: zipped({"r.csv": content}),
    "tar": lambda content: tarred({"r.csv": content}),
    "tar.gz": lambda content: gzip.compress(tarred({"r.csv": content})),
    "tar.xz": lambda content: lzma.compress(tarred({"r.csv": content})),
    "tar.zst": lambda content: by_arrow("zstd")(tarred({"r.csv": content})),
    "gz in zip": lambda content: zipped({"r.csv.gz": gzip.compress(content)}),
    "members": lambda content: gzip.compress(content[:20]) + gzip.compress(content[20:]),
}
SUFFIXES = {"gz in zip": "zip", "members": "gz"}


def left_in(home: Path) -> list[str]:
    return [path.name for path in (home / "data").glob(".*")]


@pytest.mark.parametrize("packer", PACKERS)
def test_what_is_packed_is_read_and_read_once(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, packer: str
) -> None:
    path = tmp_path / f"r.csv.{SUFFIXES.get(packer, packer)}"
    path.write_bytes(PACKERS[packer](ROWS))
    seen: list[float] = []
    reviews = read_reviews(path, progress=seen.append)
    assert reviews.texts([0, 1]) == ["It is good", "It is bad"]
    assert reviews.report.label_names == ["negative", "positive"]
    file, line = reviews.place(1)
    assert line == 3 and file.startswith(str(path)) and ".unpacked" not in reviews.report.model_dump_json()
    assert seen == sorted(seen) and seen[-1] == 1.0 and left_in(home) == []
    monkeypatch.setattr(opening, "unpack", None)  # a second reading does not unpack
    assert len(read_reviews(path)) == 2


@pytest.mark.parametrize("packer", PACKERS)
def test_a_name_need_not_say_how_a_file_is_packed(tmp_path: Path, packer: str) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(PACKERS[packer](ROWS))
    assert len(read_reviews(path)) == 2


@pytest.mark.parametrize("packer", PACKERS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.02, 0.98))
def test_a_packed_file_that_is_cut_is_refused_or_loses_nothing(
    tmp_path: Path, home: Path, packer: str, share: float
) -> None:
    path = tmp_path / "cut.csv.x"
    content = PACKERS[packer](ROWS + b"".join(b"This is number %d,1\n" % (number * 7919) for number in range(2000)))
    path.write_bytes(content[: max(int(len(content) * share), 20)])
    try:
        reviews = read_reviews(path)
    except InputError as error:
        assert ".unpacked" not in str(error)
    else:
        assert reviews.report.rows == 2002
    assert left_in(home) == []


def test_members_belong_to_parts_by_their_names(tmp_path: Path) -> None:
    members = {
        "data/train.csv": ROWS,
        "data/test.csv": b"text,label\nNever learned,1\n",
        "data/pic.png": b"x",
        "__MACOSX/data/._train.csv": b"x",
    }
    for name, content in (("all.zip", zipped(members)), ("all.tar", tarred({**members}))):
        (tmp_path / name).write_bytes(content)
        reviews = read_reviews(tmp_path / name)
        assert reviews.texts(range(len(reviews))) == ["It is good", "It is bad"]
        assert reviews.report.files == [f"{tmp_path / name} › data/train.csv"]
        said = " ".join(reviews.report.notices)
        assert "data/test.csv (a test set)" in said and "pic.png (not a format that is read)" in said
        chosen = read_reviews(tmp_path / name, ReadingOptions(table="test.csv"))
        assert chosen.texts([0]) == ["Never learned"]


def test_a_table_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"r.csv": ROWS, "s.csv": ROWS}))
    with pytest.raises(InputError, match=r"a\.zip has no file “x”; it has r\.csv, s\.csv\. Change --table"):
        read_reviews(tmp_path / "a.zip", ReadingOptions(table="x"))
    sheet = workbook({"One": [["text", "label"], ["It is good", 1]], "Two": [["text", "label"], ["It is bad", 0]]})
    (tmp_path / "b.zip").write_bytes(zipped({"r.xlsx": sheet}))
    assert read_reviews(tmp_path / "b.zip", ReadingOptions(table="Two")).text(0) == "It is bad"
    (tmp_path / "d.zip").write_bytes(zipped({"a/r.csv": ROWS, "b/r.csv": ROWS}))
    with pytest.raises(InputError, match=r"several files of that name .a/r\.csv, b/r\.csv.; .* --table a/r\.csv"):
        read_reviews(tmp_path / "d.zip", ReadingOptions(table="r.csv"))
    assert len(read_reviews(tmp_path / "d.zip", ReadingOptions(table="a/r.csv"))) == 2
    (tmp_path / "c.zip").write_bytes(zipped({"r.csv.zip": zipped({"r.csv": ROWS}), "s.csv": b"x\n1\n"}))
    assert len(read_reviews(tmp_path / "c.zip", ReadingOptions(table="r.csv.zip"))) == 2
    (tmp_path / "r.csv").write_bytes(ROWS)
    with pytest.raises(InputError, match=r"holds no tables to choose from .CSV.; leave out --table"):
        read_reviews(tmp_path / "r.csv", ReadingOptions(table="x"))


def test_validation_data_in_an_archive_is_found(tmp_path: Path) -> None:
    members = {"train.csv": ROWS, "valid.csv": b"text,label\nHeld out,1\n", "test.csv": ROWS}
    (tmp_path / "a.zip").write_bytes(zipped(members))
    report = read_reviews(tmp_path / "a.zip").report
    assert report.parts == {"validation": ["valid.csv"], "test": ["test.csv"]}
    assert read_reviews(tmp_path / "a.zip", part="validation").texts([0]) == ["Held out"]
    (tmp_path / "b.zip").write_bytes(zipped({"r.csv": ROWS}))
    with pytest.raises(InputError, match="has nothing for validation"):
        read_reviews(tmp_path / "b.zip", part="validation")


def test_an_archive_without_training_data_says_how_to_choose(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"test.csv": ROWS}))
    with pytest.raises(InputError, match=r"a\.zip has no file to train on.*\(test\.csv\).*--table"):
        read_reviews(tmp_path / "a.zip")
    assert len(read_reviews(tmp_path / "a.zip", ReadingOptions(table="test.csv"))) == 2


def test_a_folder_of_reviews_may_be_packed(tmp_path: Path) -> None:
    members = {
        f"aclImdb/train/{label}/{n}_1.txt": f"{label} {n}".encode() for label in ("pos", "neg") for n in range(3)
    }
    (tmp_path / "acl.tar.gz").write_bytes(gzip.compress(tarred({**members, "aclImdb/train/urls_pos.txt": b"http"})))
    report = read_reviews(tmp_path / "acl.tar.gz").report
    assert report.class_counts == {"neg": 3, "pos": 3}
    assert report.files[0].endswith("acl.tar.gz › aclImdb/train/neg")
    assert not any("packed1" in text for text in report.notices)


EVIL = ["/etc/evil.csv", "../evil.csv", "a/../../evil.csv", "..\\evil.csv", f"{'x' * 300}.csv", "a/" * 600 + "b.csv"]


@pytest.mark.parametrize("name", EVIL)
def test_a_name_that_leaves_the_archive_is_not_unpacked_and_told(tmp_path: Path, home: Path, name: str) -> None:
    for suffix, content in (
        ("zip", zipped({name: b"evil", "r.csv": ROWS})),
        ("tar", tarred({name: b"e", "r.csv": ROWS})),
    ):
        path = tmp_path / f"{len(name)}.{suffix}"
        path.write_bytes(content)
        reviews = read_reviews(path)
        assert len(reviews) == 2 and "(a name that" in " ".join(reviews.report.notices)
    assert not list(tmp_path.rglob("evil*"))


def test_links_and_devices_are_not_unpacked_and_told(tmp_path: Path, home: Path) -> None:
    members: dict[str, bytes | tarfile.TarInfo] = {"r.csv": ROWS}
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        info = tarfile.TarInfo(f"{kind.decode()}.csv")
        info.type, info.linkname = kind, "/etc/passwd"
        members[info.name] = info
    (tmp_path / "a.tar").write_bytes(tarred(members))
    said = " ".join(read_reviews(tmp_path / "a.tar").report.notices)
    assert "2.csv (a link)" in said and "1.csv (a link)" in said and "3.csv (no regular file)" in said
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("r.csv", ROWS)
    assert "link.csv (a link)" in " ".join(read_reviews(tmp_path / "a.zip").report.notices)


def test_members_with_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("r.csv", ROWS)
        archive.writestr("r.csv", b"text\nAnother\n")
        archive.writestr("r.csv/x.csv", b"text\nAnother\n")
    report = read_reviews(tmp_path / "a.zip").report
    assert report.kept == 2 and "r.csv (another member has its name)" in " ".join(report.notices)


def test_what_unpacks_to_absurd_sizes_is_refused(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_RATIO_COUNTS_FROM", 1 << 20)
    bomb = bytes(8 << 20)
    for suffix, content in (("xz", lzma.compress(bomb)), ("tar.bz2", bz2.compress(tarred({"r.csv": bomb})))):
        (tmp_path / f"r.csv.{suffix}").write_bytes(content)
        with pytest.raises(InputError, match="times its size: that is no file of reviews"):
            read_reviews(tmp_path / f"r.csv.{suffix}")
    assert left_in(home) == []


@pytest.mark.parametrize("packer", PACKERS)
def test_a_full_disk_is_foreseen(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, packer: str) -> None:
    class Usage:
        free = (1 << 30) + 50

    monkeypatch.setattr(bounds.shutil, "disk_usage", lambda folder: Usage)
    (tmp_path / "r.csv.x").write_bytes(PACKERS[packer](ROWS))
    with pytest.raises(InputError, match="are free for it; make room, or move REVIEWTUI_HOME"):
        read_reviews(tmp_path / "r.csv.x")
    assert left_in(home) == []


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_FILES", 3)
    (tmp_path / "a.zip").write_bytes(zipped({f"{number}.csv": ROWS for number in range(5)}))
    with pytest.raises(InputError, match="holds more than 3 files"):
        read_reviews(tmp_path / "a.zip")


def test_a_header_of_a_tar_archive_does_not_fill_the_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x" * 200)
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 40
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT)[-512:] + bytes(4096))
    with pytest.raises(InputError, match="is damaged or incomplete"):
        read_reviews(tmp_path / "a.tar")


def test_a_password_is_named_as_the_reason(tmp_path: Path) -> None:
    content = bytearray(zipped({"r.csv": ROWS}))
    content[6] |= 1  # in the header of the member, and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(InputError, match="protected by a password; unpack it yourself"):
        read_reviews(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"[Content_Types].xml": b"", "word/document.xml": b""}, "is a document; save"),
        ({"[Content_Types].xml": b"", "ppt/slides.xml": b""}, "is a presentation; save"),
        ({"mimetype": b"application/vnd.oasis.opendocument.text"}, "is a document; save"),
        ({"archive/data.pkl": b"", "archive/version": b""}, "could run code when it is loaded: it is not read"),
        ({"a.npy": b""}, "holds NumPy arrays"),
        ({"a.png": b""}, r"has no data files, only a.png \(not a format"),
        ({}, "is empty: it has no data files"),
    ],
)
def test_zipped_files_without_reviews_are_named(tmp_path: Path, members: dict[str, bytes], said: str) -> None:
    (tmp_path / "r.zip").write_bytes(zipped(members))
    with pytest.raises(InputError, match=said):
        read_reviews(tmp_path / "r.zip")


def test_archives_in_archives_end(tmp_path: Path) -> None:
    content = ROWS
    for _ in range(4):
        content = zipped({"r.csv": content})
    (tmp_path / "r.zip").write_bytes(content)
    with pytest.raises(InputError, match="packed more than 3 times; unpack it yourself"):
        read_reviews(tmp_path / "r.zip")


def test_a_workspace_is_removed_after_a_crash_and_not_while_it_is_used(home: Path) -> None:
    with bounds.workspace(lambda _: None) as space:
        folder = space.new_folder()
        left = home / "data" / ".unpacked-0123"
        left.mkdir()
        (left / "r.csv").write_bytes(ROWS)
        bounds.sweep_workspaces()
        assert folder.is_dir() and not left.exists()
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_a_failure_while_reading_removes_what_was_unpacked(tmp_path: Path, home: Path) -> None:
    (tmp_path / "r.csv.gz").write_bytes(gzip.compress(b"id,rating\n1,5\n2,4\n"))
    with pytest.raises(InputError, match=r"\(id, rating\) is text"):
        read_reviews(tmp_path / "r.csv.gz")
    assert left_in(home) == []
