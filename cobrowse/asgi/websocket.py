"""The WebSocket shell: websockets' sans-I/O protocol in an asyncio.Protocol, handed to uvicorn as `ws=`.

No task and no queue a message: frames are handled as they arrive and written once a turn of the loop. uvicorn makes
one of these objects when a request asks for an upgrade, and replays the request into it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from http import HTTPStatus
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.exceptions import InvalidState
from websockets.frames import CTRL_OPCODES, CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from cobrowse.asgi.arriving import Gate
from cobrowse.asgi.frames import CLOSE, CONTROLS, MASKED, WHOLE_BINARY, apply_mask, frame_at, head_of
from cobrowse.asgi.proxies import Proxies
from cobrowse.core.errors import Close, PeerError
from cobrowse.core.messages import MAX_FRAME_BYTES
from cobrowse.live.connection import Connection, Handshake
from cobrowse.live.hub import Hub

PATH = "/live"
CLOSE_WITHIN_S = 5.0
MAX_WRITE_BUFFER_BYTES = 64 * 1024
MAX_LATE_BYTES = 256 * 1024
"""What may come after our close: what was on its way. From a peer that goes on sending no more is read."""

PIECE_BYTES = 4 * 1024
"""What websockets parses before the hub is asked whether the peer may go on: its parser is slow, a read is large."""

logger = logging.getLogger(__name__)
_quiet = logging.getLogger("cobrowse.websockets")
_quiet.setLevel(logging.WARNING)


def handshake_of(headers: Headers, address: str) -> Handshake:
    return Handshake(
        headers.get("Origin", ""), headers.get("Cookie", ""), headers.get("User-Agent", "")[:512], address
    )


class _Server(ServerProtocol):
    """The sans-I/O protocol, which says of a message that is too large what ours says of it. SPEC wire.2."""

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        if code == CloseCode.MESSAGE_TOO_BIG:
            code, reason = Close.BAD_FRAME, f"a frame has at most {MAX_FRAME_BYTES} bytes"
        super().fail(code, reason)


class HubProtocol(asyncio.Protocol):
    """One WebSocket of the hub. The constructor's signature is the one that uvicorn calls.

    `_open`: the handshake is complete, and no close was sent or has come.
    """

    __slots__ = (
        "_closing",
        "_connection",
        "_connections",
        "_held",
        "_hub",
        "_late_bytes",
        "_loop",
        "_open",
        "_parts",
        "_proxies",
        "_simple",
        "_transport",
        "_websocket",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._hub: Hub | None = app_state.get("hub")
        gate: Gate | None = app_state.get("gate")
        self._proxies = gate.proxies if gate is not None else Proxies()
        self._connections = server_state.connections
        self._loop = _loop or asyncio.get_running_loop()
        self._websocket = _Server(max_size=MAX_FRAME_BYTES, logger=_quiet)
        self._transport: asyncio.Transport
        self._connection: Connection | None = None
        self._simple = True
        self._open = False
        self._held = b""
        self._parts: list[bytes] = []
        self._closing: asyncio.TimerHandle | None = None
        self._late_bytes = 0

    # From the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(MAX_WRITE_BUFFER_BYTES)
        self._connections.add(cast(Any, self))

    def data_received(self, data: bytes) -> None:
        if self._connection is not None and self._simple and self._closing is None:
            data = self._take(self._connection, data)
        if data and self._closing is not None:
            data = self._late(data)
        if data:
            self._parse(data)

    def _late(self, data: bytes) -> bytes:
        """What of the data matters after our close: the peer's. The rest costs next to nothing, and soon nothing."""
        self._late_bytes += len(data)
        if self._late_bytes > MAX_LATE_BYTES:
            self._held = b""
            self._transport.pause_reading()
            return b""
        if not self._simple:
            return data
        data, self._held = self._held + data, b""
        at = 0
        while (frame := frame_at(data, at)) is not None:
            if data[at] == CLOSE:
                return data[at : frame[1]]
            at = frame[1]
        self._held = data[at:]
        return b""

    def _take(self, connection: Connection, data: bytes) -> bytes:
        """Handles whole binary frames, which nearly all are, and gives back what is for websockets to judge.

        Its parser is a coroutine a frame and costs more than the hub's own work on it. It gets every other frame, each
        whole; after one that is none of ours it gets everything, so that there is one judge of what is wrong.
        """
        if self._held:
            data, self._held = self._held + data, b""
        at, receive = 0, connection.receive
        while self._open:
            frame = frame_at(data, at)
            if frame is None:
                self._held = data[at:]
                return b""
            start, end = frame
            if data[at] == WHOLE_BINARY and data[at + 1] & MASKED and end - start <= MAX_FRAME_BYTES:
                receive(apply_mask(data[start:end], data[start - 4 : start]))
            elif data[at] in CONTROLS:
                self._parse(data[at:end])
            else:
                self._simple = False
                break
            at = end
        return data[at:]

    def _parse(self, data: bytes) -> None:
        for at in range(0, len(data), PIECE_BYTES):
            # When a piece of it has made us close, what follows waits for nobody.
            if at == 0 or self._closing is None:
                self._parse_piece(data[at : at + PIECE_BYTES])

    def _parse_piece(self, data: bytes) -> None:
        self._websocket.receive_data(data)
        self._open = self._websocket.state is State.OPEN
        for event in self._websocket.events_received():
            if isinstance(event, Request):
                self._accept(event)
            elif isinstance(event, Frame):
                self._frame(event)
        self._write_out()
        if self._websocket.close_expected():
            self._close_soon()

    def eof_received(self) -> None:
        self._websocket.receive_eof()
        self._open = False
        self._write_out()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(cast(Any, self))
        if self._closing is not None:
            self._closing.cancel()
        if self._connection is not None:
            self._connection.lost()
            self._connection = None

    def pause_writing(self) -> None:
        if self._connection is not None:
            self._connection.outbox.pause()

    def resume_writing(self) -> None:
        if self._connection is not None:
            self._connection.outbox.resume()

    def shutdown(self) -> None:
        """uvicorn is stopping."""
        if self._connection is not None:
            self._connection.close(Close.DRAIN, "the server is restarting")
        else:
            self._transport.close()

    # The handshake and frames

    def _accept(self, request: Request) -> None:
        response = self._websocket.accept(request)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS and request.path.partition("?")[0] != PATH:
            response = self._websocket.reject(HTTPStatus.NOT_FOUND, f"expected a WebSocket at {PATH}\n")
        hub = self._hub
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS and hub is None:
            response = self._websocket.reject(HTTPStatus.SERVICE_UNAVAILABLE, "the server is starting\n")
        self._websocket.send_response(response)
        self._open = self._websocket.state is State.OPEN
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS or hub is None:
            return
        peer = self._transport.get_extra_info("peername")
        address = self._proxies.peer(str(peer[0]), request.headers.get_all) if peer else ""
        connection = Connection(hub, self, handshake_of(request.headers, address))
        self._connection = connection
        if (full := hub.admit(connection)) is not None:
            connection.fail(full)

    def _frame(self, frame: Frame) -> None:
        connection = self._connection
        if connection is None:
            return
        if frame.opcode in CTRL_OPCODES or not frame.fin:
            connection.count()
        if connection.outbox.closed:
            return
        match frame.opcode:
            case Opcode.BINARY | Opcode.CONT:
                self._parts.append(bytes(frame.data))
                if frame.fin:
                    data, self._parts = b"".join(self._parts), []
                    connection.receive(data)
            case Opcode.TEXT:
                connection.fail(PeerError(Close.BAD_FRAME, "expected binary frames"))
            case Opcode.PING | Opcode.PONG | Opcode.CLOSE:
                pass

    # What the outbox asks (live.outbox.Wire)

    def write(self, frames: list[bytes]) -> None:
        if not self._open:
            return
        if len(frames) == 1:
            self._transport.write(head_of(len(frames[0])) + frames[0])
        else:
            self._transport.write(
                b"".join([part for frame in frames for part in (head_of(len(frame)), frame)])
            )

    def close(self, code: int, reason: str) -> None:
        self._open = False
        with suppress(InvalidState):
            self._websocket.send_close(code, reason)
        self._write_out()
        self._close_soon()

    def call_soon_flush(self) -> None:
        if self._connection is not None:
            self._loop.call_soon(self._connection.outbox.flush)

    def _write_out(self) -> None:
        if self._transport.is_closing():
            return
        chunks = self._websocket.data_to_send()
        full = self._transport.get_write_buffer_size() > MAX_WRITE_BUFFER_BYTES
        # What is written while the connection is open are pongs: whoever does not read gets none.
        if (data := b"".join(chunks)) and not (full and self._websocket.state is State.OPEN):
            self._transport.write(data)
        if b"" in chunks or self._websocket.state is State.CLOSED:
            # An empty chunk is the end of the stream: the closing handshake is complete, or was refused.
            self._transport.close()

    def _close_soon(self) -> None:
        """The peer has a few seconds to finish the closing handshake, then the transport goes."""
        if self._closing is None and not self._transport.is_closing():
            self._closing = self._loop.call_later(CLOSE_WITHIN_S, self._transport.abort)
