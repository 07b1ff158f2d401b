"""Two nodes over Redis: shoppers at one, CSAs at the other, on a real Redis and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks import ours
from benchmarks.load import Load, Pair, Sample
from benchmarks.rows import Row, Scale, running
from benchmarks.server import Server
from benchmarks.wire import Peer
from cobrowse.commands.agents import add_agent
from cobrowse.commands.engines import free_port
from cobrowse.core.codec import decode_server
from cobrowse.core.messages import Joined, Refuse
from cobrowse.storage.engine import migrate
from tests.engines import new_database, open_folder, running_postgres, running_redis

SECRET = "a secret that both nodes of this bench know"
GENTLE_PER_S = 500.0
"""A rate at which nothing queues: what one more hop adds to the median is the hop's own time."""


class Two(NamedTuple):
    """The nodes, each on a port of its own: neither knows of the other but through Redis."""

    a: Server
    b: Server


@contextmanager
def running_nodes() -> Iterator[Two]:
    """Redis syncs every append, as its acknowledgement promises. Everything runs on all cores."""
    with ExitStack() as stack:
        place = stack.enter_context(open_folder())
        postgres = stack.enter_context(running_postgres(place))
        redis = stack.enter_context(running_redis(place / "redis"))
        url = asyncio.run(new_database(postgres))
        asyncio.run(migrate(url))
        asyncio.run(add_agent(url, ours.EMAIL, "Ginny", "csa", ours.PASSWORD))
        shared = {"redis_url": f'"{redis.url}"', "secret": f'"{SECRET}"'}
        nodes = []
        for _ in range(2):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            cores = ",".join(map(str, sorted(os.sched_getaffinity(0))))
            path = ours.settings(folder, port := free_port(), database_url=url, **shared)
            nodes.append(stack.enter_context(Server(ours.command(path), port, folder / "server.txt", cores)))
        yield Two(*nodes)


def across(nodes: Two, count: int) -> list[Pair]:
    """Shoppers at A, each watched by a CSA at B."""
    cookie = ours.sign_in(nodes.b.port)
    pairs = []
    for _ in range(count):
        sender = ours.shopper(nodes.a.port)
        watcher = ours.csa(nodes.b.port, cookie)
        _join_when_known(watcher, sender.room)
        pairs.append(Pair(sender.peer, watcher, ours.cart_ops(sender.room, sender.joined.last)))
    return pairs


def _join_when_known(peer: Peer, room: str) -> None:
    """A room that has just begun is known at the other node once its first entry or its card has come there."""
    peer.socket.sendall(ours.join_frame(room))
    while True:
        match decode_server(peer.receive()):
            case Joined(room=joined) if joined == room:
                return
            case Refuse(room=refused) if refused == room:
                peer.socket.sendall(ours.join_frame(room))


def two_nodes(server_core: int, scale: Scale, one_per_s: float) -> Row:
    """From A to B, against one node that has a core to itself; the median at a gentle rate, less one node's."""
    with running(ours.server, server_core) as server:
        alone = _gently(Load(ours.pairs(server.port, scale.pairs), ours.count_entries), scale)
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        with running_nodes() as nodes:
            load = Load(across(nodes, scale.pairs), ours.count_entries)
            load.flat_out(scale.warm_s, scale.in_flight)
            before = nodes.a.cpu_s() + nodes.b.cpu_s()
            fast = load.flat_out(scale.run_s, scale.in_flight)
            cost_us = 1e6 * (nodes.a.cpu_s() + nodes.b.cpu_s() - before) / fast.ops
            apart = _gently(load, scale)
    finally:
        os.sched_setaffinity(0, mine)
    ratio = fast.per_s / one_per_s
    added_ms = apart.percentile_ms(0.5) - alone.percentile_ms(0.5)
    return Row(
        "two nodes over Redis: operations a second from node A to node B against one node; added p50",
        "at least 0.5 times; under 3 ms",
        f"{ratio:.2f} times ({fast.per_s:,.0f} against {one_per_s:,.0f} a second); {added_ms:.1f} ms"
        f" ({apart.percentile_ms(0.5):.1f} and {alone.percentile_ms(0.5):.1f} ms at {GENTLE_PER_S:,.0f} a second)",
        ratio >= 0.5 and added_ms < 3,
        ratio,
        f"both nodes, Redis, PostgreSQL and the generator share {os.cpu_count()} cores; an operation takes"
        f" {cost_us:.0f} µs of both nodes together",
    )


def _gently(load: Load, scale: Scale) -> Sample:
    load.paced(scale.warm_s, GENTLE_PER_S)
    sample = load.paced(scale.paced_s, GENTLE_PER_S)
    load.close()
    return sample
