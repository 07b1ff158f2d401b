"""Several nodes on one Redis and one PostgreSQL, both real."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from cobrowse.commands.agents import add_agent
from cobrowse.storage.engine import migrate
from tests.engines import PostgresServer, RedisServer, drop_database, new_database
from tests.serving import EMAIL, PASSWORD, LocalServer, serving, settings_for

SECRET = "a secret that every node of this test knows"


@pytest.fixture
async def database_url(postgres: PostgresServer) -> AsyncIterator[str]:
    """A migrated database with one agent."""
    url = await new_database(postgres)
    await migrate(url)
    await add_agent(url, EMAIL, "Ginny", "csa", PASSWORD)
    yield url
    await drop_database(postgres, url)


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    """What the database says, read beside the nodes."""
    conn = await asyncpg.connect(database_url)

    async def fetch(statement: str, *values: object) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await conn.fetch(statement, *values)]

    yield fetch
    await conn.close()


async def eventually(holds: Callable[[], Awaitable[bool]], within_s: float = 60.0) -> None:
    """Returns once it holds: for what no frame tells, such as rows that the projector writes."""
    async with asyncio.timeout(within_s):
        while not await holds():  # noqa: ASYNC110 - the database has no event to wait for
            await asyncio.sleep(0.05)


Rows = Callable[..., Awaitable[list[tuple[Any, ...]]]]
StartNode = Callable[..., Awaitable[LocalServer]]


@pytest.fixture
async def start_node(
    tmp_path: Path, redis_server: RedisServer, database_url: str
) -> AsyncIterator[StartNode]:
    """Starts nodes in this process: `await start_node(heartbeat_s=1.0)`."""
    redis_server.flush()
    async with AsyncExitStack() as stack:

        async def start(*, rules: Any = (), **changes: Any) -> LocalServer:
            folder = tmp_path / uuid.uuid4().hex
            settings = settings_for(
                folder,
                **{
                    "database_url": database_url,
                    "redis_url": redis_server.url,
                    "secret": SECRET,
                    "drain_s": 0.0,
                    **changes,
                },
            )
            running = serving(settings, folder, rules=rules, agent=False)
            return await stack.enter_async_context(running)

        yield start
