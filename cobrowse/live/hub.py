"""The hub: every connection and every room of this process, and the tasks that keep them going."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from cobrowse.core import credentials
from cobrowse.core.codec import encode
from cobrowse.core.credentials import ReplicaToken, VisitorToken
from cobrowse.core.errors import Close, PeerError
from cobrowse.core.items import LookUp
from cobrowse.core.messages import Arrived, Author, Hello, Join, Refuse, Tops, Welcome
from cobrowse.core.rules.explain import Verdict
from cobrowse.core.rules.rule import Rule
from cobrowse.core.visit import describe_device
from cobrowse.live.advisor import Advisor
from cobrowse.live.agenda import Agenda
from cobrowse.live.assembly import assemble
from cobrowse.live.connection import Connection
from cobrowse.live.door import Door
from cobrowse.live.figures import Figures
from cobrowse.live.hub_settings import HubSettings
from cobrowse.live.outages import OUTAGES
from cobrowse.live.publication import Publication
from cobrowse.live.recorder import Recorder
from cobrowse.live.room import Room
from cobrowse.live.staffing import Staffing, TeamsOf
from cobrowse.live.tick import tick

SWEEP_EVERY_S = 1.0
SESSIONS_EVERY_S = 5.0
"""An agent who signed out, or was shut out, is off the hub within this time."""

MAX_WAITING_ROOMS = 1_000
MAX_ROOMS_A_CSA = 2_000

logger = logging.getLogger(__name__)

Step = Callable[[], Awaitable[None]]

SignedIn = Callable[[Collection[str], float], Awaitable[dict[str, Author]]]
"""Who each of these cookie headers says is signed in to the console, at a time; others are left out."""


class Hub:
    """Owns connections and rooms. All methods run on one loop; nothing here blocks it."""

    def __init__(
        self,
        settings: HubSettings,
        recorder: Recorder,
        rules: Sequence[Rule],
        signed_in: SignedIn,
        look_ups: Mapping[str, LookUp],
        teams_of: TeamsOf,
    ) -> None:
        self.settings = settings
        self.limits = settings.limits
        self.max_outbox_bytes = settings.max_outbox_bytes
        self.ready = False
        self._door = Door(settings.max_connections, settings.max_connections_per_address)
        self.figures = Figures()
        self._recorder = recorder
        self._signed_in = signed_in
        self.node, self._broker, self.rooms, self._board = assemble(self, settings, recorder, look_ups)
        self._agenda = Agenda()
        self._consoles: set[Connection] = set()
        neighbours = self.node.neighbours if self.node is not None else None
        self.staffing = Staffing(
            self._consoles,
            settings.chats_per_csa,
            teams_of,
            settings.hours,
            neighbours,
            lambda: self._board.cards.values(),
        )
        self.advisor = Advisor(rules, self.staffing.around, settings.offer_limits)
        self._tasks: asyncio.TaskGroup

    # Life

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs the hub's tasks. On leaving: says goodbye, waits until all is durable, keeps the rooms' snapshots."""
        async with asyncio.TaskGroup() as self._tasks:
            if self.node is not None:
                workers = await self.node.start(self._tasks)
            else:
                workers = [self._tasks.create_task(self._broker.run(), name="broker")]
            keepers = [
                self._tasks.create_task(self._forever(self._board.due, self._tend), name="board"),
                self._tasks.create_task(self._forever(self._agenda_due, self._advise), name="advise"),
                self._tasks.create_task(
                    self._forever(self._recorder.due, self._recorder.settle), name="file"
                ),
                self._tasks.create_task(self._every(SWEEP_EVERY_S, self._sweep), name="sweep"),
                self._tasks.create_task(self._every(SESSIONS_EVERY_S, self._check_sessions), name="sessions"),
            ]
            await self._recorder.catch_up()
            await self.wake_conversations()
            self.ready = True
            try:
                yield
            finally:
                self.ready = False
                for connection in list(self.connections):
                    connection.close(Close.DRAIN, "the server is restarting")
                for keeper in keepers:
                    keeper.cancel()
                await self._broker.flush()
                await self.rooms.save_all()
                for worker in workers:
                    worker.cancel()
                if self.node is not None:
                    await self.node.leave()

    async def drain(self) -> None:
        """Tells every connection to come back elsewhere, spread over `drain_s`, and waits until they have gone."""
        self.ready = False
        await self._door.drain(self.settings.drain_s)

    async def _every(self, interval_s: float, step: Step) -> None:
        await self._forever(partial(tick, interval_s), step)

    async def _forever(self, due: Step, step: Step) -> None:
        """Takes the step whenever it is due; what fails is tried again when it is due again."""
        failing = False
        while True:
            await due()
            try:
                await step()
                failing = False
            except OUTAGES as failed:
                if not failing:
                    name, kind = step.__name__.strip("_").replace("_", " "), type(failed).__name__
                    logger.warning("cannot %s for now (%s), trying again", name, kind)
                failing = True
            except Exception:  # one step that fails must not end the others
                logger.exception("a step that is taken again and again has failed, trying again")

    async def wake_conversations(self) -> None:
        """Loads the rooms of conversations that wait or are open, so that the console lists them."""
        for site in self.settings.sites:
            for key in await self._recorder.rooms_in_conversation(site, MAX_WAITING_ROOMS):
                self.rooms.want(key, site)
        await self._take_up()

    async def _take_up(self) -> None:
        for room in await self.rooms.take_up():
            self.touch(room)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.create_task(work)

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> float:
        return time.time()

    # Connections

    def admit(self, connection: Connection) -> PeerError | None:
        """Counts a new connection; the reason if there is no place for it."""
        if not self.ready:
            return PeerError(Close.BUSY, "the server is starting or stopping, try again in a moment")
        return self._door.admit(connection)

    @property
    def connections(self) -> set[Connection]:
        return self._door.inside

    def forget(self, connection: Connection) -> None:
        self._door.leave(connection)
        self._board.remove(connection)
        self._consoles.discard(connection)
        if connection.available:
            connection.available = False
            self._reconsider_all()

    async def greet(self, connection: Connection, hello: Hello) -> None:
        """Answers a hello: who you are, and for a shopper the room. Raises PeerError."""
        if hello.role == "csa":
            await self._greet_csa(connection)
        else:
            await self._greet_shopper(connection, hello)

    async def _greet_csa(self, connection: Connection) -> None:
        handshake = connection.handshake
        if handshake.origin != self.settings.console_origin:
            raise PeerError(Close.FORBIDDEN, "the console connects from its own origin only")
        author = (await self._signed_in([handshake.cookie], self.now())).get(handshake.cookie)
        if author is None:
            raise PeerError(Close.BAD_TOKEN, "sign in to the console first")
        if connection.outbox.closed:
            return
        connection.author = author
        connection.available = True
        self._consoles.add(connection)
        welcome = Welcome(
            author,
            self.now(),
            self.limits.heartbeat_s,
            list(self.settings.sites.values()),
            available=True,
        )
        connection.send(encode(welcome))
        self._board.add(connection)
        self._reconsider_all()

    async def _greet_shopper(self, connection: Connection, hello: Hello) -> None:
        site = self.settings.sites.get(hello.site)
        if site is None:
            raise PeerError(Close.UNKNOWN_SITE, "expected the key of a site in data-site")
        if connection.handshake.origin not in self.settings.origins[site.key]:
            raise PeerError(Close.UNKNOWN_SITE, "this page's origin is not one of the site's")
        now = self.now()
        if hello.token:
            visitor = credentials.open_visitor(self.settings.secret, hello.token, site.key, now)
            room = await self.rooms.open(visitor.visitor, site.key)
            token = hello.token
            if visitor.is_stale(now):
                token = self._visitor_token(site.key, visitor.visitor, now)
        else:
            visitor = VisitorToken(site.key, secrets.token_urlsafe(16), now)
            room = await self.rooms.begin(visitor.visitor, site.key)
            token = self._visitor_token(site.key, visitor.visitor, now)
        if connection.outbox.closed:
            return
        self._require(room)
        connection.author = Author("shopper", visitor.visitor)
        connection.site = site.key
        device, known = describe_device(connection.handshake.user_agent), room.state.visit
        arrived = Arrived(device, hello.locale, hello.utc_min)
        if arrived != Arrived(known.device, known.locale, room.state.utc_min):
            room.write(arrived, now)
        welcome = Welcome(
            connection.author, now, self.limits.heartbeat_s, [site], token, self.staffing.free() > 0
        )
        connection.send(encode(welcome))
        self._enter(connection, room, hello.resume, hello.position)

    def _visitor_token(self, site: str, visitor: str, now: float) -> str:
        return credentials.sign_visitor(self.settings.secret, VisitorToken(site, visitor, now))

    async def open_room(self, connection: Connection, join: Join) -> None:
        """A CSA joins a room that exists."""
        if join.room in connection.rooms:
            return
        refusal = None
        room: Room | None = None
        if len(connection.rooms) >= MAX_ROOMS_A_CSA:
            refusal = Refuse(join.room, "bound", f"at most {MAX_ROOMS_A_CSA} rooms at once")
        elif (room := await self._find_room(join.room)) is None:
            refusal = Refuse(join.room, "gone", "there is no such visitor")
        if room is None or refusal is not None:
            connection.send(encode(refusal or Refuse(join.room, "gone", "there is no such visitor")))
        elif not connection.outbox.closed:
            self._enter(connection, room, join.resume, join.position)

    async def _find_room(self, key: str) -> Room | None:
        site = self.node.neighbours.site(key) if self.node is not None else None
        return await self.rooms.existing(key) if site is None else await self.rooms.open(key, site)

    def _require(self, room: Room) -> None:
        if not self.rooms.holds(room):
            raise PeerError(Close.STATE_LOST, "the room was lost while it was being joined, try again")

    def _enter(self, connection: Connection, room: Room, resume: str, position: Any) -> None:
        self._require(room)
        now, key, secret = self.now(), room.state.room, self.settings.secret
        holder = connection.author.id
        wanted = credentials.open_replica(secret, resume, key, holder, now) if resume else None
        life = room.take_replica(wanted)
        token = credentials.sign_replica(secret, ReplicaToken(key, life, holder), now)
        connection.rooms[key] = (room, room.join(connection, life, token, position))
        self.touch(room)

    def tops(self, connection: Connection) -> bytes:
        tops = {key: room.top() for key, (room, _) in connection.rooms.items()}
        available = self.staffing.free() > 0 if connection.site else connection.available
        return encode(Tops(tops, available))

    def set_available(self, connection: Connection, available: bool) -> None:
        connection.available = available
        self._reconsider_all()

    def why(self, key: str) -> list[Verdict] | None:
        """Why each rule would or would not fire in a room now; None for a room that is not in memory."""
        room = self.rooms.get(key)
        return self.advisor.why(room, self.now()) if room is not None else None

    # Rooms

    def touch(self, room: Room) -> None:
        """The room has changed or may have: its card and its offers are looked at again soon."""
        if not self.rooms.holds(room):
            return
        self.rooms.touch(room)
        self._board.touch(room)
        self._agenda.note(room)
        self.staffing.note(room, self.now())

    def _reconsider_all(self) -> None:
        self.staffing.changed()
        for room in self.rooms:
            self._agenda.note(room)

    def deliver(self, batch: Sequence[Publication]) -> None:
        self.figures.count(batch, self.now())
        by_room: dict[str, list[Publication]] = {}
        for record in batch:
            by_room.setdefault(record.room, []).append(record)
        for key, records in by_room.items():
            if (room := self.rooms.get(key)) is not None:
                room.deliver(records)
                self.rooms.touch(room)
                self._board.touch(room)

    def followed(self, room: Room) -> None:
        """Another node wrote in the room: what was worked out of its state may be otherwise."""
        self.advisor.look_again(room)
        self.touch(room)

    def drop(self, rooms: Iterable[str]) -> None:
        """What is held of these rooms is not what the log has: they start again from it, their members come back."""
        for key in rooms:
            if (room := self.rooms.drop(key)) is not None:
                # Somebody may wait in it though nobody is connected: the console must go on listing it.
                self.rooms.want(key, room.state.site)
                self._board.forget(room)
                for member in list(room.members):
                    member.peer.close(Close.STATE_LOST, "the last changes were not kept, resuming")

    def cards_changed(self, rooms: Iterable[str]) -> None:
        """Other nodes have other cards of these rooms."""
        self._board.touch_elsewhere(rooms)

    # Tending

    async def _tend(self) -> None:
        self._board.publish()
        if self.staffing.is_news(self.monotonic(), figures=self.advisor.book.by_staff):
            self._reconsider_all()

    async def _agenda_due(self) -> None:
        await self._agenda.due(self.now())

    async def _advise(self) -> None:
        """Asks the rules about rooms where something happened (as of now), and where time is up (as of then)."""
        now = self.now()
        rooms = self._agenda.take(self.rooms, now)
        heads = [room.state.head for room, _ in rooms]
        for key, due in self.advisor.consider(rooms, now).items():
            self._agenda.remind(key, due)
        for (room, _), head in zip(rooms, heads, strict=True):
            if room.state.head != head:
                self.touch(room)

    def set_rules(self, rules: Sequence[Rule]) -> None:
        """These rules decide from now on; every room is looked at again."""
        self.advisor.set_rules(rules)
        self._reconsider_all()

    async def _sweep(self) -> None:
        now = self.monotonic()
        for connection in self._door.silent(now):
            connection.check(now)
        for room in self.rooms.shared():
            room.tend_sharing(self.now())
        for key in await self.rooms.tidy(now, self.settings.room_idle_s):
            self._agenda.remind(key, None)
            self.advisor.forget(key)
        await self._take_up()

    async def _check_sessions(self) -> None:
        """Shows out the consoles of agents who have signed out or been shut out; the others' sessions go on."""
        consoles = list(self._consoles)
        known = await self._signed_in({console.handshake.cookie for console in consoles}, self.now())
        for console in consoles:
            if console.handshake.cookie not in known:
                console.close(Close.BAD_TOKEN, "sign in to the console first")
