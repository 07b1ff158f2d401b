"""`make soak`: a long storm on two nodes; ends with a count of operations, faults and violations."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.nodes.cluster import Cluster, running_cluster
from tests.nodes.history import judge
from tests.nodes.storm import Fault, storm


def faults_of(cluster: Cluster, rng: random.Random) -> list[Fault]:
    """Every kind of fault once, in a random order."""
    kinds: list[Fault] = [
        lambda: cluster.kill_node(0),
        lambda: cluster.kill_node(1),
        lambda: cluster.restart_node(rng.randrange(2)),
        lambda: cluster.freeze_node(rng.randrange(2), 20.0 if rng.random() < 0.25 else 3.0),
        lambda: cluster.kill_redis(rng.uniform(0.1, 3.0)),
        lambda: cluster.freeze_redis(rng.uniform(0.5, 4.0)),
        lambda: cluster.restart_postgres(),
        lambda: cluster.jump_clock(rng.randrange(2), rng.uniform(-43_200, 43_200)),
        lambda: cluster.cut_browsers(rng.randrange(2)),
        lambda: cluster.silence(rng.choice(cluster.lines), "a node", rng.uniform(1.0, 8.0)),
        lambda: cluster.silence(cluster.redis_line, "Redis", rng.uniform(1.0, 8.0)),
        lambda: cluster.silence(cluster.postgres_line, "PostgreSQL", rng.uniform(1.0, 8.0)),
    ]
    if cluster.replica is not None:
        kinds += [lambda: cluster.fail_over(rng.uniform(0.1, 2.0))] * 3
    rng.shuffle(kinds)
    return kinds


async def rounds(cluster: Cluster, minutes: float, rng: random.Random) -> tuple[int, int]:
    """One storm after the other; how many operations there were, and how many violations."""
    operations = violations = 0
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        history, reconnects = await storm(cluster.urls, faults_of(cluster, rng), rooms=4, rng=rng)
        operations += len(history.operations)
        rooms = {operation.room for operation in history.operations}
        logs, messages = await cluster.logs(rooms, operations)
        found = judge(history, {r: logs[r] for r in rooms}, {r: messages.get(r, []) for r in rooms})
        violations += len(found)
        print(*found[:10], sep="\n")
        print(
            f"{operations} operations, {cluster.faults.total()} faults, {reconnects} reconnects this round, "
            f"longest wait {history.longest_wait_s():.0f} s",
            flush=True,
        )
    return operations, violations


async def soak(minutes: float, seed: int) -> int:
    """Half of the time on one Redis, half on one that fails over to its replica. How many violations there were."""
    rng = random.Random(seed)
    operations = violations = 0
    faults: Counter[str] = Counter()
    for replica in (False, True):
        with TemporaryDirectory() as name:
            async with running_cluster(Path(name), lines=True, replica=replica, heartbeat_s=2.0) as cluster:
                done, found = await rounds(cluster, minutes / 2, rng)
                operations, violations = operations + done, violations + found
                faults += cluster.faults
    for kind, times in sorted(faults.items()):
        print(f"{times:5} {kind}")
    print(f"{operations} operations, {faults.total()} faults, {violations} violations (seed {seed})")
    return violations


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = parser.parse_args()
    sys.exit(1 if asyncio.run(soak(chosen.minutes, chosen.seed)) else 0)
