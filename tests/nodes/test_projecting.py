"""The same records may come to the database again: whoever wrote them died before the feed knew. SPEC node.3."""

from __future__ import annotations

import logging

import msgspec
import pytest

from cobrowse.core import room as core
from cobrowse.core.messages import AnyFact, Author, Finished, Said, Taken
from cobrowse.core.room import RoomState
from cobrowse.live.publication import Publication, publication
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
