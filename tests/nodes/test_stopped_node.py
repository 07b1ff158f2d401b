"""A node stands still for 20 s under load, longer than the others wait for it, and goes on. SPEC node.3, node.5."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from cobrowse.core.messages import Say
from tests.nodes.cluster import Cluster, OwnClock, running_cluster
from tests.nodes.conftest import eventually
from tests.nodes.history import History, Operation, judge
from tests.nodes.storm import storm
from tests.nodes.test_health import status
from tests.wire import Peer

STOPPED_S = 20.0


async def _have_shoppers(*nodes: OwnClock) -> bool:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        texts = [(await http.get(f"{node.url}/metrics")).text for node in nodes]
    return all('role="shopper"} ' in text and 'role="shopper"} 0.0' not in text for text in texts)


def _begun(history: History, tab: Peer, name: str) -> Operation:
    operation = Operation(name, "the one that leaves", tab.room, time.monotonic())
    history.operations.append(operation)
    return operation


def _acknowledged(operation: Operation, offset: int) -> None:
    operation.outcome, operation.ended_at, operation.offset = "ok", time.monotonic(), offset


async def _projects(node: OwnClock) -> bool:
    """Whether it has brought anything of the log to the database."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        text = (await http.get(f"{node.url}/metrics")).text
    return "cobrowse_projected_total 0.0" not in text


async def _either_projects(*nodes: OwnClock) -> bool:
    return any([await _projects(node) for node in nodes])


@asynccontextmanager
async def _writes_wait(url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Whoever writes to the log in the database waits until the end of this, in a transaction that has begun."""
    conn = await asyncpg.connect(url)
    try:
        async with conn.transaction():
            await conn.execute("LOCK TABLE log IN SHARE ROW EXCLUSIVE MODE")
            yield conn
    finally:
        await conn.close()


async def _stop(cluster: Cluster, history: History) -> None:
    """SIGSTOP in the middle of a transaction while tabs are at both nodes; one has just sent what nobody there reads,
    and goes to the other.
    """
    await eventually(lambda: _have_shoppers(*cluster.nodes))
    node, other = cluster.nodes
    await eventually(lambda: _either_projects(node, other))
    if not await _projects(node):
        node, other = other, node
    tab = await node.shopper()
    async with _writes_wait(cluster.database_url) as conn:

        async def is_in_a_transaction() -> bool:
            return bool(await conn.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

        first = _begun(history, tab, "before it stops")
        _acknowledged(first, (await tab.done(Say(first.name))).offset)
        await eventually(is_in_a_transaction)
        node.send_signal(signal.SIGSTOP)
    stopped_at = time.monotonic()
    second = _begun(history, tab, "nobody reads it")
    frame = await tab.do(Say(second.name))
    await tab.leave()
    again = await other.shopper(token=tab.token, resume=tab.joined.resume)
    assert (again.joined.replica, again.joined.last) == (tab.joined.replica, 1)
    await again.do(Say(second.name), c=frame.c)
    _acknowledged(second, (await again.answer(frame.c)).offset)

    # What the stopped node was to bring to the database comes there without it.
    acknowledged = {each.name for each in history.operations if each.outcome == "ok"}
    conn = await asyncpg.connect(cluster.database_url)

    async def is_in_the_database() -> bool:
        return acknowledged <= {text for (text,) in await conn.fetch("SELECT text FROM messages")}

    await eventually(is_in_the_database)
    await conn.close()
    await asyncio.sleep(max(stopped_at + STOPPED_S - time.monotonic(), 0.0))  # this long: the fault itself
    node.send_signal(signal.SIGCONT)
    # It goes on from where it stood: what has waited in its sockets, its leases, its rooms. And it serves.
    await eventually(lambda: _is_ready(node))
    await eventually(lambda: _have_shoppers(node))
    back = await node.shopper(token=tab.token)
    assert back.joined.view is not None
    assert [each.text for each in back.joined.view.conversation.messages] == [first.name, second.name]


async def _is_ready(node: OwnClock) -> bool:
    return await status(node.url) == 200


@pytest.mark.timeout(360)
async def test_node3_node5_a_node_that_stands_still_for_20_s_loses_nothing(tmp_path: Path) -> None:
    async with running_cluster(tmp_path) as cluster:
        history = History()
        await storm(
            cluster.urls,
            [lambda: _stop(cluster, history)],
            rooms=2,
            rng=random.Random(20),
            history=history,
        )
        rooms = {operation.room for operation in history.operations}
        logs, messages = await cluster.logs(rooms, len(history.operations))
        assert judge(history, logs, messages) == []
        for node in cluster.nodes:
            node.assert_no_traceback()
            await node.let_go()
