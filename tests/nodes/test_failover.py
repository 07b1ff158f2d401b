"""Redis fails over, and lines that go silent: what each setting promises, and what is seen. SPEC node.2, node.3."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis
from websockets.exceptions import ConnectionClosed

from cobrowse.core.errors import Close
from cobrowse.core.messages import News, Said, Say
from cobrowse.live import node
from tests.e2e.line import Line
from tests.engines import PostgresServer, RedisServer, running_redis
from tests.nodes.conftest import Rows, StartNode, eventually
from tests.nodes.test_health import status
from tests.nodes.test_two_nodes import logged
from tests.serving import LocalServer
from tests.wire import Peer

NOT_SOON_S = 1.0


class Pair:
    """A Redis, its replica, the line between them, and the address behind which one of the two is the master."""

    def __init__(self, master: RedisServer, replica: RedisServer) -> None:
        self.master = master
        self.replica = replica
        self.address = Line(master.port)
        self.between = Line(master.port)
        replica.follow(self.between.port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.address.port}/0"

    async def in_step(self) -> bool:
        with closing(redis.Redis(port=self.master.port)) as client:
            return bool(client.info("replication").get("slave0", {}).get("state") == "online")

    def fail_over(self) -> None:
        """The master is killed and never comes back; the replica takes its place and its address."""
        self.address.cut()
        self.master.kill()
        self.replica.follow(None)
        self.address.lead_to(self.replica.port)

    def come_back(self) -> None:
        """What was the master is the replica now."""
        self.master.start()
        self.master.follow(self.replica.port)

    def close(self) -> None:
        self.address.close()
        self.between.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with running_redis(tmp_path / "a") as master, running_redis(tmp_path / "b") as replica:
        made = Pair(master, replica)
        yield made
        made.close()


Lines = Callable[[int], Line]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Lines that outlive the nodes which use them: to be asked for before `start_node`."""
    made: list[Line] = []

    def line(target: int) -> Line:
        made.append(Line(target))
        return made[-1]

    yield line
    for each in made:
        each.close()


async def come_back(node: LocalServer, tab: Peer) -> Peer:
    """The tab's next life, as soon as the node takes it."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await node.shopper(token=tab.token, resume=tab.joined.resume)
            except ConnectionClosed:
                await asyncio.sleep(0.2)


def texts(peer: Peer) -> list[str]:
    assert peer.joined.view is not None
    return [message.text for message in peer.joined.view.conversation.messages]


async def test_node2_node9_with_replicas_nothing_is_acknowledged_or_kept_that_a_failover_loses(
    pair: Pair, start_node: StartNode, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    await eventually(pair.in_step)
    a = await start_node(redis_url=pair.url, redis_replicas=1)
    b = await start_node(redis_url=pair.url, redis_replicas=1)
    shopper = await a.shopper()
    other = await b.shopper(token=shopper.token)
    for n in range(5):
        await shopper.done(Say(f"kept {n}"))
    await other.entry(lambda entry: entry.fact == Said("kept 4"))
    pair.between.swallow()
    frame = await shopper.do(Say("in doubt"))
    await asyncio.sleep(NOT_SOON_S)  # there is nothing that tells that nothing comes
    for peer in (shopper, other):
        assert not [each for each in await peer.quiet() if isinstance(each, News)]
    await eventually(lambda: answers(a.url, 503))

    async def is_held_back() -> bool:
        return "the database does not get the log for now (NotReplicated)" in caplog.text

    await eventually(is_held_back)
    assert await rows("SELECT text FROM messages WHERE text = 'in doubt'") == []
    pair.between.mend()
    await shopper.answer(frame.c)
    await other.entry(lambda entry: entry.fact == Said("in doubt"))
    pair.fail_over()
    pair.come_back()
    at_a = await come_back(a, shopper)
    back = await come_back(b, at_a)
    expected = [*(f"kept {n}" for n in range(5)), "in doubt"]
    assert [texts(at_a), texts(back)] == [expected, expected]
    assert (await back.done(Say("after it"))).offset == shopper.joined.position.offset + 7


async def test_node3_without_replicas_a_failover_loses_nothing_that_the_database_has(
    pair: Pair, start_node: StartNode, rows: Rows
) -> None:
    await eventually(pair.in_step)
    a, b = await start_node(redis_url=pair.url), await start_node(redis_url=pair.url)
    shopper = await a.shopper()
    other = await b.shopper(token=shopper.token)
    await shopper.done(Say("both have it"))
    await other.entry(lambda entry: entry.fact == Said("both have it"))
    pair.between.swallow()
    last = await shopper.done(Say("the database has it"))
    await eventually(lambda: logged(rows, shopper.room, last.offset))
    pair.fail_over()
    for peer in (shopper, other):
        assert await peer.close_code() == Close.STATE_LOST
    again = await come_back(a, shopper)
    assert (again.joined.replica, again.joined.last) == (shopper.joined.replica, 2)
    assert texts(again) == ["both have it", "the database has it"]
    assert (await again.done(Say("it goes on"))).offset == last.offset + 1


async def test_node9_without_replicas_a_lost_tail_is_told_and_stays_lost(
    pair: Pair, start_node: StartNode, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    """Also what a node held on its way to the database: what was acknowledged since is in its place."""
    await eventually(pair.in_step)
    a, b = await start_node(redis_url=pair.url), await start_node(redis_url=pair.url)
    shopper = await a.shopper()
    other = await b.shopper(token=shopper.token)
    kept = await shopper.done(Say("both have it"))
    await eventually(lambda: logged(rows, shopper.room, kept.offset))
    await rows("BEGIN")
    await rows("LOCK TABLE log IN EXCLUSIVE MODE")
    pair.between.swallow()
    await shopper.done(Say("on its way to the database"))

    async def is_on_its_way() -> bool:
        return bool(await rows("SELECT 1 FROM pg_locks WHERE NOT granted"))

    await eventually(is_on_its_way)
    await shopper.done(Say("lost"))
    pair.fail_over()
    for peer in (shopper, other):
        assert await peer.close_code() == Close.STATE_LOST
    at_a = await come_back(a, shopper)
    back = await come_back(b, at_a)
    assert [texts(at_a), texts(back)] == [["both have it"]] * 2
    # The tab knows by `last` what is not there. What it does now is acknowledged by the log as it is.
    assert back.joined.last == 1
    await back.do(Say("after it"), c=2)
    assert (await back.answer(2)).offset == kept.offset + 1
    await rows("ROLLBACK")
    await eventually(lambda: logged(rows, shopper.room, kept.offset + 1))
    await back.do(Say("and on"), c=3)
    await back.answer(3)
    await eventually(lambda: logged(rows, shopper.room, kept.offset + 2))
    said = await rows('SELECT text FROM messages ORDER BY "offset"')
    assert said == [("both have it",), ("after it",), ("and on",)]
    assert "not in the feed any more" in caplog.text


async def test_node4_a_line_to_redis_that_goes_silent_costs_time_and_no_operation(
    lines: Lines, start_node: StartNode, redis_server: RedisServer
) -> None:
    line = lines(redis_server.port)
    a = await start_node(redis_url=f"redis://127.0.0.1:{line.port}/0")
    b = await start_node()
    shopper = await a.shopper()
    await shopper.done(Say("before"))
    other = await b.shopper(token=shopper.token)
    line.swallow()
    frame = await shopper.do(Say("into silence"))
    await other.done(Say("meanwhile"))
    await eventually(lambda: answers(a.url, 503))
    line.mend()
    # The node may have given up by then; the tab does as tabs do.
    again = await come_back(a, shopper)
    if again.joined.last < frame.c:
        await again.do(Say("into silence"), c=frame.c)
        await again.answer(frame.c)
    third = await b.shopper(token=shopper.token)
    assert sorted(texts(third)) == ["before", "into silence", "meanwhile"]
    await eventually(lambda: answers(a.url, 200))


async def test_node4_a_database_that_does_not_answer_is_one_line_in_the_log(
    lines: Lines,
    start_node: StartNode,
    postgres: PostgresServer,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No traceback for a fault that is none of ours: the node's fixture holds every log to that."""
    line = lines(postgres.port)
    node = await start_node(database_url=database_url.replace(f":{postgres.port}/", f":{line.port}/"))
    csa = await node.csa()
    line.cut()

    async def is_told() -> bool:
        return "cannot check sessions for now" in caplog.text

    await eventually(is_told, within_s=60)
    line.mend()
    assert (await csa.beat()).available


async def test_node5_a_node_that_goes_while_the_database_is_away_is_seen_to_later(
    lines: Lines,
    start_node: StartNode,
    postgres: PostgresServer,
    redis_server: RedisServer,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two faults at once are two lines in the log, and no traceback: neither is ours."""
    monkeypatch.setattr(node, "ALIVE_EVERY_S", 0.1)
    line = lines(postgres.port)
    a = await start_node(database_url=database_url.replace(f":{postgres.port}/", f":{line.port}/"))
    with closing(redis.Redis(port=redis_server.port)) as client:

        def first() -> Any:
            """Our node, and when its lease runs out."""
            return client.zrange(node.NODES, 0, 0, withscores=True)

        client.zadd(node.NODES, {"ghost": 2**40})
        before = first()

        async def has_looked() -> bool:
            return bool(first() != before)

        await eventually(has_looked)
        line.cut()
        client.zrem(node.NODES, "ghost")

    async def is_told() -> bool:
        return "the chats of a node that is gone wait for the database" in caplog.text

    await eventually(is_told)
    line.mend()
    await eventually(lambda: answers(a.url, 200))


async def answers(url: str, wanted: int) -> bool:
    return await status(url) == wanted


async def test_wire3_a_half_open_connection_is_let_go_and_its_tab_goes_on_elsewhere(
    lines: Lines, start_node: StartNode, rows: Rows
) -> None:
    a, b = await start_node(heartbeat_s=1.0), await start_node(heartbeat_s=1.0)
    line = lines(a.settings.port)
    home, a.url = a.url, f"http://127.0.0.1:{line.port}"
    shopper = await a.shopper()
    silent = await a.shopper()
    a.url = home
    await silent.done(Say("nobody comes back for this"))
    await shopper.done(Say("one"))
    line.swallow()
    await shopper.do(Say("two"))
    again = await b.shopper(token=shopper.token, resume=shopper.joined.resume)
    assert (again.joined.replica, again.joined.last) == (shopper.joined.replica, 1)
    await again.do(Say("two"), c=2)
    await again.answer(2)

    async def is_gone() -> bool:
        return 'cobrowse_connections{role="shopper"} 0.0' in (await a.http.get("/metrics")).text

    await eventually(is_gone)
    await eventually(lambda: logged(rows, shopper.room, shopper.joined.position.offset + 2))
    said = await rows('SELECT text FROM messages WHERE room = $1 ORDER BY "offset"', shopper.room)
    assert said == [("one",), ("two",)]
