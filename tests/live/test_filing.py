"""What is durable is filed once it has rested, and after a crash at once. SPEC room.12."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from cobrowse.core import room as core
from cobrowse.core.items import nothing_known
from cobrowse.core.messages import AnyOperation, Author, Event, Increment, Page, Say, SiteView
from cobrowse.core.room import RoomState, Terms
from cobrowse.live.filing import REST_S, ROOMS_AT_ONCE, ROWS_A_ROUND
from cobrowse.live.publication import Publication, publication
from cobrowse.live.recorder import Recorder
from cobrowse.storage import checkpoints
from cobrowse.storage.bulk import Bulk, Writer
from cobrowse.storage.engine import migrate_down, open_database
from cobrowse.storage.errors import DatabaseUnusable
from cobrowse.storage.owner import owning
from tests.wire import WITHIN_S

encode = msgspec.msgpack.Encoder().encode
TERMS = Terms(
    SiteView("shop", "Alcove & Oak", "EUR", "ask"), nothing_known, b"a secret of 32 bytes for the tests"
)


FRAME_BYTES = 24 + 4096
"""A page in SQLite's log, with its head."""


class Shopper:
    """Makes the records of one room."""

    def __init__(self, room: str) -> None:
        self.state = RoomState(room, "shop", "epoch")
        self.author = Author("shopper", room)
        self._c = 0

    def does(self, op: AnyOperation, at: float) -> Publication:
        self._c += 1
        fact = core.decide(self.state, self.author, 1, self._c, op, at, at, TERMS)
        entry = core.next_entry(self.state, self.author, 1, self._c, fact, at, encode(fact))
        before = self.state.conversation.number
        core.apply(self.state, entry)
        return publication(self.state, entry, encode(entry), before)


class Database:
    """A SQLite database, a recorder on it, and the time that the recorder sees."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 100.0
        self.recorder: Recorder

    async def open(self) -> None:
        self.engine = await open_database(f"sqlite:///{self.path}")
        self.recorder = Recorder(self.engine, monotonic=lambda: self.now)

    async def close(self) -> None:
        """As a crash would: what waits in memory is gone."""
        await self.recorder.close()
        await self.engine.dispose()

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as conn:
            conn.execute(statement)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as conn:
            return conn.execute(statement).fetchall()

    def counts(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT room, item_count FROM carts ORDER BY room")

    def log(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT room, offset FROM log ORDER BY room, offset")

    def unfiled(self) -> list[int]:
        return [number for (number,) in self.rows("SELECT number FROM unfiled ORDER BY number")]

    def files(self) -> tuple[bytes, bytes]:
        """The database's file, and SQLite's log of what is to come into it."""
        return self.path.read_bytes(), Path(f"{self.path}-wal").read_bytes()

    def restore(self, data: bytes, log: bytes) -> None:
        self.path.write_bytes(data)
        Path(f"{self.path}-wal").write_bytes(log)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "kept.db")
    await database.open()
    yield database
    await database.close()


async def test_room12_a_commit_is_there_at_once_and_the_tables_follow_when_it_has_rested(
    database: Database,
) -> None:
    shopper = Shopper("a")
    await database.recorder.commit([shopper.does(Increment("desk", 1), 1.0)])
    await database.recorder.settle()
    assert (database.counts(), database.log(), database.unfiled()) == ([], [], [1])
    database.now += REST_S
    await database.recorder.commit([shopper.does(Increment("desk", 2), 2.0)])
    await database.recorder.settle()
    # The cart is the newest, the log goes as far as what has rested.
    assert (database.counts(), database.log(), database.unfiled()) == ([("a", 3)], [("a", 1)], [2])
    await database.recorder.settle(all_=True)
    assert (database.log(), database.unfiled()) == ([("a", 1), ("a", 2)], [])
    # Written once: until something changes nothing waits.
    await database.recorder.settle(all_=True)
    await database.recorder.commit([shopper.does(Increment("desk", 3), 3.0)])
    assert (database.counts(), database.unfiled()) == ([("a", 3)], [3])


async def test_room12_a_crash_leaves_nothing_behind(database: Database) -> None:
    shopper, other = Shopper("a"), Shopper("b")
    records = [
        shopper.does(Event("page_view", Page("/desk", "Desk")), 1.0),
        shopper.does(Increment("desk", 2), 2.0),
        other.does(Increment("lamp", 1), 3.0),
    ]
    await database.recorder.commit(records)
    await database.recorder.save([database.recorder.snapshot(other.state, 4.0)])
    await database.close()
    await database.open()
    assert (database.counts(), database.log()) == ([], [])
    await database.recorder.catch_up()
    assert database.counts() == [("a", 2), ("b", 1)]
    assert database.log() == [("a", 1), ("a", 2), ("b", 1)]
    assert database.rows("SELECT id, first_seen, visits FROM visitors") == [("a", 1.0, 1)]
    assert database.unfiled() == []


async def test_room12_a_filing_that_breaks_off_is_done_again(database: Database) -> None:
    shopper, other = Shopper("a"), Shopper("b")
    await database.recorder.commit([shopper.does(Increment("desk", n), n) for n in (1, 2)])
    await database.recorder.commit([other.does(Increment("lamp", 1), 3.0)])
    database.change(
        "CREATE TRIGGER full BEFORE INSERT ON log WHEN new.room = 'b' BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    database.change("CREATE TRIGGER kept BEFORE DELETE ON unfiled BEGIN SELECT RAISE(ABORT, 'full'); END")
    for _ in range(2):
        with pytest.raises(DBAPIError):
            await database.recorder.settle(all_=True)
    assert database.unfiled() == [1, 2]
    database.change("DROP TRIGGER full")
    with pytest.raises(DBAPIError):
        await database.recorder.settle(all_=True)
    assert (len(database.log()), database.unfiled()) == (3, [1, 2])
    await database.recorder.commit([shopper.does(Increment("desk", 3), 4.0)])
    await database.close()
    database.change("DROP TRIGGER kept")
    await database.open()
    await database.recorder.catch_up()
    assert database.log() == [("a", 1), ("a", 2), ("a", 3), ("b", 1)]
    assert (database.counts(), database.unfiled()) == ([("a", 6), ("b", 1)], [])


async def test_room12_a_room_that_is_loaded_before_its_rows_are_filed_is_whole(database: Database) -> None:
    shopper = Shopper("a")
    await database.recorder.commit([shopper.does(Increment("desk", 1), 1.0)])
    await database.recorder.settle(all_=True)
    await database.recorder.commit([shopper.does(Increment("desk", 2), 2.0)])
    await database.recorder.commit([shopper.does(Say("hello"), 3.0)])
    await database.recorder.commit([shopper.does(Increment("lamp", 1), 4.0)])
    state, entries = await database.recorder.load("a")
    assert state is not None
    assert [entry.offset for entry in entries] == [1, 2, 3, 4]
    for entry in entries:
        core.apply(state, entry)
    assert state.head == shopper.state.head


async def test_room12_a_commit_of_which_nobody_knows_is_taken_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is there and the answer was lost: what was told to nobody must not come up later."""
    shopper = Shopper("a")
    await database.recorder.commit([shopper.does(Increment("desk", 1), 1.0)])
    lost, again = shopper.does(Increment("desk", 9), 2.0), Shopper("a")
    again.does(Increment("desk", 1), 1.0)
    write = Writer.write

    async def write_and_fail(self: Writer, bulks: Sequence[Bulk]) -> None:
        await write(self, bulks)
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Writer, "write", write_and_fail)
    with pytest.raises(sqlite3.OperationalError):
        await database.recorder.commit([lost])
    assert database.unfiled() == [1, 2]
    monkeypatch.setattr(Writer, "write", write)
    await database.recorder.commit([again.does(Increment("lamp", 1), 3.0)])
    assert database.unfiled() == [1, 3]
    await database.close()
    await database.open()
    await database.recorder.catch_up()
    ((payload,),) = database.rows("SELECT payload FROM log WHERE offset = 2")
    assert b"lamp" in payload
    assert database.counts() == [("a", 2)]


async def test_room12_what_is_not_filed_outlives_migrations_down_and_up(database: Database) -> None:
    shopper, other = Shopper("a"), Shopper("b")
    await database.recorder.commit([other.does(Increment("lamp", 1), 1.0)])
    await database.recorder.settle(all_=True)
    await database.recorder.commit([shopper.does(Increment("desk", n), n) for n in (1, 2)])
    await database.close()
    await migrate_down(f"sqlite:///{database.path}", "0004")
    assert database.log() == [("a", 1), ("a", 2), ("b", 1)]
    assert database.rows("SELECT room FROM behind") == [("a",)]
    assert database.rows("SELECT site, epoch FROM rooms WHERE room = 'a'") == [("shop", "epoch")]
    await database.open()
    assert database.unfiled() == [1]
    await database.recorder.catch_up()
    assert (database.counts(), database.unfiled()) == ([("a", 3), ("b", 1)], [])
    assert database.log() == [("a", 1), ("a", 2), ("b", 1)]


async def test_room12_whatever_a_power_cut_takes_of_the_filing_nothing_acknowledged_is_lost(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY_S", 3_600.0)  # all stays in SQLite's log, in its order
    crowd = [Shopper(name) for name in "abcd"]
    for n in (1, 2):
        await database.recorder.commit([each.does(Increment("desk", n), n) for each in crowd])
    _, synced = database.files()
    await database.recorder.settle(all_=True)
    data, log = database.files()
    expected = (database.counts(), database.log())
    assert len(expected[1]) == 8
    frames = range(len(synced), len(log) + 1, FRAME_BYTES)
    assert len(frames) > 5
    for cut in frames[:: len(frames) // 5]:
        after = Database(tmp_path / f"cut-{cut}.db")
        after.restore(data, log[:cut])
        await after.open()
        await after.recorder.catch_up()
        assert ((after.counts(), after.log()), after.unfiled()) == (expected, [])
        await after.close()


async def test_room12_a_commit_is_synced_and_its_filing_is_not(database: Database) -> None:
    async def level() -> int:
        """What the writer asked of the disk when it last wrote: 2 is FULL, 1 is NORMAL."""
        found: list[int] = []
        writer = database.recorder._writer
        assert writer is not None
        await writer._do(
            lambda: found.extend(
                writer._conn.execute("PRAGMA synchronous").fetchone() if writer._conn else ()
            )
        )
        return found[0]

    shopper = Shopper("a")
    for n in (1, 2):
        await database.recorder.commit([shopper.does(Increment("desk", 1), n)])
        assert await level() == 2
        await database.recorder.settle(all_=True)
        assert await level() == 1
    await database.recorder.probe()
    assert await level() == 2


async def test_room12_nothing_is_looked_for_until_there_is_something_to_file(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cobrowse.live.recorder.FILE_EVERY_S", 0.0)
    shopper = Shopper("a")
    for n in (1, 2):
        due = asyncio.create_task(database.recorder.due())
        await asyncio.sleep(0)
        assert not due.done()
        await database.recorder.commit([shopper.does(Increment("desk", 1), n)])
        await asyncio.wait_for(due, WITHIN_S)
        # As long as any of it is too young it is looked for again.
        await database.recorder.settle()
        await asyncio.wait_for(database.recorder.due(), WITHIN_S)
        database.now += REST_S
        await database.recorder.settle()
        assert database.counts() == [("a", n)]


async def test_room12_one_server_to_a_database(database: Database) -> None:
    second = await open_database(f"sqlite:///{database.path}")
    with owning(database.engine), pytest.raises(DatabaseUnusable, match="another server"), owning(second):
        pass
    with owning(second):
        pass
    await second.dispose()


async def test_room12_what_is_said_brings_the_visitor_along_and_nothing_older_comes_after(
    database: Database,
) -> None:
    shopper = Shopper("a")
    await database.recorder.commit([shopper.does(Event("page_view", Page("/desk", "Desk")), 1.0)])
    await database.recorder.commit([shopper.does(Say("hello"), 2.0)])
    assert database.rows("SELECT visitor FROM contacts") == [("a",)]
    await database.recorder.commit(
        [shopper.does(Event("page_view", Page("/lamp", "Lamp")), 5.0), shopper.does(Say("well?"), 6.0)]
    )
    await database.recorder.settle(all_=True)
    assert database.rows("SELECT last_seen FROM visitors") == [(5.0,)]


async def test_room12_a_commit_that_fails_shows_nothing(database: Database) -> None:
    shopper, other = Shopper("a"), Shopper("b")
    await database.recorder.commit([shopper.does(Increment("desk", 1), 1.0)])
    database.change("CREATE TRIGGER full BEFORE INSERT ON unfiled BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(DBAPIError):
        await database.recorder.commit(
            [shopper.does(Increment("desk", 1), 2.0), other.does(Increment("lamp", 1), 3.0)]
        )
    await database.recorder.settle(all_=True)
    assert database.counts() == [("a", 1)]
    assert (database.log(), database.unfiled()) == ([("a", 1)], [])


async def test_room12_a_crowd_is_written_in_parts(database: Database) -> None:
    crowd = [Shopper(f"room-{number}") for number in range(2 * ROOMS_AT_ONCE + 1)]
    for n in range(1, 2 + ROWS_A_ROUND // len(crowd)):
        await database.recorder.commit([each.does(Increment("desk", n), 1.0) for each in crowd])
    database.now += REST_S
    await database.recorder.settle()
    assert len(database.counts()) == len(crowd)
    assert len(database.log()) > ROWS_A_ROUND
    assert database.unfiled() == []
