"""Every test that keeps anything runs on each back end: SQLite, and PostgreSQL where COBROWSE_TEST_POSTGRES
names a server on which databases may be created, as postgresql://user@host/postgres.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cobrowse.storage.engine import migrate, open_database

POSTGRES = os.environ.get("COBROWSE_TEST_POSTGRES", "")
BACK_ENDS = ["sqlite", "postgresql"] if POSTGRES else ["sqlite"]


@pytest.fixture(params=BACK_ENDS)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database that is empty: not even migrated."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/kept/cobrowse.db"
        return
    name = f"cobrowse_{uuid.uuid4().hex}"
    server = create_async_engine(
        make_url(POSTGRES).set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT"
    )
    async with server.connect() as conn:
        await conn.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    async with server.connect() as conn:
        await conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await server.dispose()


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
