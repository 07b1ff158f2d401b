from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cobrowse.storage import journal
from cobrowse.storage.engine import reading
from cobrowse.storage.errors import LogConflict
from cobrowse.storage.journal import Snapshot
from tests.storage.samples import log_row


def snapshot(offset: int, epoch: str = "a", state: bytes = b"\x00state") -> Snapshot:
    return Snapshot("room", "shop", epoch, offset, 0xFFFF_FFFF, state, 1.7e9)


async def test_the_tail_is_what_was_appended_in_order(conn: AsyncConnection) -> None:
    rows = [log_row(n) for n in range(1, 6)]
    await journal.append(conn, rows[:1])
    await journal.append(conn, [rows[3], rows[1], rows[2], rows[4], log_row(1, room="other")])
    assert await journal.tail(conn, "room", 0, 10) == rows
    assert await journal.tail(conn, "room", 2, 2) == rows[2:4]
    assert await journal.tail(conn, "room", 5, 10) == []
    assert await journal.tail(conn, "nowhere", 0, 10) == []


async def test_appending_nothing_does_nothing(conn: AsyncConnection) -> None:
    await journal.append(conn, [])
    assert await journal.tail(conn, "room", 0, 10) == []


async def test_an_entry_that_is_there_already_is_a_conflict_and_nothing_is_kept(
    engine: AsyncEngine,
) -> None:
    async with engine.begin() as conn:
        await journal.append(conn, [log_row(1)])
    with pytest.raises(LogConflict, match="expected 2 new log rows"):
        async with engine.begin() as conn:
            await journal.append(conn, [log_row(3), log_row(1, counter=2)])
    async with reading(engine) as conn:
        assert await journal.tail(conn, "room", 0, 10) == [log_row(1)]


async def test_the_latest_snapshot_is_kept(conn: AsyncConnection) -> None:
    assert await journal.load_snapshot(conn, "room") is None
    await journal.save_snapshot(conn, snapshot(10))
    await journal.save_snapshot(conn, snapshot(10))
    assert await journal.load_snapshot(conn, "room") == snapshot(10)
    await journal.save_snapshot(conn, snapshot(20, state=b"later"))
    await journal.save_snapshot(conn, snapshot(15, state=b"late to arrive"))
    assert await journal.load_snapshot(conn, "room") == snapshot(20, state=b"later")


async def test_a_new_epoch_replaces_the_snapshot_whatever_its_offset(conn: AsyncConnection) -> None:
    await journal.save_snapshot(conn, snapshot(20))
    await journal.save_snapshot(conn, snapshot(0, epoch="b"))
    assert await journal.load_snapshot(conn, "room") == snapshot(0, epoch="b")


async def test_room13_what_is_old_and_before_the_snapshot_is_deleted(conn: AsyncConnection) -> None:
    rows = [log_row(n) for n in range(1, 7)]
    await journal.append(conn, [*rows, log_row(1, room="other"), log_row(2, room="other")])
    for room in ("room", "other"):
        await journal.save_snapshot(conn, replace(snapshot(0), room=room))
    later = rows[-1].at + 1

    async def old(at: float) -> list[str]:
        found, last = await journal.rooms_with_entries_before(conn, at, "", 10)
        assert last == "room"
        return found

    assert await old(later) == []
    assert await journal.trim(conn, ["room", "other"], later) == 0, "no snapshot covers it"
    await journal.save_snapshot(conn, snapshot(5))
    assert await old(later) == ["room"]
    assert await old(rows[0].at) == []
    assert await journal.trim(conn, ["room", "other"], rows[2].at) == 2, "the third is not older"
    assert await journal.tail(conn, "room", 0, 10) == rows[2:]
    assert await journal.trim(conn, ["room"], later) == 2, "the snapshot's own stays"
    assert await journal.tail(conn, "room", 0, 10) == rows[4:]
    assert await journal.held(conn, [("room", 5)]) == {("room", 5): rows[4].hash}
    assert await old(later) == []
    assert len(await journal.tail(conn, "other", 0, 10)) == 2


async def test_room13_rooms_are_looked_at_some_at_a_time(conn: AsyncConnection) -> None:
    for n in range(5):
        await journal.append(conn, [log_row(1, room=f"r{n}"), log_row(2, room=f"r{n}")])
        await journal.save_snapshot(conn, replace(snapshot(2 * (n % 2)), room=f"r{n}"))
    looked: list[tuple[list[str], str | None]] = []
    last: str | None = ""
    while last is not None:
        looked.append(await journal.rooms_with_entries_before(conn, 2e9, last, 2))
        last = looked[-1][1]
    assert looked == [(["r1"], "r1"), (["r3"], "r3"), ([], "r4"), ([], None)]
