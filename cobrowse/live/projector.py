"""Brings what is in the log to the database, in order, whoever appended it. SPEC node.3.

Every node runs one; the leases decide which of them works on a partition. Two at work on the same records do no harm:
a record is written once, by the primary key of the log.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from cobrowse.broker.feed import LEASE_EVERY_S, Feed, Page
from cobrowse.broker.link import heed_cancellation
from cobrowse.live.outages import OUTAGES
from cobrowse.live.publication import Publication
from cobrowse.live.recorder import Recorder, Stands
from cobrowse.storage.errors import StorageError

GATHER_S = 0.05
"""Between two looks at the feeds. A transaction costs as much as dozens of records: under load many share it."""

RETRY_S = 0.5
DRAIN_WITHIN_S = 5.0

logger = logging.getLogger(__name__)


class Projector:
    """Reads feeds, writes tables."""

    def __init__(self, feed: Feed[Publication], recorder: Recorder) -> None:
        self._feed = feed
        self._recorder = recorder
        self._held: list[int] = []
        self._hold_at = 0.0
        self._more = False
        self.written = 0
        self.lag_s = 0.0

    async def run(self) -> None:
        """Works until cancelled. While Redis or the database does not answer, the feed keeps what comes."""
        failing = False
        while True:
            try:
                await self.step()
                failing = False
                if not self._more:
                    await asyncio.sleep(GATHER_S)
                heed_cancellation()
                continue
            except OUTAGES as failed:
                if not failing:
                    name = type(failed).__name__
                    logger.warning("the database does not get the log for now (%s), trying again", name)
            except Exception:
                # Whatever it is, a node that no longer projects would let the feed grow without end.
                if not failing:
                    logger.exception("the log could not be brought to the database, trying again")
            failing = True
            heed_cancellation()
            await asyncio.sleep(RETRY_S)

    async def step(self) -> int:
        """Writes the beginnings of the feeds that are ours; how many records that was."""
        now = time.monotonic()
        if now >= self._hold_at:
            self._held = await self._feed.hold()
            self._hold_at = now + LEASE_EVERY_S
        pages = await self._feed.read(self._held) if self._held else []
        self._more = any(page.is_full for page in pages)
        if not pages:
            return 0
        if not await self._write(pages):
            logger.warning(
                "what was on its way to the database is not in the feed any more: reading it again"
            )
            return 0
        await self._feed.done(pages)
        count = sum(len(page.records) for page in pages)
        self.written += count
        self.lag_s = max(time.time() - pages[-1].records[-1].entry.at, 0.0)
        return count

    async def _write(self, pages: Sequence[Page[Publication]]) -> bool:
        """Whether the log stood by these records until they were written."""
        records = [record for page in pages for record in page.records]

        async def stands() -> bool:
            return await self._feed.has(pages)

        try:
            return await self._recorder.project(records, stands)
        except StorageError:
            # One of them does not fit; the others must not wait for it for ever.
            for record in records:
                await self._write_alone(record, stands)
            return await stands()

    async def _write_alone(self, record: Publication, stands: Stands) -> None:
        try:
            await self._recorder.project([record], stands)
        except StorageError:
            logger.exception("entry %d of a room cannot be kept in the database", record.entry.offset)

    async def drain(self) -> None:
        """Writes what is left, for a few seconds at most, and gives the leases up."""
        try:
            async with asyncio.timeout(DRAIN_WITHIN_S):
                while await self.step():
                    pass
                await self._feed.hold(lease_s=0)
        except OUTAGES as failed:
            name = type(failed).__name__
            logger.warning("the log waits for another node to bring it to the database (%s)", name)
