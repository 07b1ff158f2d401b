"""Deletes what has been kept for long enough: log, recordings, audit, codes. SPEC room.13, audit.4, record.3."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cobrowse.live.codes import Codes
from cobrowse.storage import audit, journal, recordings
from cobrowse.storage.audit import Deed
from cobrowse.storage.engine import reading
from cobrowse.storage.recordings import Recording

EVERY_S = 3600.0
DAY_S = 86_400.0
AT_ONCE = 20
"""Recordings a transaction: a large one should not hold up the log for long."""

ROOMS_AT_ONCE = 500
PAUSE_S = 0.05
"""Between looks at so many rooms' logs: there may be a million, and nobody waits for it."""

logger = logging.getLogger(__name__)


class Retention:
    """One a node; that several do the same does no harm."""

    def __init__(
        self, engine: AsyncEngine, codes: Codes, recording_days: float, audit_days: float, log_days: float
    ) -> None:
        self._engine = engine
        self._codes = codes
        self._recording_s = recording_days * DAY_S
        self._audit_s = audit_days * DAY_S
        self._log_s = log_days * DAY_S

    async def run(self, now: Callable[[], float]) -> None:
        """Deletes at once, and then each hour."""
        while True:
            try:
                await self.sweep(now())
            except (SQLAlchemyError, OSError) as failed:
                logger.warning("what is over could not be deleted, trying again: %s", type(failed).__name__)
            await asyncio.sleep(EVERY_S)

    async def sweep(self, now: float) -> None:
        """Deletes what is over at this time."""
        while True:
            async with self._engine.begin() as conn:
                over = await recordings.before(conn, now - self._recording_s, AT_ONCE)
                for each in over:
                    await recordings.remove(conn, each.id)
                    await audit.note(conn, _expired(each, now))
            if len(over) < AT_ONCE:
                break
        async with self._engine.begin() as conn:
            await audit.delete_before(conn, now - self._audit_s)
        await self._codes.forget(now)
        await self._trim_log(now - self._log_s)

    async def _trim_log(self, before: float) -> None:
        """Deletes the entries before this time that a snapshot covers, a few rooms a transaction."""
        last: str | None = ""
        while last is not None:
            async with reading(self._engine) as conn:
                old, last = await journal.rooms_with_entries_before(conn, before, last, ROOMS_AT_ONCE)
            for first in range(0, len(old), AT_ONCE):
                async with self._engine.begin() as conn:
                    await journal.trim(conn, old[first : first + AT_ONCE], before)
            await asyncio.sleep(PAUSE_S)


def _expired(held: Recording, now: float) -> Deed:
    key, about = f"{held.id}.expired", (held.csa, held.csa_name)
    return Deed(key, now, held.site, held.room, "recording_expired", "server", "", "", *about)
