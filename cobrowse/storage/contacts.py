"""Contacts: the people behind visitors who wrote. One is born in `messages.write`, with a first message."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage.errors import ExternalIdTaken
from cobrowse.storage.schema import contacts


@dataclass(frozen=True, slots=True)
class Contact:
    """A person. `external_id` is the shop's own customer number, only ever one that the shop has signed for.

    Neither name nor e-mail address is proof of anything: contacts are never joined by them.
    """

    id: str
    site: str
    visitor: str
    created_at: float
    name: str | None = None
    email: str | None = None
    external_id: str | None = None


_columns = (
    contacts.c.id,
    contacts.c.site,
    contacts.c.visitor,
    contacts.c.created_at,
    contacts.c.name,
    contacts.c.email,
    contacts.c.external_id,
)


def fold(*parts: str | None) -> str:
    """The parts in one text, without case and accents: `Ömer` and `omer` are found by either."""
    text = unicodedata.normalize("NFKD", " ".join(part for part in parts if part))
    return "".join(char for char in text if not unicodedata.combining(char) and char != "\0").casefold()


async def describe(
    conn: AsyncConnection,
    contact_id: str,
    *,
    name: str | None = None,
    email: str | None = None,
    external_id: str | None = None,
) -> None:
    """Sets what is given on a contact that exists, leaves the rest; for an unknown contact it does nothing.

    Raises ExternalIdTaken when another contact of the site is this customer.
    """
    given = {"name": name, "email": email, "external_id": external_id}
    changes = {column: value for column, value in given.items() if value is not None}
    if not changes:
        return
    known = await find(conn, contact_id)
    if known is None:
        return
    changes["folded"] = fold(name or known.name, email or known.email)
    try:
        await conn.execute(update(contacts).where(contacts.c.id == contact_id).values(changes))
    except IntegrityError:
        raise ExternalIdTaken("expected a customer that no other contact of this site is") from None


async def find(conn: AsyncConnection, contact_id: str) -> Contact | None:
    """The contact with this id."""
    row = (await conn.execute(select(*_columns).where(contacts.c.id == contact_id))).first()
    return None if row is None else Contact(**row._mapping)


async def find_by_visitor(conn: AsyncConnection, visitor_id: str) -> Contact | None:
    """The contact that this visitor became by writing; the latest, if a shared browser became several."""
    row = (
        await conn.execute(
            select(*_columns)
            .where(contacts.c.visitor == visitor_id)
            .order_by(contacts.c.created_at.desc(), contacts.c.id.desc())
            .limit(1)
        )
    ).first()
    return None if row is None else Contact(**row._mapping)


async def find_by_external_id(conn: AsyncConnection, site: str, external_id: str) -> Contact | None:
    """The contact who is this customer of the shop."""
    row = (
        await conn.execute(
            select(*_columns).where(contacts.c.site == site, contacts.c.external_id == external_id)
        )
    ).first()
    return None if row is None else Contact(**row._mapping)


async def search(conn: AsyncConnection, site: str, text: str, limit: int) -> list[Contact]:
    """The site's latest contacts whose name and e-mail address hold every word of `text`, folded."""
    words = [contacts.c.folded.contains(word, autoescape=True) for word in fold(text).split()]
    rows = await conn.execute(
        select(*_columns)
        .where(contacts.c.site == site, *words)
        .order_by(contacts.c.created_at.desc(), contacts.c.id)
        .limit(limit)
    )
    return [Contact(**row._mapping) for row in rows]
