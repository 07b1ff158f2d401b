"""Revisions with rows in the tables: what has a place in both stays, going down and up again, on each back end."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
    text,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from cobrowse.storage import journal, unfiled
from cobrowse.storage.engine import migrate, migrate_down, reading
from cobrowse.storage.journal import LogRow, Snapshot
from cobrowse.storage.schema import metadata
from cobrowse.storage.unfiled import Commit
from cobrowse.storage.upsert import tuple_of
from tests.storage.samples import log_row

KEPT = [log_row(1), log_row(2), log_row(1, room="other")]
BEGUN = Snapshot("new", "shop", "an epoch", 0, 7, b"\x80\xff", 5.0)
COMMIT = Commit([log_row(2), log_row(3), log_row(1, room="new")], [BEGUN])
"""Of which one row is filed already, as after a filing that broke off."""


def value_of(column: Column[Any], n: int) -> object:
    """The n-th row's: the same text everywhere, so that what refers to another row finds it."""
    match column.type:
        case Boolean():
            return n == 0
        case Double():
            return n + 0.5
        case BigInteger():
            return 2**40 + n
        case Integer():
            return n + 1
        case LargeBinary():
            return bytes([0, n, 255])
    return f"of \N{LATIN SMALL LETTER U WITH DIAERESIS} {n}"


async def fill(engine: AsyncEngine) -> None:
    """Three rows in every table but those that revisions move rows between."""
    async with engine.begin() as conn:
        for table in metadata.sorted_tables:
            if table.name not in ("log", "unfiled"):
                rows = [{each.name: value_of(each, n) for each in table.columns} for n in range(3)]
                await conn.execute(insert(table), rows)
        await journal.append(conn, KEPT)


async def rows_of(engine: AsyncEngine) -> dict[str, list[tuple[Any, ...]]]:
    """All there is, a table's columns and rows in an order of their own."""

    def reflected(sync: Any) -> list[Table]:
        found = MetaData()
        found.reflect(sync)
        return found.sorted_tables

    async with reading(engine) as conn:
        found = {}
        for table in await conn.run_sync(reflected):
            if table.name != "alembic_version":
                names = sorted(table.columns.keys())
                rows = await conn.execute(
                    table.select().with_only_columns(*(table.c[name] for name in names))
                )
                found[table.name] = sorted(tuple(row) for row in rows)
        return found


async def test_what_a_revision_has_a_place_for_survives_it_and_the_way_back(
    engine: AsyncEngine, database_url: str
) -> None:
    await fill(engine)
    before = there = await rows_of(engine)
    for revision in ("0005", "0004", "0003", "0002", "0001"):
        await migrate_down(database_url, revision)
        await engine.dispose()
        left = await rows_of(engine)
        assert {name: rows for name, rows in left.items() if name != "behind"} == {
            name: rows for name, rows in there.items() if name in left and name != "behind"
        }
        assert left.keys() != there.keys()
        there = left
    await migrate(database_url)
    await engine.dispose()
    assert await rows_of(engine) == {name: there.get(name, []) for name in before}


async def log_of(engine: AsyncEngine) -> list[LogRow]:
    async with reading(engine) as conn:
        return [row for room in ("new", "other", "room") for row in await journal.tail(conn, room, 0, 10)]


async def test_commits_that_are_not_filed_are_filed_going_down_and_their_rooms_brought_up_again(
    engine: AsyncEngine, database_url: str
) -> None:
    async with engine.begin() as conn:
        await journal.append(conn, KEPT)
        packed = unfiled.keeping(4, COMMIT).rows[0][1]
        await conn.execute(insert(metadata.tables["unfiled"]), {"number": 4, "rows": packed})
    await migrate_down(database_url, "0004")
    await engine.dispose()
    expected = [COMMIT.rows[2], KEPT[2], KEPT[0], KEPT[1], COMMIT.rows[1]]
    assert await log_of(engine) == expected
    async with reading(engine) as conn:
        behind = (await conn.execute(text("SELECT room FROM behind ORDER BY room"))).scalars().all()
        snapshots = (await conn.execute(text("SELECT * FROM rooms"))).all()
    assert behind == ["new", "room"]
    assert [tuple(row) for row in snapshots] == [tuple_of(BEGUN)]
    await migrate(database_url)
    await engine.dispose()
    assert await log_of(engine) == expected
    async with reading(engine) as conn:
        [(number, (rows, begun))] = (await unfiled.commits(conn)).items()
    assert number == 1
    assert sorted(map(tuple, rows)) == sorted(map(tuple, COMMIT.rows[1:]))
    assert list(begun) == []


async def test_a_repeat_that_the_first_revisions_forbid_is_forbidden_again(
    engine: AsyncEngine, database_url: str
) -> None:
    """The rows that they would not have taken are not thrown away: the way down is refused, and nothing has changed."""
    async with engine.begin() as conn:
        await journal.append(conn, [log_row(1, counter=5), log_row(2, counter=5)])
    before = await rows_of(engine)
    with pytest.raises(Exception, match=r"(?i)unique"):
        await migrate_down(database_url, "0003")
    await engine.dispose()
    assert await rows_of(engine) == before
