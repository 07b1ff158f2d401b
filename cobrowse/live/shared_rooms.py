"""The rooms of a node among others: each follows the log in Redis for as long as it is held here. SPEC node."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

from cobrowse.broker.lane import Top
from cobrowse.broker.link import FAILURES
from cobrowse.broker.redis import Hole, RedisBroker
from cobrowse.core.errors import Close, PeerError
from cobrowse.core.items import LookUp
from cobrowse.core.messages import Entry, MaskRule, SiteView
from cobrowse.core.replicas import forget_replicas
from cobrowse.core.room import RoomState, apply
from cobrowse.live.epochs import first_replica, new_epoch
from cobrowse.live.publication import Publication
from cobrowse.live.recorder import Recorder
from cobrowse.live.room import Room
from cobrowse.live.rooms import Rooms
from cobrowse.live.shared_room import Others, SharedRoom
from cobrowse.storage.journal import Snapshot

NUMBERS = 64
"""Replica numbers that a node takes at once, for the tabs to come."""
TRIES = 40
RETRY_S = 0.1
"""Four seconds for the database to get what the log has dropped by then: it is seldom behind by more than one."""

logger = logging.getLogger(__name__)


class SharedRooms(Rooms):
    """Rooms of which other nodes hold copies."""

    def __init__(
        self,
        recorder: Recorder,
        broker: RedisBroker[Publication],
        others: Others,
        sites: Mapping[str, SiteView],
        look_ups: Mapping[str, LookUp],
        mask_rules: Mapping[str, list[MaskRule]],
        identity_secrets: Mapping[str, bytes],
        secret: bytes,
        now: Callable[[], float],
        page_files: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(
            recorder, broker, sites, look_ups, mask_rules, identity_secrets, secret, now, page_files
        )
        self._redis = broker
        self._others = others

    def drop(self, key: str) -> Room | None:
        self._redis.close(key)
        return super().drop(key)

    async def begin(self, key: str, site: str) -> Room:
        """The room of a visitor who has just been given this key."""
        return await self.open(key, site)

    async def open(self, key: str, site: str) -> Room:
        """Raises PeerError: BAD_TOKEN if it is another site's, BUSY if Redis or the database cannot say."""
        room = await super().open(key, site)
        if isinstance(room, SharedRoom) and not room.numbers:
            try:
                first = await self._redis.reserve(key, first_replica(self._now()), NUMBERS)
            except FAILURES:
                raise PeerError(Close.BUSY, "the server is busy, try again in a moment") from None
            room.numbers.extend(range(first, first + NUMBERS))
        return room

    async def _load_once(self, key: str, site: str) -> Room:
        room = await super()._load_once(key, site)
        self._redis.opened(key)
        return room

    async def _load(self, key: str, site: str) -> Room:
        for _ in range(TRIES):
            try:
                state, entries = await self._recorder.load(key)
            except (SQLAlchemyError, OSError) as failed:
                logger.warning("a room could not be read from the database: %s", type(failed).__name__)
                break
            if state is None:
                state = RoomState(key, site, new_epoch())
            for entry in entries:
                apply(state, entry)
            top = Top(state.epoch, *state.head)
            try:
                opened = await self._redis.open(key, state.site, top, first_replica(self._now()), NUMBERS)
            except Hole:
                await asyncio.sleep(RETRY_S)
                continue
            except FAILURES:
                break
            state.epoch = opened.epoch
            numbers = range(opened.replica, opened.replica + NUMBERS)
            fresh = [followed.entry for followed in opened.entries]
            return self._shared(state, [*entries, *fresh], fresh, numbers)
        raise PeerError(Close.BUSY, "the server is busy, try again in a moment")

    def _shared(self, state: RoomState, tail: list[Entry], fresh: list[Entry], numbers: range) -> SharedRoom:
        for entry in fresh:
            apply(state, entry)
        forget_replicas(state, self._now())
        return SharedRoom(
            state,
            tail,
            self._terms(state.site),
            self._broker,
            self._now,
            self._others,
            numbers,
            self._recorder.tapes,
        )

    async def save(self, rooms: list[Room]) -> None:
        """Keeps snapshots of the rooms as the log has them or had them lately, once the database has it up to there."""
        held = {room.state.room: room for room in rooms if isinstance(room, SharedRoom) and self.holds(room)}
        snapshots = []
        for key, room in held.items():
            (offset, digest), copy = room.copy()
            if offset > room.saved_offset:
                state = room.state
                snapshots.append(Snapshot(key, state.site, state.epoch, offset, digest, copy, self._now()))
        covered = await self._recorder.covered(snapshots)
        await self._recorder.save(covered)
        for snapshot in covered:
            held[snapshot.room].saved_offset = snapshot.offset

    async def tidy(self, now: float, idle_s: float) -> list[str]:
        gone = await super().tidy(now, idle_s)
        for key in gone:
            self._redis.close(key)
        return gone
