"""Visitors: one row for each browser that has been seen in a shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage import bulk
from cobrowse.storage.bulk import Bulk
from cobrowse.storage.schema import visitors
from cobrowse.storage.upsert import Insert, greatest, insert_for, least, tuple_of


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser, known by the id in its first-party storage. `visits` counts them all, this one included."""

    id: str
    site: str
    first_seen: float
    last_seen: float
    visits: int = 1
    referrer: str | None = None
    device: str | None = None
    locale: str | None = None


@cache
def _save(dialect: str) -> Insert:
    statement = insert_for(dialect, visitors)
    new, old = statement.excluded, visitors.c
    return statement.on_conflict_do_update(
        index_elements=[old.id],
        set_={
            "first_seen": least(old.first_seen, new.first_seen),
            "last_seen": greatest(old.last_seen, new.last_seen),
            "visits": greatest(old.visits, new.visits),
            "referrer": func.coalesce(old.referrer, new.referrer),
            "device": func.coalesce(new.device, old.device),
            "locale": func.coalesce(new.locale, old.locale),
        },
    )


def saving(seen: Sequence[Visitor]) -> Bulk:
    """What `save` writes."""
    return Bulk(_save, [tuple_of(visitor) for visitor in seen])


async def save(conn: AsyncConnection, *seen: Visitor) -> None:
    """Widens what is known: first and last sight, most visits, first referrer, last device and locale.

    Saving the same again takes nothing back. The site never changes.
    """
    await bulk.write(conn, saving(seen))


async def find(conn: AsyncConnection, visitor_id: str) -> Visitor | None:
    """The visitor with this id."""
    row = (await conn.execute(select(visitors).where(visitors.c.id == visitor_id))).first()
    return None if row is None else Visitor(**row._mapping)
