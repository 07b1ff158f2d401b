"""Rooms whose cart and visitor may have changed since their rows were written: what a start has to bring up.

A name is added in the transaction of the log rows that go ahead, and taken away in the one that writes the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import TextClause

from cobrowse.storage.bulk import Bulk
from cobrowse.storage.schema import behind
from cobrowse.storage.upsert import Insert, insert_for


@cache
def _add(dialect: str) -> Insert:
    return insert_for(dialect, behind).on_conflict_do_nothing()


@cache
def _take(_dialect: str) -> TextClause:
    return text("DELETE FROM behind WHERE room IN (VALUES (?))")


def adding(rooms: Iterable[str]) -> Bulk:
    """Names these rooms."""
    return Bulk(_add, [(room,) for room in rooms])


def taking(rooms: Iterable[str]) -> Bulk:
    """Names these rooms no longer. For SQLite, where alone rows are ever behind."""
    return Bulk(_take, [(room,) for room in rooms])


async def rooms(conn: AsyncConnection) -> list[str]:
    """All that are named."""
    return list((await conn.execute(select(behind.c.room))).scalars())
