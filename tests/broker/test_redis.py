"""The broker on a real Redis: one server, one with TLS and a narrow user, and a cluster of three masters. SPEC node."""

from __future__ import annotations

import asyncio
import secrets
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from cobrowse.broker import link, redis
from cobrowse.broker.feed import Feed
from cobrowse.broker.lane import Followed, Top
from cobrowse.broker.link import PARTITIONS, Link, RedisUnusable, partition_of
from cobrowse.broker.redis import RedisBroker
from cobrowse.broker.steps import KEEP_S
from cobrowse.core.messages import Author, Entry, Said
from tests.engines import RedisServer, make_certificate, open_folder, running_redis, running_redis_cluster

WITHIN_S = 30.0


class Record(NamedTuple):
    room: str
    epoch: str
    entry: Entry
    payload: bytes


pack = msgspec.msgpack.Encoder().encode


def pack_all(records: Sequence[Record]) -> list[bytes]:
    return [pack(record) for record in records]


unpack = msgspec.msgpack.Decoder(Record).decode


class Reader:
    """A node's copies of rooms: what it decided on, and what it was told."""

    def __init__(self, link: Link, name: str) -> None:
        self.name = name
        self.broker: RedisBroker[Record] = RedisBroker(link, name, self, pack_all)
        self.tops: dict[str, Top] = {}
        self.read: dict[str, list[Entry]] = {}
        self.dropped: list[str] = []
        self.voided: list[int] = []
        self.events: list[str] = []
        self.changed = asyncio.Event()
        self.notices: list[tuple[str, str, bytes]] = []
        self.count = 0

    async def open(self, room: str) -> None:
        top = Top("epoch", 0, 0)
        opened = await self.broker.open(room, "shop", top, 1, 8)
        self.read[room] = [followed.entry for followed in opened.entries]
        last = self.read[room][-1] if opened.entries else None
        self.tops[room] = Top(opened.epoch, last.offset, last.hash) if last else Top(opened.epoch, 0, 0)
        self.broker.opened(room)

    def append(self, room: str, text: str = "") -> Record:
        """What a room does: decides on its own state, which follows at once."""
        self.count += 1
        top = self.tops[room]
        fact = Said(text or f"{self.name} {self.count}")
        digest = zlib.crc32(pack(fact), top.hash)
        replica = 1 + ord(self.name[-1])
        entry = Entry(top.offset + 1, digest, 1.0, replica, self.count, Author("shopper"), fact)
        record = Record(room, top.epoch, entry, pack(entry))
        self.tops[room] = Top(top.epoch, record.entry.offset, digest)
        self.broker.append(record)
        return record

    def texts(self, room: str) -> list[str]:
        return [entry.fact.text for entry in self.read[room] if isinstance(entry.fact, Said)]

    # cobrowse.broker.reader.Reader

    def deliver(self, records: Sequence[Record]) -> None:
        for record in records:
            self.read[record.room].append(record.entry)
            self.events.append(str(record.entry.c))
        self.changed.set()

    def follow(self, room: str, entries: list[Followed], void: bool) -> None:
        if void:
            mine = self.tops[room].offset - (self.read[room][-1].offset if self.read[room] else 0)
            self.voided.append(mine)
        self.read[room] += [followed.entry for followed in entries]
        last = entries[-1].entry
        self.tops[room] = Top(self.tops[room].epoch, last.offset, last.hash)
        self.changed.set()

    def lost(self, rooms: Sequence[str]) -> None:
        self.dropped += rooms
        self.changed.set()

    def noticed(self, room: str, node: str, notice: bytes) -> None:
        self.notices.append((room, node, notice))
        self.changed.set()

    def missed(self) -> None:
        pass

    async def until(self, room: str, count: int) -> None:
        async with asyncio.timeout(WITHIN_S):
            while len(self.read[room]) < count:
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture(scope="module", params=["plain", "tls", "cluster"])
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with open_folder() as folder:
        if request.param == "cluster":
            with running_redis_cluster(folder) as servers:
                yield servers[0].url + "?cluster=1"
        else:
            tls = make_certificate(folder) if request.param == "tls" else None
            with running_redis(folder, tls=tls) as server:
                yield server.url


@asynccontextmanager
async def reader(url: str, name: str) -> AsyncIterator[Reader]:
    link = Link(url)
    await link.load()
    made = Reader(link, name)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.broker.run())
        yield made
        running.cancel()
    await link.close()


@pytest.fixture
async def nodes(redis_url: str) -> AsyncIterator[tuple[Reader, Reader]]:
    async with AsyncExitStack() as stack:
        a = await stack.enter_async_context(reader(redis_url, "a"))
        b = await stack.enter_async_context(reader(redis_url, "b"))
        yield a, b


def fresh_room() -> str:
    return secrets.token_urlsafe(9)


async def test_wire6_records_are_delivered_in_order_each_once_at_every_node(
    nodes: tuple[Reader, Reader],
) -> None:
    a, b = nodes
    rooms = [fresh_room() for _ in range(7)]
    for room in rooms:
        await a.open(room)
        await b.open(room)
    for n in range(2_000):
        a.append(rooms[n % 7])
        if n % 97 == 0:
            await a.broker.flush()
    await a.broker.flush()
    for room in rooms:
        count = len(a.read[room])
        assert [entry.offset for entry in a.read[room]] == list(range(1, count + 1))
        await b.until(room, count)
        assert b.read[room] == a.read[room]
    assert sum(len(a.read[room]) for room in rooms) == 2_000


async def test_node1_who_is_not_first_follows_and_what_it_had_is_void(nodes: tuple[Reader, Reader]) -> None:
    a, b = nodes
    room = fresh_room()
    await a.open(room)
    await b.open(room)
    a.append(room, "first")
    for n in range(3):
        b.append(room, f"too late {n}")
    await asyncio.gather(a.broker.flush(), b.broker.flush())
    await asyncio.gather(a.until(room, 1), b.until(room, 1))
    winner, loser = (a, b) if a.texts(room)[0] == "first" else (b, a)
    await loser.until(room, len(winner.read[room]))
    assert loser.read[room] == winner.read[room]
    assert loser.voided


async def test_node1_two_that_race_make_one_log(nodes: tuple[Reader, Reader]) -> None:
    room = fresh_room()
    for node in nodes:
        await node.open(room)

    async def push(node: Reader) -> None:
        """Appends each text until the log has it, as a room decides again."""
        for n in range(40):
            text = f"{node.name} {n}"
            while text not in node.texts(room):
                node.append(room, text)
                await node.broker.flush()
                assert node.dropped == []

    a, b = nodes
    await asyncio.gather(push(a), push(b))
    await asyncio.gather(a.until(room, 80), b.until(room, 80))
    assert a.read[room] == b.read[room]
    assert sorted(a.texts(room)) == sorted(f"{name} {n}" for name in "ab" for n in range(40))
    assert [entry.offset for entry in a.read[room]] == list(range(1, 81))


async def test_node1_the_steps_of_many_rooms_go_together_and_none_is_lost_on_the_way(
    nodes: tuple[Reader, Reader],
) -> None:
    """More rooms than one call has, more records than one step of a feed: log, feed and news have each once."""
    a, b = nodes
    rooms = [fresh_room() for _ in range(130)]
    for room in rooms:
        await a.open(room)
    await b.open(rooms[0])
    counts = dict.fromkeys(rooms, 3) | {rooms[0]: 400, rooms[1]: 400}
    for room, count in counts.items():
        for _ in range(count):
            a.append(room)
    await a.broker.flush()
    assert {room: [entry.offset for entry in a.read[room]] for room in rooms} == {
        room: list(range(1, count + 1)) for room, count in counts.items()
    }
    await b.until(rooms[0], 400)
    assert b.read[rooms[0]] == a.read[rooms[0]]
    await b.open(rooms[1])
    assert b.read[rooms[1]] == a.read[rooms[1]]
    feed = Feed(b.broker.link, "b", pack_all, unpack)
    fed: dict[str, list[Entry]] = {}
    while pages := await feed.read(range(PARTITIONS)):
        for record in (record for page in pages for record in page.records):
            fed.setdefault(record.room, []).append(record.entry)
        await feed.done(pages)
    assert {room: fed[room] for room in rooms} == {room: a.read[room] for room in rooms}


async def test_node1_a_room_whose_log_takes_nothing_holds_up_no_other(nodes: tuple[Reader, Reader]) -> None:
    a, _ = nodes
    rooms = [fresh_room() for _ in range(40)]
    for room in rooms:
        await a.open(room)
    log = a.broker._lanes[rooms[7]].keys.log
    await a.broker.link.client.set(log, "no stream")
    for room in rooms:
        a.append(room)
    for room in rooms:
        if room != rooms[7]:
            await a.until(room, 1)
    assert a.read[rooms[7]] == []
    assert a.dropped == []
    await a.broker.link.client.delete(log)
    await a.until(rooms[7], 1)


OLDER = """#!lua name=cobrowse
redis.register_function('cobrowse_append', function(keys, args) return { 'ok' } end)"""


async def test_node2_beside_a_node_that_has_loaded_other_functions_nothing_is_lost(
    nodes: tuple[Reader, Reader],
) -> None:
    """As while two nodes are brought up to date one after the other: each loads its own again when they are missing."""
    a, b = nodes
    room, link = fresh_room(), a.broker.link
    await a.open(room)
    await b.open(room)
    masters = {"target_nodes": "primaries"} if link.is_cluster else {}
    for n in range(1, 6):
        await link.client.execute_command("FUNCTION LOAD", "REPLACE", OLDER, **masters)
        a.append(room)
        await a.until(room, n)
        await b.until(room, n)
    assert a.read[room] == b.read[room]
    assert a.dropped == b.dropped == []


async def test_node3_what_the_feed_does_not_take_no_log_has(nodes: tuple[Reader, Reader]) -> None:
    """Else it would be acknowledged, and never come to the database."""
    a, b = nodes
    room = fresh_room()
    await a.open(room)
    await b.open(room)
    keys, client = a.broker._lanes[room].keys, a.broker.link.client
    await client.delete(keys.feed)
    await client.xadd(keys.feed, {"r": b"the last that a stream can take"}, f"{2**64 - 1}-{2**64 - 1}")
    a.append(room)
    a.broker.tell(room, b"it was tried")
    async with asyncio.timeout(WITHIN_S):
        while not b.notices:
            b.changed.clear()
            await b.changed.wait()
    assert (await b.broker.open(room, "shop", Top("epoch", 0, 0), 1, 8)).entries == []
    b.broker.opened(room)
    assert a.read[room] == b.read[room] == []
    await client.delete(keys.feed)
    await a.until(room, 1)
    await b.until(room, 1)
    (page,) = await Feed(b.broker.link, "b", pack_all, unpack).read([partition_of(room)])
    assert [record.entry for record in page.records] == a.read[room]


async def test_node2_a_room_is_kept_for_two_days_after_its_last_entry(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Its keys are not told so with each entry; what they were told last is always enough."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        async with reader(server.url, "a") as a:
            room, client = fresh_room(), a.broker.link.client

            async def entry_after(left_s: int) -> list[int]:
                """How long head and log are kept after an entry that comes when they have this long to go."""
                head, log = a.broker._lanes[room].keys.head, a.broker._lanes[room].keys.log
                for key in (head, log):
                    await client.expire(key, left_s)
                if int(await client.hget(head, "till") or 0):
                    await client.hset(head, "till", str((await client.time())[0] + left_s))
                a.append(room)
                await a.broker.flush()
                return [await client.ttl(key) for key in (head, log)]

            await a.open(room)
            for left_s in (KEEP_S + 3600, KEEP_S + 3600, KEEP_S + 100, KEEP_S - 1, 60):
                kept = await entry_after(left_s)
                assert all(KEEP_S <= each <= KEEP_S + 3600 for each in kept), (left_s, kept)
            # The database has more than Redis: the log begins again, and is kept as long.
            a.tops[room] = Top("epoch", 9, 9)
            await a.broker.open(room, "shop", a.tops[room], 1, 8)
            a.broker.opened(room)
            a.append(room)
            await a.broker.flush()
            assert a.dropped == []
            keys = a.broker._lanes[room].keys
            assert all([await client.ttl(key) >= KEEP_S for key in (keys.head, keys.log)])


async def test_node1_news_that_comes_while_the_log_is_asked_loses_nothing(
    nodes: tuple[Reader, Reader],
) -> None:
    """A room asks its log when it opens; what another node appends at that moment comes by both ways."""
    a, b = nodes
    rooms = [fresh_room() for _ in range(150)]
    for room in rooms:
        await b.open(room)
    for room in rooms:
        await a.open(room)
        b.append(room, "meanwhile")
        await a.until(room, 1)
    await b.broker.flush()
    assert a.dropped == b.dropped == []
    assert all(a.texts(room) == ["meanwhile"] for room in rooms)


async def test_node4_a_room_opened_while_the_subscription_is_being_made_is_heard(redis_url: str) -> None:
    async with reader(redis_url, "a") as a, reader(redis_url, "b") as b:
        rooms = [fresh_room() for _ in range(20)]
        await asyncio.gather(*(a.open(room) for room in rooms))
        for room in rooms:
            await b.open(room)
            b.append(room)
        for room in rooms:
            await a.until(room, 1)


async def test_node3_who_opens_later_gets_all_that_came_before(nodes: tuple[Reader, Reader]) -> None:
    a, b = nodes
    room = fresh_room()
    await a.open(room)
    for n in range(1_500):
        a.append(room, str(n))
    await a.broker.flush()
    await b.open(room)
    await b.until(room, 1_500)
    assert b.read[room] == a.read[room]


async def test_wire6_callbacks_come_between_what_was_before_and_what_is_after(
    nodes: tuple[Reader, Reader],
) -> None:
    a, _ = nodes
    room = fresh_room()
    await a.open(room)
    a.broker.after_pending(lambda: a.events.append("at once"))
    assert a.events == ["at once"]
    a.append(room)
    a.broker.after_pending(lambda: a.events.append("first"))
    await a.broker.flush()
    a.append(room)
    await a.broker.flush()
    assert a.events == ["at once", "1", "first", "2"]


async def test_node6_no_number_is_given_out_twice(nodes: tuple[Reader, Reader]) -> None:
    a, b = nodes
    room = fresh_room()
    first = await a.broker.open(room, "shop", Top("epoch", 0, 0), 100, 8)
    second = await b.broker.open(room, "shop", Top("other", 0, 0), 100, 8)
    assert (first.replica, second.replica) == (100, 108)
    assert (first.epoch, second.epoch) == ("epoch", "epoch")
    assert await a.broker.reserve(room, 100, 8) == 116


async def test_node5_a_notice_reaches_the_others_and_not_oneself(nodes: tuple[Reader, Reader]) -> None:
    a, b = nodes
    room = fresh_room()
    await a.open(room)
    await b.open(room)
    a.broker.tell(room, b"hello")
    async with asyncio.timeout(WITHIN_S):
        while not b.notices:
            b.changed.clear()
            await b.changed.wait()
    assert b.notices == [(room, "a", b"hello")]
    assert a.notices == []


async def test_node3_a_record_stays_in_the_feed_until_it_is_done(nodes: tuple[Reader, Reader]) -> None:
    a, b = nodes
    room = fresh_room()
    await a.open(room)
    records = [a.append(room) for _ in range(10)]
    await a.broker.flush()
    feed, other = Feed(a.broker.link, "a", pack_all, unpack), Feed(b.broker.link, "b", pack_all, unpack)
    assert feed.pack(records[:1]) == [pack(records[0])]
    held = await feed.hold()
    assert len(held) == 16
    assert await other.hold() == []
    own: list[bool] = []
    for pages in (await feed.read(held), await feed.read(held)):
        found = [record for page in pages for record in page.records if record.room == room]
        assert found == records
        own.append(found[0] is records[0])
    assert own == [True, False]  # what is this node's own is decoded only when it comes again
    await feed.done(await feed.read(held))
    assert [page for page in await feed.read(held) if any(r.room == room for r in page.records)] == []
    await feed.hold(lease_s=0)


async def test_node7_functions_of_another_version_leave_those_of_this_one(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a rolling upgrade: the new node comes while the old one works."""
    newer = tmp_path / "rooms.lua"
    newer.write_text(link.LIBRARY.read_text().replace("{ 'ok' }", "{ 'in other words' }"))
    async with reader(redis_url, "a") as a:
        room = fresh_room()
        await a.open(room)
        monkeypatch.setattr(link, "LIBRARY", newer)
        other = Link(redis_url)
        await other.load()
        await other.close()
        a.append(room)
        await a.broker.flush()
        assert (len(a.read[room]), a.dropped) == (1, [])


async def test_node2_a_log_that_has_forgotten_is_not_followed(nodes: tuple[Reader, Reader]) -> None:
    """Redis came back without what was acknowledged: the room is dropped, never mended by guessing."""
    a, b = nodes
    room = fresh_room()
    await a.open(room)
    a.append(room)
    await a.broker.flush()
    lane = a.broker._lanes[room]
    lane.top = Top(lane.top.epoch, 7, 7)
    a.tops[room] = lane.top
    a.append(room)
    await a.broker.flush()
    assert a.dropped == [room]
    assert b.dropped == []


@pytest.mark.parametrize("heard", [True, False], ids=["by_news", "by_asking"])
async def test_node11_who_holds_what_redis_lost_notices_though_others_went_on(
    nodes: tuple[Reader, Reader], heard: bool
) -> None:
    """Two entries later the position says nothing any more: the hash does."""
    a, b = nodes
    room = fresh_room()
    await a.open(room)
    a.append(room)
    await a.broker.flush()
    await b.open(room)
    lane = a.broker._lanes[room]
    lost = Top(lane.top.epoch, 2, 4711)
    if heard:
        lane.top = lost
    for text in ("in its place", "and on"):
        b.append(room, text)
        await b.broker.flush()
    if not heard:
        await a.until(room, 3)
        lane.top = lost
        a.broker.ask_again()
    async with asyncio.timeout(WITHIN_S):
        while not a.dropped:
            a.changed.clear()
            await a.changed.wait()
    assert b.dropped == []
    a.broker.close(room)
    await a.open(room)
    assert a.texts(room) == b.texts(room) == ["a 1", "in its place", "and on"]


async def test_node9_where_the_database_has_another_entry_its_log_goes_on(
    nodes: tuple[Reader, Reader],
) -> None:
    """Redis lost its tail when it failed over, and went on otherwise before anybody asked the database."""
    a, b = nodes
    room = fresh_room()
    await a.open(room)
    for _ in range(3):
        a.append(room)
    await a.broker.flush()
    opened = await b.broker.open(room, "shop", Top("epoch", 3, 4711), 1, 8)
    assert (opened.epoch, opened.entries) == ("epoch", [])
    b.tops[room] = Top("epoch", 3, 4711)
    b.read[room] = []
    b.broker.opened(room)
    a.append(room)
    await a.broker.flush()
    assert a.dropped == [room]
    b.append(room, "it goes on")
    await b.until(room, 1)
    assert b.read[room][0].offset == 4


async def test_node2_killed_in_a_burst_redis_has_each_record_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        async with reader(server.url, "a") as a:
            rooms = [fresh_room() for _ in range(5)]
            for room in rooms:
                await a.open(room)
            for round_ in range(4):
                for n in range(600):
                    a.append(rooms[n % 5])
                # Somewhere in the middle of what is under way.
                await a.until(rooms[0], 120 * round_ + 1)
                await asyncio.to_thread(_again, server)
                await a.broker.flush()
            for room in rooms:
                assert [entry.offset for entry in a.read[room]] == list(range(1, 481))
            async with reader(server.url, "b") as b:
                for room in rooms:
                    await b.open(room)
                    assert b.read[room] == a.read[room]


def _again(server: RedisServer) -> None:
    server.kill()
    server.start()


async def test_node2_a_cluster_that_goes_away_and_comes_back_costs_time_and_no_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client has errors of its own for that, which are none of Redis'."""
    monkeypatch.setattr(redis, "GIVE_UP_S", 10 * WITHIN_S)
    async with AsyncExitStack() as stack:
        servers = stack.enter_context(running_redis_cluster(stack.enter_context(open_folder())))
        a, b = [await stack.enter_async_context(reader(servers[0].url + "?cluster=1", n)) for n in "ab"]
        room = fresh_room()
        await a.open(room)
        await b.open(room)
        a.append(room)
        await b.until(room, 1)
        for server in servers:
            server.kill()
        a.append(room)
        async with asyncio.timeout(WITHIN_S):
            while a.broker._failing_since is None:  # noqa: ASYNC110 - nothing tells that a step has failed
                await asyncio.sleep(0.05)
        for server in servers:
            await asyncio.to_thread(server.start)
        await a.until(room, 2)
        await b.until(room, 2)
        assert a.read == b.read


@pytest.mark.parametrize(
    "url",
    [
        "http://x",
        "localhost:6379",
        "",
        "redis://127.0.0.1:9/0?nonsense=1",
        "redis://127.0.0.1:9?cluster=1&no=1",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(RedisUnusable, match="redis_url"):
        Link(url)
