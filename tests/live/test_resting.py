"""Carts and visitors follow the log once a change has rested, and after a crash at once. SPEC room.12."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
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
from cobrowse.live.publication import Publication, publication
from cobrowse.live.recorder import Recorder
from cobrowse.live.resting import AT_ONCE, REST_S
from cobrowse.storage.engine import open_database

encode = msgspec.msgpack.Encoder().encode
TERMS = Terms(
    SiteView("shop", "Alcove & Oak", "EUR", "ask"), nothing_known, b"a secret of 32 bytes for the tests"
)


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

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as conn:
            return conn.execute(statement).fetchall()

    def counts(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT room, item_count FROM carts ORDER BY room")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "kept.db")
    await database.open()
    yield database
    await database.close()


async def test_room12_the_log_is_there_at_once_and_the_cart_when_it_has_rested(database: Database) -> None:
    shopper = Shopper("a")
    await database.recorder.commit([shopper.does(Increment("desk", 1), 1.0)])
    assert database.rows("SELECT room, offset FROM log") == [("a", 1)]
    await database.recorder.settle()
    assert (database.counts(), database.rows("SELECT room FROM behind")) == ([], [("a",)])
    database.now += REST_S
    await database.recorder.commit([shopper.does(Increment("desk", 2), 2.0)])
    await database.recorder.settle()
    assert (database.counts(), database.rows("SELECT room FROM behind")) == ([("a", 3)], [])
    # Written once: until something changes nothing waits.
    await database.recorder.settle(all_=True)
    await database.recorder.commit([shopper.does(Increment("desk", 3), 3.0)])
    assert (database.counts(), database.rows("SELECT room FROM behind")) == ([("a", 3)], [("a",)])


async def test_room12_a_crash_leaves_no_cart_and_no_visitor_behind(database: Database) -> None:
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
    assert database.counts() == []
    await database.recorder.catch_up()
    assert database.counts() == [("a", 2), ("b", 1)]
    assert database.rows("SELECT id, first_seen, visits FROM visitors") == [("a", 1.0, 1)]
    assert database.rows("SELECT room FROM behind") == []


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
    twice = shopper.does(Increment("desk", 1), 2.0)
    await database.recorder.commit([twice])
    with pytest.raises(DBAPIError):
        await database.recorder.commit([twice, other.does(Increment("lamp", 1), 3.0)])
    await database.recorder.settle(all_=True)
    assert database.counts() == [("a", 2)]
    assert database.rows("SELECT room FROM behind") == []


async def test_room12_a_crowd_is_written_in_parts(database: Database) -> None:
    crowd = [Shopper(f"room-{number}") for number in range(2 * AT_ONCE + 1)]
    await database.recorder.commit([each.does(Increment("desk", 1), 1.0) for each in crowd])
    database.now += REST_S
    await database.recorder.settle()
    assert len(database.counts()) == len(crowd)
    assert database.rows("SELECT count(*) FROM behind") == [(0,)]
