"""A WebSocket client that costs next to nothing: raw sockets, frames encoded beforehand, counted rather than decoded.

Its masking key is zero, which RFC 6455 allows: a masked payload is then the payload, and nothing is spent on it.
"""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Callable

BINARY, TEXT = 0x82, 0x81
RECV_BYTES = 256 * 1024
ANSWER_WITHIN_S = 60.0

Count = Callable[[bytes, int, int], int]
"""How many operations the frame's payload `data[start:end]` carries."""


class Gone(Exception):
    """The server closed a connection that the load needs."""


def frame(payload: bytes, opcode: int = BINARY) -> bytes:
    """The payload as one frame of a client."""
    size = len(payload)
    if size < 126:
        head = bytes([opcode, 0x80 | size])
    elif size < 65536:
        head = bytes([opcode, 0xFE]) + size.to_bytes(2, "big")
    else:
        head = bytes([opcode, 0xFF]) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


class Peer:
    """One connection. `count_ops` never copies a payload; `receive` is for the few that are read before the run."""

    __slots__ = ("buffer", "socket")

    def __init__(self, port: int, path: str = "/", headers: dict[str, str] | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_WITHIN_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(handshake(port, path, headers or {}))
        self.buffer = b""

    def opened(self) -> Peer:
        """This, once the server has agreed to speak WebSocket. Raises Gone."""
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Gone(f"expected the answer 101, got {head[:80]!r}")
        return self

    def send(self, payload: bytes, opcode: int = BINARY) -> None:
        self.socket.sendall(frame(payload, opcode))

    def receive(self) -> bytes:
        """The next message's payload."""
        while (payload := self.whole()) is None:
            self._fill()
        return payload

    def whole(self) -> bytes | None:
        """The next message's payload, if all of it has been read."""
        found = next_frame(self.buffer, 0)
        if found is None:
            return None
        start, end = found
        payload = self.buffer[start:end]
        self.buffer = self.buffer[end:]
        return payload

    def until(self, marker: bytes) -> bytes:
        """The first message from now on that holds the marker."""
        while marker not in (payload := self.receive()):
            pass
        return payload

    def count_ops(self, count: Count) -> int:
        """Reads what is there, and counts its operations. Raises Gone at the end of the stream."""
        fresh = self.socket.recv(RECV_BYTES)
        if not fresh:
            raise Gone("the server closed a connection during the run")
        data = self.buffer + fresh if self.buffer else fresh
        total = at = 0
        while (found := next_frame(data, at)) is not None:
            start, at = found
            total += count(data, start, at)
        self.buffer = data[at:]
        return total

    def drain(self) -> None:
        """Reads what is there, and forgets it."""
        if not self.socket.recv(RECV_BYTES):
            raise Gone("the server closed a connection during the run")

    def abort(self) -> None:
        """Cuts the connection, as a dying network would: no closing handshake, no FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def _fill(self) -> None:
        fresh = self.socket.recv(RECV_BYTES)
        if not fresh:
            raise Gone("the server closed a connection before the run")
        self.buffer += fresh


def handshake(port: int, path: str, headers: dict[str, str]) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def next_frame(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `at` begins and ends; None when it is not whole yet."""
    size = len(data)
    if size < at + 2:
        return None
    length, start = data[at + 1], at + 2
    if length == 126:
        if size < at + 4:
            return None
        length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    elif length == 127:
        if size < at + 10:
            return None
        length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
    return (start, start + length) if size >= start + length else None
