"""The rooms' log, as appended, and the snapshots that let its beginning be trimmed.

An acknowledgement to a client rests on `append` and the commit after it: no row and no conflict is ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage import bulk
from cobrowse.storage.bulk import Bulk
from cobrowse.storage.errors import LogConflict
from cobrowse.storage.schema import log, rooms
from cobrowse.storage.upsert import Insert, insert_for, tuple_of


class LogRow(NamedTuple):
    """One entry of a room's log; `hash`: the rolling one so far; (replica, counter): its operation.

    The fields are the table's columns, in their order: the row is the statement's parameters.
    """

    room: str
    offset: int
    hash: int
    at: float
    replica: int
    counter: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A room's state after the entry at `offset`, encoded; `hash` is the log's rolling hash there."""

    room: str
    site: str
    epoch: str
    offset: int
    hash: int
    state: bytes
    saved_at: float


HELD_AT_ONCE = 500
"""Two parameters each, well below what either back end takes in one statement."""


@cache
def _append(dialect: str) -> Insert:
    return insert_for(dialect, log)


def appending(rows: Sequence[LogRow]) -> Bulk:
    """What `append` writes."""
    return Bulk(_append, rows)


async def append(conn: AsyncConnection, rows: Sequence[LogRow]) -> None:
    """Adds every row or, once the transaction is rolled back, none; durable when it is committed.

    Raises LogConflict when the log holds one of the offsets of its room.
    """
    try:
        await bulk.write(conn, appending(rows))
    except IntegrityError:
        raise LogConflict(f"expected {len(rows)} new log rows; an offset among them is taken") from None


async def tail(conn: AsyncConnection, room: str, after_offset: int, limit: int) -> list[LogRow]:
    """The room's first `limit` rows with a greater offset than `after_offset`, in order."""
    rows = await conn.execute(
        select(log).where(log.c.room == room, log.c.offset > after_offset).order_by(log.c.offset).limit(limit)
    )
    return [LogRow(*row) for row in rows]


async def recorded(conn: AsyncConnection) -> list[LogRow]:
    """Every row that the log still holds, of all rooms, each room's in order; not what is unfiled."""
    rows = await conn.execute(select(log).order_by(log.c.room, log.c.offset))
    return [LogRow(*row) for row in rows]


async def held(conn: AsyncConnection, positions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Which of these (room, offset) the log has, with the hash of each."""
    found: dict[tuple[str, int], int] = {}
    for first in range(0, len(positions), HELD_AT_ONCE):
        asked = positions[first : first + HELD_AT_ONCE]
        rows = await conn.execute(
            select(log.c.room, log.c.offset, log.c.hash).where(tuple_(log.c.room, log.c.offset).in_(asked))
        )
        found |= {(room, offset): digest for room, offset, digest in rows}
    return found


async def load_snapshot(conn: AsyncConnection, room: str) -> Snapshot | None:
    """The room's latest snapshot; with the tail after it, read in one transaction, the room's whole state."""
    row = (await conn.execute(select(rooms).where(rooms.c.room == room))).first()
    return None if row is None else Snapshot(**row._mapping)


@cache
def _save_snapshot(dialect: str) -> Insert:
    statement = insert_for(dialect, rooms)
    newer = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[rooms.c.room],
        set_={name: newer[name] for name in ("site", "epoch", "offset", "hash", "state", "saved_at")},
        where=(newer.epoch != rooms.c.epoch) | (newer["offset"] >= rooms.c.offset),
    )


def saving(snapshots: Sequence[Snapshot]) -> Bulk:
    """What `save_snapshot` writes."""
    return Bulk(_save_snapshot, [tuple_of(each) for each in snapshots])


async def save_snapshot(conn: AsyncConnection, *snapshots: Snapshot) -> None:
    """Makes each its room's latest snapshot, unless a later one of the same epoch is there."""
    await bulk.write(conn, saving(snapshots))


async def rooms_with_entries_before(
    conn: AsyncConnection, at: float, after_room: str, limit: int
) -> tuple[list[str], str | None]:
    """Of the next `limit` rooms by name, those whose log begins before `at` and their snapshot; then the last of the
    `limit` that was looked at, None when there are no more.
    """
    begins = select(log.c.at).where(log.c.room == rooms.c.room).order_by(log.c.offset).limit(1)
    first = select(func.min(log.c.offset)).where(log.c.room == rooms.c.room)
    rows = await conn.execute(
        select(rooms.c.room, (begins.scalar_subquery() < at) & (first.scalar_subquery() < rooms.c.offset))
        .where(rooms.c.room > after_room)
        .order_by(rooms.c.room)
        .limit(limit)
    )
    looked_at = [(room, old) for room, old in rows]
    return [room for room, old in looked_at if old], looked_at[-1][0] if looked_at else None


async def trim(conn: AsyncConnection, among: Sequence[str], at: float) -> int:
    """Deletes the rows of these rooms that are older than `at` and before their snapshot's own. How many."""
    covered = select(rooms.c.offset).where(rooms.c.room == log.c.room).scalar_subquery()
    gone = await conn.execute(delete(log).where(log.c.room.in_(among), log.c.at < at, log.c.offset < covered))
    return gone.rowcount
