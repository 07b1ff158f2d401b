"""The broker of several nodes: a room's log is in Redis, and whoever appends there first is first. SPEC node.

Each room has a lane. What is appended to it goes out in one step that names the position it was decided at. If another
node was first, the answer carries what was missed, and all that this node had appended meanwhile is void: it is for
the room to decide it again. When no answer came, the same step is asked for again: it either succeeds now, or the
answer says what stands in the log, our own entries among it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from cobrowse.broker.channels import Channels
from cobrowse.broker.contract import Backlogged
from cobrowse.broker.lane import Followed, Lane, Logged, Top
from cobrowse.broker.link import FAILURES, Call, Keys, Link, heed_cancellation
from cobrowse.broker.news import (
    followed,
    is_notice,
    news_prefix,
    news_sender,
    notice_of,
    read_news,
    read_notice,
    top_of,
)
from cobrowse.broker.reader import Reader
from cobrowse.broker.steps import KEEP_S, Pack, answers_of, appending, divided

MAX_PENDING = 50_000
MAX_TOLD = 10_000
"""Notices that wait while Redis does not answer; what is past it is lost."""
MAX_BATCH = 256
"""Records of one room in one step."""
MAX_LANES = 1_000
"""Rooms in one round trip."""
GIVE_UP_S = 10.0
"""Without an answer for this long the rooms concerned are dropped; their clients keep what is open and come back."""
RETRY_S = 0.1

logger = logging.getLogger(__name__)


T = TypeVar("T", bound=Logged)


class Opened(NamedTuple):
    """A room's log as it is at opening: its name, the entries after the position that was given, and the first of the
    replica numbers that are this node's to give out.
    """

    epoch: str
    entries: list[Followed]
    replica: int


class Hole(Exception):
    """The log here begins after what the database has: it is about to have more. Ask again."""


class RedisBroker(Generic[T]):
    """Appends to and follows the rooms that are open here. `waiting`: records that wait for the log."""

    def __init__(self, link: Link, node: str, reader: Reader[T], pack: Pack[T]) -> None:
        self.link = link
        self.channels = Channels(link, node, self._heard, self._missed)
        self._node = node
        self._own_news = news_sender(node)
        self._reader = reader
        self._pack = pack
        self._lanes: dict[str, Lane[T]] = {}
        self._rooms: dict[str, str] = {}
        self._topics: dict[str, Callable[[str, bytes], None]] = {}
        self._ready: dict[str, Lane[T]] = {}
        self._behind: dict[str, Lane[T]] = {}
        self._barriers: deque[tuple[dict[Lane[T], int], Callable[[], None]]] = deque()
        self._left: set[str] = set()
        self._told: list[tuple[str, str, bytes]] = []
        self.waiting = 0
        self._full = False
        self._failing_since: float | None = None
        self._wake = asyncio.Event()

    # Rooms

    async def open(self, room: str, site: str, top: Top, least_replica: int, replicas: int) -> Opened:
        """Follows a room from here on. `top`: where the database says that its log is.

        Raises Hole, and FAILURES when Redis does not answer.
        """
        keys = Keys(room)
        lane = self._lanes[room] = Lane(room, keys, top)
        self._rooms[keys.channel] = room
        self._left.discard(keys.channel)
        try:
            await self.channels.subscribe(keys.channel)
            args = (*top, site, KEEP_S, least_replica, replicas)
            epoch, offset, digest, replica, raw = await self.link.call(
                "cobrowse_open", [keys.head, keys.log], *args, sure=True
            )
            entries = [followed(each) for each in raw]
            reached = entries[-1].entry.offset if entries else top.offset
            if reached != int(offset) or (entries and entries[0].entry.offset != top.offset + 1):
                raise Hole
        except BaseException:
            self.close(room)
            raise
        lane.top = Top(epoch.decode(), int(offset), int(digest))
        return Opened(lane.top.epoch, entries, int(replica))

    async def reserve(self, room: str, least_replica: int, replicas: int) -> int:
        """The first of as many replica numbers of a room, which no other node is given. Raises one of FAILURES."""
        head = Keys(room).head
        args = (least_replica, replicas, KEEP_S)
        return int(await self.link.call("cobrowse_reserve", [head], *args, sure=True))

    def opened(self, room: str) -> None:
        """The caller has the room up: what came meanwhile follows."""
        if (lane := self._lanes.get(room)) is not None:
            lane.followed = True
            self._catch_up(lane)

    def close(self, room: str) -> None:
        """Follows a room no more; what waits in it is void."""
        if (lane := self._lanes.pop(room, None)) is None:
            return
        self._behind.pop(room, None)
        self._rooms.pop(lane.keys.channel, None)
        self._void(lane)
        self._pass_barriers()
        self._left.add(lane.keys.channel)
        self._wake.set()

    async def listen(self, channel: str, heard: Callable[[str, bytes], None]) -> None:
        """Hears notices on a channel, with the node that sent each. Raises one of FAILURES."""
        self._topics[channel] = heard
        await self.channels.subscribe(channel)

    def tell(self, room: str, notice: bytes) -> None:
        """Passes a notice to the other nodes that have the room open or hear the topic; it may be lost."""
        keys = Keys(room)
        self._told.append((keys.head, keys.channel, notice_of(self._node, notice)))
        self._wake.set()

    # The contract

    def admit(self) -> None:
        if self.waiting >= MAX_PENDING or self._full:
            raise Backlogged

    def append(self, record: T) -> None:
        lane = self._lanes.get(record.room)
        if lane is None:
            return
        lane.pending.append(record)
        lane.appended += 1
        self.waiting += 1
        self._ready[record.room] = lane
        self._wake.set()

    def after_pending(self, callback: Callable[[], None]) -> None:
        busy = {lane: lane.appended for lane in self._lanes.values() if lane.settled < lane.appended}
        if busy or self._barriers:
            self._barriers.append((busy, callback))
        else:
            callback()

    async def flush(self) -> None:
        done = asyncio.Event()
        self.after_pending(done.set)
        await done.wait()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.channels.run())
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._ready or self._behind or self._told:
                    await self._turn()
                    heed_cancellation()
                await self._leave()
                heed_cancellation()

    async def _leave(self) -> None:
        while self._left:
            try:
                await self.channels.unsubscribe(self._left.pop())
            except FAILURES as failed:
                logger.info("a channel could not be left: %s", type(failed).__name__)

    # Writing

    async def _turn(self) -> None:
        """One round trip: every lane's next step, the questions of those that missed something, and what is told."""
        lanes = list(self._ready.values())[:MAX_LANES]
        asking = [lane for lane in list(self._behind.values())[:MAX_LANES] if lane not in lanes]
        for room in [lane.room for lane in (*lanes, *asking)]:
            self._ready.pop(room, None)
            self._behind.pop(room, None)
        for lane in asking:
            lane.asking = True
        for lane in lanes:
            lane.sent, lane.pending = lane.pending[:MAX_BATCH], lane.pending[MAX_BATCH:]
        told, self._told = self._told[:MAX_LANES], self._told[MAX_LANES:]
        # Where replicas are waited for, nobody is told before they have it.
        node, pack, tells = self._node, self._pack, not self.link.replicas
        parts = divided(lanes, alone=self.link.is_cluster)
        calls: list[Call] = [appending(part, node, pack, tells=tells) for part in parts]
        calls += [("cobrowse_since", [lane.keys.head, lane.keys.log], (*lane.top, KEEP_S)) for lane in asking]
        calls += [("cobrowse_tell", [key], (channel, notice)) for key, channel, notice in told]
        try:
            answers = await self.link.calls(calls, sure=bool(lanes or asking))
        except FAILURES as failed:
            answers = [failed] * len(calls)
            self._told = [*told, *self._told][:MAX_TOLD]
        steps = [
            each for part, answer in zip(parts, answers, strict=False) for each in answers_of(part, answer)
        ]
        answers = [*steps, *answers[len(parts) :]]
        asked = [*(lane for part in parts for lane in part), *asking]
        self._settle([pair for pair in zip(asked, answers, strict=False) if self._holds(pair[0])])
        self._pass_barriers()
        if any(isinstance(answer, Exception) for answer in answers) or self._full:
            self._note_failure(answers)
            await asyncio.sleep(RETRY_S)
        else:
            self._failing_since = None

    def _holds(self, lane: Lane[T]) -> bool:
        return self._lanes.get(lane.room) is lane

    def _settle(self, answered: Sequence[tuple[Lane[T], Any]]) -> None:
        """What the log has taken is delivered together; then the others, and what comes next of each."""
        delivered: list[T] = []
        for lane, answer in answered:
            lane.asking = False
            if not isinstance(answer, Exception) and answer[0] == b"ok":
                delivered += self._taken(lane)
        if delivered:
            self._full = False
            self._reader.deliver(delivered)
        for lane, answer in answered:
            if self._holds(lane):
                self._heed(lane, answer)

    def _taken(self, lane: Lane[T]) -> list[T]:
        """The lane's records that were on their way and that the log has now."""
        records, lane.sent = lane.sent, []
        last = records[-1].entry
        lane.top = Top(lane.top.epoch, last.offset, last.hash)
        lane.settled += len(records)
        self.waiting -= len(records)
        self._tell_late(lane, records[0].entry.offset, [record.payload for record in records])
        return records

    def _heed(self, lane: Lane[T], answer: Any) -> None:
        if isinstance(answer, Exception):
            self._again(lane)
            return
        verdict = answer[0]
        if verdict == b"ok" or verdict == b"same":
            self._go_on(lane)
        elif verdict == b"behind":
            self._tell_late(lane, lane.top.offset + 1, answer[4])
            self._follow(lane, [followed(each) for each in answer[4]], Top(*top_of(answer)))
        elif verdict == b"full":
            self._full = True
            self._again(lane)
        else:
            logger.warning("the log of a room is not the one that was known here (%s)", verdict.decode())
            self._lose([lane])

    def _tell_late(self, lane: Lane[T], offset: int, payloads: Sequence[bytes]) -> None:
        """Where replicas are waited for: tells the other nodes now that they have it."""
        if self.link.replicas:
            news = news_prefix(self._node, offset, len(payloads)) + b"".join(payloads)
            self._told.append((lane.keys.head, lane.keys.channel, news))
            self._wake.set()

    def _go_on(self, lane: Lane[T]) -> None:
        """After an answer: what others told meanwhile, and then the next step."""
        if not self._holds(lane):
            return
        ahead, lane.ahead = lane.ahead, []
        for offset, entries in ahead:
            if entries[-1].entry.offset > lane.top.offset:  # else the answer has them, or knows better
                self._came(lane, offset, entries)
        if lane.pending:
            self._ready[lane.room] = lane
            self._wake.set()

    def _again(self, lane: Lane[T]) -> None:
        lane.pending, lane.sent = lane.sent + lane.pending, []
        if lane.pending:
            self._ready[lane.room] = lane
        else:
            self._behind[lane.room] = lane
        self._wake.set()

    def _note_failure(self, answers: Sequence[Any]) -> None:
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
            kinds = sorted({type(each).__name__ for each in answers if isinstance(each, Exception)})
            logger.warning("Redis does not take steps (%s), trying again", ", ".join(kinds) or "feed full")
        elif now - self._failing_since > GIVE_UP_S:
            self._failing_since = now
            self._lose([lane for lane in self._lanes.values() if lane.settled < lane.appended])

    def _lose(self, lanes: Sequence[Lane[T]]) -> None:
        for lane in lanes:
            self._void(lane)
        self._reader.lost([lane.room for lane in lanes])

    def _void(self, lane: Lane[T]) -> None:
        """Forgets what was appended and not delivered."""
        self.waiting -= lane.appended - lane.settled
        lane.settled = lane.appended
        lane.sent, lane.pending = [], []
        self._ready.pop(lane.room, None)

    def _pass_barriers(self) -> None:
        while self._barriers:
            busy, callback = self._barriers[0]
            if any(lane.settled < count for lane, count in busy.items()):
                return
            self._barriers.popleft()
            callback()

    # Reading

    def _heard(self, channel: str, message: bytes) -> None:
        if is_notice(message):
            sender, notice = read_notice(message)
            if sender == self._node:
                return
            if (heard := self._topics.get(channel)) is not None:
                heard(sender, notice)
            elif (lane := self._lane_of(channel)) is not None and lane.followed:
                self._reader.noticed(lane.room, sender, notice)
            return
        if message.startswith(self._own_news) or (lane := self._lane_of(channel)) is None:
            return
        offset, entries = read_news(message)
        self._came(lane, offset, [followed(each) for each in entries])
        self._pass_barriers()

    def _lane_of(self, channel: str) -> Lane[T] | None:
        return self._lanes.get(self._rooms.get(channel, ""))

    def _came(self, lane: Lane[T], offset: int, entries: list[Followed]) -> None:
        """Another node's news: followed if it is what comes next, else the log is asked. SPEC node.11."""
        if not lane.followed or lane.sent or lane.asking:
            lane.ahead.append((offset, entries))
        elif offset <= lane.top.offset + 1:
            if fresh := entries[lane.top.offset + 1 - offset :]:
                self._follow(lane, fresh, Top(lane.top.epoch, fresh[-1].entry.offset, fresh[-1].entry.hash))
            elif not lane.ends_with(entries[-1]):
                self._catch_up(lane)
        else:
            self._catch_up(lane)

    def _follow(self, lane: Lane[T], entries: list[Followed], top: Top) -> None:
        if not entries or not lane.leads_to(entries[0]) or entries[-1].entry.offset != top.offset:
            # The log here does not reach back to where we are, or another entry stands there.
            self._lose([lane])
            return
        void = lane.settled < lane.appended
        self._void(lane)
        lane.top = top
        self._reader.follow(lane.room, entries, void)
        self._go_on(lane)

    def _catch_up(self, lane: Lane[T]) -> None:
        """Asks the log. A step that is under way, or about to go out, asks by itself."""
        if not lane.sent and not lane.pending:
            self._behind[lane.room] = lane
            self._wake.set()

    def _missed(self) -> None:
        """The subscription was made anew: every room may have missed something, and so has every topic."""
        self._reader.missed()
        self.ask_again()

    def ask_again(self) -> None:
        """Asks every room's log for what it may have that was not heard here."""
        for lane in self._lanes.values():
            if lane.followed:
                self._catch_up(lane)
