"""Every test that keeps anything runs on each back end: SQLite, and a real PostgreSQL, which the tests start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cobrowse.storage.engine import migrate, open_database
from tests.engines import PostgresServer, drop_database, new_database


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database that is empty: not even migrated."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/kept/cobrowse.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = await new_database(server)
    yield url
    await drop_database(server, url)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A database with this version's tables."""
    await migrate(database_url)
    engine = await open_database(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def conn(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction that may write."""
    async with engine.connect() as conn:
        yield conn
