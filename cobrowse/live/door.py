"""Who is connected, how many from where, and when the last has gone."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress

from cobrowse.core.codec import encode
from cobrowse.core.errors import Close, PeerError
from cobrowse.core.messages import Drain
from cobrowse.live.connection import Connection

DRAIN_MARGIN_S = 1.0


class Door:
    """Counts connections against two bounds: all, and those of one network address.

    Whether a peer has fallen silent is looked at when it may have, not each second: nearly all are idle.
    """

    def __init__(self, max_connections: int, max_per_address: int) -> None:
        self.inside: set[Connection] = set()
        self._max_connections = max_connections
        self._max_per_address = max_per_address
        self._addresses: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._look_at: dict[Connection, int] = {}
        self._looks: dict[int, set[Connection]] = {}

    def admit(self, connection: Connection) -> PeerError | None:
        """Counts a new connection; the reason if there is no place for it."""
        address = connection.handshake.address
        if len(self.inside) >= self._max_connections:
            return PeerError(Close.BUSY, "the server is full, try again in a moment")
        if self._addresses[address] >= self._max_per_address:
            return PeerError(Close.BUSY, "too many connections from this address")
        self.inside.add(connection)
        self._addresses[address] += 1
        self._empty.clear()
        self._look(connection, connection.protocol.first_due())
        return None

    def leave(self, connection: Connection) -> None:
        if connection not in self.inside:
            return
        self.inside.remove(connection)
        self._looks[self._look_at.pop(connection)].discard(connection)
        address = connection.handshake.address
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]
        if not self.inside:
            self._empty.set()

    def silent(self, now: float) -> list[Connection]:
        """The connections whose peers have been silent for too long; `now` on the clock of their protocols."""
        silent: list[Connection] = []
        for second in [second for second in self._looks if second <= now]:
            for connection in self._looks.pop(second):
                due = connection.protocol.due()
                if now >= due:
                    silent.append(connection)
                self._look(connection, max(due, now))
        return silent

    def _look(self, connection: Connection, at: float) -> None:
        """Looks at this connection in the second after `at`."""
        second = self._look_at[connection] = int(at) + 1
        self._looks.setdefault(second, set()).add(connection)

    async def drain(self, spread_s: float) -> None:
        """Tells each connection to come back after a time of its own within the spread; returns when all have gone, or
        a little after it. SPEC node.7.
        """
        for connection in list(self.inside):
            connection.send(encode(Drain(round(random.uniform(0, spread_s), 3))))
        with suppress(TimeoutError):
            async with asyncio.timeout(spread_s + DRAIN_MARGIN_S):
                while self.inside:
                    await self._empty.wait()
