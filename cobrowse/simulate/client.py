"""A client of `/live` in Python: a shopper's tab or a CSA's console, that sends again what was not answered.

`Client` is what the replay, the tests and the benchmarks drive. `Link` holds the connection, a `RoomReplica` each room.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

from cobrowse.core.errors import Close
from cobrowse.core.messages import (
    PROTOCOL_VERSION,
    AnyOperation,
    AnyServerFrame,
    Do,
    Drain,
    Entry,
    Hello,
    Join,
    Joined,
    Leave,
    Lobby,
    News,
    Position,
    Presence,
    Refuse,
    SiteView,
    Tops,
    Welcome,
)
from cobrowse.simulate.link import GIVE_UP_S, Link
from cobrowse.simulate.replica import RoomReplica

GAP_S = 1.0
"""News may be on their way while the answer to a beat already names them."""
MAX_PENDING = 256


class Client:
    """One tab of a shopper (`own` is its room) or one console of a CSA (`rooms` are those joined).

    Used in `async with client.connected():`, as often as wanted: token, replicas and positions are kept in between.
    """

    def __init__(
        self,
        server: str,
        origin: str,
        role: Literal["shopper", "csa"],
        *,
        site: str = "",
        cookie: str = "",
        on_entry: Callable[[RoomReplica, Entry], None] | None = None,
        on_lobby: Callable[[Lobby], None] | None = None,
    ) -> None:
        self.own = RoomReplica()
        self.rooms: dict[str, RoomReplica] = {}
        self.refused: dict[str, str] = {}
        """Rooms that could not be joined, and why."""
        self.sites: list[SiteView] = []
        self.link = Link(server, origin, cookie, self._hello, self._take, self._lost)
        self._role, self._site, self._token = role, site, ""
        self._on_entry, self._on_lobby = on_entry, on_lobby
        self._forgot_token = False
        self._waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connects, and stays connected inside. Raises Stopped, Unreachable, or what is raised inside."""
        try:
            async with asyncio.TaskGroup() as tasks:
                life = tasks.create_task(self.link.run())
                try:
                    yield
                finally:
                    await self.link.leave()
                    life.cancel()
        except BaseExceptionGroup as group:
            raise first_of(group) from None
        finally:
            self._unjoin()

    async def do(self, op: AnyOperation, room: RoomReplica | None = None) -> Do:
        """Sends an operation now or as soon as the room is joined; waits first while MAX_PENDING are unanswered."""
        replica = room or self.own
        await self.until(lambda: len(replica.pending) < MAX_PENDING, GIVE_UP_S)
        frame = replica.do(op, time.time())
        if replica.joined:
            self.link.send(frame)
        return frame

    def join(self, room: str) -> RoomReplica:
        """Joins a room now or as soon as the connection is live; the same replica if it was joined before."""
        replica = self.rooms.get(room)
        if replica is None:
            replica = self.rooms[room] = RoomReplica(room)
            if self.link.live:
                self._enter(replica)
        return replica

    async def until(self, holds: Callable[[], bool], within_s: float) -> None:
        """Returns once `holds` is true; it is asked after every frame. Raises TimeoutError."""
        if holds():
            return
        waiter = (holds, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(within_s):
                await waiter[1]
        finally:
            self._waiters.remove(waiter)

    async def settled(self, within_s: float) -> None:
        """Returns once the shopper's room is joined and every operation is in its log. Raises TimeoutError."""
        await self.until(lambda: self.own.joined and not self.own.pending, within_s)

    # For the link

    def _hello(self) -> Hello:
        self._unjoin()
        if self._role == "csa":
            return Hello(PROTOCOL_VERSION, "csa")
        own = self.own
        return Hello(PROTOCOL_VERSION, "shopper", self._site, self._token, own.resume, own.position)

    def _lost(self, code: int) -> bool:
        if code == Close.REPLACED:
            self.own.forget()
        if code == Close.BAD_TOKEN and self._token and not self._forgot_token:
            self._token, self.own.resume, self._forgot_token = "", "", True
            return True
        return code < Close.BAD_TOKEN

    def _take(self, frame: AnyServerFrame) -> None:
        match frame:
            case News(room=room, entries=entries):
                self._take_news(self._replica(room), entries)
            case Welcome():
                self._take_welcome(frame)
            case Joined(room=room):
                if (replica := self._replica(room)) is not None:
                    for do in replica.take(frame):
                        self.link.send(do)
            case Presence(room=room, present=present):
                if (replica := self._replica(room)) is not None:
                    replica.present = present
            case Tops(tops=tops):
                for replica in self._replicas():
                    if replica.joined and (top := tops.get(replica.room)) is not None:
                        self._compare(replica, top)
            case Lobby():
                if self._on_lobby is not None:
                    self._on_lobby(frame)
            case Drain(after_s=after_s):
                self.link.cut_after(after_s)
            case Refuse(room=room, code=code, c=c):
                self._take_refusal(room, code, c)
        for holds, waiter in self._waiters:
            if not waiter.done() and holds():
                waiter.set_result(None)

    # Inside

    def _take_welcome(self, frame: Welcome) -> None:
        self.sites, self._token, self._forgot_token = frame.sites, frame.token, False
        self.link.welcomed(frame.heartbeat_s)
        if self._role == "csa":
            for replica in self.rooms.values():
                self._enter(replica)

    def _take_news(self, replica: RoomReplica | None, entries: list[Entry]) -> None:
        if replica is None or not replica.joined:
            return
        fresh = replica.apply(entries)
        if fresh is None:
            self._again(replica)
        elif self._on_entry is not None:
            for entry in fresh:
                self._on_entry(replica, entry)

    def _take_refusal(self, room: str, code: str, c: int) -> None:
        replica = self._replica(room)
        if replica is not None and c:
            self._again(replica)
        elif replica is not None:
            self.refused[room] = code
            self.rooms.pop(room, None)

    def _compare(self, replica: RoomReplica, top: Position) -> None:
        if replica.contradicts(top):
            self._again(replica)
        elif replica.is_behind(top):
            asyncio.get_running_loop().call_later(GAP_S, self._check_gap, replica, top)

    def _check_gap(self, replica: RoomReplica, top: Position) -> None:
        if replica.is_behind(top):
            self._again(replica)

    def _again(self, replica: RoomReplica) -> None:
        """Something is missing: gets the room anew. A shopper's comes with the connection."""
        if not replica.joined:
            return
        replica.joined = False
        if self._role == "shopper":
            self.link.cut()
        else:
            self.link.send(Leave(replica.room))
            self._enter(replica)

    def _enter(self, replica: RoomReplica) -> None:
        self.link.send(Join(replica.room, replica.resume, replica.position))

    def _unjoin(self) -> None:
        for replica in self._replicas():
            replica.joined = False

    def _replica(self, room: str) -> RoomReplica | None:
        return self.own if self._role == "shopper" else self.rooms.get(room)

    def _replicas(self) -> list[RoomReplica]:
        return [self.own] if self._role == "shopper" else list(self.rooms.values())


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a task group that failed, for one line instead of a tree."""
    error = group.exceptions[0]
    return first_of(error) if isinstance(error, BaseExceptionGroup) else error
