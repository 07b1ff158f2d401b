"""One party in one room: a connection, with the replica that it has there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cobrowse.core.messages import Author, Role


class Peer(Protocol):
    """A connection, as far as a room must know it."""

    author: Author

    @property
    def origin(self) -> str:
        """Of the page that holds the connection."""

    def send(self, frame: bytes) -> None: ...

    @property
    def waiting_bytes(self) -> int:
        """How much of what was sent waits to be written, since the peer does not read."""

    def when_clear(self, callback: Callable[[], None]) -> None:
        """Calls back once, when they have read what waits."""

    def close(self, code: int, reason: str) -> None: ...


class Member:
    """A peer in a room. `delivered` is the offset of the last entry that was handed to it; `entered` says whether it
    has the room yet: before that it is told nothing else of it.
    """

    __slots__ = ("delivered", "entered", "life", "peer", "replica", "typing")

    def __init__(self, peer: Peer, replica: int, delivered: int, life: int = 1) -> None:
        self.peer = peer
        self.replica = replica
        self.life = life
        self.delivered = delivered
        self.entered = False
        self.typing = False

    @property
    def role(self) -> Role:
        return self.peer.author.role
