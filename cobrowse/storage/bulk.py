"""Many rows into one table by few statements, and on SQLite a whole transaction in one visit to one thread.

A group commit is most of what the log costs. Through the engine each statement takes three visits to the driver's
thread, and SQLite lets go of Python's lock at every row of an executemany: the event loop takes it, and keeps it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cobrowse.storage.engine import prepare_sqlite

MAX_ROWS = 128
"""A statement takes a power of two of rows, at most this many: few different ones, which SQLite keeps prepared."""


class Bulk(NamedTuple):
    """Rows for one table, each a value a column in the table's order; `insert` makes the statement for a back end."""

    insert: Callable[[str], Insert]
    rows: Sequence[tuple[Any, ...]]


async def write(conn: AsyncConnection, bulk: Bulk) -> None:
    """Writes the rows, inside the connection's transaction. Raises IntegrityError."""
    if bulk.rows:
        text = str(bulk.insert(conn.dialect.name).compile(dialect=conn.dialect))
        await conn.exec_driver_sql(text, list(bulk.rows))


class Writer:
    """A thread with a SQLite connection of its own, for transactions that are bulks and nothing else."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "writer")
        self._conn: sqlite3.Connection | None = None

    async def write(self, bulks: Sequence[Bulk]) -> None:
        """Writes all rows in one transaction; durable when it returns. Raises IntegrityError, sqlite3.Error."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, bulks)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _write(self, bulks: Sequence[Bulk]) -> None:
        conn = self._conn or self._open()
        conn.execute("BEGIN IMMEDIATE")
        try:
            for bulk in bulks:
                for text, values in statements(bulk):
                    conn.execute(text, values)
            conn.execute("COMMIT")
        except BaseException as error:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            if isinstance(error, sqlite3.IntegrityError):
                raise IntegrityError(None, None, error) from None
            raise

    def _open(self) -> sqlite3.Connection:
        conn = sqlite3.connect(self._path, isolation_level=None)
        prepare_sqlite(conn.cursor(), foreign_keys=True)
        self._conn = conn
        return conn

    def _close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None


def writer_of(engine: AsyncEngine) -> Writer | None:
    """A writer for the engine's database; None where it is not SQLite: there a statement is one round trip anyway."""
    return Writer(engine.url.database or "") if engine.dialect.name == "sqlite" else None


def statements(bulk: Bulk) -> Iterator[tuple[str, list[Any]]]:
    """The bulk as SQLite statements of many rows each, with their values."""
    first, count = 0, len(bulk.rows)
    while first < count:
        size = min(1 << (count - first).bit_length() - 1, MAX_ROWS)
        yield (
            _statement(bulk.insert, size),
            [value for row in bulk.rows[first : first + size] for value in row],
        )
        first += size


@cache
def _statement(insert: Callable[[str], Insert], size: int) -> str:
    head, values, tail = str(insert("sqlite").compile(dialect=sqlite.dialect())).partition(_row(insert))
    return head + ", ".join([values] * size) + tail


@cache
def _row(insert: Callable[[str], Insert]) -> str:
    return "(" + ", ".join("?" for _ in insert("sqlite").table.columns) + ")"
