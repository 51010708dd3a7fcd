"""A table of an SQLite database, read without changing, locking or running anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import quote

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.choice import choose
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.table import CHUNK_ROWS, UNDECODABLE, Chunk, Table, Tally, cell, unique_names
from core.reviews.options import ReadingOptions

_MAX_VALUE = 64 << 20
_MAX_TABLES = 500
_FIRST_ROWS = 10
_SHADOWS = (
    "data", "idx", "content", "docsize", "config", "segments", "segdir", "stat",  # full-text search (FTS3, 4 and 5)
    "node", "parent", "rowid", "vocab",
)  # fmt: skip
"""How the tables are named, after the name of a virtual table, in which it keeps its index."""
_READS = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION))
"""What a statement may do. Extensions are off, and functions that a schema should not call are not trusted in one."""


def open_sqlite(file: InputFile, options: ReadingOptions) -> SqliteTable:
    """Open the table of a database that holds the reviews, or that was asked for."""
    return SqliteTable(file, options)


class SqliteTable(Table):
    """The `Table` of a table in a database. The line of a row is its number."""

    format = "sqlite"

    def __init__(self, file: InputFile, options: ReadingOptions) -> None:
        """Choose the table.

        Raises:
            InputError: The database is damaged, or there are several tables, none of which looks like reviews.
        """
        self._path, self.name = file.path, file.name
        self.tally = Tally("rows")
        self._read = 0
        try:
            with closing(self._connected()) as database:
                tables = {name: _columns(database, name) for name in _tables(database)}
                first = {name: [columns, *_first_rows(database, name)] for name, columns in tables.items()}
                filled = {name: rows for name, rows in first.items() if len(rows) > 1 or options.table}
                if not tables and (indexes := _virtual_tables(database)):
                    raise self._only_an_index(indexes[0])
                choice = choose(filled, options.table, "table", self.name, partial(_count, database))
                self._table, self.notices, self.doubts = choice.name, choice.notices, choice.doubts
                self._about = _rows_about(database, self._table)
        except (sqlite3.Error, UnicodeError) as error:
            raise self._unreadable(error) from error
        self.columns = unique_names(tables[self._table])
        waiting = self._path.with_name(f"{self._path.name}-wal")
        if waiting.is_file() and waiting.stat().st_size:
            self.notices.append(
                f"{clean_line(self.name)} is open in another program, or was not closed: changes that wait in "
                f"{clean_line(waiting.name)} were not read."
            )

    def fraction(self) -> float:
        return min(self._read / self._about, 1.0) if self._about else 1.0

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self.tally.reset()
        self._read = 0
        try:
            with closing(self._connected()) as database:
                found = database.execute(f"SELECT * FROM {_quoted(self._table)}")
                while batch := found.fetchmany(rows):
                    columns = [[_shown(value) for value in column] for column in zip(*batch, strict=True)]
                    first = self._read + 1
                    self._read += len(batch)
                    yield Chunk(range(first, first + len(batch)), columns)
                self.tally.total = _count(database, self._table)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _connected(self) -> sqlite3.Connection:
        uri = f"file:{quote(str(Path(self._path).absolute()))}?mode=ro&immutable=1"
        database = sqlite3.connect(uri, uri=True)
        database.text_factory = _decoded
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
        database.execute("PRAGMA trusted_schema = OFF")
        database.set_authorizer(_authorized)
        return database

    def _only_an_index(self, name: str) -> InputError:
        shown = clean_line(name, 40)
        return InputError(
            f"{clean_line(self.name)} holds only the full-text index “{shown}”, which is not read; copy it to a table "
            f"(CREATE TABLE reviews AS SELECT * FROM {shown}), or export it as CSV."
        )

    def _unreadable(self, error: Exception) -> InputError:
        return InputError(
            f"{clean_line(self.name)} is not a readable SQLite database ({clean_line(error, 100)}); export the table "
            "as CSV."
        )


def _authorized(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY


def _tables(database: sqlite3.Connection) -> list[str]:
    """Return the names of ordinary tables: none of SQLite's own, and none in which a virtual table keeps its index."""
    found = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchmany(_MAX_TABLES)
    shadows = {f"{name}_{part}".casefold() for name in _virtual_tables(database) for part in _SHADOWS}
    return [
        name
        for name, sql in found
        if not name.startswith("sqlite_") and not _is_virtual(sql) and name.casefold() not in shadows
    ]


def _virtual_tables(database: sqlite3.Connection) -> list[str]:
    found = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchmany(_MAX_TABLES)
    return [name for name, sql in found if _is_virtual(sql)]


def _is_virtual(sql: str | None) -> bool:
    return (sql or "").lstrip().upper().startswith("CREATE VIRTUAL")


def _count(database: sqlite3.Connection, table: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0])


def _rows_about(database: sqlite3.Connection, table: str) -> int:
    """Return about how many rows a table has, without going through them: the highest number that one has."""
    try:
        (highest,) = database.execute(f"SELECT max(rowid) FROM {_quoted(table)}").fetchone()
    except sqlite3.Error:  # a table without such numbers
        highest = None
    return highest if isinstance(highest, int) and highest > 0 else 0


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [column[0] for column in database.execute(f"SELECT * FROM {_quoted(table)} LIMIT 0").description]


def _first_rows(database: sqlite3.Connection, table: str) -> list[list[str]]:
    rows = database.execute(f"SELECT * FROM {_quoted(table)} LIMIT {_FIRST_ROWS}")
    return [[_shown(value) for value in row] for row in rows]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", "reviewtui-mark")


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.decode("utf-8", "ignore") + UNDECODABLE
    return cell(value)
