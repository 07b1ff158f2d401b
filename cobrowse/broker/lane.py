"""One room on its way into the log: what waits, what is under way, and how far the log is known."""

from __future__ import annotations

import zlib
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec import Raw

from cobrowse.broker.link import Keys
from cobrowse.core.messages import Entry


class Logged(Protocol):
    """A record, as far as the broker must know it."""

    @property
    def room(self) -> str: ...

    @property
    def epoch(self) -> str: ...

    @property
    def entry(self) -> Entry: ...

    @property
    def payload(self) -> bytes:
        """The entry's bytes."""


T = TypeVar("T", bound=Logged)

_parts = msgspec.msgpack.Decoder(tuple[Raw, Raw, Raw, Raw, Raw, Raw, Raw]).decode
"""An entry's fields as they were written; the last is its fact."""


class Followed(NamedTuple):
    """Another node's entry, and its bytes."""

    entry: Entry
    payload: bytes


class Top(NamedTuple):
    """The position of the last entry of a log."""

    epoch: str
    offset: int
    hash: int


class Lane(Generic[T]):
    """`top` is durable. `appended` and `settled` count records; the difference waits in `pending` or is in `sent`.
    `ahead` is what other nodes told while a step or a question was under way (`asking`): the answer comes first.
    `followed`: the reader has the room up.
    """

    __slots__ = (
        "ahead",
        "appended",
        "asking",
        "followed",
        "keys",
        "pending",
        "room",
        "sent",
        "settled",
        "top",
    )

    def __init__(self, room: str, keys: Keys, top: Top) -> None:
        self.room = room
        self.keys = keys
        self.top = top
        self.pending: list[T] = []
        self.sent: list[T] = []
        self.ahead: list[tuple[int, list[Followed]]] = []
        self.appended = 0
        self.settled = 0
        self.followed = False
        self.asking = False

    def leads_to(self, next_: Followed) -> bool:
        """Whether this entry was decided on our last one: by its number, and by its hash. SPEC room.2."""
        digest = zlib.crc32(_parts(next_.payload)[-1], self.top.hash)
        return (next_.entry.offset, next_.entry.hash) == (self.top.offset + 1, digest)

    def ends_with(self, last: Followed) -> bool:
        """Whether this entry is our last one."""
        return (last.entry.offset, last.entry.hash) == (self.top.offset, self.top.hash)
