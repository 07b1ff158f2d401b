"""Commits as they came, until their rows are in the tables that are read. For SQLite, where alone there are any.

A commit is one row at the end of one table, however many rooms it is about: a row in the log's table is one more page
written for each room, and half of what a commit costs. Once a second all that came is filed, each room's in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import TextClause

from cobrowse.storage.bulk import Bulk
from cobrowse.storage.journal import LogRow, Snapshot
from cobrowse.storage.schema import log, unfiled
from cobrowse.storage.upsert import Insert, insert_for


class Commit(NamedTuple):
    """What one transaction made durable: rows of the log, and the first snapshots of rooms that begin with them."""

    rows: Sequence[LogRow]
    begun: Sequence[Snapshot]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Commit).decode


@cache
def _keep(dialect: str) -> Insert:
    return insert_for(dialect, unfiled)


@cache
def _file(dialect: str) -> Insert:
    return insert_for(dialect, log).on_conflict_do_nothing()


@cache
def _forget(_dialect: str) -> TextClause:
    return text("DELETE FROM unfiled WHERE number IN (VALUES (?))")


def keeping(number: int, commit: Commit) -> Bulk:
    """Keeps the commit under the number after the last one's."""
    return Bulk(_keep, [(number, _encode(commit))])


def filing(rows: Sequence[LogRow]) -> Bulk:
    """Puts rows into the log, those that a filing which broke off has left out."""
    return Bulk(_file, rows)


def forgetting(numbers: Iterable[int]) -> Bulk:
    """Takes the commits of these numbers away."""
    return Bulk(_forget, [(number,) for number in numbers])


async def commits(conn: AsyncConnection) -> dict[int, Commit]:
    """All that are kept, by number, in order."""
    rows = await conn.execute(select(unfiled.c.number, unfiled.c.rows).order_by(unfiled.c.number))
    return {number: _decode(packed) for number, packed in rows}
