from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import DropTable

from cobrowse.storage import engine as database
from cobrowse.storage import journal
from cobrowse.storage.engine import _connect, _parse, migrate, migrate_down, open_database, reading
from cobrowse.storage.errors import DatabaseNewer, DatabaseUnusable, MissingMigration
from cobrowse.storage.schema import metadata
from tests.engines import PostgresServer, drop_database, new_database
from tests.storage.samples import log_row


async def table_names(url: str) -> set[str]:
    engine = await open_database(url)
    async with reading(engine) as conn:
        names = await conn.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    await engine.dispose()
    return names


async def test_migrations_run_up_down_and_up_again(database_url: str) -> None:
    await migrate(database_url)
    assert await table_names(database_url) == {*metadata.tables, "alembic_version"}
    await migrate_down(database_url)
    await migrate(database_url)
    await migrate(database_url)
    assert await table_names(database_url) == {*metadata.tables, "alembic_version"}


async def test_migrating_down_leaves_no_table(engine: AsyncEngine, database_url: str) -> None:
    await migrate_down(database_url)
    async with reading(engine) as conn:
        assert await conn.run_sync(lambda sync: inspect(sync).get_table_names()) == ["alembic_version"]


async def test_schema_and_migrations_agree(engine: AsyncEngine) -> None:
    def differences(conn: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(conn), metadata))

    async with reading(engine) as conn:
        assert await conn.run_sync(differences) == []


async def test_several_servers_may_migrate_at_once(database_url: str) -> None:
    await asyncio.gather(*(migrate(database_url) for _ in range(4)))
    assert "log" in await table_names(database_url)


async def test_a_newer_database_is_refused(engine: AsyncEngine, database_url: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNewer, match=r"revision 9999.*up to \d{4}"):
        await open_database(database_url)
    with pytest.raises(DatabaseNewer):
        await migrate(database_url)
    async with reading(engine) as conn:
        assert (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == "9999"


async def test_an_old_database_is_migrated_on_sqlite_and_refused_on_postgresql(database_url: str) -> None:
    await migrate(database_url)
    await migrate_down(database_url, "0001")
    if database_url.startswith("sqlite"):
        assert "secrets" in await table_names(database_url)
    else:
        with pytest.raises(MissingMigration, match="cobrowse migrate"):
            await open_database(database_url)


async def test_node10_several_servers_at_once_make_the_tables_of_an_empty_database(database_url: str) -> None:
    engines = await asyncio.gather(*(open_database(database_url) for _ in range(4)))
    for engine in engines:
        async with reading(engine) as conn:
            assert await journal.tail(conn, "room", 0, 10) == []
        await engine.dispose()


async def test_node10_a_database_with_tables_of_somebody_elses_is_left_alone(
    postgres: PostgresServer,
) -> None:
    url = await new_database(postgres)
    conn = await asyncpg.connect(url)
    await conn.execute("CREATE TABLE invoices (number int)")
    with pytest.raises(MissingMigration, match="cobrowse migrate"):
        await open_database(url)
    names = await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    assert [each["tablename"] for each in names] == ["invoices"]
    await conn.close()
    await drop_database(postgres, url)


async def test_node10_tables_that_another_version_makes_meanwhile_are_left_as_they_are(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was empty when this server looked, and is not any more when its turn comes."""
    url = await new_database(postgres)
    look = database._begin

    def late(conn: Connection, config: Config) -> None:
        command.upgrade(config, "0005")
        look(conn, config)

    monkeypatch.setattr(database, "_begin", late)
    with pytest.raises(MissingMigration, match="revision 0005"):
        await open_database(url)
    await drop_database(postgres, url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://shop:hidden@db/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////dev/null/x/y",
    ],
)
async def test_an_address_that_cannot_be_opened_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(DatabaseUnusable) as refused:
        await open_database(url)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "options", ["?sslmode=disable", "?ssl=prefer", "?application_name=shop&sslmode=prefer"]
)
async def test_an_address_of_postgresql_has_the_options_that_all_its_programs_know(
    postgres: PostgresServer, options: str
) -> None:
    engine = await _connect(_parse(postgres.address("postgres") + options))
    async with reading(engine) as conn:
        name = (await conn.execute(text("SHOW application_name"))).scalar_one()
    assert (name == "shop") == ("shop" in options)
    await engine.dispose()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("cobrowse@", "nobody:hidden@", 'role "nobody" does not exist'),
        ("/postgres", "/gone", 'database "gone" does not exist'),
        ("/postgres", "/postgres?sslmode=require", "SSL"),
        ("/postgres", "/postgres?sslmode=maybe", "`sslmode`"),
        ("/postgres", "/postgres?nonsense=1", '"nonsense"'),
        ("cobrowse@", "guest:hidden@", "permission denied"),
    ],
)
async def test_what_keeps_a_server_from_postgresql_is_said_in_its_words(
    postgres: PostgresServer, before: str, after: str, said: str
) -> None:
    admin = await asyncpg.connect(postgres.address("postgres"))
    await admin.execute("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'hidden'")
    await admin.close()
    with pytest.raises(DatabaseUnusable, match=said) as refused:
        await open_database(postgres.address("postgres").replace(before, after, 1))
    assert "hidden" not in str(refused.value)


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Lea, " * 500)
    with pytest.raises(DatabaseUnusable, match="not a database"):
        await open_database(f"sqlite:///{letter}")
    assert letter.read_text() == "Dear Lea, " * 500


async def test_what_was_committed_survives_reopening(database_url: str) -> None:
    await migrate(database_url)
    first = await open_database(database_url)
    async with first.begin() as conn:
        await journal.append(conn, [log_row(1)])
    await first.dispose()
    second = await open_database(database_url)
    async with reading(second) as conn:
        assert await journal.tail(conn, "room", 0, 10) == [log_row(1)]
    await second.dispose()


async def test_what_was_not_committed_is_gone(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        await journal.append(conn, [log_row(1)])
        await conn.rollback()
    async with reading(engine) as conn:
        assert await journal.tail(conn, "room", 0, 10) == []


async def test_a_reader_waits_for_no_writer_and_sees_one_moment(engine: AsyncEngine) -> None:
    async with engine.connect() as writer:
        await journal.append(writer, [log_row(1)])
        async with reading(engine) as reader:
            assert await journal.tail(reader, "room", 0, 10) == []
            await writer.commit()
            assert await journal.tail(reader, "room", 0, 10) == []
    async with reading(engine) as reader:
        assert await journal.tail(reader, "room", 0, 10) == [log_row(1)]


async def test_writers_that_read_first_take_turns(engine: AsyncEngine) -> None:
    async def add(room: str) -> None:
        async with engine.begin() as conn:
            top = len(await journal.tail(conn, room, 0, 100))
            await journal.append(conn, [log_row(top + 1, room=room)])

    for _ in range(3):
        await asyncio.gather(*(add(f"room{n}") for n in range(6)))
    async with reading(engine) as conn:
        for n in range(6):
            assert [row.offset for row in await journal.tail(conn, f"room{n}", 0, 10)] == [1, 2, 3]


async def test_sqlite_keeps_every_promise_on_every_connection(tmp_path: Path) -> None:
    engine = await open_database(f"sqlite:///{tmp_path}/cobrowse.db")
    async with engine.connect() as one, reading(engine) as two:
        for conn in (one, two):
            found = {
                name: (await conn.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
            assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    await engine.dispose()


async def test_a_migration_that_fails_leaves_everything_as_it_was(
    engine: AsyncEngine, database_url: str
) -> None:
    async with engine.begin() as conn:
        # In the way of the first revision: it fails half-way, at this table.
        await conn.execute(text("DELETE FROM alembic_version"))
        for table in reversed(metadata.sorted_tables):
            if table.name != "visitors":
                await conn.execute(DropTable(table))
    with pytest.raises(DBAPIError):
        await migrate(database_url)
    async with reading(engine) as conn:
        names = await conn.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    assert names == {"visitors", "alembic_version"}
