"""A backup of PostgreSQL is put back as docs/operating.md says: visitors are known, and see what was in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import asyncpg

from cobrowse.core.messages import Position, Say
from tests.engines import PostgresServer, RedisServer, drop_database, new_database
from tests.nodes.conftest import eventually
from tests.serving import ServerProcess, needs_built_files, settings_for


def client(postgres: PostgresServer, program: str, url: str, text: bytes = b"") -> bytes:
    """What one of PostgreSQL's own programs says, told this."""
    command = postgres._command(program, "--dbname", url)
    return subprocess.run(command, input=text, check=True, stdout=subprocess.PIPE, cwd="/").stdout


async def messages(url: str) -> list[str]:
    conn = await asyncpg.connect(url)
    found = [text for (text,) in await conn.fetch('SELECT text FROM messages ORDER BY "offset"')]
    await conn.close()
    return found


async def test_wire7_node10_a_backup_that_is_restored_goes_on_with_its_visitors(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    needs_built_files()
    redis_server.flush()
    url = await new_database(postgres)
    shared = {"database_url": url, "redis_url": redis_server.url, "drain_s": 0.0}
    node = ServerProcess(settings_for(tmp_path, **shared), tmp_path)

    async def has(*texts: str) -> bool:
        return await messages(url) == [*texts]

    try:
        await node.start()
        shopper = await node.shopper()
        await shopper.done(Say("in the backup"))
        await eventually(lambda: has("in the backup"))
        backup = client(postgres, "pg_dump", url)
        lost = await shopper.done(Say("after it"))
        await eventually(lambda: has("in the backup", "after it"))
        await node.stop()
        await drop_database(postgres, url)
        client(
            postgres,
            "psql",
            postgres.address("postgres"),
            f"CREATE DATABASE {url.rpartition('/')[2]}".encode(),
        )
        client(postgres, "psql", url, backup)
        redis_server.flush()
        await node.start()
        # The tab has read further than the log goes now, and what it did is not there.
        ahead = Position(shopper.joined.position.epoch, lost.offset, lost.hash)
        back = await node.shopper(token=shopper.token, resume=shopper.joined.resume, position=ahead)
        assert (back.joined.room, back.joined.last) == (shopper.joined.room, 1)
        assert back.joined.view is not None
        assert [each.text for each in back.joined.view.conversation.messages] == ["in the backup"]
        await back.done(Say("and on"))
        await eventually(lambda: has("in the backup", "and on"))
        await node.let_go()
    finally:
        if node.runs:
            await node.stop()
        print(node.text())
    node.assert_no_traceback()
    await drop_database(postgres, url)
