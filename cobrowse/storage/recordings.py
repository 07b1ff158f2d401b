"""Recordings of what a CSA saw of a shopper's page: parts in order, read one by one, deleted whole. SPEC record."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage.schema import recording_parts, recordings
from cobrowse.storage.upsert import insert_into, values_of


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording: of which room, for which CSA, from when to when, how large, in how many parts."""

    id: str
    room: str
    site: str
    csa: str
    csa_name: str
    started_at: float
    ended_at: float
    size_bytes: int = 0
    parts: int = 0


async def begin(conn: AsyncConnection, recording: Recording) -> None:
    """Keeps a new recording; one that is there already, at another node perhaps, goes on."""
    statement = insert_into(conn, recordings).values(values_of(recording))
    await conn.execute(statement.on_conflict_do_nothing(index_elements=[recordings.c.id]))


async def add_part(conn: AsyncConnection, key: str, body: bytes, ended_at: float) -> int | None:
    """Adds the next part; how large the recording is now, None if it has been deleted meanwhile: it stays so."""
    own = recordings.c
    grown = await conn.execute(
        update(recordings)
        .where(own.id == key)
        .values(ended_at=ended_at, size_bytes=own.size_bytes + len(body), parts=own.parts + 1)
        .returning(own.parts, own.size_bytes)
    )
    row = grown.first()
    if row is None:
        return None
    await conn.execute(insert(recording_parts).values(recording=key, number=row.parts - 1, body=body))
    return int(row.size_bytes)


async def find(conn: AsyncConnection, key: str) -> Recording | None:
    """The recording with this id."""
    row = (await conn.execute(select(recordings).where(recordings.c.id == key))).first()
    return None if row is None else Recording(**row._mapping)


async def of_room(conn: AsyncConnection, room: str, limit: int) -> list[Recording]:
    """The room's recordings, the latest first."""
    rows = await conn.execute(
        select(recordings)
        .where(recordings.c.room == room)
        .order_by(recordings.c.started_at.desc(), recordings.c.id)
        .limit(limit)
    )
    return [Recording(**row._mapping) for row in rows]


async def part(conn: AsyncConnection, key: str, number: int) -> bytes | None:
    """A part, as it was added."""
    found = await conn.execute(
        select(recording_parts.c.body).where(
            recording_parts.c.recording == key, recording_parts.c.number == number
        )
    )
    return found.scalar_one_or_none()


async def remove(conn: AsyncConnection, key: str) -> bool:
    """Deletes a recording with all its parts; whether there was one."""
    await conn.execute(delete(recording_parts).where(recording_parts.c.recording == key))
    return (await conn.execute(delete(recordings).where(recordings.c.id == key))).rowcount > 0


async def before(conn: AsyncConnection, at: float, limit: int) -> list[Recording]:
    """Recordings that began before that time, the oldest first."""
    rows = await conn.execute(
        select(recordings).where(recordings.c.started_at < at).order_by(recordings.c.started_at).limit(limit)
    )
    return [Recording(**row._mapping) for row in rows]
