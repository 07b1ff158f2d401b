"""What waits to be written to one peer: bounded in bytes, written once a turn of the loop. SPEC wire.10."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cobrowse.core.errors import Close


class Wire(Protocol):
    """What a shell must offer: a WebSocket that frames can be written to."""

    def write(self, frames: list[bytes]) -> None:
        """Sends these frames, each a binary message, in one write."""

    def close(self, code: int, reason: str) -> None:
        """Starts the closing handshake; what was written before goes out first."""

    def call_soon_flush(self) -> None:
        """Asks for `Outbox.flush` at the end of this turn of the loop."""


class Outbox:
    """Frames for one peer. While the peer does not read they wait here; past the bound the connection goes."""

    __slots__ = (
        "_frames",
        "_max_bytes",
        "_paused",
        "_scheduled",
        "_too_slow",
        "_waiting_bytes",
        "_when_clear",
        "_wire",
        "closed",
    )

    def __init__(self, wire: Wire, max_bytes: int, too_slow: Callable[[int, str], None]) -> None:
        """`too_slow` gets code and reason when the bound is passed: it is to call `close`."""
        self._wire = wire
        self._max_bytes = max_bytes
        self._too_slow = too_slow
        self._frames: list[bytes] = []
        self._waiting_bytes = 0
        self._paused = False
        self._scheduled = False
        self._when_clear: list[Callable[[], None]] = []
        self.closed = False

    @property
    def waiting_bytes(self) -> int:
        return self._waiting_bytes

    @property
    def unread_bytes(self) -> int:
        """What waits because the peer does not read; what goes out at the end of this turn is none of it."""
        return self._waiting_bytes if self._paused else 0

    def when_clear(self, callback: Callable[[], None]) -> None:
        """Calls back once: when the peer has read what waits, and never when the connection ends before."""
        self._when_clear.append(callback)
        if not self._paused and not self._scheduled and not self.closed:
            self._scheduled = True
            self._wire.call_soon_flush()

    def send(self, frame: bytes) -> None:
        """Queues a frame. A peer too slow for its outbox is told to come back: resuming costs it nothing."""
        if self.closed:
            return
        self._frames.append(frame)
        self._waiting_bytes += len(frame)
        if self._waiting_bytes > self._max_bytes and self._paused:
            self._frames.clear()
            self._too_slow(Close.SLOW, "this connection reads too slowly")
        elif not self._scheduled and not self._paused:
            self._scheduled = True
            self._wire.call_soon_flush()

    def send_now(self, frame: bytes) -> None:
        """Writes a frame, or queues it behind what waits: for an answer that nothing more will follow in this turn."""
        if self._scheduled or self._paused or self.closed:
            self.send(frame)
        else:
            self._wire.write([frame])

    def flush(self) -> None:
        self._scheduled = False
        if self._frames and not self._paused and not self.closed:
            frames, self._frames = self._frames, []
            self._waiting_bytes = 0
            self._wire.write(frames)
        if self._when_clear and not self._paused and not self.closed:
            callbacks, self._when_clear = self._when_clear, []
            for callback in callbacks:
                callback()

    def pause(self) -> None:
        """The transport's buffer is full."""
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self.flush()

    def close(self, code: int, reason: str) -> None:
        if not self.closed:
            if not self._paused:
                self.flush()
            self.closed = True
            self._frames.clear()
            self._when_clear.clear()
            self._wire.close(code, reason)
