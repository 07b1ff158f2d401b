"""The broker while Redis goes away, comes back without what it had, or takes some and not all. SPEC node."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cobrowse.broker import link, redis
from cobrowse.broker.feed import Feed
from cobrowse.broker.lane import Top
from cobrowse.broker.link import Link, partition_of
from tests.broker.nodes import WITHIN_S, Reader, fresh_room, pack_all, reader, unpack
from tests.engines import RedisServer, open_folder, running_redis, running_redis_cluster


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
    await b.until_true(lambda: bool(b.notices))
    assert (await b.broker.open(room, "shop", Top("epoch", 0, 0), 1, 8)).entries == []
    b.broker.opened(room)
    assert a.read[room] == b.read[room] == []
    await client.delete(keys.feed)
    await a.until(room, 1)
    await b.until(room, 1)
    (page,) = await Feed(b.broker.link, "b", pack_all, unpack).read([partition_of(room)])
    assert [record.entry for record in page.records] == a.read[room]


async def test_node4_a_room_opened_while_the_subscription_is_being_made_is_heard(redis_url: str) -> None:
    async with reader(redis_url, "a") as a, reader(redis_url, "b") as b:
        rooms = [fresh_room() for _ in range(20)]
        await asyncio.gather(*(a.open(room) for room in rooms))
        for room in rooms:
            await b.open(room)
            b.append(room)
        for room in rooms:
            await a.until(room, 1)


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
    await a.until_true(lambda: bool(a.dropped))
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
