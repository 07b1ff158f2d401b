"""The secret that all servers of a database sign with."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cobrowse.storage import signing
from cobrowse.storage.engine import reading
from cobrowse.storage.errors import SecretDiffers, SecretMissing
from cobrowse.storage.schema import secrets


async def agreed(engine: AsyncEngine, given: str = "", fresh: str = "fresh") -> str:
    async with engine.begin() as conn:
        return await signing.agreed(conn, given, fresh)


async def kept(engine: AsyncEngine) -> list[str | None]:
    async with reading(engine) as conn:
        return list((await conn.execute(select(secrets.c.value))).scalars())


async def test_node10_servers_that_start_at_once_agree_on_one_secret(engine: AsyncEngine) -> None:
    found = await asyncio.gather(*(agreed(engine, fresh=f"of server {n}") for n in range(6)))
    assert len(set(found)) == 1
    assert await agreed(engine, fresh="later") == found[0]
    assert await kept(engine) == [found[0]]


async def test_node10_a_secret_that_is_set_is_not_in_the_database(engine: AsyncEngine) -> None:
    assert await agreed(engine, given="set") == "set"
    assert await kept(engine) == [None]
    # Changing it is the operator's, as ever; forgetting it on one server would cost visitors their rooms.
    assert await agreed(engine, given="another") == "another"
    with pytest.raises(SecretMissing, match="COBROWSE_SECRET"):
        await agreed(engine)


async def test_node10_a_kept_secret_is_taken_out_by_setting_it(engine: AsyncEngine) -> None:
    made = await agreed(engine, fresh="made here")
    with pytest.raises(SecretDiffers) as refused:
        await agreed(engine, given="another")
    assert made not in str(refused.value)
    assert await agreed(engine, given=made) == made
    assert await kept(engine) == [None]
