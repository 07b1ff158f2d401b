"""The rooms that this process holds: loaded once however many ask, kept in storage, let go of. SPEC room."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping

from cobrowse.broker.contract import Broker
from cobrowse.core.chat import is_live
from cobrowse.core.errors import Close, PeerError
from cobrowse.core.items import LookUp, nothing_known
from cobrowse.core.messages import Entry, MaskRule, SiteView
from cobrowse.core.page_files import SiteFiles
from cobrowse.core.replicas import forget_replicas
from cobrowse.core.room import RoomState, Terms, apply
from cobrowse.core.sheets import Sheets
from cobrowse.live.epochs import first_replica, new_epoch
from cobrowse.live.publication import Publication
from cobrowse.live.recorder import Recorder
from cobrowse.live.room import SNAPSHOT_EVERY, Room
from cobrowse.storage.journal import Snapshot

TURN_ROOMS = 16
"""Rooms that are encoded in one turn of the loop, each in a few dozen microseconds: no operation waits for all."""

logger = logging.getLogger(__name__)


class Rooms:
    """Rooms by key. There is one object a room at any time; `holds` tells it from one that was dropped."""

    def __init__(
        self,
        recorder: Recorder,
        broker: Broker[Publication],
        sites: Mapping[str, SiteView],
        look_ups: Mapping[str, LookUp],
        mask_rules: Mapping[str, list[MaskRule]],
        identity_secrets: Mapping[str, bytes],
        secret: bytes,
        now: Callable[[], float],
        page_files: Mapping[str, list[str]] | None = None,
    ) -> None:
        self._recorder = recorder
        self._broker = broker
        self._sites = sites
        self._look_ups = look_ups
        self._mask_rules = mask_rules
        self._identity_secrets = identity_secrets
        self._secret = secret
        self._now = now
        self._rooms: dict[str, Room] = {}
        self._restless: dict[str, Room] = {}
        self._loading: dict[str, asyncio.Future[Room]] = {}
        self._wanted: dict[str, str] = {}
        self._sheets: dict[str, Sheets] = {}
        self._files = {site: SiteFiles(paths) for site, paths in (page_files or {}).items()}

    def __iter__(self) -> Iterator[Room]:
        return iter(self._rooms.values())

    def __len__(self) -> int:
        return len(self._rooms)

    def get(self, key: str) -> Room | None:
        """The room, if it is in memory."""
        return self._rooms.get(key)

    def holds(self, room: Room) -> bool:
        """Whether this object is the room, not one that was dropped since."""
        return self._rooms.get(room.state.room) is room

    def touch(self, room: Room) -> None:
        """Something has happened in the room, or somebody has come or gone: it is among those that are tended."""
        self._restless[room.state.room] = room

    @property
    def restless(self) -> int:
        """How many rooms are tended; the others are at rest and cost nothing."""
        return len(self._restless)

    def drop(self, key: str) -> Room | None:
        """Lets go of a room; the next who asks gets it as storage has it."""
        return self._rooms.pop(key, None)

    async def existing(self, key: str) -> Room | None:
        """The room of a visitor who has been here, on a site that this server still has; None for no such."""
        if (room := self._rooms.get(key)) is not None:
            return room
        state, _ = await self._recorder.load(key)
        return None if state is None or state.site not in self._sites else await self.open(key, state.site)

    async def open(self, key: str, site: str) -> Room:
        """The room, from memory or storage, or a new one. Raises PeerError(BAD_TOKEN) if it is another site's."""
        if (room := self._rooms.get(key)) is None:
            room = await self._load_once(key, site)
        if room.state.site != site:
            raise PeerError(Close.BAD_TOKEN, "this visitor token is for another site")
        return room

    def want(self, key: str, site: str) -> None:
        """Notes that this room is to be held here, whoever is connected, as soon as it can be had."""
        if key not in self._rooms:
            self._wanted[key] = site

    async def take_up(self) -> list[Room]:
        """Loads what is wanted; what cannot be had for now stays wanted."""
        taken: list[Room] = []
        while self._wanted:
            key, site = self._wanted.popitem()
            try:
                taken.append(await self.open(key, site))
            except PeerError as busy:
                logger.info("a room could not be taken up yet: %s", busy.reason)
                self._wanted[key] = site
                break
            except BaseException:
                self._wanted.setdefault(key, site)
                raise
        return taken

    async def begin(self, key: str, site: str) -> Room:
        """The room of a visitor who has just been given this key: nothing can be in storage."""
        room = self._rooms[key] = self._room(RoomState(key, site, new_epoch()), [])
        self.touch(room)
        return room

    async def _load_once(self, key: str, site: str) -> Room:
        if (loading := self._loading.get(key)) is not None:
            return await asyncio.shield(loading)
        future = self._loading[key] = asyncio.get_running_loop().create_future()
        try:
            room = self._rooms[key] = await self._load(key, site)
            self.touch(room)
            future.set_result(room)
            return room
        except BaseException as error:
            future.set_exception(error)
            future.exception()
            raise
        finally:
            del self._loading[key]

    async def _load(self, key: str, site: str) -> Room:
        state, entries = await self._recorder.load(key)
        if state is None:
            state = RoomState(key, site, new_epoch())
        for entry in entries:
            apply(state, entry)
        forget_replicas(state, self._now())
        return self._room(state, entries)

    def _room(self, state: RoomState, entries: list[Entry]) -> Room:
        state.next_replica = max(state.next_replica, first_replica(self._now()))
        return Room(state, entries, self._terms(state.site), self._broker, self._now, self._recorder.tapes)

    def _terms(self, site: str) -> Terms:
        look_up = self._look_ups.get(site, nothing_known)
        rules, identity = self._mask_rules.get(site, []), self._identity_secrets.get(site, b"")
        sheets = self._sheets.setdefault(site, Sheets())
        files = self._files.get(site)
        return Terms(self._sites[site], look_up, self._secret, rules, identity, sheets, files)

    def shared(self) -> list[Room]:
        """The rooms whose shopper lets a CSA see the page, or did until just now."""
        return [room for room in self._restless.values() if room.is_shared() and self.holds(room)]

    def stale(self, now: float, idle_s: float) -> list[Room]:
        """The rooms whose log has outgrown its snapshot, and those with nobody in them for `idle_s`.

        Only rooms that were touched are looked at, and then until they are at rest: somebody is there, or will come for
        the chat, nothing is shared, and the snapshot is recent. Most are, however many there are.
        """
        stale: list[Room] = []
        for key, room in list(self._restless.items()):
            if not self.holds(room):
                del self._restless[key]
                continue
            outgrown = room.state.head[0] - room.saved_offset >= SNAPSHOT_EVERY
            if outgrown:
                stale.append(room)
            if room.members or is_live(room.state.conversation):
                room.idle_since = None
                if not outgrown and not room.is_shared():
                    del self._restless[key]
            elif room.idle_since is None:
                room.idle_since = now
            elif now - room.idle_since > idle_s and not outgrown:
                stale.append(room)
        return stale

    async def save(self, rooms: list[Room]) -> None:
        """Keeps snapshots of the rooms as they are now, once the log that led there is durable.

        A room in which nothing has happened leaves no row: most visitors come once and do nothing.
        """
        snapshots: list[tuple[Room, Snapshot]] = []
        for room in rooms:
            if room.state.head[0] and self.holds(room):
                snapshots.append((room, self._recorder.snapshot(room.state, self._now())))
                if len(snapshots) % TURN_ROOMS == 0:
                    await asyncio.sleep(0)
        await self._broker.flush()
        kept = [(room, snapshot) for room, snapshot in snapshots if self.holds(room)]
        await self._recorder.save([snapshot for _, snapshot in kept])
        for room, snapshot in kept:
            room.saved_offset = snapshot.offset

    async def save_all(self) -> None:
        """Keeps a snapshot of every room, and whatever else is not in the database yet."""
        await self.save(list(self._rooms.values()))
        await self._recorder.settle(all_=True)

    async def tidy(self, now: float, idle_s: float) -> list[str]:
        """Saves the stale rooms, and lets go of those that stay idle; their keys."""
        stale = self.stale(now, idle_s)
        if not stale:
            return []
        await self.save(stale)
        gone: list[str] = []
        for room in stale:
            idle = room.idle_since is not None and now - room.idle_since > idle_s
            if idle and not room.members and room.state.head[0] == room.saved_offset and self.holds(room):
                self._rooms.pop(room.state.room)
                gone.append(room.state.room)
        return gone
