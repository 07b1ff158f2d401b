"""The audit: who did what with a shopper's page. Rows are added and, in their time, deleted; never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage.schema import audit
from cobrowse.storage.upsert import insert_into, values_of


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done. `csa`: whom it was about, "" for all or nobody; `detail`: a word, never a value."""

    id: str
    at: float
    site: str
    room: str
    kind: str
    actor_role: str
    actor: str
    actor_name: str
    csa: str = ""
    csa_name: str = ""
    detail: str = ""


class Before(NamedTuple):
    """Where a page of the audit begins: before this deed."""

    at: float
    id: str


async def note(conn: AsyncConnection, deed: Deed) -> None:
    """Keeps a deed; the same one again changes nothing."""
    statement = insert_into(conn, audit).values(values_of(deed))
    await conn.execute(statement.on_conflict_do_nothing(index_elements=[audit.c.id]))


async def page(
    conn: AsyncConnection,
    sites: Sequence[str],
    limit: int,
    *,
    kinds: Sequence[str] = (),
    agent: str = "",
    room: str = "",
    before: Before | None = None,
) -> list[Deed]:
    """Deeds of these sites, the latest first: of some kinds, by or about an agent, in a room, before another one."""
    where: list[ColumnElement[bool]] = [audit.c.site.in_(sites)]
    if kinds:
        where.append(audit.c.kind.in_(kinds))
    if agent:
        where.append(or_(audit.c.actor == agent, audit.c.csa == agent))
    if room:
        where.append(audit.c.room == room)
    if before is not None:
        where.append(tuple_(audit.c.at, audit.c.id) < tuple_(before.at, before.id))
    rows = await conn.execute(
        select(audit).where(*where).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit)
    )
    return [Deed(**row._mapping) for row in rows]


async def delete_before(conn: AsyncConnection, at: float) -> int:
    """Deletes deeds from before that time. How many."""
    return (await conn.execute(delete(audit).where(audit.c.at < at))).rowcount
