"""The broker on a real Redis: one server, one with TLS and a narrow user, and a cluster of three masters. SPEC node."""

from __future__ import annotations

import asyncio

import pytest

from cobrowse.broker.feed import Feed
from cobrowse.broker.lane import Top
from cobrowse.broker.link import Link, RedisUnusable
from cobrowse.broker.steps import KEEP_S
from cobrowse.core.messages import Entry
from tests.broker.nodes import Reader, fresh_room, pack_all, reader, take_all, unpack
from tests.engines import running_redis


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
    for record in await take_all(feed):
        fed.setdefault(record.room, []).append(record.entry)
    assert {room: fed[room] for room in rooms} == {room: a.read[room] for room in rooms}


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
    await b.until_true(lambda: bool(b.notices))
    assert b.notices == [(room, "a", b"hello")]
    assert a.notices == []


async def test_node3_a_record_stays_in_the_feed_until_it_is_done(nodes: tuple[Reader, Reader]) -> None:
    a, b = nodes
    feed, other = Feed(a.broker.link, "a", pack_all, unpack), Feed(b.broker.link, "b", pack_all, unpack)
    await take_all(other)
    room = fresh_room()
    await a.open(room)
    records = [a.append(room) for _ in range(10)]
    await a.broker.flush()
    assert feed.pack(records[:1]) == pack_all(records[:1])
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
    assert await feed.read(held) == []
    await feed.hold(lease_s=0)


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
