"""A node of the broker's tests, as the hub is one: it keeps what it is told, and decides on that."""

from __future__ import annotations

import asyncio
import secrets
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import msgspec

from cobrowse.broker.feed import Feed
from cobrowse.broker.lane import Followed, Top
from cobrowse.broker.link import PARTITIONS, Link
from cobrowse.broker.redis import RedisBroker
from cobrowse.core.messages import Author, Entry, Said

WITHIN_S = 30.0


class Record(NamedTuple):
    room: str
    epoch: str
    entry: Entry
    payload: bytes


pack = msgspec.msgpack.Encoder().encode


def pack_all(records: Sequence[Record]) -> list[bytes]:
    return [pack(record) for record in records]


unpack = msgspec.msgpack.Decoder(Record).decode


class Reader:
    """A node's copies of rooms: what it decided on, and what it was told."""

    def __init__(self, link: Link, name: str) -> None:
        self.name = name
        self.broker: RedisBroker[Record] = RedisBroker(link, name, self, pack_all)
        self.tops: dict[str, Top] = {}
        self.read: dict[str, list[Entry]] = {}
        self.dropped: list[str] = []
        self.voided: list[int] = []
        self.events: list[str] = []
        self.changed = asyncio.Event()
        self.notices: list[tuple[str, str, bytes]] = []
        self.count = 0

    async def open(self, room: str) -> None:
        top = Top("epoch", 0, 0)
        opened = await self.broker.open(room, "shop", top, 1, 8)
        self.read[room] = [followed.entry for followed in opened.entries]
        last = self.read[room][-1] if opened.entries else None
        self.tops[room] = Top(opened.epoch, last.offset, last.hash) if last else Top(opened.epoch, 0, 0)
        self.broker.opened(room)

    def append(self, room: str, text: str = "") -> Record:
        """What a room does: decides on its own state, which follows at once."""
        self.count += 1
        top = self.tops[room]
        fact = Said(text or f"{self.name} {self.count}")
        digest = zlib.crc32(pack(fact), top.hash)
        replica = 1 + ord(self.name[-1])
        entry = Entry(top.offset + 1, digest, 1.0, replica, self.count, Author("shopper"), fact)
        record = Record(room, top.epoch, entry, pack(entry))
        self.tops[room] = Top(top.epoch, record.entry.offset, digest)
        self.broker.append(record)
        return record

    def texts(self, room: str) -> list[str]:
        return [entry.fact.text for entry in self.read[room] if isinstance(entry.fact, Said)]

    # cobrowse.broker.reader.Reader

    def deliver(self, records: Sequence[Record]) -> None:
        for record in records:
            self.read[record.room].append(record.entry)
            self.events.append(str(record.entry.c))
        self.changed.set()

    def follow(self, room: str, entries: list[Followed], void: bool) -> None:
        if void:
            mine = self.tops[room].offset - (self.read[room][-1].offset if self.read[room] else 0)
            self.voided.append(mine)
        self.read[room] += [followed.entry for followed in entries]
        last = entries[-1].entry
        self.tops[room] = Top(self.tops[room].epoch, last.offset, last.hash)
        self.changed.set()

    def lost(self, rooms: Sequence[str]) -> None:
        self.dropped += rooms
        self.changed.set()

    def noticed(self, room: str, node: str, notice: bytes) -> None:
        self.notices.append((room, node, notice))
        self.changed.set()

    def missed(self) -> None:
        pass

    async def until(self, room: str, count: int) -> None:
        """Returns when so many entries of the room have been read."""
        await self.until_true(lambda: len(self.read[room]) >= count)

    async def until_true(self, holds: Callable[[], bool]) -> None:
        """Returns when it holds, as far as what this node is told can make it so."""
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def reader(url: str, name: str) -> AsyncIterator[Reader]:
    link = Link(url)
    await link.load()
    made = Reader(link, name)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.broker.run())
        yield made
        running.cancel()
    await link.close()


async def take_all(feed: Feed[Record]) -> list[Record]:
    """Takes out of the feeds all that they have."""
    taken: list[Record] = []
    while pages := await feed.read(range(PARTITIONS)):
        taken += [record for page in pages for record in page.records]
        await feed.done(pages)
    return taken


def fresh_room() -> str:
    return secrets.token_urlsafe(9)
