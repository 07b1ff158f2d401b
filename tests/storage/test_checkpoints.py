"""SQLite's log is carried into its file beside the commits, and begun anew; nothing acknowledged depends on it."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from cobrowse.storage import checkpoints, engine, unfiled
from cobrowse.storage.bulk import Writer
from cobrowse.storage.checkpoints import Checkpointer
from cobrowse.storage.engine import migrate
from cobrowse.storage.unfiled import Commit
from tests.wire import WITHIN_S

SALT = slice(16, 24)
"""Of the log's header: another one each time that it is begun anew."""

WRITES_UNTIL_KILLED = """
import asyncio, itertools, sys
from cobrowse.storage import checkpoints, unfiled
from cobrowse.storage.bulk import Writer
from cobrowse.storage.checkpoints import Checkpointer
from cobrowse.storage.unfiled import Commit
checkpoints.EVERY_S, checkpoints.LONG_PAGES = 0.0, 5

async def write():
    writer = Writer(sys.argv[1])
    for number in itertools.count(1):
        await writer.write([unfiled.keeping(number, Commit((), ()))])
        print(number, flush=True)

asyncio.run(write())
"""


def salt(path: Path) -> bytes:
    return Path(f"{path}-wal").read_bytes()[SALT]


async def test_the_log_is_begun_anew_while_writing_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY_S", 0.01)
    monkeypatch.setattr(checkpoints, "LONG_PAGES", 20)
    monkeypatch.setattr(engine, "MAX_LOG_PAGES", 0)  # no commit carries of its own accord
    path = tmp_path / "kept.db"
    await migrate(f"sqlite:///{path}")
    writer = Writer(str(path))
    number = 0
    async with asyncio.timeout(WITHIN_S):
        for _ in range(3):
            await writer.write([unfiled.keeping(number := number + 1, Commit((), ()))], synced=False)
            before = salt(path)
            while salt(path) == before:
                await writer.write([unfiled.keeping(number := number + 1, Commit((), ()))], synced=False)
    await writer.close()
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("SELECT count(*) FROM unfiled").fetchone() == (number,)


async def test_whoever_writes_without_a_pause_is_asked_to_carry_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.db"
    await migrate(f"sqlite:///{path}")
    monkeypatch.setattr(checkpoints, "EVERY_S", 0.0)
    monkeypatch.setattr(checkpoints, "LONG_PAGES", 0)
    asked = threading.Event()
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("INSERT INTO unfiled VALUES (1, x'')")
        checkpointer = Checkpointer(lambda: sqlite3.connect(path, isolation_level=None), asked.set)
        checkpointer.note()
        assert await asyncio.to_thread(asked.wait, WITHIN_S)
        checkpointer.close()


async def test_a_writer_that_has_carried_the_rest_begins_the_log_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY_S", 3_600.0)
    path = tmp_path / "kept.db"
    await migrate(f"sqlite:///{path}")
    writer = Writer(str(path))
    await writer.write([unfiled.keeping(1, Commit((), ()))])
    before = salt(path)
    await writer.write([unfiled.keeping(2, Commit((), ()))])
    assert salt(path) == before
    writer._finish()
    await writer.write([unfiled.keeping(3, Commit((), ()))])
    assert salt(path) != before
    await writer.close()


async def test_room12_killed_while_the_log_is_carried_all_that_was_acknowledged_is_there(
    tmp_path: Path,
) -> None:
    path = tmp_path / "kept.db"
    await migrate(f"sqlite:///{path}")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITES_UNTIL_KILLED, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    acknowledged = 0
    salts: set[bytes] = set()
    async with asyncio.timeout(WITHIN_S):
        while acknowledged < 100 or len(salts) < 3:
            acknowledged = int(await process.stdout.readline())
            salts.add(salt(path))
    os.kill(process.pid, signal.SIGKILL)
    left = await process.stdout.read()
    await process.wait()
    acknowledged = max([acknowledged, *map(int, left.split(b"\n")[:-1])])
    with closing(sqlite3.connect(path)) as conn:
        numbers = [number for (number,) in conn.execute("SELECT number FROM unfiled ORDER BY number")]
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert numbers[:acknowledged] == list(range(1, acknowledged + 1))
    assert len(numbers) <= acknowledged + 1
