"""This process as one node of several: the log in Redis, the other nodes, and the projector. SPEC node."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Protocol

from cobrowse.broker.channels import node_channel
from cobrowse.broker.feed import Feed
from cobrowse.broker.lane import Followed
from cobrowse.broker.link import FAILURES, Keys, Link, heed_cancellation
from cobrowse.broker.post import Post
from cobrowse.broker.redis import RedisBroker
from cobrowse.live.neighbours import Neighbours
from cobrowse.live.notices import AnyNotice, Drawn, Looks, LooksAway, Read, decode_notice, encode_notice
from cobrowse.live.outages import OUTAGES
from cobrowse.live.projector import Projector
from cobrowse.live.publication import Publication, pack, unpack
from cobrowse.live.recorder import Recorder
from cobrowse.live.rooms import Rooms
from cobrowse.live.shared_room import SharedRoom

ALIVE_EVERY_S = 5.0
GONE_AFTER_S = 15.0
NODES = "cobrowse:{nodes}:alive"
LOBBY = "lobby"

logger = logging.getLogger(__name__)


class Home(Protocol):
    """The hub, as its node uses it."""

    def now(self) -> float: ...

    def deliver(self, batch: Sequence[Publication]) -> None: ...

    def drop(self, rooms: Iterable[str]) -> None: ...

    def followed(self, room: SharedRoom) -> None: ...

    def cards_changed(self, rooms: Iterable[str]) -> None: ...

    async def wake_conversations(self) -> None: ...


class Node:
    """Reads for the hub what the log and the other nodes say."""

    def __init__(self, home: Home, url: str, replicas: int, recorder: Recorder) -> None:
        self.name = secrets.token_urlsafe(6)
        self.link = Link(url, replicas)
        feed = Feed(self.link, self.name, pack, unpack)
        self.broker: RedisBroker[Publication] = RedisBroker(self.link, self.name, self, feed.pack)
        self.neighbours = Neighbours(lambda notice: self.broker.tell(LOBBY, notice), home.cards_changed)
        self.letters = Post(self.link, self.name)
        self.projector = Projector(feed, recorder)
        self.rooms: Rooms
        self.refused = 0
        self._home = home

    async def start(self, tasks: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Starts to listen, then to write; the tasks, to be cancelled when all is done. Raises RedisUnusable."""
        await self.link.begin()
        running = [
            tasks.create_task(self.broker.run(), name="broker"),
            tasks.create_task(self.projector.run(), name="projector"),
        ]
        await self.broker.listen(Keys(LOBBY).channel, self.neighbours.heard)
        await self.broker.listen(node_channel(self.name), self._posted)
        running.append(tasks.create_task(self.letters.run(), name="post"))
        running.append(tasks.create_task(self._keep_alive(), name="alive"))
        self.neighbours.ask()
        return running

    async def leave(self) -> None:
        """Says goodbye: the others need not wait until the lease has run out."""
        with suppress(*FAILURES):
            await self.link.call("cobrowse_alive", [NODES], self.name, 0)
        await self.projector.drain()
        await self.link.close()

    @property
    def delivers(self) -> bool:
        """Whether news comes through Redis to us: what is published was heard of late."""
        return self.broker.channels.delivers

    async def _keep_alive(self) -> None:
        """Holds our lease, and notices whose has run out."""
        known: set[str] = set()
        while True:
            try:
                names = await self.link.call("cobrowse_alive", [NODES], self.name, int(GONE_AFTER_S))
            except FAILURES as failed:
                logger.warning("the lease could not be renewed: %s", type(failed).__name__)
            else:
                known = await self._see_who_is_gone(known, {name.decode() for name in names})
            heed_cancellation()
            await asyncio.sleep(ALIVE_EVERY_S)

    async def _see_who_is_gone(self, known: set[str], alive: set[str]) -> set[str]:
        """Whom to compare with the next time: those who were known, if not all was done that their going asks for."""
        try:
            for gone in (known | self.neighbours.known()) - alive:
                logger.warning("a node is gone")
                self.neighbours.forget(gone)
                for room in self.rooms:
                    if isinstance(room, SharedRoom):
                        room.forget_node(gone)
            if known - alive:
                self.broker.ask_again()  # it may have appended and died before it told
                await self._home.wake_conversations()
        except OUTAGES as failed:
            logger.warning(
                "the chats of a node that is gone wait for the database (%s)", type(failed).__name__
            )
            return known
        except Exception:  # the lease must go on being renewed
            logger.exception("the rooms of a node that is gone could not be taken over")
            return known
        return alive

    # What the broker reads (broker.reader.Reader)

    def deliver(self, records: Sequence[Publication]) -> None:
        self._home.deliver(records)

    def follow(self, room: str, entries: list[Followed], void: bool) -> None:
        held = self.rooms.get(room)
        if isinstance(held, SharedRoom):
            self.refused += void
            held.follow(entries, void, self._home.now())
            self._home.followed(held)

    def lost(self, rooms: Sequence[str]) -> None:
        self._home.drop(rooms)

    def noticed(self, room: str, node: str, notice: bytes) -> None:
        held = self.rooms.get(room)
        if isinstance(held, SharedRoom) and (known := decode_notice(notice)) is not None:
            held.noticed(node, known)

    def missed(self) -> None:
        self.neighbours.ask()
        for room in self.rooms:
            if isinstance(room, SharedRoom):
                room.ask()

    # The way to the others (shared_room.Others)

    def tell(self, room: str, notice: AnyNotice) -> None:
        self.broker.tell(room, encode_notice(notice))

    def post(self, node: str, notice: AnyNotice) -> None:
        self.letters.send(node, encode_notice(notice))

    def _posted(self, node: str, packed: bytes) -> None:
        notice = decode_notice(packed)
        if isinstance(notice, Looks | LooksAway | Drawn | Read):
            held = self.rooms.get(notice.room)
            if isinstance(held, SharedRoom):
                held.noticed(node, notice)
