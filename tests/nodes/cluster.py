"""Nodes in processes of their own, with a Redis and a PostgreSQL that may be killed: what a storm happens to."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from cobrowse.commands.agents import add_agent
from cobrowse.core.messages import Entry, Said
from cobrowse.storage.engine import migrate
from tests.engines import (
    PostgresServer,
    RedisServer,
    new_database,
    open_folder,
    running_postgres,
    running_redis,
)
from tests.serving import EMAIL, PASSWORD, ServerProcess, needs_built_files, settings_for

SECRET = "a secret that every node of this test knows"
_entry = msgspec.msgpack.Decoder(Entry)


class Cluster:
    def __init__(
        self, nodes: list[ServerProcess], redis: RedisServer, postgres: PostgresServer, url: str
    ) -> None:
        self.nodes = nodes
        self.redis = redis
        self.postgres = postgres
        self.database_url = url
        self.faults = 0

    @property
    def urls(self) -> list[str]:
        return [node.url for node in self.nodes]

    # Faults: each returns once the part is back, or goes on its way back.

    async def kill_node(self, n: int) -> None:
        """SIGKILL, and a new start at once."""
        self.faults += 1
        await self.nodes[n].kill()
        await self.nodes[n].start()

    async def restart_node(self, n: int) -> None:
        """SIGTERM, as in a rolling upgrade."""
        self.faults += 1
        await self.nodes[n].stop()
        await self.nodes[n].start()

    async def freeze_node(self, n: int, for_s: float = 3.0) -> None:
        self.faults += 1
        self.nodes[n].send_signal(signal.SIGSTOP)
        await asyncio.sleep(for_s)
        self.nodes[n].send_signal(signal.SIGCONT)

    async def kill_redis(self, down_s: float = 0.5) -> None:
        self.faults += 1
        self.redis.kill()
        await asyncio.sleep(down_s)
        await asyncio.to_thread(self.redis.start)

    async def freeze_redis(self, for_s: float = 2.0) -> None:
        self.faults += 1
        self.redis.pause()
        await asyncio.sleep(for_s)
        self.redis.go_on()

    async def restart_postgres(self) -> None:
        self.faults += 1
        await asyncio.to_thread(self.postgres.stop)
        await asyncio.to_thread(self.postgres.start)

    # What is left

    async def logs(
        self, rooms: set[str], operations: int
    ) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Each room's log and messages, as the database has them once all operations have come there."""
        conn = await asyncpg.connect(self.database_url)
        try:
            async with asyncio.timeout(30):
                while await conn.fetchval("SELECT count(*) FROM messages") < operations:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        except TimeoutError:
            pass  # the judge says what is missing
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
async def running_cluster(folder: Path, nodes: int = 2, **changes: Any) -> AsyncIterator[Cluster]:
    needs_built_files()
    with open_folder() as place, running_postgres(place) as postgres, running_redis(place / "redis") as redis:
        url = await new_database(postgres)
        await migrate(url)
        await add_agent(url, EMAIL, "Ginny", "csa", PASSWORD)
        processes = []
        for n in range(nodes):
            own = folder / f"node{n}"
            own.mkdir(parents=True)
            shared = {
                "database_url": url,
                "redis_url": redis.url,
                "secret": SECRET,
                "drain_s": 1.0,
                **changes,
            }
            processes.append(ServerProcess(settings_for(own, **shared), own))
        cluster = Cluster(processes, redis, postgres, url)
        try:
            await asyncio.gather(*(node.start() for node in processes))
            yield cluster
        finally:
            for node in processes:
                if node.runs:
                    await node.kill()
                print(node.text())
