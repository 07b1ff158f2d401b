"""What a broker guarantees, whatever it runs on. SPEC room.2, wire.6.

- The entries of one room are delivered in the order of their offsets, each once, to every node that reads the room.
- Nothing is delivered before it is durable: delivery is the acknowledgement.
- A batch that could not be made durable is reported as lost, whole, and with it all that was appended since: it may
  build on what is gone. Whoever holds state from it drops that state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from cobrowse.core.errors import Close, PeerError

T = TypeVar("T", contravariant=True)

R = TypeVar("R")

Commit = Callable[[Sequence[R]], Awaitable[None]]
"""Makes a batch durable in one step. Raises when nothing of it is."""

Deliver = Callable[[Sequence[R]], None]
"""Hands on a batch that is durable. Must not raise, must not block."""


class Backlogged(PeerError):
    """The log cannot keep up: come back later."""

    def __init__(self) -> None:
        super().__init__(Close.BUSY, "the server is busy, try again in a moment")


class Broker(Protocol, Generic[T]):
    """Appends records to rooms' logs and delivers them."""

    def admit(self) -> None:
        """Raises Backlogged when too many records wait: ask before the state follows a record."""

    def append(self, record: T) -> None:
        """Takes the next record; `deliver` gets it once it is durable."""

    def after_pending(self, callback: Callable[[], None]) -> None:
        """Calls back once all that was appended before is delivered or lost, and before anything that is appended
        after (at once if nothing waits).
        """

    async def run(self) -> None:
        """Works until cancelled, then no more; `flush` first."""

    async def flush(self) -> None:
        """Returns when nothing that was appended before waits any more."""
