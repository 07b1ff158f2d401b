"""Conversations: waiting for a CSA, open with one, closed. A step that is repeated changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import RowMapping, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage.errors import Missing
from cobrowse.storage.schema import carts, contacts, conversations, messages
from cobrowse.storage.upsert import insert_into, values_of

Status = Literal["waiting", "open", "closed"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One talk in a room. `taken_by`: the agent; `reason`: why it began; `offer`: the one it came from."""

    id: str
    room: str
    site: str
    opened_at: float
    contact: str | None = None
    status: Status = "waiting"
    taken_by: str | None = None
    closed_at: float | None = None
    reason: str | None = None
    offer: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as a list shows it: who, how much is in the cart (None: no cart), the last words."""

    conversation: Conversation
    contact_name: str | None
    item_count: int | None
    total_minor: int | None
    currency: str | None
    message_count: int
    last_text: str | None
    last_author_role: str | None
    last_at: float | None


async def begin(conn: AsyncConnection, conversation: Conversation) -> None:
    """Keeps a new conversation; one with this id that is there already stays as it is."""
    statement = insert_into(conn, conversations).values(values_of(conversation))
    await conn.execute(statement.on_conflict_do_nothing(index_elements=[conversations.c.id]))


async def take(conn: AsyncConnection, conversation_id: str, agent_id: str) -> None:
    """Gives the conversation to an agent, also from another agent; a closed one stays closed.

    Raises Missing when there is no such conversation.
    """
    await _step(conn, conversation_id, {"status": "open", "taken_by": agent_id})


async def release(conn: AsyncConnection, conversation_id: str) -> None:
    """Lets the conversation wait again for any agent; a closed one stays closed.

    Raises Missing when there is no such conversation.
    """
    await _step(conn, conversation_id, {"status": "waiting", "taken_by": None})


async def close(conn: AsyncConnection, conversation_id: str, at: float) -> None:
    """Ends the conversation; the first time that it was ended stays.

    Raises Missing when there is no such conversation.
    """
    await _step(conn, conversation_id, {"status": "closed", "closed_at": at})


async def _step(conn: AsyncConnection, conversation_id: str, values: dict[str, object]) -> None:
    changed = await conn.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.status != "closed")
        .values(values)
    )
    if changed.rowcount == 0 and await find(conn, conversation_id) is None:
        raise Missing("expected a conversation that was opened before it was taken, released or closed")


async def find(conn: AsyncConnection, conversation_id: str) -> Conversation | None:
    """The conversation with this id."""
    row = (await conn.execute(select(conversations).where(conversations.c.id == conversation_id))).first()
    return None if row is None else Conversation(**row._mapping)


async def current(conn: AsyncConnection, room: str) -> Conversation | None:
    """The room's latest conversation that is not closed."""
    row = (
        await conn.execute(
            select(conversations)
            .where(conversations.c.room == room, conversations.c.status != "closed")
            .order_by(conversations.c.opened_at.desc(), conversations.c.id.desc())
            .limit(1)
        )
    ).first()
    return None if row is None else Conversation(**row._mapping)


async def by_status(
    conn: AsyncConnection,
    site: str,
    status: Status,
    limit: int,
    after: Conversation | None = None,
) -> list[Summary]:
    """The site's conversations of a status: who waits longest first, closed ones latest first.

    `after`: the last conversation of the page before, None for the first page.
    """
    at, key = conversations.c.opened_at, conversations.c.id
    listed = _summaries.where(conversations.c.site == site, conversations.c.status == status)
    if status == "closed":
        listed = listed.order_by(at.desc(), key.desc())
        if after is not None:
            listed = listed.where(or_(at < after.opened_at, and_(at == after.opened_at, key < after.id)))
    else:
        listed = listed.order_by(at, key)
        if after is not None:
            listed = listed.where(or_(at > after.opened_at, and_(at == after.opened_at, key > after.id)))
    return [_summary(row._mapping) for row in await conn.execute(listed.limit(limit))]


async def history(conn: AsyncConnection, contact_id: str, limit: int) -> list[Summary]:
    """The contact's conversations, latest first, whatever room or browser they were held in."""
    rows = await conn.execute(
        _summaries.where(conversations.c.contact == contact_id)
        .order_by(conversations.c.opened_at.desc(), conversations.c.id.desc())
        .limit(limit)
    )
    return [_summary(row._mapping) for row in rows]


_columns = tuple(conversations.c)
_own = messages.alias("own")
_last = (
    select(_own.c.id)
    .where(_own.c.conversation == conversations.c.id)
    .order_by(_own.c.offset.desc(), _own.c.id.desc())
    .limit(1)
    .correlate(conversations)
    .scalar_subquery()
)
_message_count = (
    select(func.count(_own.c.id))
    .where(_own.c.conversation == conversations.c.id)
    .correlate(conversations)
    .scalar_subquery()
)
_summaries = (
    select(
        *_columns,
        contacts.c.name.label("contact_name"),
        carts.c.item_count,
        carts.c.total_minor,
        carts.c.currency,
        _message_count.label("message_count"),
        messages.c.text.label("last_text"),
        messages.c.author_role.label("last_author_role"),
        messages.c.at.label("last_at"),
    )
    .select_from(conversations)
    .outerjoin(contacts, contacts.c.id == conversations.c.contact)
    .outerjoin(carts, carts.c.room == conversations.c.room)
    .outerjoin(messages, messages.c.id == _last)
)


def _summary(row: RowMapping) -> Summary:
    own = {column.name for column in _columns}
    held = Conversation(**{name: value for name, value in row.items() if name in own})
    return Summary(held, **{name: value for name, value in row.items() if name not in own})
