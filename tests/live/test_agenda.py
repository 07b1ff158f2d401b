"""Nothing runs for rooms in which nothing happens: neither rules nor sweep look at them. SPEC rule.7, audit.1."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cobrowse.broker.memory import MemoryBroker
from cobrowse.core.messages import Author, Increment, SiteView
from cobrowse.live.agenda import Agenda
from cobrowse.live.publication import Publication
from cobrowse.live.recorder import Recorder
from cobrowse.live.room import SNAPSHOT_EVERY, Room
from cobrowse.live.rooms import Rooms
from cobrowse.storage.engine import open_database
from tests.live.quiet import Peer

WITHIN_S = 30.0
SITE = SiteView("shop", "Shop", "GBP", "ask")


class Hub:
    """As much of one as rooms need: what is durable is delivered, and its room is tended."""

    def __init__(self, recorder: Recorder) -> None:
        self.broker: MemoryBroker[Publication] = MemoryBroker(recorder.commit, self.deliver, self.deliver)
        self.rooms = Rooms(recorder, self.broker, {"shop": SITE}, {}, {}, {}, b"s" * 32, lambda: 1e9)

    def deliver(self, batch: Sequence[Publication]) -> None:
        for record in batch:
            room = self.rooms.get(record.room)
            assert room is not None
            room.deliver([record])
            self.rooms.touch(room)


@asynccontextmanager
async def hub(folder: Path) -> AsyncIterator[Hub]:
    engine = await open_database(f"sqlite:///{folder}/rooms.db")
    recorder = Recorder(engine)
    made = Hub(recorder)
    running = asyncio.create_task(made.broker.run())
    yield made
    running.cancel()
    await recorder.close()
    await engine.dispose()


async def visited(rooms: Rooms, key: str) -> Room:
    room = await rooms.begin(key, "shop")
    room.join(Peer(Author("shopper", key)), room.take_replica(None), "", None)
    return room


async def test_rule7_the_agenda_wakes_for_what_happens_and_for_what_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cobrowse.live.agenda.LOOK_EVERY_S", 3_600.0)  # nothing but an event wakes it
    async with hub(tmp_path) as here:
        room = await visited(here.rooms, "r")
        agenda = Agenda()
        agenda.remind("r", 1_000.5)
        agenda.remind("a room that is no longer here", 1_000.0)
        agenda.note(room)
        agenda.note(room)
        await asyncio.wait_for(agenda.due(now=0.0), WITHIN_S)
        assert agenda.take(here.rooms, 900.0) == [(room, 900.0)]
        assert agenda.take(here.rooms, 900.0) == []
        await asyncio.wait_for(agenda.due(now=1_000.5), WITHIN_S)
        assert agenda.take(here.rooms, 1_001.0) == [(room, 1_000.5)]
        waiting = asyncio.create_task(agenda.due(now=0.0))
        await asyncio.sleep(0)
        assert not waiting.done()
        agenda.note(room)
        await asyncio.wait_for(waiting, WITHIN_S)


async def test_audit1_rooms_at_rest_are_not_looked_at_and_the_others_until_they_are(tmp_path: Path) -> None:
    async with hub(tmp_path) as here:
        rooms = here.rooms
        here_still, left = await visited(rooms, "here"), await visited(rooms, "left")
        left.leave(left.members[0])
        assert rooms.stale(0.0, 60.0) == []
        assert rooms.restless == 1  # nobody is in it: it is looked at until it may go
        assert rooms.stale(61.0, 60.0) == [left]
        here_still.looked(Author("csa", "ginny", "Ginny"), on=True)
        rooms.touch(here_still)
        assert rooms.stale(62.0, 60.0) == [left]
        assert rooms.shared() == [here_still]  # until the log has who looks
        here_still.tend_sharing(1e9)
        await here.broker.flush()
        assert rooms.stale(63.0, 60.0) == [left]
        assert rooms.shared() == []
        member = here_still.members[0]
        for c in range(1, SNAPSHOT_EVERY):
            here_still.do(member, c, Increment("SKU-1", 1), 1e9, 1e9)
        await here.broker.flush()
        assert set(rooms.stale(64.0, 60.0)) == {here_still, left}
        assert await rooms.tidy(65.0, 60.0) == ["left"]
        assert rooms.stale(66.0, 60.0) == []
        assert rooms.restless == 0
