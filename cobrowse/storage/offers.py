"""Offers of help: made by a rule, then settled once: accepted, dismissed, withdrawn or expired."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.core.messages import OfferStatus
from cobrowse.storage.errors import Missing
from cobrowse.storage.schema import offers
from cobrowse.storage.upsert import insert_into, values_of


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer to one room. `reason` says for CSAs why the rule fired; `rule` is "" when a CSA made it."""

    id: str
    room: str
    site: str
    rule: str
    rule_version: str
    made_at: float
    text: str
    reason: str
    status: OfferStatus = "open"
    settled_at: float | None = None


async def make(conn: AsyncConnection, offer: Offer) -> None:
    """Keeps a new offer; one with this id that is there already stays as it is."""
    statement = insert_into(conn, offers).values(values_of(offer))
    await conn.execute(statement.on_conflict_do_nothing(index_elements=[offers.c.id]))


async def settle(conn: AsyncConnection, offer_id: str, status: OfferStatus, at: float) -> None:
    """Says how the offer ended; the first ending stays. Raises Missing when there is no such offer."""
    changed = await conn.execute(
        update(offers)
        .where(offers.c.id == offer_id, offers.c.status == "open")
        .values(status=status, settled_at=at)
    )
    if changed.rowcount == 0 and await find(conn, offer_id) is None:
        raise Missing("expected an offer that was made before it was settled")


async def find(conn: AsyncConnection, offer_id: str) -> Offer | None:
    """The offer with this id."""
    row = (await conn.execute(select(offers).where(offers.c.id == offer_id))).first()
    return None if row is None else Offer(**row._mapping)


async def of_room(conn: AsyncConnection, room: str, since: float = 0.0) -> list[Offer]:
    """The room's offers made at or after `since`, oldest first: what the caps on offers count."""
    rows = await conn.execute(
        select(offers)
        .where(offers.c.room == room, offers.c.made_at >= since)
        .order_by(offers.c.made_at, offers.c.id)
    )
    return [Offer(**row._mapping) for row in rows]


async def open_offer(conn: AsyncConnection, room: str) -> Offer | None:
    """The room's latest offer that is not settled."""
    row = (
        await conn.execute(
            select(offers)
            .where(offers.c.room == room, offers.c.status == "open")
            .order_by(offers.c.made_at.desc(), offers.c.id.desc())
            .limit(1)
        )
    ).first()
    return None if row is None else Offer(**row._mapping)
