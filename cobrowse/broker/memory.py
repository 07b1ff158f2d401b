"""The broker of one process: the order is that of the calls, durability a group commit. SPEC room.2."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from cobrowse.broker.contract import Backlogged, Commit, Deliver

T = TypeVar("T")

MAX_PENDING = 50_000
"""Records that may wait for the disk: about a second of the fastest rate that was measured."""

MAX_BATCH = 2_000

GATHER_S = 0.003
"""After a batch of more than one the next commit begins no sooner than so long after it began: a commit costs as much
as ten operations. Where they come one by one nobody waits.
"""

logger = logging.getLogger(__name__)


class MemoryBroker(Generic[T]):
    """While one batch is being committed the next one gathers: the busier, the fewer commits a record."""

    def __init__(self, commit: Commit[T], deliver: Deliver[T], lost: Deliver[T]) -> None:
        self._commit = commit
        self._deliver = deliver
        self._lost = lost
        self._pending: list[T | Callable[[], None]] = []
        self._committing = False
        self._wake = asyncio.Event()
        self._next_at = 0.0

    def admit(self) -> None:
        if len(self._pending) >= MAX_PENDING:
            raise Backlogged

    def append(self, record: T) -> None:
        if not self._pending:
            self._wake.set()
        self._pending.append(record)

    def after_pending(self, callback: Callable[[], None]) -> None:
        if self._pending or self._committing:
            self._pending.append(callback)
            self._wake.set()
        else:
            callback()

    async def flush(self) -> None:
        done = asyncio.Event()
        self.after_pending(done.set)
        await done.wait()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                await self._gather()
                batch, self._pending = self._pending[:MAX_BATCH], self._pending[MAX_BATCH:]
                self._committing = True
                try:
                    await self._write(batch)
                finally:
                    self._committing = False

    async def _gather(self) -> None:
        """Waits for more, if more than one came last time."""
        loop = asyncio.get_running_loop()
        wait_s = self._next_at - loop.time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        self._next_at = loop.time() + (GATHER_S if len(self._pending) > 1 else 0.0)

    async def _write(self, batch: list[T | Callable[[], None]]) -> None:
        records = [item for item in batch if not callable(item)]
        try:
            if records:
                await self._commit(records)
        except Exception:
            # The disk is full, the database gone: nobody was told that these are safe.
            logger.exception("%d records could not be committed", len(records))
            batch, self._pending = batch + self._pending, []
            self._lost([item for item in batch if not callable(item)])
            batch = [item for item in batch if callable(item)]
        self._hand_on(batch)

    def _hand_on(self, batch: list[T | Callable[[], None]]) -> None:
        """Delivers records and calls back in the order in which they were appended."""
        records: list[T] = []
        for item in batch:
            if not callable(item):
                records.append(item)
                continue
            if records:
                self._deliver(records)
                records = []
            item()
        if records:
            self._deliver(records)
