"""Rows to begin from, and a room whose shopper may write."""

from __future__ import annotations

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.core.messages import Role
from cobrowse.storage import conversations, visitors
from cobrowse.storage.contacts import Contact
from cobrowse.storage.conversations import Conversation
from cobrowse.storage.journal import LogRow
from cobrowse.storage.messages import Message
from cobrowse.storage.visitors import Visitor

LEA = Visitor("v1", "shop", 100.0, 200.0, 2, "https://search.example/", "Safari, iPhone", "en-GB")
LEA_CONTACT = Contact("c1", "shop", "v1", 210.0)
TALK = Conversation("room.1", "room", "shop", 210.0)


def log_row(offset: int, room: str = "room", replica: int = 7, counter: int | None = None) -> LogRow:
    """An entry with bytes that are no text, and a hash that needs all of its 32 bits."""
    payload = bytes([0, offset % 256, 255])
    return LogRow(room, offset, 0xFFFF_FFFF - offset, 1.7e9 + offset / 8, replica, counter or offset, payload)


def message(
    offset: int, text: str = "Does it fit?", role: Role = "shopper", talk: Conversation = TALK
) -> Message:
    author = {"shopper": ("v1", "Lea"), "csa": ("a1", "Ginny"), "server": ("", "")}[role]
    return Message(
        f"{talk.room}/{offset}", talk.id, talk.room, offset, 200.0 + offset, role, author[0], author[1], text
    )


async def open_room(conn: AsyncConnection) -> None:
    await visitors.save(conn, LEA)
    await conversations.begin(conn, TALK)


async def row_count(conn: AsyncConnection, table: Table) -> int:
    return (await conn.execute(select(func.count()).select_from(table))).scalar_one()
