"""What was said, in the order of the rooms' logs; and with a shopper's first words, who said it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.core.messages import Role
from cobrowse.storage.contacts import Contact, describe, fold
from cobrowse.storage.errors import ExternalIdTaken, Missing
from cobrowse.storage.schema import contacts, conversations, messages, visitors
from cobrowse.storage.upsert import insert_into, values_of


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `id` is unique over all rooms, `offset` its entry in the log, `author` an id."""

    id: str
    conversation: str
    room: str
    offset: int
    at: float
    author_role: Role
    author: str
    author_name: str
    text: str


async def write(conn: AsyncConnection, message: Message, contact: Contact | None = None) -> None:
    """Keeps the message, once however often it comes; with `contact`, makes or completes its author's contact
    and links the conversation to it.

    This is the only way to make a contact, so that nobody has one who never wrote.
    Raises ValueError when `contact` comes with a message that no shopper wrote, Missing when the conversation
    or the contact's visitor is not there, ExternalIdTaken when another contact of the site is this customer.
    """
    if contact is not None:
        if message.author_role != "shopper":
            raise ValueError(
                f"expected a shopper's message with a contact, got one by a {message.author_role}"
            )
        await _keep_contact(conn, contact)
        await conn.execute(
            update(conversations).where(conversations.c.id == message.conversation).values(contact=contact.id)
        )
    statement = insert_into(conn, messages).values(values_of(message))
    try:
        await conn.execute(statement.on_conflict_do_nothing(index_elements=[messages.c.id]))
    except IntegrityError:
        raise Missing("expected a conversation that was opened before its message") from None


async def _keep_contact(conn: AsyncConnection, contact: Contact) -> None:
    known = await conn.execute(select(visitors.c.id).where(visitors.c.id == contact.visitor))
    if known.first() is None:
        raise Missing("expected a visitor that was saved before its contact")
    statement = insert_into(conn, contacts).values(
        **values_of(contact), folded=fold(contact.name, contact.email)
    )
    try:
        made = await conn.execute(statement.on_conflict_do_nothing(index_elements=[contacts.c.id]))
    except IntegrityError:
        raise ExternalIdTaken("expected a customer that no other contact of this site is") from None
    if made.rowcount == 0:
        await describe(
            conn, contact.id, name=contact.name, email=contact.email, external_id=contact.external_id
        )


async def of_room(conn: AsyncConnection, room: str, after_offset: int, limit: int) -> list[Message]:
    """The room's first `limit` messages with a greater offset than `after_offset`, in order."""
    rows = await conn.execute(
        select(messages)
        .where(messages.c.room == room, messages.c.offset > after_offset)
        .order_by(messages.c.offset, messages.c.id)
        .limit(limit)
    )
    return [Message(**row._mapping) for row in rows]


async def of_conversation(
    conn: AsyncConnection, conversation_id: str, after_offset: int, limit: int
) -> list[Message]:
    """The conversation's first `limit` messages with a greater offset than `after_offset`, in order."""
    rows = await conn.execute(
        select(messages)
        .where(messages.c.conversation == conversation_id, messages.c.offset > after_offset)
        .order_by(messages.c.offset, messages.c.id)
        .limit(limit)
    )
    return [Message(**row._mapping) for row in rows]


async def latest(conn: AsyncConnection, room: str, limit: int) -> list[Message]:
    """The room's last `limit` messages, in order."""
    rows = await conn.execute(
        select(messages)
        .where(messages.c.room == room)
        .order_by(messages.c.offset.desc(), messages.c.id.desc())
        .limit(limit)
    )
    return [Message(**row._mapping) for row in rows][::-1]


async def before(conn: AsyncConnection, room: str, offset: int, limit: int) -> list[Message]:
    """The room's last `limit` messages with a lesser offset than `offset`, in order."""
    rows = await conn.execute(
        select(messages)
        .where(messages.c.room == room, messages.c.offset < offset)
        .order_by(messages.c.offset.desc(), messages.c.id.desc())
        .limit(limit)
    )
    return [Message(**row._mapping) for row in rows][::-1]
