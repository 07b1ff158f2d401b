"""Who reads the rooms' logs of a node, as the broker that follows them in Redis knows it. SPEC node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from cobrowse.broker.lane import Followed

R = TypeVar("R", contravariant=True)


class Reader(Protocol[R]):
    """Who reads the logs: the hub. None of these may raise or block."""

    def deliver(self, records: Sequence[R]) -> None:
        """Own records, durable, in order."""

    def follow(self, room: str, entries: list[Followed], void: bool) -> None:
        """The entries that come next in a room's log. `void`: what was appended here and not delivered is not in it,
        or is among these.
        """

    def lost(self, rooms: Sequence[str]) -> None:
        """These rooms' state here is not the log's any more: drop it."""

    def noticed(self, room: str, node: str, notice: bytes) -> None:
        """Another node's word on a room; nothing of it is kept."""

    def missed(self) -> None:
        """Notices may have been lost; entries are not, they are asked for again."""
