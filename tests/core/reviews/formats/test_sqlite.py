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


def test_of_several_tables_with_reviews_the_longest_is_read_and_the_others_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with database(path) as connection:
        fill(connection, "may", [("Good", 1)])
        fill(connection, "june", [("Bad", 0), ("Better", 1)])
    reviews = read_reviews(path)
    assert reviews.texts(range(2)) == ["Bad", "Better"]
    (doubt,) = (one for one in reviews.report.doubts if one.about == "table")
    assert "“june” (2 rows) is read; not read: “may” (1)" in doubt.sentence
    (way,) = doubt.ways.values()
    assert read_reviews(path, ReadingOptions.model_validate(way)).text(0) == "Good"


@pytest.mark.parametrize("module", ["fts4", "fts5"])
def test_the_tables_of_a_full_text_index_are_never_suggested(tmp_path: Path, module: str) -> None:
    path = tmp_path / "r.db"
    with database(path) as connection:
        fill(connection, "all_reviews", [("Good", 1), ("Bad", 0)])
        connection.execute(f"CREATE VIRTUAL TABLE reviews USING {module}(body)")
        connection.execute("INSERT INTO reviews SELECT review FROM all_reviews")
        connection.execute("CREATE TABLE reviews_archive (review TEXT, label INTEGER)")
        connection.execute("INSERT INTO reviews_archive VALUES ('Old', 1)")
    report = read_reviews(path).report
    said = " ".join([*report.notices, *(doubt.sentence for doubt in report.doubts)])
    assert report.kept == 2 and "reviews_archive" in said
    assert not any(f"reviews_{part}" in said for part in ("content", "data", "segments", "docsize"))
    with pytest.raises(InputError, match="has no table “reviews_content”; it has all_reviews, reviews_archive"):
        read_reviews(path, ReadingOptions(table="reviews_content"))


def test_an_index_alone_is_named_with_a_way_out_that_works(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with database(path) as connection:
        connection.execute("CREATE VIRTUAL TABLE posts USING fts5(review, label)")
        connection.execute("INSERT INTO posts VALUES ('Good', 1)")
    with pytest.raises(InputError, match=r"only the full-text index “posts”.*\(CREATE TABLE reviews AS SELECT \* FROM"):
        read_reviews(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE reviews AS SELECT * FROM posts")
        connection.commit()
    assert read_reviews(path).text(0) == "Good"


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
