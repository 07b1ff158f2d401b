"""Opening a database, and keeping its tables at the version that this code was written for.

A transaction begun in the usual way (`engine.begin()`) may write: on SQLite it takes the write lock at once,
because one that reads first and writes later is refused, without waiting, when another wrote in between.
Reads go through `reading`, which waits for no writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cobrowse.storage.errors import DatabaseNewer, DatabaseUnusable, MissingMigration

# A write transaction is a group commit of milliseconds; one that waits longer than this has met a fault.
BUSY_TIMEOUT_MS = 5_000
MAX_LOG_PAGES = 16_000
"""Of SQLite's write-ahead log, 64 MiB: past it a commit carries the log into the file itself, if nobody else has."""

ANSWER_WITHIN_S = 15.0
"""A server that says nothing for longer is taken for gone: a connection may be half open for hours."""

IDLE_WITHIN_S = 10.0
"""How long a transaction in PostgreSQL may wait for its server to go on. One that stands still (SIGSTOP, a machine that
is moved or swaps) would hold what it has written, and with it whoever brings the same to the database in its place.
"""

# Any number will do, as long as every server that migrates this database locks the same one.
_MIGRATION_LOCK = 0x0C0B_505E

_REFUSALS = ("08", "28", "3D", "42501", "42704", "22023", "53", "55P02", "57")
"""Classes and codes of PostgreSQL (appendix A of its manual) that speak of the address, its options, our rights there
or the server's own state: who may sign in, which databases there are, whether it is up.
"""

_MIGRATIONS = Path(__file__).parent / "migrations"

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}


async def open_database(url: str) -> AsyncEngine:
    """An engine on a database whose tables are at this version's revision. Dispose of it when done.

    `url`: sqlite:///relative/path, sqlite:////absolute/path or postgresql://user:password@host/name. A SQLite
    file is created with its folder and migrated. PostgreSQL gets its tables when it has none at all, and is only
    checked otherwise: servers of another version may be using it. SPEC node.10.
    Raises DatabaseUnusable, DatabaseNewer, MissingMigration.
    """
    target = _parse(url)
    if target.get_backend_name() == "sqlite":
        await migrate(url)
    engine = await _connect(target, answer_within_s=ANSWER_WITHIN_S)
    try:
        with _answering(target):
            async with reading(engine) as conn:
                is_empty = await conn.run_sync(_is_empty)
            if is_empty:
                await _run_migration(url, _begin)
            async with reading(engine) as conn:
                await conn.run_sync(_check)
    except BaseException:
        await engine.dispose()
        raise
    return engine


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection whose reads all see one moment of the database, and which waits for no writer.

    Nothing written through it is kept; PostgreSQL refuses the attempt.
    """
    async with engine.connect() as conn:
        if conn.dialect.name == "sqlite":
            yield await conn.execution_options(sqlite_begin="BEGIN")
        else:
            yield await conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


async def migrate(url: str) -> None:
    """Brings the tables to this version's revision, all or nothing; does nothing when they are there already.

    Raises DatabaseUnusable, DatabaseNewer.
    """
    await _run_migration(url, _upgrade)


async def migrate_down(url: str, revision: str = "base") -> None:
    """Takes the tables back to an older revision, all or nothing. What has no place there is lost."""
    await _run_migration(url, lambda _, config: command.downgrade(config, revision))


def _upgrade(_: Connection, config: Config) -> None:
    command.upgrade(config, "head")


def _begin(conn: Connection, config: Config) -> None:
    """Makes the tables unless another server has been first, whichever version that was of."""
    if _is_empty(conn):
        command.upgrade(config, "head")


def _is_empty(conn: Connection) -> bool:
    """Whether no table is there: neither ours nor anybody's."""
    return set(inspect(conn).get_table_names()) <= {"alembic_version"}


async def _run_migration(url: str, run: Callable[[Connection, Config], None]) -> None:
    target = _parse(url)
    # Rebuilding a table on SQLite drops the old one, which must not cascade: references are checked after.
    engine = await _connect(target, foreign_keys=False)
    try:
        with _answering(target):
            async with engine.begin() as conn:
                await conn.run_sync(_migrate, run)
    finally:
        await engine.dispose()


def _migrate(conn: Connection, run: Callable[[Connection, Config], None]) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    _refuse_newer(conn)
    config = _config()
    config.attributes["connection"] = conn
    run(conn, config)
    if conn.dialect.name == "sqlite" and (broken := conn.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise DatabaseUnusable(f"after migrating, a row of {broken[0]} refers to a row that is not there")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _refuse_newer(conn: Connection) -> tuple[str, str]:
    """The database's revision and this version's. Raises DatabaseNewer when the first is not one of ours."""
    script = ScriptDirectory.from_config(_config())
    known = {revision.revision for revision in script.walk_revisions()}
    needed = script.get_current_head() or "none"
    found = MigrationContext.configure(conn).get_current_revision() or "none"
    if found != "none" and found not in known:
        raise DatabaseNewer(found, needed)
    return found, needed


def _check(conn: Connection) -> None:
    found, needed = _refuse_newer(conn)
    if found != needed:
        raise MissingMigration(found, needed)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        # Not quoting it: it may hold a password.
        raise DatabaseUnusable("expected a database address like sqlite:///cobrowse.db") from None
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise DatabaseUnusable(f"expected sqlite or postgresql, got {parsed.get_backend_name()}")
    if driver.startswith("sqlite") and parsed.database in (None, "", ":memory:"):
        raise DatabaseUnusable(
            "expected a file, as in sqlite:///cobrowse.db: memory would forget what was promised"
        )
    return parsed.set(drivername=driver)


@contextmanager
def _answering(target: URL) -> Iterator[None]:
    """Says what keeps us from the database, where that is the address, the server or what we may do there."""
    place = f"{target.host or 'localhost'}:{target.port or 5432}"
    try:
        yield
    except OSError as failed:
        raise DatabaseUnusable(
            f"no database server answers at {place}: {failed}".removesuffix(": ")
        ) from failed
    except DBAPIError as refused:
        state = getattr(refused.orig, "sqlstate", None) or ""
        if target.get_backend_name() == "sqlite" or (state and not state.startswith(_REFUSALS)):
            raise
        said = getattr(refused.orig, "__cause__", None) or refused.orig
        raise DatabaseUnusable(f"the database server at {place} refuses: {said}") from None


async def _connect(
    target: URL, *, foreign_keys: bool = True, answer_within_s: float | None = None
) -> AsyncEngine:
    if target.get_backend_name() != "sqlite":
        try:
            from asyncpg import connect
        except ModuleNotFoundError as missing:
            raise DatabaseUnusable(
                f"PostgreSQL needs the package {missing.name}: pip install {missing.name}"
            ) from None
        # As every program of PostgreSQL reads an address, with sslmode and the like; SQLAlchemy knows a few of them.
        options = {{"ssl": "sslmode"}.get(name, name): value for name, value in target.query.items()}
        plain = target.set(drivername="postgresql", query=options).render_as_string(hide_password=False)

        async def connected() -> Any:
            connection = await connect(plain, command_timeout=answer_within_s)
            # Said once it is there: what stands between us and the server may know no such parameter of a start.
            await connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_WITHIN_S:g}s'")
            return connection

        return create_async_engine(target, pool_pre_ping=True, async_creator=connected)
    await asyncio.to_thread(_make_file, Path(target.database or ""))
    # isolation_level None: the driver begins nothing by itself, so that reads and DDL are transactional too.
    engine = create_async_engine(target, connect_args={"isolation_level": None})

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        prepare_sqlite(connection.cursor(), foreign_keys=foreign_keys)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql(conn.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE"))

    return engine


def prepare_sqlite(cursor: Any, *, foreign_keys: bool) -> None:
    """Makes a new SQLite connection one of ours; closes the cursor."""
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    # FULL: an acknowledgement means that the disk has it, also when the power fails.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {MAX_LOG_PAGES}")
    cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
    cursor.close()


def _make_file(path: Path) -> None:
    """Makes the folder and the file, in WAL mode, which the file keeps."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                with closing(sqlite3.connect(path, isolation_level=None)) as conn:
                    conn.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                # Two that switch a new file at once block each other, and SQLite does not wait there.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
    except (OSError, sqlite3.DatabaseError) as error:
        raise DatabaseUnusable(f"cannot open the database's file: {error}") from None
