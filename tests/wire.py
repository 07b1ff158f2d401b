"""One end of `/live` in a test's hands: sends a frame, waits for a frame, sees the close code. Nothing by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from cobrowse.core.codec import decode_server, encode
from cobrowse.core.messages import (
    AnyClientFrame,
    AnyFact,
    AnyOperation,
    AnyServerFrame,
    Beat,
    Card,
    Do,
    Drain,
    Entry,
    Hello,
    Join,
    Joined,
    Lobby,
    News,
    Position,
    Tops,
    Welcome,
)

WITHIN_S = 30.0
"""Longer than anything here takes on a busy machine; only a fault waits for it."""

Frame = TypeVar("Frame")


def anything(_: object) -> bool:
    return True


class Peer:
    """A connection. `frames` are all that came, in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[AnyServerFrame] = []
        self.room = ""
        self.last = 0
        self.token = ""
        self.joined: Joined
        self.welcome: Welcome
        self._read = 0

    async def send(self, frame: AnyClientFrame) -> None:
        await self.socket.send(encode(frame))

    async def next(self) -> AnyServerFrame:
        """The next frame that nobody has asked for yet. Raises ConnectionClosed, TimeoutError."""
        if self._read == len(self.frames):
            async with asyncio.timeout(WITHIN_S):
                self.frames.append(decode_server(await self.socket.recv(decode=False)))
        self._read += 1
        return self.frames[self._read - 1]

    async def expect(self, kind: type[Frame], where: Callable[[Frame], bool] = anything) -> Frame:
        """The next frame of this kind for which `where` holds; the frames before it are passed over."""
        while True:
            frame = await self.next()
            if isinstance(frame, kind) and where(frame):
                return frame

    async def entry(self, where: Callable[[Entry], bool]) -> Entry:
        """The first entry of the news to come for which this holds."""
        while True:
            for entry in (await self.expect(News)).entries:
                if where(entry):
                    return entry

    async def fact(self, kind: type[AnyFact]) -> Entry:
        return await self.entry(lambda entry: isinstance(entry.fact, kind))

    async def close_code(self) -> int:
        """The code with which the server closes; what it sends before is passed over."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.expect(Drain, lambda _: False)
        received = closed.value.rcvd
        assert received is not None, "the connection was cut, expected a close code"
        assert len(received.reason.encode()) <= 120
        return int(received.code)

    async def do(self, op: AnyOperation, c: int | None = None, room: str = "") -> Do:
        """Sends an operation under the next number, or under `c`."""
        if c is None:
            c = self.last = self.last + 1
        frame = Do(room or self.room, c, time.time(), op)
        await self.send(frame)
        return frame

    async def done(self, op: AnyOperation) -> Entry:
        """Sends an operation; its entry, which is its acknowledgement."""
        frame = await self.do(op)
        return await self.answer(frame.c)

    async def answer(self, c: int) -> Entry:
        return await self.entry(lambda entry: (entry.replica, entry.c) == (self.joined.replica, c))

    async def beat(self) -> Tops:
        await self.send(Beat())
        return await self.expect(Tops)

    async def quiet(self) -> list[AnyServerFrame]:
        """All that had come when the server answered a beat: what is not among it was not sent before."""
        before = self._read
        await self.beat()
        return self.frames[before : self._read - 1]

    async def enter(self, room: str, resume: str = "", position: Position | None = None) -> Joined:
        """A CSA joins a room."""
        await self.send(Join(room, resume, position))
        return self._entered(await self.expect(Joined))

    def _entered(self, joined: Joined) -> Joined:
        self.joined, self.room, self.last = joined, joined.room, joined.last
        return joined

    async def hello(self, hello: Hello) -> Joined:
        """A shopper's hello, answered."""
        await self.send(hello)
        self.welcome = await self.expect(Welcome)
        self.token = self.welcome.token
        return self._entered(await self.expect(Joined))

    async def hello_csa(self) -> Lobby:
        await self.send(Hello(v=1, role="csa"))
        self.welcome = await self.expect(Welcome)
        return await self.expect(Lobby)

    async def card(self, room: str, where: Callable[[Card], bool]) -> Card:
        """The room's card in the list, as soon as `where` holds for it, be it already."""
        latest = {
            card.room: card for frame in self.frames if isinstance(frame, Lobby) for card in frame.cards
        }
        while room not in latest or not where(latest[room]):
            latest |= {card.room: card for card in (await self.expect(Lobby)).cards}
        return latest[room]

    async def leave(self) -> None:
        await self.socket.close()


async def open_peer(url: str, origin: str, cookie: str = "", read: bool = True) -> Peer:
    """A connection that has said nothing yet. `read` False: one whose system takes in next to nothing."""
    socket = await connect(
        url,
        origin=Origin(origin),
        additional_headers={"cookie": cookie} if cookie else None,
        compression=None,
        ping_interval=None,
        proxy=None,
        close_timeout=1,
        open_timeout=WITHIN_S,
        max_size=None,
        max_queue=16 if not read else 100_000,
    )
    return Peer(socket)
