"""The same connection behind a plain ASGI WebSocket, for servers other than uvicorn."""

from __future__ import annotations

import asyncio
import logging

from starlette.websockets import WebSocket

from cobrowse.asgi.arriving import Gate
from cobrowse.core.errors import Close, PeerError
from cobrowse.live.connection import Connection, Handshake
from cobrowse.live.hub import Hub

SEND_WITHIN_S = 30.0
CLOSE_WITHIN_S = 5.0
"""How long a peer may take to read what is on its way to it, and then what is on its way when we close."""


logger = logging.getLogger(__name__)


class _Wire:
    """Collects what the connection sends; the endpoint below writes it."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.ended: tuple[int, str] | None = None
        self.gone = False
        self.wake = asyncio.Event()
        self.flush_wanted = False
        self.sending: asyncio.Timeout | None = None

    def write(self, frames: list[bytes]) -> None:
        self.frames += frames
        self.wake.set()

    def close(self, code: int, reason: str) -> None:
        self.ended = (code, reason)
        self.wake.set()
        if self.sending is not None:
            self.sending.reschedule(asyncio.get_running_loop().time() + CLOSE_WITHIN_S)

    def call_soon_flush(self) -> None:
        self.flush_wanted = True
        self.wake.set()


async def live(websocket: WebSocket) -> None:
    """Serves one connection: a task reads, this one writes."""
    hub: Hub = websocket.state.hub
    gate: Gate = websocket.state.gate
    headers = websocket.headers
    address = websocket.client.host if websocket.client else ""
    if gate.wait_s(address):
        await websocket.close()  # of a handshake, ASGI makes of it status 403
        return
    await websocket.accept()
    handshake = Handshake(
        headers.get("origin", ""), headers.get("cookie", ""), headers.get("user-agent", "")[:512], address
    )
    wire = _Wire()
    connection = Connection(hub, wire, handshake)
    if (full := hub.admit(connection)) is not None:
        connection.fail(full)
    reader = asyncio.create_task(_read(websocket, connection, wire))
    try:
        await _write(websocket, connection, wire)
    except Exception as error:
        # Each server has its own words for a peer that has gone, and some of them are its own exceptions.
        logger.info("a peer could not be written to: %s", type(error).__name__)
    finally:
        reader.cancel()
        connection.lost()


async def _read(websocket: WebSocket, connection: Connection, wire: _Wire) -> None:
    try:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            if (data := message.get("bytes")) is not None:
                connection.receive(data)
            else:
                connection.fail(PeerError(Close.BAD_FRAME, "expected binary frames"))
    finally:
        wire.gone = True
        wire.wake.set()


async def _write(websocket: WebSocket, connection: Connection, wire: _Wire) -> None:
    """Writes until the connection has ended. Raises what the server raises when the peer has gone."""
    while True:
        await wire.wake.wait()
        wire.wake.clear()
        if wire.gone:
            return
        if wire.flush_wanted:
            wire.flush_wanted = False
            connection.outbox.flush()
        frames, wire.frames = wire.frames, []
        connection.outbox.pause()
        async with asyncio.timeout(SEND_WITHIN_S) as wire.sending:
            for frame in frames:
                await websocket.send_bytes(frame)
            if wire.ended is not None:
                await websocket.close(*wire.ended)
                return
        wire.sending = None
        connection.outbox.resume()
