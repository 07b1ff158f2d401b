"""What CSAs see of a page, kept where the shopper has allowed it: masked as it came, bounded. SPEC record."""

from __future__ import annotations

import asyncio
import logging
import struct
import zlib
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cobrowse.core.messages import Recording
from cobrowse.live.tick import tick_in_s
from cobrowse.storage import recordings

WRITE_EVERY_S = 3.0
"""What a crash may cost."""

_head = struct.Struct(">dI")
"""Before each batch: when it was shown, in seconds, and how many bytes it has."""

logger = logging.getLogger(__name__)


class Tape:
    """One recording as it grows here. Past `max_bytes` it is full, and takes nothing more."""

    def __init__(
        self, recording: Recording, room: str, site: str, max_bytes: int, growing: set[Tape]
    ) -> None:
        by = recording.by
        self.kept = recordings.Recording(recording.id, room, site, by.id, by.name, recording.at, recording.at)
        self.is_full = False
        self._growing = growing
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._waiting: list[bytes] = []
        self._last_at = recording.at
        self._is_begun = False
        self._is_deleted = False

    def add(self, frame: bytes, now: float) -> None:
        """Adds a batch as it goes to those who watch."""
        if self._is_deleted or self.is_full:
            return
        self._size_bytes += len(frame)
        self.is_full = self._size_bytes > self._max_bytes
        if not self.is_full:
            self._waiting += (_head.pack(now, len(frame)), frame)
            self._last_at = now
            self._growing.add(self)

    async def write(self, engine: AsyncEngine) -> None:
        """Writes what waits as the next part; what cannot be written waits on. One at a time."""
        waiting, self._waiting = self._waiting, []
        try:
            body = await asyncio.to_thread(_deflated, waiting)
            async with engine.begin() as conn:
                if not self._is_begun:
                    await recordings.begin(conn, self.kept)
                size_bytes = await recordings.add_part(conn, self.kept.id, body, self._last_at)
        except BaseException:
            self._waiting = [*waiting, *self._waiting]
            raise
        self._is_begun = True
        # Somebody has deleted it: what is still shown is not kept.
        self._is_deleted = size_bytes is None
        if self._is_deleted:
            self._waiting.clear()


def _deflated(waiting: list[bytes]) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return b"".join([*map(deflate.compress, waiting), deflate.flush()])


class Tapes:
    """The recordings that grow at this node."""

    def __init__(self, engine: AsyncEngine, max_bytes: int) -> None:
        self._engine = engine
        self._max_bytes = max_bytes
        self._growing: set[Tape] = set()
        self._ended = asyncio.Event()

    def begin(self, recording: Recording, room: str, site: str) -> Tape:
        """A tape for this recording, which may have begun elsewhere."""
        return Tape(recording, room, site, self._max_bytes, self._growing)

    def end(self) -> None:
        """A recording has ended: it is written at once, since somebody may open it next."""
        self._ended.set()

    async def run(self) -> None:
        """Writes what has grown, over and over."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(tick_in_s(WRITE_EVERY_S)):
                    await self._ended.wait()
            self._ended.clear()
            await self.write()

    async def write(self) -> None:
        """Writes all that waits."""
        for tape in list(self._growing):
            self._growing.discard(tape)
            try:
                await tape.write(self._engine)
            except (SQLAlchemyError, OSError) as failed:
                self._growing.add(tape)
                logger.warning("a recording could not be written, trying again: %s", type(failed).__name__)
