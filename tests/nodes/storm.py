"""Clients that go on whatever happens, faults that happen, and what came of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from cobrowse.core.messages import Declined, Drain, Entry, Hello, Joined, News, Said, Say
from tests.nodes.history import History, Operation
from tests.serving import ORIGIN
from tests.wire import Peer, open_peer

Fault = Callable[[], Awaitable[None]]

GONE = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError, EOFError)
PENDING = 4
PACE_S = 0.05
"""Between one client's operations: the faults are what is tested, not the speed of the database."""


class Tab:
    """A shopper's tab: keeps what is not acknowledged, comes back at any node, sends again what is open."""

    def __init__(self, name: str, urls: Sequence[str], history: History, rng: random.Random) -> None:
        self.name = name
        self.room = ""
        self.token = ""
        self._urls = urls
        self._history = history
        self._rng = rng
        self._resume = ""
        self._replica = 0
        self._pending: dict[int, Operation] = {}
        self._last = 0
        self._count = 0
        self._stopping = False
        self.reconnects = 0

    async def run(self, token: str = "") -> None:
        """Works until `stop` and all is acknowledged."""
        self.token = token
        while not (self._stopping and not self._pending):
            try:
                await self._connected()
            except GONE:
                self.reconnects += 1
                await asyncio.sleep(self._rng.uniform(0.02, 0.3))

    def stop(self) -> None:
        """Does nothing new; what is open is brought to its end."""
        self._stopping = True

    async def _connected(self) -> None:
        peer = await open_peer(self._rng.choice(self._urls).replace("http", "ws", 1) + "/live", ORIGIN)
        try:
            joined = await peer.hello(
                Hello(v=1, role="shopper", site="shop", token=self.token, resume=self._resume)
            )
            self._enter(peer, joined)
            seen: list[tuple[int, str]] = []
            self._history.seen.append((self.room, seen))
            await self._send_open(peer)
            async with asyncio.timeout(self._rng.uniform(1.0, 6.0)) as life:
                while not (self._stopping and not self._pending):
                    await self._work(peer)
                    frame = await peer.next()
                    if isinstance(frame, News):
                        for entry in frame.entries:
                            self._take(entry, seen)
                    elif isinstance(frame, Drain):
                        life.reschedule(asyncio.get_running_loop().time() + frame.after_s)
        finally:
            with suppress(*GONE):
                # Now and then as if the power had gone: no goodbye.
                if self._rng.random() < 0.5:
                    peer.socket.transport.abort()
                await peer.leave()

    def _enter(self, peer: Peer, joined: Joined) -> None:
        self.token, self.room = peer.token, joined.room
        if self._replica not in (0, joined.replica):
            # What is open gets new numbers, as in web/core/link.ts.
            self._pending = dict(enumerate(self._pending.values(), joined.last + 1))
            self._last = joined.last + len(self._pending)
        self._replica, self._resume = joined.replica, joined.resume
        for c in [c for c in self._pending if c <= joined.last]:
            self._end(c, None)
        self._last = max(self._last, joined.last)

    async def _send_open(self, peer: Peer) -> None:
        """Sends what is open again; sometimes twice, sometimes a later one first, as a confused client might."""
        numbers = sorted(self._pending)
        if self._rng.random() < 0.3:
            numbers = numbers[::-1] + numbers
        for c in numbers + numbers[: self._rng.randrange(3)]:
            await peer.do(Say(self._pending[c].name), c=c)

    async def _work(self, peer: Peer) -> None:
        while not self._stopping and len(self._pending) < PENDING:
            self._count += 1
            self._last += 1
            operation = Operation(f"{self.name}-{self._count}", self.name, self.room, time.monotonic())
            self._pending[self._last] = operation
            self._history.operations.append(operation)
            await peer.do(Say(operation.name), c=self._last)
            await asyncio.sleep(PACE_S)

    def _take(self, entry: Entry, seen: list[tuple[int, str]]) -> None:
        seen.append((entry.offset, entry.fact.text if isinstance(entry.fact, Said) else ""))
        if entry.replica == self._replica and entry.c in self._pending:
            assert not isinstance(entry.fact, Declined), entry.fact
            self._end(entry.c, entry.offset)

    def _end(self, c: int, offset: int | None) -> None:
        operation = self._pending.pop(c)
        operation.outcome, operation.ended_at, operation.offset = "ok", time.monotonic(), offset


async def storm(
    urls: Sequence[str],
    faults: Sequence[Fault],
    rooms: int,
    rng: random.Random,
    history: History | None = None,
) -> tuple[History, int]:
    """Two tabs a room, at any nodes, while one fault after the other happens; then all is brought to its end.

    The history (the one given, which may be watched meanwhile), and how often a client had to come back.
    """
    history = History() if history is None else history
    async with asyncio.TaskGroup() as tasks:
        tabs: list[Tab] = []
        for n in range(rooms):
            first = Tab(f"r{n}a", urls, history, rng)
            tasks.create_task(first.run())
            while not first.token:  # noqa: ASYNC110 - a tab of a storm has no moment to wait for
                await asyncio.sleep(0.02)
            second = Tab(f"r{n}b", urls, history, rng)
            tasks.create_task(second.run(first.token))
            tabs += [first, second]
        for fault in faults:
            await asyncio.sleep(rng.uniform(0.3, 1.0))
            await fault()
        await asyncio.sleep(1.0)
        for tab in tabs:
            tab.stop()
    return history, sum(tab.reconnects for tab in tabs)
