"""Two nodes that are told where Redis and the database are, and nothing else. SPEC node.10."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cobrowse.commands.agents import add_agent
from cobrowse.core.messages import Increment, Said, Say
from cobrowse.settings import Settings
from tests.engines import PostgresServer, RedisServer, drop_database, new_database
from tests.serving import EMAIL, ORIGIN, PASSWORD, ServerProcess, needs_built_files, settings_for

SHOP = f"""
[[sites]]
key = "shop"
name = "Alcove & Oak"
origins = ["{ORIGIN}"]
"""
"""All that the settings' file says: which shop this is, as for one process."""

PUBLIC_URL = Settings().public_url


class Told(ServerProcess):
    """`cobrowse serve` in the folder of the shop's file, with the two variables and a port."""

    def __init__(self, folder: Path, redis_url: str, database_url: str) -> None:
        folder.mkdir()
        super().__init__(settings_for(folder, public_url=PUBLIC_URL), folder)
        (folder / "cobrowse.toml").write_text(SHOP)
        self.url = f"http://127.0.0.1:{self.settings.port}"
        self._told = {
            "COBROWSE_REDIS_URL": redis_url,
            "COBROWSE_DATABASE_URL": database_url,
            "COBROWSE_PORT": str(self.settings.port),
        }
        self._folder = folder

    def command(self) -> list[str]:
        others = [f"--unset={name}" for name in os.environ if name.startswith("COBROWSE_")]
        told = [f"{name}={value}" for name, value in self._told.items()]
        place = [f"--chdir={self._folder}", f"PYTHONPATH={Path(__file__).parents[2]}"]
        return ["env", *others, *place, *told, sys.executable, "-m", "cobrowse", "serve"]


@pytest.fixture
async def nodes(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> AsyncIterator[list[Told]]:
    """Two that were started at the same moment, on a database in which there was nothing."""
    needs_built_files()
    redis_server.flush()
    url = await new_database(postgres)
    told = [Told(tmp_path / f"node{n}", redis_server.url, url) for n in range(2)]
    async with AsyncExitStack() as stack:
        stack.push_async_callback(drop_database, postgres, url)
        for node in told:
            stack.push_async_callback(_end, node)
        await asyncio.gather(*(node.start() for node in told))
        await add_agent(url, EMAIL, "Ginny", "csa", PASSWORD)
        yield told


async def _end(node: Told) -> None:
    await node.let_go()
    if node.runs:
        await node.stop()
    print(node.text())
    node.assert_no_traceback()


async def test_node10_two_addresses_are_all_that_nodes_are_told(nodes: list[Told]) -> None:
    a, b = nodes
    shopper = await a.shopper()
    room = shopper.joined.room
    # As through the address that browsers use, behind which both are.
    answer = await b.post_sign_in(EMAIL, PASSWORD, origin=PUBLIC_URL)
    assert answer.status_code == 303, answer.text
    csa = await b.connect(PUBLIC_URL, answer.headers["set-cookie"].split(";")[0])
    await csa.hello_csa()
    await csa.card(room, lambda _: True)  # until then the room is one that the CSA's node has never heard of
    await csa.enter(room)
    await shopper.done(Increment("desk", 1))
    await shopper.done(Say("does it fit?"))
    await csa.entry(lambda entry: entry.fact == Said("does it fit?"))
    await csa.done(Say("it does"))
    await shopper.entry(lambda entry: entry.fact == Said("it does"))
    # One signs what the other believes.
    tab = await b.shopper(token=shopper.token, resume=shopper.joined.resume)
    assert (tab.joined.room, tab.joined.replica) == (room, shopper.joined.replica)
