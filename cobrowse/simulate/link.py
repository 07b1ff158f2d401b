"""One peer's connection to `/live`: opens, beats, keeps to the server's bounds, comes back. SPEC wire.4, wire.8."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.typing import Origin

from cobrowse.core.codec import decode_server, encode
from cobrowse.core.errors import Close, CobrowseError, PeerError
from cobrowse.core.messages import AnyClientFrame, AnyServerFrame, Beat, Hello

MIN_RETRY_S = 0.5
MAX_RETRY_S = 20.0
OPEN_WITHIN_S = 10.0
CLOSE_WITHIN_S = 2.0
GIVE_UP_S = 60.0
FRAMES_PER_S = 80.0
BURST_FRAMES = 800.0
"""Somewhat under what the server takes from one connection (SPEC wire.3)."""
MAX_SERVER_FRAME_BYTES = 16 * 1024 * 1024
ABNORMAL = 1006


class Stopped(CobrowseError):
    """The server said "do not come back": `code` is its close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the server ended the connection with {code}: {reason or 'no reason given'}")
        self.code = code


class Unreachable(CobrowseError):
    """No connection for too long, or no answer where one was due."""


class Link:
    """The connection of one client. `take` gets every frame; `hello` is asked for at each connection.

    `lost` hears each close code of 4000 to 4999 and says whether to come back; other codes always mean "come back".
    """

    def __init__(
        self,
        server: str,
        origin: str,
        cookie: str,
        hello: Callable[[], Hello],
        take: Callable[[AnyServerFrame], None],
        lost: Callable[[int], bool],
    ) -> None:
        parts = urlsplit(server)
        self._url = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}/live"
        self._origin, self._cookie = Origin(origin), cookie
        self._hello, self._take, self._lost = hello, take, lost
        self.connects = 0
        self._welcomed = False
        self._heartbeat_s = 15.0
        self._heard_at = 0.0
        self._left = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._outgoing: deque[bytes] = deque()
        self._ready = asyncio.Event()

    def send(self, frame: AnyClientFrame) -> None:
        """Queues a frame for this connection; what is queued when it ends is gone with it."""
        self._outgoing.append(encode(frame))
        self._ready.set()

    @property
    def live(self) -> bool:
        """Connected, and the server has taken the hello."""
        return self._welcomed and self._socket is not None

    def welcomed(self, heartbeat_s: float) -> None:
        self._welcomed = True
        self._heartbeat_s = heartbeat_s

    def cut(self) -> None:
        """Breaks the connection as a dying network would, without a closing handshake. It comes back by itself."""
        if self._socket is not None:
            self._socket.transport.abort()

    def cut_after(self, after_s: float) -> None:
        """Cuts this connection later, unless it has ended by itself."""
        asyncio.get_running_loop().call_later(after_s, self._cut_only, self._socket)

    def _cut_only(self, socket: ClientConnection | None) -> None:
        if socket is self._socket:
            self.cut()

    async def leave(self) -> None:
        """Ends the connection properly; `run` returns."""
        self._left.set()
        if self._socket is not None:
            await self._socket.close()

    async def run(self) -> None:
        """Connects and stays connected until `leave`. Raises Stopped; Unreachable after GIVE_UP_S without success."""
        self._left.clear()
        live_at, attempt = time.monotonic(), 0
        while not self._left.is_set():
            code, reason = await self._connect()
            if self._welcomed:
                live_at, attempt = time.monotonic(), 0
            if Close.DRAIN <= code <= 4999 and not self._lost(code):
                raise Stopped(code, reason)
            if self._left.is_set():
                return
            if time.monotonic() - live_at > GIVE_UP_S:
                raise Unreachable(f"{self._url}: no connection for {GIVE_UP_S:.0f} s: {reason}")
            most_s = min(MAX_RETRY_S, 2.0**attempt)
            attempt += 1
            await asyncio.sleep(random.uniform(MIN_RETRY_S, most_s))

    async def _connect(self) -> tuple[int, str]:
        """One connection from its beginning to its end: the close code and the reason."""
        self._welcomed = False
        try:
            async with connect(
                self._url,
                origin=self._origin,
                additional_headers={"Cookie": self._cookie} if self._cookie else None,
                compression=None,
                ping_interval=None,
                proxy=None,
                open_timeout=OPEN_WITHIN_S,
                close_timeout=CLOSE_WITHIN_S,
                max_size=MAX_SERVER_FRAME_BYTES,
            ) as socket:
                self._socket = socket
                return await self._serve(socket)
        except (OSError, TimeoutError, InvalidHandshake, InvalidMessage, EOFError) as error:
            return ABNORMAL, str(error) or type(error).__name__
        finally:
            self._socket = None

    async def _serve(self, socket: ClientConnection) -> tuple[int, str]:
        self._outgoing.clear()
        self._heard_at = time.monotonic()
        self.connects += 1
        self.send(self._hello())
        async with asyncio.TaskGroup() as tasks:
            attendants = [tasks.create_task(self._write(socket)), tasks.create_task(self._beat(socket))]
            try:
                while True:
                    frame = decode_server(await socket.recv(decode=False))
                    self._heard_at = time.monotonic()
                    self._take(frame)
            except ConnectionClosed as closed:
                rcvd = closed.rcvd
                return (rcvd.code, rcvd.reason) if rcvd is not None else (ABNORMAL, "connection lost")
            except PeerError as error:
                return Close.BAD_FRAME, f"the server's frame is none of this protocol: {error.reason}"
            finally:
                for attendant in attendants:
                    attendant.cancel()

    async def _write(self, socket: ClientConnection) -> None:
        """Writes what waits, in order, within the server's bound on frames a second."""
        tokens, at = BURST_FRAMES, time.monotonic()
        try:
            while True:
                await self._ready.wait()
                while self._outgoing:
                    now = time.monotonic()
                    tokens, at = min(BURST_FRAMES, tokens + (now - at) * FRAMES_PER_S) - 1, now
                    if tokens < 0:
                        await asyncio.sleep(-tokens / FRAMES_PER_S)
                    await socket.send(self._outgoing.popleft())
                self._ready.clear()
        except ConnectionClosed:
            return

    async def _beat(self, socket: ClientConnection) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            if time.monotonic() - self._heard_at > 2 * self._heartbeat_s:
                socket.transport.abort()
                return
            self.send(Beat())
