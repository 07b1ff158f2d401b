"""Whatever is killed, frozen or cut: what was acknowledged is there, once, in order. SPEC node.1, node.2, node.3."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.nodes.cluster import running_cluster
from tests.nodes.history import judge
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
