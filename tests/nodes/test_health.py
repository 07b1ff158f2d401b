"""A node that says how it is, and one that goes. SPEC node.4, node.7."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis.asyncio

from cobrowse.broker.link import RedisUnusable
from cobrowse.commands.engines import free_port
from cobrowse.commands.serve import prepare
from cobrowse.core.errors import Close
from cobrowse.core.messages import Drain, Increment, Say
from tests.engines import RedisServer, running_redis
from tests.nodes.conftest import SECRET, StartNode, eventually
from tests.serving import ServerProcess, needs_built_files, settings_for
from tests.wire import WITHIN_S


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that a test may break."""
    with running_redis(tmp_path / "redis") as server:
        yield server


async def status(url: str) -> int:
    async with httpx.AsyncClient(timeout=WITHIN_S, trust_env=False) as http:
        return (await http.get(f"{url}/readyz")).status_code


async def test_node4_news_missed_while_the_subscription_was_cut_is_caught_up(
    start_node: StartNode, redis_server: RedisServer
) -> None:
    a, b = await start_node(), await start_node()
    shopper = await a.shopper()
    await shopper.done(Say("hello"))
    other = await b.shopper(token=shopper.token)
    async with redis.asyncio.Redis(port=redis_server.port) as client:
        for n in range(20):
            await client.client_kill_filter(_type="pubsub")
            await shopper.done(Increment(f"sku-{n}", 1))
    entry = await other.entry(lambda entry: entry.c == 21)
    assert entry.offset == shopper.joined.position.offset + 21


async def test_node4_not_ready_while_nothing_is_delivered(
    start_node: StartNode, own_redis: RedisServer
) -> None:
    node = await start_node(redis_url=own_redis.url)
    await eventually(lambda: _is(node.url, 200))
    own_redis.pause()
    await eventually(lambda: _is(node.url, 503))
    own_redis.go_on()
    await eventually(lambda: _is(node.url, 200))
    shopper = await node.shopper()
    await shopper.done(Say("hello"))


async def test_node4_not_ready_while_redis_takes_nothing(
    start_node: StartNode, own_redis: RedisServer
) -> None:
    """It answers and tells news, but has fewer replicas than it was told to write with: no operation gets in."""
    node = await start_node(redis_url=own_redis.url)
    await eventually(lambda: _is(node.url, 200))
    async with redis.asyncio.Redis(port=own_redis.port) as client:

        async def refused() -> int:
            return int((await client.info("commandstats"))["cmdstat_fcall"]["rejected_calls"])

        async def subscriptions() -> list[str]:
            return [each["id"] for each in await client.client_list(_type="pubsub")]

        await client.config_set("min-replicas-to-write", 1)
        await eventually(lambda: _is(node.url, 503))
        before, listens = await refused(), await subscriptions()
        # It stays so from one probe to the next, and over what else the node asks for meanwhile, on one subscription.
        while await refused() < before + 100:
            assert await status(node.url) == 503
        assert await subscriptions() == listens
        await client.config_set("min-replicas-to-write", 0)
    await eventually(lambda: _is(node.url, 200))
    shopper = await node.shopper()
    await shopper.done(Say("hello"))


async def _is(url: str, wanted: int) -> bool:
    return await status(url) == wanted


async def test_node4_a_redis_that_does_not_answer_is_said_before_anything_is_served(
    tmp_path: Path, database_url: str
) -> None:
    needs_built_files()
    settings = settings_for(
        tmp_path,
        database_url=database_url,
        redis_url=f"redis://127.0.0.1:{free_port()}/0",
        secret=SECRET,
    )
    with pytest.raises(RedisUnusable, match="does not answer at `redis_url`"):
        await asyncio.to_thread(prepare, settings)


async def test_metrics_tell_what_the_node_does(start_node: StartNode) -> None:
    node = await start_node()
    shopper = await node.shopper()
    await shopper.done(Say("hello"))
    text = (await node.http.get("/metrics")).text
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert figures['cobrowse_connections{role="shopper"}'] == "1.0"
    assert figures["cobrowse_rooms"] == "1.0"
    assert float(figures["cobrowse_entries_total"]) >= 1
    assert figures["cobrowse_delivers"] == "1.0"
    assert float(figures["cobrowse_delay_seconds_count"]) >= 1
    assert figures["cobrowse_broker_waiting"] == "0.0"

    async def is_projected() -> bool:
        text = (await node.http.get("/metrics")).text
        figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return float(figures["cobrowse_projected_total"]) >= 1 and (
            float(figures["cobrowse_projection_lag_seconds"]) > 0
        )

    await eventually(is_projected)


async def test_node7_a_node_that_stops_spreads_its_connections(
    tmp_path: Path, redis_server: RedisServer, database_url: str
) -> None:
    needs_built_files()
    shared = {"database_url": database_url, "redis_url": redis_server.url, "secret": SECRET}
    node = ServerProcess(settings_for(tmp_path, drain_s=60.0, **shared), tmp_path)
    await node.start()
    shoppers = [await node.shopper() for _ in range(8)]
    for shopper in shoppers:
        await shopper.done(Say("hello"))
    node.send_signal(signal.SIGTERM)
    began = time.monotonic()
    delays = [(await shopper.expect(Drain)).after_s for shopper in shoppers]
    assert all(0 <= delay <= 60.0 for delay in delays)
    assert len(set(delays)) > 4
    # Unready, for the load balancer and for who comes all the same; who is there is served until they go.
    assert await status(node.url) == 503
    assert await (await node.connect()).close_code() == Close.BUSY
    # What comes until the connection goes is taken as ever.
    await shoppers[0].done(Increment("desk", 1))
    await asyncio.gather(*(shopper.leave() for shopper in shoppers))
    await node.stop()
    assert time.monotonic() - began < 60.0, "nobody is left to wait for"
    node.assert_no_traceback()
