"""What carts and visitors look like, waiting to be written: when a change has rested, not at each.

The log alone must be durable before anybody hears of an entry. These rows only show how things stand, and cost more
than the log itself when they are written with every commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cobrowse.live.publication import Publication

REST_S = 1.0
AT_ONCE = 64
"""Rooms whose rows one transaction writes: no operation waits long for it."""


class Shown(NamedTuple):
    """The last records of a room that change its cart's row and its visitor's; `since`: the first that waits."""

    since: float
    cart: Publication | None
    visit: Publication | None


class Resting:
    """Rooms whose rows are behind their log, the longest waiting first. Times are of one monotonic clock."""

    def __init__(self) -> None:
        self._waiting: dict[str, Shown] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def unknown(self, batch: Sequence[Publication]) -> set[str]:
        """The rooms that these records put behind, and that are not yet."""
        return {record.room for record in batch if record.cart or record.visit} - self._waiting.keys()

    def add(self, batch: Sequence[Publication], now: float) -> None:
        """These records are in the log; their rows are not written."""
        carts = {record.room: record for record in batch if record.cart is not None}
        visits = {record.room: record for record in batch if record.visit is not None}
        for room in {**carts, **visits}:
            since, cart, visit = self._waiting.get(room, (now, None, None))
            self._waiting[room] = Shown(since, carts.get(room, cart), visits.get(room, visit))

    def renew(self, batch: Sequence[Publication]) -> None:
        """The rows of these records have been written: what waits of their rooms must not put back older ones."""
        self.add([record for record in batch if record.room in self._waiting], 0.0)

    def rested(self, now: float) -> dict[str, Shown]:
        """Some of those that have rested; `forget` them when they are written."""
        found: dict[str, Shown] = {}
        for room, shown in self._waiting.items():
            if shown.since > now - REST_S or len(found) >= AT_ONCE:
                break
            found[room] = shown
        return found

    def forget(self, rooms: Iterable[str]) -> None:
        for room in rooms:
            del self._waiting[room]

    def of(self, rooms: Iterable[str]) -> list[Shown]:
        """What waits of these rooms."""
        return [self._waiting[room] for room in rooms if room in self._waiting]


def latest(batch: Sequence[Publication]) -> list[Shown]:
    """What these records show, a room once."""
    resting = Resting()
    resting.add(batch, 0.0)
    return list(resting._waiting.values())
