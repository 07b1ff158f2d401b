"""The same records may come to the database again: whoever wrote them died before the feed knew. SPEC node.3."""

from __future__ import annotations

import logging

import msgspec
import pytest

from cobrowse.core import room as core
from cobrowse.core.items import nothing_known
from cobrowse.core.messages import AnyFact, Author, Finished, Increment, Said, Say, SiteView, Taken
from cobrowse.core.room import RoomState, Terms
from cobrowse.live.publication import Publication, pack, publication, unpack
from cobrowse.live.recorder import Recorder
from cobrowse.storage.engine import open_database
from tests.nodes.conftest import Rows

encode = msgspec.msgpack.Encoder().encode


async def stands() -> bool:
    """The log stands by what is written."""
    return True


def talk(room: str) -> list[Publication]:
    """A conversation as the log has it, from its first word to its end."""
    state = RoomState(room, "shop", "epoch")
    shopper, csa = Author("shopper", room), Author("csa", "ginny", "Ginny")
    records = []
    said: list[tuple[Author, AnyFact]] = [
        (shopper, Said("hello")),
        (csa, Taken()),
        (csa, Said("hi")),
        (shopper, Said("bye")),
        (csa, Finished()),
    ]
    for c, (by, fact) in enumerate(said, 1):
        entry = core.next_entry(state, by, 1, c, fact, float(c), encode(fact))
        before = state.conversation.number
        core.apply(state, entry)
        records.append(publication(state, entry, encode(entry), before))
    return records


async def test_node3_what_comes_again_is_written_once(
    database_url: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    engine = await open_database(database_url)
    recorder = Recorder(engine)
    records = talk("room")
    await recorder.project(records[:3], stands)
    # The node died here: the next one begins with what was written already.
    await recorder.project(records, stands)
    await recorder.project(records[1:], stands)
    assert await rows('SELECT "offset" FROM log ORDER BY "offset"') == [(n,) for n in range(1, 6)]
    said = await rows('SELECT author_role, text FROM messages ORDER BY "offset"')
    assert said == [("shopper", "hello"), ("csa", "hi"), ("shopper", "bye")]
    assert await rows("SELECT status, closed_at FROM conversations") == [("closed", 5.0)]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    await engine.dispose()


async def test_node3_another_entry_at_the_same_offset_is_reported_and_not_written(
    database_url: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    engine = await open_database(database_url)
    recorder = Recorder(engine)
    first, *_ = talk("room")
    await recorder.project([first], stands)
    other = first._replace(entry=msgspec.structs.replace(first.entry, hash=7, fact=Said("forged")))
    await recorder.project([other], stands)
    assert await rows("SELECT text FROM messages") == [("hello",)]
    assert "another entry 1" in caplog.text
    await engine.dispose()


async def test_node9_what_the_log_does_not_stand_by_is_not_written(database_url: str, rows: Rows) -> None:
    engine = await open_database(database_url)
    recorder = Recorder(engine)
    records = talk("room")

    async def is_lost() -> bool:
        return False

    assert await recorder.project(records[:2], stands)
    assert not await recorder.project(records, is_lost)
    assert await rows('SELECT "offset" FROM log ORDER BY "offset"') == [(1,), (2,)]
    assert await rows("SELECT text FROM messages") == [("hello",)]
    assert await recorder.project(records, stands)
    assert await rows("SELECT status FROM conversations") == [("closed",)]
    await engine.dispose()


async def test_node3_a_snapshot_waits_for_the_log_that_it_stands_on(database_url: str) -> None:
    engine = await open_database(database_url)
    recorder = Recorder(engine)
    records = talk("room")
    state = RoomState("room", "shop", "epoch")
    for record in records:
        core.apply(state, record.entry)
    snapshot = recorder.snapshot(state, 9.0)
    await recorder.project(records[:4], stands)
    assert await recorder.covered([snapshot]) == []
    await recorder.project(records, stands)
    assert await recorder.covered([snapshot]) == [snapshot]
    await engine.dispose()


async def test_node3_of_the_carts_that_come_together_the_last_is_written(
    database_url: str, rows: Rows
) -> None:
    """A step of the feed has one cart of its room: nobody would ever see the others."""
    engine = await open_database(database_url)
    state, shopper = RoomState("room", "shop", "epoch"), Author("shopper", "room")
    terms = Terms(
        SiteView("shop", "Alcove & Oak", "EUR", "ask"), nothing_known, b"a secret for the test of carts, 32"
    )
    records = []
    for c in range(1, 5):
        op = Increment("SKU-1", 1) if c != 4 else Say("three, please")
        fact = core.decide(state, shopper, 1, c, op, float(c), float(c), terms)
        entry = core.next_entry(state, shopper, 1, c, fact, float(c), encode(fact))
        before = state.conversation.number
        core.apply(state, entry)
        records.append(publication(state, entry, encode(entry), before))
    came = [unpack(packed) for packed in pack(records)]
    assert [record.cart is not None for record in came] == [False, False, True, False]
    assert [record.entry for record in came] == [record.entry for record in records]
    await Recorder(engine).project(came, stands)
    assert await rows("SELECT item_count, updated_at FROM carts") == [(3, 3.0)]
    await engine.dispose()
