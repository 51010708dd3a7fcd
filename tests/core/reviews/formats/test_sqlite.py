"""A table of a database is read whole; nothing in the database runs, and the file is not touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.sqlite import SqliteTable
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40).map("So: {}.".format)


@contextmanager
def database(path: Path) -> Iterator[sqlite3.Connection]:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        yield connection
        connection.commit()


def fill(connection: sqlite3.Connection, table: str, pairs: list[tuple[str, int]]) -> None:
    name = table.replace('"', '""')
    connection.execute(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, review TEXT, label INTEGER)')
    connection.executemany(f'INSERT INTO "{name}" (review, label) VALUES (?, ?)', pairs)


@quick
@given(pairs=st.lists(st.tuples(texts, st.sampled_from([0, 1])), min_size=1, max_size=9), name=texts)
def test_any_text_comes_back_as_it_was(tmp_path: Path, pairs: list[tuple[str, int]], name: str) -> None:
    kept = [text for text, _ in pairs if text.strip()]
    if not kept or name.casefold().startswith("sqlite"):
        return
    path = tmp_path / "r.db"
    with database(path) as connection:
        fill(connection, name, pairs)
    before = path.read_bytes()
    reviews = read_reviews(path)
    assert reviews.texts(range(len(reviews))) == kept
    assert reviews.report.accounts[0].total == len(pairs)
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir() if one.name != "home"] == ["r.db"]


def test_the_table_that_looks_like_reviews_is_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "shop.data"
    with database(path) as connection:
        fill(connection, "reviews", [("Good", 1), ("Bad", 0)])
        connection.execute("CREATE TABLE users (id, name)")
        connection.execute("INSERT INTO users VALUES (1, 'Kim')")
        connection.execute("CREATE TABLE empty_reviews (review, label)")
    report = read_reviews(path).report
    assert (report.format, report.kept) == ("sqlite", 2)
    assert "table “reviews” was read; --table chooses another (users)" in report.notices[0]
    assert read_reviews(path, ReadingOptions(table="users", text="name")).text(0) == "Kim"
    with pytest.raises(InputError, match="has no table “nothing”; it has"):
        read_reviews(path, ReadingOptions(table="nothing"))


def test_of_several_tables_with_reviews_one_must_be_chosen(tmp_path: Path) -> None:
    with database(tmp_path / "r.db") as connection:
        fill(connection, "may", [("Good", 1)])
        fill(connection, "june", [("Bad", 0)])
    with pytest.raises(InputError, match=r"several tables .*may, june; choose one with --table"):
        read_reviews(tmp_path / "r.db")


def test_views_are_not_run_and_nothing_can_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with database(path) as connection:
        fill(connection, "reviews", [("Good", 1)])
        connection.execute("CREATE VIEW more_reviews AS SELECT load_extension('x') AS review")
    assert len(read_reviews(path)) == 1
    with pytest.raises(InputError, match="has no table “more_reviews”; it has reviews"):
        read_reviews(path, ReadingOptions(table="more_reviews"))
    table = SqliteTable(InputFile(path, "r.db"), ReadingOptions())
    for statement in ("DELETE FROM reviews", "ATTACH '/tmp/x' AS x", "PRAGMA writable_schema = ON", "VACUUM"):
        with closing(table._connected()) as reader, pytest.raises(sqlite3.DatabaseError):
            reader.execute(statement)
    with closing(table._connected()) as reader, pytest.raises(sqlite3.OperationalError):
        reader.execute("SELECT load_extension('x')")


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with database(path) as connection:
        fill(connection, "reviews", [(f"It is number {number}", 1) for number in range(2000)])
    content = path.read_bytes()
    for damaged in (content[:4096], content[:100], content[:4096] + bytes(len(content) - 4096)):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="is not a readable SQLite database"):
            read_reviews(path)


def test_changes_that_wait_beside_the_database_are_named(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        fill(connection, "reviews", [("Good", 1)])
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO reviews (review) VALUES ('Late')")
        connection.commit()
        assert "r.db-wal were not read" in " ".join(read_reviews(path).report.notices)
