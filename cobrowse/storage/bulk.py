"""Many rows into one table by few statements, and on SQLite a whole transaction in one visit to one thread.

A group commit is most of what the log costs. Through the engine each statement takes three visits to the driver's
thread, and SQLite lets go of Python's lock at every row of an executemany: the event loop takes it, and keeps it.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cobrowse.storage.checkpoints import Checkpointer, carry
from cobrowse.storage.engine import prepare_sqlite

MAX_ROWS = 512
FEW_ROWS = 64
"""A statement takes any number of rows up to a few, or a multiple of that up to `MAX_ROWS`: few different ones, which
SQLite keeps prepared, and seldom more than two for a batch.
"""

CACHED_STATEMENTS = 4 * FEW_ROWS

_VALUES = re.compile(r"VALUES \(([^()]*)\)")
_TYPE = re.compile(r"(\$\d+::\w+)")
_ROWS = "SELECT * FROM unnest({})"

Work = Callable[[], None]


class Bulk(NamedTuple):
    """Rows for one table, each a value a column in the table's order; `statement`: for a back end, with one row."""

    statement: Callable[[str], ClauseElement]
    rows: Sequence[tuple[Any, ...]]


async def write(conn: AsyncConnection, bulk: Bulk) -> None:
    """Writes the rows, inside the connection's transaction, no row twice. Raises IntegrityError.

    PostgreSQL takes them in one statement that has an array for each column: one plan and one execution, not one a row.
    """
    if not bulk.rows:
        return
    text = _text(bulk.statement, conn.dialect)
    if conn.dialect.name == "postgresql":
        await conn.exec_driver_sql(_of_arrays(text), tuple(map(list, zip(*bulk.rows, strict=True))))
    else:
        await conn.exec_driver_sql(text, list(bulk.rows))


@cache
def _text(statement: Callable[[str], ClauseElement], dialect: Dialect) -> str:
    return str(statement(dialect.name).compile(dialect=dialect))


@cache
def _of_arrays(insert: str) -> str:
    """The insert of one row, `VALUES ($1::TEXT, ...)`, as one that takes an array of each column's values."""
    return _VALUES.sub(lambda values: _ROWS.format(_TYPE.sub(r"\1[]", values[1])), insert, count=1)


class Writer:
    """A thread with a SQLite connection of its own, for transactions that are bulks and nothing else.

    Each statement gives up Python's lock and must win it back from the event loop: one that stands alone is its own
    transaction.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._conn: sqlite3.Connection | None = None
        self._synced = True
        self._checkpointer: Checkpointer | None = None
        self._work: SimpleQueue[tuple[Work, asyncio.Future[None] | None] | None] = SimpleQueue()
        self._thread: Thread | None = None

    async def write(self, bulks: Sequence[Bulk], *, synced: bool = True) -> None:
        """Writes all rows in one transaction; durable when it returns. Raises IntegrityError, sqlite3.Error.

        One that is not `synced` asks nothing of the disk: it is durable no later than the next that is.
        """
        await self._do(lambda: self._write(bulks, synced))

    async def close(self) -> None:
        if self._thread is not None:
            await self._do(self._close)
            self._work.put(None)
            self._thread.join()
            self._thread = None

    def _do(self, work: Work) -> asyncio.Future[None]:
        if self._thread is None:
            self._thread = Thread(target=self._run, name="writer", daemon=True)
            self._thread.start()
        future = asyncio.get_running_loop().create_future()
        self._work.put((work, future))
        return future

    def _run(self) -> None:
        while (asked := self._work.get()) is not None:
            work, future = asked
            failed: BaseException | None = None
            try:
                work()
            except BaseException as error:
                failed = error
            if future is None:
                continue
            with suppress(RuntimeError):  # the loop may be closed by now
                future.get_loop().call_soon_threadsafe(_settle, future, failed)

    def _write(self, bulks: Sequence[Bulk], synced: bool) -> None:
        conn = self._conn or self._open()
        asked = [each for bulk in bulks for each in statements(bulk)]
        try:
            if synced is not self._synced:
                conn.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
                self._synced = synced
            if len(asked) == 1:
                conn.execute(*asked[0])
                return
            conn.execute("BEGIN IMMEDIATE")
            for text, values in asked:
                conn.execute(text, values)
            conn.execute("COMMIT")
        except BaseException as error:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            if isinstance(error, sqlite3.IntegrityError):
                raise IntegrityError(None, None, error) from None
            raise
        finally:
            if self._checkpointer is not None:
                self._checkpointer.note()

    def _open(self) -> sqlite3.Connection:
        conn = self._conn = self._connect()
        self._synced = True
        self._checkpointer = Checkpointer(self._connect, self._finish)
        return conn

    def _finish(self) -> None:
        self._work.put((self._carry, None))

    def _carry(self) -> None:
        if self._conn is not None:
            carry(self._conn)

    def _connect(self) -> sqlite3.Connection:
        conn = sqlite3.connect(self._path, isolation_level=None, cached_statements=CACHED_STATEMENTS)
        prepare_sqlite(conn.cursor(), foreign_keys=True)
        return conn

    def _close(self) -> None:
        if self._checkpointer is not None:
            self._checkpointer.close()
            self._checkpointer = None
        if self._conn is not None:
            self._conn.close()
            self._conn = None


def _settle(future: asyncio.Future[None], failed: BaseException | None) -> None:
    if future.done():  # whoever waited was cancelled
        return
    if failed is None:
        future.set_result(None)
    else:
        future.set_exception(failed)


def writer_of(engine: AsyncEngine) -> Writer | None:
    """A writer for the engine's database; None where it is not SQLite: there a statement is one round trip anyway."""
    return Writer(engine.url.database or "") if engine.dialect.name == "sqlite" else None


def statements(bulk: Bulk) -> Iterator[tuple[str, list[Any]]]:
    """The bulk as SQLite statements of many rows each, with their values."""
    first, count = 0, len(bulk.rows)
    while first < count:
        left = count - first
        size = left if left <= FEW_ROWS else min(left - left % FEW_ROWS, MAX_ROWS)
        yield (
            _statement(bulk.statement, len(bulk.rows[0]), size),
            [value for row in bulk.rows[first : first + size] for value in row],
        )
        first += size


@cache
def _statement(statement: Callable[[str], ClauseElement], width: int, size: int) -> str:
    row = "(" + ", ".join("?" * width) + ")"
    head, _, tail = str(statement("sqlite").compile(dialect=sqlite.dialect())).partition(row)
    return head + ", ".join([row] * size) + tail
