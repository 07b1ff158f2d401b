"""Nodes in processes of their own, with a Redis and a PostgreSQL that may be killed: what a storm happens to."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from cobrowse.commands.agents import add_agent
from cobrowse.core.messages import Entry, Said
from cobrowse.settings import Settings
from tests.e2e.line import Line
from tests.engines import (
    PostgresServer,
    RedisServer,
    new_database,
    open_folder,
    running_postgres,
    running_redis,
)
from tests.serving import EMAIL, PASSWORD, ServerProcess, needs_built_files, settings_for

STANDS_STILL_S = 60.0
"""Without a new row for so long, what is missing will not come: the judge says what that is."""

_entry = msgspec.msgpack.Decoder(Entry)


class OwnClock(ServerProcess):
    """A node whose wall clock may jump."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__(settings, folder)
        self._clock = folder / "clock"
        self.set_clock(0.0)

    def set_clock(self, ahead_s: float) -> None:
        """How far its clock is ahead of the machine's from now on."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(str(ahead_s))
        fresh.replace(self._clock)

    def command(self) -> list[str]:
        program, _, _, *rest = super().command()
        return [program, "-m", "tests.nodes.own_clock", str(self._clock), *rest]


class Cluster:
    """With `lines` there is one from the browsers to each node, and one each from the nodes to Redis and PostgreSQL;
    with a `replica` of Redis one from that to its master too.
    """

    def __init__(
        self,
        nodes: list[OwnClock],
        redis: RedisServer,
        postgres: PostgresServer,
        url: str,
        *,
        lines: bool,
        replica: RedisServer | None,
    ) -> None:
        self.nodes = nodes
        self.redis = redis
        self.postgres = postgres
        self.database_url = url
        if lines:
            self.lines = [Line(node.settings.port) for node in nodes]
            self.redis_line = Line(redis.port)
            self.postgres_line = Line(postgres.port)
        self._has_lines = lines
        self.replica = replica
        if replica is not None:
            self.replica_line = Line(redis.port)
            replica.follow(self.replica_line.port)
        self.faults: Counter[str] = Counter()

    @property
    def urls(self) -> list[str]:
        if not self._has_lines:
            return [node.url for node in self.nodes]
        return [f"http://127.0.0.1:{line.port}" for line in self.lines]

    def close(self) -> None:
        if self._has_lines:
            for line in (*self.lines, self.redis_line, self.postgres_line):
                line.close()
        if self.replica is not None:
            self.replica_line.close()

    # Faults: each returns once the part is back, or goes on its way back.

    async def kill_node(self, n: int) -> None:
        """SIGKILL, and a new start at once."""
        self.faults["SIGKILL of a node"] += 1
        await self.nodes[n].kill()
        await self.nodes[n].start()

    async def restart_node(self, n: int) -> None:
        """SIGTERM, as in a rolling upgrade."""
        self.faults["restart of a node"] += 1
        await self.nodes[n].stop()
        await self.nodes[n].start()

    async def freeze_node(self, n: int, for_s: float = 3.0) -> None:
        self.faults[f"SIGSTOP of a node for {for_s:g} s"] += 1
        self.nodes[n].send_signal(signal.SIGSTOP)
        await asyncio.sleep(for_s)
        self.nodes[n].send_signal(signal.SIGCONT)

    async def kill_redis(self, down_s: float = 0.5) -> None:
        self.faults["SIGKILL of Redis"] += 1
        self.redis.kill()
        await asyncio.sleep(down_s)
        await asyncio.to_thread(self.redis.start)

    async def fail_over(self, tail_s: float = 0.3) -> None:
        """The replica falls behind by so long, then the master is killed and it takes its place and its address; later
        the master comes back as the replica of the other, and what it alone had is gone.
        """
        assert self.replica is not None
        self.faults["failover of Redis with its tail lost"] += 1
        await asyncio.to_thread(self.replica.wait_until_it_follows)
        self.replica_line.swallow()
        await asyncio.sleep(tail_s)
        self.redis.kill()
        self.redis, self.replica = self.replica, self.redis
        self.redis.follow(None)
        self.redis_line.lead_to(self.redis.port)
        self.replica_line.lead_to(self.redis.port)
        await asyncio.to_thread(self.replica.start)
        self.replica.follow(self.replica_line.port)

    async def freeze_redis(self, for_s: float = 2.0) -> None:
        self.faults["SIGSTOP of Redis"] += 1
        self.redis.pause()
        await asyncio.sleep(for_s)
        self.redis.go_on()

    async def restart_postgres(self) -> None:
        self.faults["restart of PostgreSQL"] += 1
        await asyncio.to_thread(self.postgres.stop)
        await asyncio.to_thread(self.postgres.start)

    async def jump_clock(self, n: int, ahead_s: float) -> None:
        """A node's wall clock jumps, and stays where it is until it jumps again."""
        self.faults["jump of a clock"] += 1
        self.nodes[n].set_clock(ahead_s)

    async def cut_browsers(self, n: int) -> None:
        """Every connection to a node is reset."""
        self.faults["cut of all connections to a node"] += 1
        self.lines[n].cut()
        self.lines[n].mend()

    async def silence(self, line: Line, what: str, for_s: float) -> None:
        """Half-open connections: they stay, and nothing arrives any more."""
        self.faults[f"silence on the lines to {what}"] += 1
        line.swallow()
        await asyncio.sleep(for_s)
        line.mend()

    # What is left

    async def logs(
        self, rooms: set[str], operations: int
    ) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Each room's log and messages, as the database has them once all operations have come there."""
        conn = await asyncpg.connect(self.database_url)
        have, since = -1, time.monotonic()
        while have < operations and time.monotonic() - since < STANDS_STILL_S:
            before, have = have, await conn.fetchval("SELECT count(*) FROM messages")
            since = since if have == before else time.monotonic()
            await asyncio.sleep(0.1)
        logs: dict[str, list[str]] = {room: [] for room in rooms}
        for room, offset, payload in await conn.fetch(
            'SELECT room, "offset", payload FROM log ORDER BY room, "offset"'
        ):
            fact = _entry.decode(payload).fact
            logs.setdefault(room, []).append(fact.text if isinstance(fact, Said) else "")
            assert len(logs[room]) == offset, f"the log has a gap before {offset}"
        messages: dict[str, list[str]] = {}
        for room, text in await conn.fetch('SELECT room, text FROM messages ORDER BY room, "offset"'):
            messages.setdefault(room, []).append(text)
        await conn.close()
        return logs, messages


@asynccontextmanager
async def running_cluster(
    folder: Path, nodes: int = 2, *, lines: bool = False, replica: bool = False, **changes: Any
) -> AsyncIterator[Cluster]:
    needs_built_files()
    with ExitStack() as stack:
        place = stack.enter_context(open_folder())
        postgres = stack.enter_context(running_postgres(place))
        redis = stack.enter_context(running_redis(place / "redis"))
        second = stack.enter_context(running_redis(place / "replica")) if replica else None
        url = await new_database(postgres)
        await add_agent(url, EMAIL, "Ginny", "csa", PASSWORD)
        processes = []
        for n in range(nodes):
            own = folder / f"node{n}"
            own.mkdir(parents=True)
            processes.append(OwnClock(settings_for(own), own))
        cluster = Cluster(processes, redis, postgres, url, lines=lines, replica=second)
        shared = {"database_url": url, "redis_url": redis.url, "redis_replicas": int(replica)}
        if lines:
            shared["database_url"] = url.replace(f":{postgres.port}/", f":{cluster.postgres_line.port}/")
            shared["redis_url"] = f"redis://127.0.0.1:{cluster.redis_line.port}/0"
        for node in processes:
            own_settings = {"drain_s": 1.0, **shared, **changes}
            node.use(msgspec.structs.replace(node.settings, **own_settings))
        try:
            await asyncio.gather(*(node.start() for node in processes))
            yield cluster
        finally:
            for node in processes:
                if node.runs:
                    await node.kill()
                print(node.text())
            cluster.close()
