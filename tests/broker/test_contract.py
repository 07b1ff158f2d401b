"""What every broker keeps: one suite, run on each. SPEC room.2, wire.6."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

import pytest

from cobrowse.broker.contract import Backlogged, Broker, Commit, Deliver
from cobrowse.broker.memory import MAX_BATCH, MAX_PENDING, MemoryBroker
from cobrowse.core.errors import Close


class Record(NamedTuple):
    room: str
    n: int


class DiskFull(Exception):
    """What a commit may raise."""


Make = Callable[[Commit[Record], Deliver[Record], Deliver[Record]], Broker[Record]]
BROKERS: dict[str, Make] = {"memory": MemoryBroker}


class Bench:
    """A broker on a disk that a test can hold and break."""

    def __init__(self, make: Make) -> None:
        self.committed: list[Record] = []
        self.delivered: list[Record] = []
        self.lost: list[Record] = []
        self.commits = 0
        self.breaks: set[int] = set()
        self.may_commit = asyncio.Event()
        self.may_commit.set()
        self.begun = asyncio.Event()
        self.events: list[str] = []
        self.broker = make(self._commit, self._deliver, self._lose)

    async def _commit(self, batch: Sequence[Record]) -> None:
        self.commits += 1
        commit = self.commits
        self.begun.set()
        await self.may_commit.wait()
        if commit in self.breaks:
            raise DiskFull
        self.committed += batch

    def _deliver(self, batch: Sequence[Record]) -> None:
        assert batch, "an empty batch is no news"
        assert self.committed[len(self.delivered) : len(self.delivered) + len(batch)] == list(batch)
        self.delivered += batch
        self.events += [str(record.n) for record in batch]

    def _lose(self, batch: Sequence[Record]) -> None:
        self.lost += batch
        self.events += [f"lost {record.n}" for record in batch]

    def append(self, *numbers: int) -> None:
        for n in numbers:
            self.broker.append(Record(f"room-{n % 3}", n))

    def call(self, name: str) -> None:
        self.broker.after_pending(lambda: self.events.append(name))


@pytest.fixture(params=BROKERS)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    bench = Bench(BROKERS[request.param])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bench.broker.run())
        yield bench
        bench.may_commit.set()
        running.cancel()


async def test_wire6_records_are_delivered_in_order_each_once(bench: Bench) -> None:
    for n in range(5_000):
        bench.append(n)
        if n % 97 == 0:
            await bench.broker.flush()
    await bench.broker.flush()
    assert [record.n for record in bench.delivered] == list(range(5_000))


async def test_wire6_nothing_is_delivered_before_its_commit_has_returned(bench: Bench) -> None:
    bench.may_commit.clear()
    bench.append(1, 2)
    await bench.begun.wait()
    bench.append(3)
    assert bench.delivered == []
    bench.may_commit.set()
    await bench.broker.flush()
    assert [record.n for record in bench.delivered] == [1, 2, 3]
    assert bench.commits == 2, "what came while a commit was under way is one batch"


async def test_room2_a_batch_that_cannot_be_committed_is_lost_and_the_next_goes_on(bench: Bench) -> None:
    bench.breaks = {1}
    bench.append(1, 2)
    await bench.broker.flush()
    assert ([record.n for record in bench.lost], bench.delivered) == ([1, 2], [])
    bench.append(3)
    await bench.broker.flush()
    assert [record.n for record in bench.delivered] == [3]


async def test_room2_what_was_appended_after_a_lost_record_is_lost_with_it(bench: Bench) -> None:
    """It was decided on a state that is gone: committed alone it would leave a gap in its room's log."""
    bench.breaks = {1}
    bench.may_commit.clear()
    bench.append(1)
    await bench.begun.wait()
    bench.append(4, 2)
    bench.may_commit.set()
    await bench.broker.flush()
    assert [record.n for record in bench.lost] == [1, 4, 2]
    assert (bench.committed, bench.delivered) == ([], [])


async def test_wire6_callbacks_come_between_what_was_before_and_what_is_after(bench: Bench) -> None:
    bench.call("at once")
    assert bench.events == ["at once"]
    bench.append(1)
    bench.call("first")
    bench.append(2)
    bench.call("second")
    bench.call("third")
    bench.append(3)
    await bench.broker.flush()
    assert bench.events == ["at once", "1", "first", "2", "second", "third", "3"]


async def test_wire6_a_callback_during_a_commit_waits_for_it(bench: Bench) -> None:
    bench.may_commit.clear()
    bench.append(1)
    await bench.begun.wait()
    bench.call("after")
    assert bench.events == []
    bench.may_commit.set()
    await bench.broker.flush()
    assert bench.events == ["1", "after"]


async def test_room2_callbacks_come_after_a_loss_too(bench: Bench) -> None:
    bench.breaks = {1}
    bench.append(1)
    bench.call("after")
    await bench.broker.flush()
    assert bench.events == ["lost 1", "after"]


async def test_wire10_what_waits_is_bounded(bench: Bench) -> None:
    bench.may_commit.clear()
    bench.append(0)
    await bench.begun.wait()
    for n in range(MAX_PENDING):
        bench.broker.admit()
        bench.append(n)
    with pytest.raises(Backlogged) as full:
        bench.broker.admit()
    assert full.value.code == Close.BUSY
    bench.may_commit.set()
    await bench.broker.flush()
    bench.broker.admit()
    assert len(bench.delivered) == MAX_PENDING + 1
    assert bench.commits == 1 + MAX_PENDING // MAX_BATCH


async def test_wire6_flush_returns_at_once_when_nothing_waits(bench: Bench) -> None:
    async with asyncio.timeout(30):
        await bench.broker.flush()
    assert bench.commits == 0
