"""The database fails for a while: what was acknowledged stays, and the server goes on. SPEC wire.6, wire.9."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from cobrowse.core.errors import Close
from cobrowse.core.messages import Event, Increment, News, Page, Say
from tests.serving import LocalServer


@asynccontextmanager
async def refusing_writes(server: LocalServer) -> AsyncIterator[None]:
    """The database refuses every new row of the log, filed or not, as a full disk would."""
    for table in ("log", "unfiled"):
        await server.change(
            f"CREATE TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    yield
    for table in ("log", "unfiled"):
        await server.change(f"DROP TRIGGER full_{table}")


async def test_wire9_a_commit_that_fails_means_state_lost_and_nothing_acknowledged(
    local: LocalServer,
) -> None:
    local.faults.expected = True
    shopper = await local.shopper()
    other = await local.shopper()
    await shopper.done(Say("hello"))
    async with refusing_writes(local):
        for n in range(20):
            await shopper.do(Increment(f"sku-{n}", 1))
        assert await shopper.close_code() == Close.STATE_LOST
        acknowledged = [
            entry.c for frame in shopper.frames if isinstance(frame, News) for entry in frame.entries
        ]
        assert acknowledged == [1]
        again = await local.shopper(token=shopper.token, resume=shopper.joined.resume)
        assert again.joined.last == 1
        await again.do(Increment("sku", 1))
        assert await again.close_code() == Close.STATE_LOST
    back = await local.shopper(token=shopper.token, resume=shopper.joined.resume)
    assert (back.joined.replica, back.joined.last, back.joined.position.offset) == (
        shopper.joined.replica,
        1,
        1,
    )
    for n in range(20):
        await back.do(Increment(f"sku-{n}", 1))
    assert (await back.answer(21)).offset == 21
    # Whoever did nothing meanwhile has noticed nothing.
    assert (await other.done(Increment("sku", 1))).offset == 1
    await local.filed()
    rows = local.rows("SELECT offset, counter FROM log WHERE room = ? ORDER BY offset", shopper.room)
    assert rows == [(n, n) for n in range(1, 22)]
    assert any("could not be committed" in text for text in local.faults.texts())


async def test_wire6_a_database_locked_for_longer_than_it_waits(local: LocalServer) -> None:
    """Another program holds the write lock: operations wait, then are lost whole, then land once."""
    local.faults.expected = True
    shopper = await local.shopper()
    await shopper.done(Event("page_view", Page("/desk", "Desk")))
    beside = sqlite3.connect(local.database, isolation_level=None, timeout=60, check_same_thread=False)
    with closing(beside) as conn:
        await asyncio.to_thread(conn.execute, "BEGIN EXCLUSIVE")
        await shopper.do(Increment("desk", 1))
        # A second one, while the first waits for the lock: it must not be written without the first.
        await shopper.beat()
        await shopper.do(Increment("desk", 2))
        assert await shopper.close_code() == Close.STATE_LOST
        conn.execute("ROLLBACK")
    back = await local.shopper(token=shopper.token, resume=shopper.joined.resume)
    assert back.joined.last == 1
    await back.do(Increment("desk", 1))
    await back.do(Increment("desk", 2))
    assert (await back.answer(3)).offset == 3
    await local.filed()
    assert local.rows("SELECT offset, counter FROM log") == [(1, 1), (2, 2), (3, 3)]


async def test_room9_a_csa_goes_on_seeing_who_waits_after_a_loss(local: LocalServer) -> None:
    local.faults.expected = True
    csa = await local.csa()
    shopper = await local.shopper()
    await shopper.done(Say("hello?"))
    await csa.card(shopper.room, lambda card: card.conversation == "waiting" and card.online)
    async with refusing_writes(local):
        await shopper.do(Say("anybody?"))
        assert await shopper.close_code() == Close.STATE_LOST
    card = await csa.card(shopper.room, lambda card: not card.online and card.last_text == "hello?")
    assert (card.conversation, card.unread) == ("waiting", 1)
    await csa.enter(shopper.room)
    assert (await csa.done(Say("yes!"))).offset == 2


async def test_wire9_a_lost_room_is_whole_for_all_who_were_in_it(local: LocalServer) -> None:
    local.faults.expected = True
    shopper = await local.shopper()
    csa = await local.csa_in(shopper.room)
    entry = await shopper.done(Increment("desk", 3))
    await csa.entry(lambda seen: seen.offset == entry.offset)
    async with refusing_writes(local):
        await shopper.do(Increment("desk", 5))
        for peer in (shopper, csa):
            assert await peer.close_code() == Close.STATE_LOST
    views = []
    for peer in (await local.shopper(token=shopper.token), await local.csa_in(shopper.room)):
        assert peer.joined.view is not None
        views.append(peer.joined.view.cart.lines)
    assert views[0] == views[1]
    assert [entry.n for dots in views[0].values() for entry in dots.values()] == [3]
