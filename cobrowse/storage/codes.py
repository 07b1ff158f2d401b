"""The six digits by which somebody on the telephone joins a page: given out, tried, used once. SPEC code."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage.schema import join_codes, join_tries
from cobrowse.storage.upsert import insert_into


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a code led."""

    room: str
    site: str


async def given_since(conn: AsyncConnection, room: str, since: float) -> int:
    """How many codes the room has had since then."""
    counted = await conn.execute(
        select(func.count()).where(join_codes.c.room == room, join_codes.c.made_at > since)
    )
    return int(counted.scalar_one())


async def give(
    conn: AsyncConnection, digest: str, room: str, site: str, now: float, expires_at: float
) -> bool:
    """Makes this the room's only code; False when it is another's, and then nothing has changed."""
    statement = insert_into(conn, join_codes).values(
        digest=digest, room=room, site=site, made_at=now, expires_at=expires_at, used_at=None
    )
    taken = await conn.execute(
        statement.on_conflict_do_update(
            index_elements=[join_codes.c.digest],
            set_={
                name: statement.excluded[name]
                for name in ("room", "site", "made_at", "expires_at", "used_at")
            },
            where=or_(join_codes.c.expires_at <= now, join_codes.c.used_at.is_not(None)),
        )
    )
    if taken.rowcount == 0:
        return False
    await conn.execute(
        update(join_codes)
        .where(join_codes.c.room == room, join_codes.c.digest != digest, join_codes.c.expires_at > now)
        .values(expires_at=now)
    )
    return True


async def use(conn: AsyncConnection, digest: str, now: float) -> Joined | None:
    """Where the code leads, once: of two who use it at the same moment one gets there."""
    used = await conn.execute(
        update(join_codes)
        .where(join_codes.c.digest == digest, join_codes.c.expires_at > now, join_codes.c.used_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount == 0:
        return None
    row = (
        await conn.execute(select(join_codes.c.room, join_codes.c.site).where(join_codes.c.digest == digest))
    ).one()
    return Joined(*row)


async def begin_try(conn: AsyncConnection, key: str, agent: str, now: float) -> None:
    """Counts a try before anybody knows how it goes."""
    await conn.execute(insert(join_tries).values(id=key, agent=agent, at=now))


async def end_try(conn: AsyncConnection, key: str) -> None:
    """It was right: it does not count. Those that were wrong go on counting."""
    await conn.execute(delete(join_tries).where(join_tries.c.id == key))


async def tries_since(conn: AsyncConnection, agent: str, since: float) -> tuple[int, int]:
    """How many tries there have been since then: by this agent, and by all."""
    rows = await conn.execute(
        select(join_tries.c.agent, func.count()).where(join_tries.c.at > since).group_by(join_tries.c.agent)
    )
    counted: dict[str, int] = {row[0]: row[1] for row in rows}
    return counted.get(agent, 0), sum(counted.values())


async def delete_before(conn: AsyncConnection, at: float) -> int:
    """Deletes codes and tries that nobody needs any more. How many."""
    codes = await conn.execute(delete(join_codes).where(join_codes.c.expires_at < at))
    tries = await conn.execute(delete(join_tries).where(join_tries.c.at < at))
    return codes.rowcount + tries.rowcount
