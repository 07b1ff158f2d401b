"""A connection as the hub sees it: the protocol's state machine between a wire and the rooms. SPEC wire."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, Protocol

from cobrowse.core.codec import encode
from cobrowse.core.errors import Close, PeerError, Refused
from cobrowse.core.messages import (
    Act,
    AnyClientFrame,
    Author,
    Beat,
    Do,
    Front,
    Hello,
    Join,
    Leave,
    Mirror,
    Outcome,
    Point,
    Refuse,
    Status,
    Typing,
    Watch,
)
from cobrowse.core.protocol import Limits
from cobrowse.core.protocol import Protocol as WireProtocol
from cobrowse.live.figures import Figures
from cobrowse.live.member import Member
from cobrowse.live.outbox import Outbox, Wire
from cobrowse.live.room import Room

MAX_BACKLOG_FRAMES = 2_000
"""Frames that may wait while a room is being loaded: as many as a burst allows, twice."""

logger = logging.getLogger(__name__)


class Handshake(NamedTuple):
    """What the HTTP request of a WebSocket said."""

    origin: str
    cookie: str
    user_agent: str
    address: str


class Host(Protocol):
    """What a connection asks of the hub."""

    limits: Limits
    max_outbox_bytes: int
    figures: Figures

    def monotonic(self) -> float: ...

    def now(self) -> float: ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...

    async def greet(self, connection: Connection, hello: Hello) -> None: ...

    async def open_room(self, connection: Connection, join: Join) -> None: ...

    def tops(self, connection: Connection) -> bytes: ...

    def set_available(self, connection: Connection, available: bool) -> None: ...

    def forget(self, connection: Connection) -> None: ...

    def touch(self, room: Room) -> None: ...


class Connection:
    """One WebSocket. Frames are handled as they arrive; while a hello or a join waits for storage they queue."""

    __slots__ = (
        "_busy",
        "_host",
        "_waiting",
        "author",
        "available",
        "handshake",
        "outbox",
        "protocol",
        "rooms",
        "site",
    )

    def __init__(self, host: Host, wire: Wire, handshake: Handshake) -> None:
        self._host = host
        self.handshake = handshake
        self.protocol = WireProtocol(host.limits, host.monotonic())
        self.outbox = Outbox(wire, host.max_outbox_bytes, self.close)
        self.author = Author("server")
        self.site = ""
        self.available = False
        self.rooms: dict[str, tuple[Room, Member]] = {}
        self._waiting: list[AnyClientFrame] = []
        self._busy = False

    # From the wire

    def receive(self, data: bytes) -> None:
        """Takes one binary message. Whatever a peer sends, the worst is a close code and a log line."""
        if self.outbox.closed:
            return
        try:
            frame = self.protocol.receive(data, self._host.monotonic())
            if self._busy:
                if len(self._waiting) >= MAX_BACKLOG_FRAMES:
                    raise PeerError(Close.RATE, "too many frames before the room was open")
                self._waiting.append(frame)
            else:
                self._handle(frame)
        except PeerError as error:
            self.fail(error)

    def count(self) -> None:
        """Counts what is no message, a ping or a part of a message: they are as bounded as messages. SPEC wire.3."""
        if not self.outbox.closed:
            try:
                self.protocol.count(self._host.monotonic())
            except PeerError as error:
                self.fail(error)

    def fail(self, error: PeerError) -> None:
        """Closes with the error's code."""
        logger.info("closing %s: %d %s", self.author.role, error.code, error.reason)
        self.close(error.code, error.reason)

    def check(self, now: float) -> None:
        """Closes the connection if its peer has been silent for too long."""
        try:
            self.protocol.check(now)
        except PeerError as error:
            self.fail(error)

    def lost(self) -> None:
        """The transport is gone: leaves everything."""
        self.protocol.close()
        self.outbox.closed = True
        for room, member in list(self.rooms.values()):
            room.leave(member)
            self._host.touch(room)
        self.rooms.clear()
        self._host.forget(self)

    # To the wire

    def send(self, frame: bytes) -> None:
        self.outbox.send(frame)

    @property
    def origin(self) -> str:
        return self.handshake.origin

    @property
    def waiting_bytes(self) -> int:
        return self.outbox.unread_bytes

    def when_clear(self, callback: Callable[[], None]) -> None:
        self.outbox.when_clear(callback)

    def close(self, code: int, reason: str) -> None:
        if not self.outbox.closed:
            self._host.figures.closed[code] += 1
        self.protocol.close()
        self.outbox.close(code, reason)

    # Frames

    def _handle(self, frame: AnyClientFrame) -> None:
        match frame:
            case Do(room=key, c=c, op=op, at=at):
                if (entered := self.rooms.get(key)) is None:
                    self.send(encode(Refuse(key, Refused.FORBIDDEN, "join this room first", c)))
                    return
                room, member = entered
                room.do(member, c, op, at, self._host.now())
                self._host.touch(room)
            case Beat():
                self.outbox.send_now(self._host.tops(self))
            case Typing(room=key, on=on):
                if (entered := self.rooms.get(key)) is not None:
                    room, member = entered
                    room.typing(member, on=on)
                    self._host.touch(room)
            case (
                Mirror(room=key)
                | Front(room=key)
                | Watch(room=key)
                | Point(room=key)
                | Act(room=key)
                | Outcome(room=key)
            ):
                if (entered := self.rooms.get(key)) is not None:
                    room, member = entered
                    room.show(member, frame)
                    if type(frame) is Watch:
                        self._host.touch(room)
            case Hello():
                self._start(self._host.greet(self, frame))
            case Join():
                self._start(self._host.open_room(self, frame))
            case Leave(room=key):
                if (entered := self.rooms.pop(key, None)) is not None:
                    room, member = entered
                    room.leave(member)
                    self._host.touch(room)
            case Status(available=available):
                self._host.set_available(self, available)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._busy = True
        self._host.spawn(self._finish(work))

    async def _finish(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
            self._busy = False
            while self._waiting and not self._busy and not self.outbox.closed:
                self._handle(self._waiting.pop(0))
        except PeerError as error:
            self.fail(error)
        except Exception:  # ends this connection, and no other
            logger.exception("a connection could not be served")
            self.close(Close.STATE_LOST, "something went wrong here, try again")
