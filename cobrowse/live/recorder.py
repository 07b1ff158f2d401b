"""Commits batches: the rooms' log and, in the same transaction, what the database says of it.

All communication ends in one contact database, and the log is its source: a row beside the log is written exactly once,
because the entry it comes from is. On SQLite most commits are kept as they come, and filed a second later.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cobrowse.core.messages import Entry
from cobrowse.core.room import RoomState, apply
from cobrowse.live.filing import FILE_EVERY_S, REST_S, ROOMS_AT_ONCE, Filing, latest, parts
from cobrowse.live.publication import Publication, standing
from cobrowse.live.rows import commit_of, record_beside, showing, snapshot_of, tells
from cobrowse.live.tape import Tapes
from cobrowse.storage import bulk, conversations, journal, unfiled
from cobrowse.storage.bulk import writer_of
from cobrowse.storage.engine import reading
from cobrowse.storage.unfiled import Commit

_entries = msgspec.msgpack.Decoder(Entry)
_states = msgspec.msgpack.Decoder(RoomState)

TAIL_PAGE = 1_000

Stands = Callable[[], Awaitable[bool]]

logger = logging.getLogger(__name__)


class Recorder:
    """Writes and reads the database on behalf of the hub."""

    def __init__(
        self,
        engine: AsyncEngine,
        tapes: Tapes | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self.tapes = tapes
        self._writer = writer_of(engine)
        self._monotonic = monotonic
        self._filing = Filing()
        self._last = self._doubtful = 0
        self._writing = asyncio.Lock()
        self._settling = asyncio.Lock()
        self._waiting = asyncio.Event()

    async def close(self) -> None:
        if self._writer is not None:
            await self._writer.close()

    async def commit(self, batch: Sequence[Publication]) -> None:
        """Writes the batch; durable when it returns. What one room has of it is written in one transaction.

        Rooms that need more than their log, snapshot, visitor and cart go through the engine, the others, nearly all,
        past it: on SQLite as one row, to be filed by `settle`. Raises when not all is written; a room of which all is
        may then be among them, which does no harm: whoever is told that it was lost comes back and finds it.
        """
        async with self._writing:
            if self._writer is not None:
                if self._doubtful:
                    await self._writer.write([unfiled.forgetting([self._doubtful])])
                    self._doubtful = 0
                telling = {record.room for record in batch if tells(record)}
                plain = [record for record in batch if record.room not in telling] if telling else batch
                if plain:
                    await self._keep(plain)
                batch = [record for record in batch if record.room in telling] if telling else ()
            if batch:
                async with self._engine.begin() as conn:
                    await self._write(conn, batch)
                self._filing.renew(batch)

    async def _keep(self, batch: Sequence[Publication]) -> None:
        """Makes the batch durable as one row. One that failed may be there all the same: it goes before the next."""
        assert self._writer is not None
        self._last += 1
        commit, now = commit_of(batch), self._monotonic()
        try:
            await self._writer.write([unfiled.keeping(self._last, commit)])
        except BaseException:
            self._doubtful = self._last
            raise
        self._filing.keep(self._last, commit, now)
        self._filing.show(batch, now)
        self._waiting.set()

    async def probe(self) -> None:
        """Commits, as an operation would, what cancels itself. Where the log is in Redis there is nothing to commit."""
        if self._writer is not None:
            await self._writer.write([unfiled.keeping(0, Commit((), ())), unfiled.forgetting([0])])

    async def due(self) -> None:
        """Returns a little later, once there is something to file."""
        await self._waiting.wait()
        await asyncio.sleep(FILE_EVERY_S)

    async def settle(self, *, all_: bool = False) -> None:
        """Files the commits that have rested, or all, in parts between which others commit. SPEC room.12.

        Carts and visitors come first: a commit that is still there after a crash says whose may be behind.
        """
        if self._writer is None:
            return
        async with self._settling:
            until = self._monotonic() - (0.0 if all_ else REST_S)
            pause_s = 0.0 if all_ else self._filing.pause_s(until)
            while self._filing.rested(until):
                async with self._writing:
                    rested = self._filing.rested(until)
                    await self._writer.write(showing(list(rested.values())), synced=False)
                    self._filing.forget(rested)
                await asyncio.sleep(pause_s)
            while commits := self._filing.unfiled(until):
                await self._file(list(commits.values()), pause_s)
                async with self._writing:
                    await self._writer.write([unfiled.forgetting(commits)], synced=False)
                self._filing.filed(commits)
            if self._filing.empty:
                self._waiting.clear()

    async def _file(self, commits: Sequence[Commit], pause_s: float = 0.0) -> None:
        """Puts the commits' rows where they are read; those that are there already stay."""
        assert self._writer is not None
        await self.save([snapshot for commit in commits for snapshot in commit.begun])
        for rows in parts(commits):
            async with self._writing:
                await self._writer.write([unfiled.filing(rows)], synced=False)
            await asyncio.sleep(pause_s)

    async def catch_up(self) -> None:
        """Files what this database's last server left when it died. Before anybody writes."""
        if self._writer is None:
            return
        async with reading(self._engine) as conn:
            left = await unfiled.commits(conn)
        await self._file(list(left.values()))
        for room in {row.room for commit in left.values() for row in commit.rows}:
            state, entries = await self.load(room)
            if state is not None:
                for entry in entries:
                    apply(state, entry)
                self._filing.show([standing(state)], 0.0)
        for self._last, commit in left.items():
            self._filing.keep(self._last, commit, 0.0)
        await self.settle(all_=True)

    async def project(self, batch: Sequence[Publication], stands: Stands) -> bool:
        """Writes what of the batch is not there yet, in one transaction: the same may come again. SPEC node.3, node.9.

        `stands` is asked last before the commit: if the log does not stand by the batch any more nothing is written,
        and the answer is False.
        """
        try:
            async with self._engine.begin() as conn:
                return await self._write_if(conn, batch, stands)
        except IntegrityError:
            # Some of it is there already, which is seldom, and so nothing was written.
            async with self._engine.begin() as conn:
                return await self._write_if(conn, await _fresh(conn, batch), stands)

    async def _write_if(self, conn: AsyncConnection, batch: Sequence[Publication], stands: Stands) -> bool:
        await self._write(conn, batch)
        if not (stood := await stands()):
            await conn.rollback()
        return stood

    async def covered(self, snapshots: Sequence[journal.Snapshot]) -> list[journal.Snapshot]:
        """Those of the snapshots to which the log here reaches: nothing that they stand on can be lost any more."""
        async with reading(self._engine) as conn:
            held = await journal.held(conn, [(snapshot.room, snapshot.offset) for snapshot in snapshots])
        return [each for each in snapshots if held.get((each.room, each.offset)) == each.hash]

    async def _write(self, conn: AsyncConnection, batch: Sequence[Publication]) -> None:
        waiting = self._filing.of({record.room for record in batch})
        rows, begun = commit_of(batch)
        log = [journal.appending(rows), journal.saving(begun)]
        for each in [*log, *showing(waiting), *showing(latest(batch))]:
            await bulk.write(conn, each)
        for record in batch:
            if tells(record):
                await record_beside(conn, record)

    def snapshot(self, state: RoomState, now: float) -> journal.Snapshot:
        """The room's state as it is now, encoded."""
        return snapshot_of(state, now)

    async def save(self, snapshots: Sequence[journal.Snapshot]) -> None:
        """Keeps snapshots, so that logs need not be read from the beginning. Each must be of a durable state.

        On SQLite by the thread that commits, in parts: a commit that meets another's lock sleeps longer than it lasts.
        """
        if self._writer is not None:
            for first in range(0, len(snapshots), ROOMS_AT_ONCE):
                await self._writer.write([journal.saving(snapshots[first : first + ROOMS_AT_ONCE])])
        elif snapshots:
            async with self._engine.begin() as conn:
                await journal.save_snapshot(conn, *snapshots)

    async def load(self, room: str) -> tuple[RoomState | None, list[Entry]]:
        """The room's latest snapshot and the entries after it, of one moment; (None, []) for an unknown room."""
        if room in self._filing:
            await self.settle(all_=True)
        async with reading(self._engine) as conn:
            snapshot = await journal.load_snapshot(conn, room)
            state = _states.decode(snapshot.state) if snapshot is not None else None
            offset = state.head[0] if state is not None else 0
            entries: list[Entry] = []
            while page := await journal.tail(conn, room, offset, TAIL_PAGE):
                entries += [_entries.decode(row.payload) for row in page]
                offset = page[-1].offset
            return state, entries

    async def rooms_in_conversation(self, site: str, limit: int) -> list[str]:
        """The rooms of conversations that wait or are open: they need a CSA, whoever is connected."""
        async with reading(self._engine) as conn:
            waiting = await conversations.by_status(conn, site, "waiting", limit)
            opened = await conversations.by_status(conn, site, "open", limit)
        return [summary.conversation.room for summary in [*waiting, *opened]]


async def _fresh(conn: AsyncConnection, batch: Sequence[Publication]) -> list[Publication]:
    """Those that the log here does not have, each once; where it has another in the place of one, that is said."""
    places = [(record.room, record.entry.offset) for record in batch]
    held = await journal.held(conn, places)
    fresh = {place: record for place, record in zip(places, batch, strict=True) if place not in held}
    for place, record in zip(places, batch, strict=True):
        if held.get(place, record.entry.hash) != record.entry.hash:
            logger.error("the database has another entry %d of a room than the feed", place[1])
    return list(fresh.values())
