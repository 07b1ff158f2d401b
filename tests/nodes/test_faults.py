"""Whatever is killed, frozen or cut: what was acknowledged is there, once, in order. SPEC node.1, node.2, node.3."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from tests.nodes.cluster import Cluster, running_cluster
from tests.nodes.conftest import eventually
from tests.nodes.history import History, judge
from tests.nodes.storm import storm


@pytest.mark.timeout(360)
async def test_node2_node3_killed_frozen_and_restarted_nothing_is_lost(tmp_path: Path) -> None:
    async with running_cluster(tmp_path, lines=True, heartbeat_s=2.0) as cluster:
        faults = [
            lambda: cluster.kill_node(0),
            lambda: cluster.kill_redis(),
            lambda: cluster.freeze_node(1, 2.0),
            lambda: cluster.restart_postgres(),
            lambda: cluster.jump_clock(0, 3600.0),
            lambda: cluster.cut_browsers(0),
            lambda: cluster.silence(cluster.lines[1], "a node", 2.0),
            lambda: cluster.jump_clock(0, -3600.0),
            lambda: cluster.silence(cluster.redis_line, "Redis", 2.0),
            lambda: cluster.silence(cluster.postgres_line, "PostgreSQL", 1.0),
            lambda: cluster.freeze_redis(1.5),
            lambda: cluster.restart_node(1),
            lambda: cluster.kill_node(1),
        ]
        history, reconnects = await storm(cluster.urls, faults, rooms=3, rng=random.Random(7))
        rooms = {operation.room for operation in history.operations}
        logs, messages = await cluster.logs(rooms, len(history.operations))
        assert judge(history, logs, messages) == []
        assert len(history.operations) > 200
        assert reconnects > len(faults)
        assert cluster.faults.total() == len(faults)


async def _go_round(cluster: Cluster, history: History, clients: int) -> None:
    """A rolling restart: the next node goes only when every client has been served by the other meanwhile."""
    for node in cluster.nodes:
        told_at = time.monotonic()
        node.send_signal(signal.SIGTERM)

        async def all_are_served(since: float = told_at) -> bool:
            served = {each.client for each in history.operations if each.ended_at and each.invoked_at > since}
            return len(served) == clients

        await eventually(all_are_served, within_s=60)
        await node.stop()
        await node.start()
    print(f"rolling restart: the longest waited {history.longest_wait_s():.1f} s")


@pytest.mark.timeout(360)
async def test_node2_node7_under_load_redis_fails_over_and_the_nodes_are_restarted_one_by_one(
    tmp_path: Path,
) -> None:
    """With a replica that must have what is acknowledged. While a node is away nobody waits for it to come back."""
    async with running_cluster(tmp_path, lines=True, replica=True, heartbeat_s=2.0) as cluster:
        history = History()
        faults = [
            lambda: _go_round(cluster, history, clients=4),
            lambda: cluster.fail_over(),
            lambda: cluster.kill_redis(),
            lambda: cluster.fail_over(),
        ]
        await storm(cluster.urls, faults, rooms=2, rng=random.Random(11), history=history)
        rooms = {operation.room for operation in history.operations}
        logs, messages = await cluster.logs(rooms, len(history.operations))
        assert judge(history, logs, messages) == []
        for node in cluster.nodes:
            node.assert_no_traceback()
        print(f"{len(history.operations)} operations, the longest waited {history.longest_wait_s():.1f} s")
