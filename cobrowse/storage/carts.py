"""The carts as last seen: what a list shows without waking the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage import bulk
from cobrowse.storage.bulk import Bulk
from cobrowse.storage.schema import carts
from cobrowse.storage.upsert import Insert, insert_for


class CartLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line with a quantity; `price_minor` is of one piece, None where nobody has named a price."""

    line: str
    quantity: int
    name: str = ""
    variant: str = ""
    price_minor: int | None = None


@dataclass(frozen=True, slots=True)
class CartView:
    """A room's cart at `updated_at`, priced. `item_count` is the sum of the quantities."""

    room: str
    site: str
    updated_at: float
    lines: Sequence[CartLine]
    item_count: int
    total_minor: int
    currency: str


_decode_lines = msgspec.json.Decoder(tuple[CartLine, ...]).decode


@cache
def _save(dialect: str) -> Insert:
    statement = insert_for(dialect, carts)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[carts.c.room],
        set_={name: new[name] for name in ("updated_at", "lines", "item_count", "total_minor", "currency")},
        where=new.updated_at >= carts.c.updated_at,
    )


def saving(seen: Sequence[CartView]) -> Bulk:
    """What `save` writes."""
    return Bulk(_save, [_row(cart) for cart in seen])


def _row(cart: CartView) -> tuple[Any, ...]:
    lines = msgspec.json.encode(cart.lines).decode()
    return (
        cart.room,
        cart.site,
        cart.updated_at,
        lines,
        cart.item_count,
        cart.total_minor,
        cart.currency,
    )


async def save(conn: AsyncConnection, *seen: CartView) -> None:
    """Makes each its room's cart, unless one with a later `updated_at` is there."""
    await bulk.write(conn, saving(seen))


async def find(conn: AsyncConnection, room: str) -> CartView | None:
    """The room's cart, as last saved."""
    row = (await conn.execute(select(carts).where(carts.c.room == room))).first()
    if row is None:
        return None
    return CartView(**{**row._mapping, "lines": _decode_lines(row.lines)})
