"""What was acknowledged survives SIGKILL, once; what was not lands once when it is sent again. SPEC wire.5, room.3."""

from __future__ import annotations

import asyncio
import signal

import msgspec
from websockets.exceptions import ConnectionClosed

from cobrowse.core.messages import Entry, Finish, Increment, News, Say, Take
from tests.serving import ServerProcess
from tests.wire import Peer

_entry = msgspec.msgpack.Decoder(Entry)

ROUNDS = 3
BURST = 150


async def send_until_cut(peer: Peer, first: int, count: int) -> None:
    """Sends operations first .. first + count - 1; each third one is a message."""
    try:
        for c in range(first, first + count):
            op = Say(f"message {c}") if c % 3 == 0 else Increment(f"sku-{c}", 1)
            await peer.do(op, c=c)
    except ConnectionClosed:
        return


async def read_until_cut(peer: Peer, acknowledged: set[int], enough: asyncio.Event, after: int) -> None:
    try:
        while True:
            frame = await peer.next()
            if isinstance(frame, News):
                acknowledged |= {entry.c for entry in frame.entries if entry.replica == peer.joined.replica}
                if len(acknowledged) >= after:
                    enough.set()
    except (ConnectionClosed, TimeoutError):
        enough.set()


async def test_room3_wire5_killed_in_a_burst_every_operation_is_there_once(server: ServerProcess) -> None:
    shopper = await server.shopper()
    token, room, replica = shopper.token, shopper.room, shopper.joined.replica
    done = 0
    for round_ in range(ROUNDS):
        acknowledged: set[int] = set()
        enough = asyncio.Event()
        reading = asyncio.create_task(read_until_cut(shopper, acknowledged, enough, 10 + 20 * round_))
        sending = asyncio.create_task(send_until_cut(shopper, done + 1, BURST))
        await enough.wait()
        await server.kill()
        await asyncio.gather(reading, sending)
        await server.start()
        back = await server.shopper(token=token, resume=shopper.joined.resume)
        assert back.joined.replica == replica
        assert back.joined.last >= max(acknowledged, default=done), "an acknowledged operation was lost"
        await send_until_cut(back, back.joined.last + 1, done + BURST - back.joined.last)
        done += BURST
        if back.joined.last < done:
            await back.answer(done)
        shopper = back
    await server.filed()
    log = server.rows(
        "SELECT offset, replica, counter, payload FROM log WHERE room = ? ORDER BY offset", room
    )
    assert [row[0] for row in log] == list(range(1, done + 1))
    assert [(row[1], row[2]) for row in log] == [(replica, c) for c in range(1, done + 1)]
    entries = [_entry.decode(row[3]) for row in log]
    assert [entry.offset for entry in entries] == list(range(1, done + 1))
    said = server.rows("SELECT text FROM messages WHERE room = ? ORDER BY offset", room)
    assert [text for (text,) in said] == [f"message {c}" for c in range(3, done + 1, 3)]
    last = await server.shopper(token=token)
    assert last.joined.view is not None
    view = last.joined.view
    assert last.joined.position.offset == done
    assert last.joined.position.hash == entries[-1].hash
    # More than 200 different lines are refused, and stay refused: what is there is there once.
    assert all([entry.n for entry in dots.values()] == [1] for dots in view.cart.lines.values())
    assert len(view.cart.lines) == min(done - done // 3, 200)
    assert [message.text for message in view.conversation.messages] == [text for (text,) in said][-200:]


async def test_room3_rows_beside_the_log_are_made_once(server: ServerProcess) -> None:
    browser = await server.shopper()
    await browser.done(Increment("sku", 1))
    assert server.rows("SELECT id FROM contacts") == [], "somebody who never wrote is no contact"
    shopper = await server.shopper()
    await shopper.done(Say("hello"))
    csa = await server.csa_in(shopper.room)
    await csa.done(Take())
    await csa.done(Say("hi"))
    await server.kill()
    await server.start()
    # The client never saw the acknowledgements, let us say: it sends all of it again.
    back = await server.shopper(token=shopper.token, resume=shopper.joined.resume)
    await back.do(Say("hello"), c=1)
    await back.done(Say("still there?"))
    again = await server.csa_in(shopper.room)
    await again.done(Finish())
    room = shopper.room
    assert server.rows("SELECT id, visitor FROM contacts") == [(room, room)]
    assert server.rows("SELECT author_role, text FROM messages WHERE room = ? ORDER BY offset", room) == [
        ("shopper", "hello"),
        ("csa", "hi"),
        ("shopper", "still there?"),
    ]
    ((status, taken_by, contact),) = server.rows("SELECT status, taken_by, contact FROM conversations")
    assert (status, contact) == ("closed", room)
    assert server.rows("SELECT name FROM agents WHERE id = ?", taken_by) == [("Ginny",)]


async def test_wire5_a_number_is_not_given_out_again_after_a_kill(server: ServerProcess) -> None:
    """A tab that never wrote has left nothing in the log: its number must not become another tab's."""
    writer = await server.shopper()
    await writer.done(Increment("sku", 1))
    silent = await server.shopper(token=writer.token)
    await server.kill()
    await server.start()
    other = await server.shopper(token=writer.token)
    assert other.joined.replica not in (writer.joined.replica, silent.joined.replica)
    await other.done(Increment("sku", 1))
    back = await server.shopper(token=writer.token, resume=silent.joined.resume)
    assert (back.joined.replica, back.joined.last) == (silent.joined.replica, 0)
    assert (await back.done(Increment("sku", 1))).offset == 3


async def test_room9_conversations_that_wait_are_listed_after_a_restart(server: ServerProcess) -> None:
    shopper = await server.shopper()
    await shopper.done(Say("is anybody there?"))
    await shopper.leave()
    await server.kill()
    await server.start()
    csa = await server.csa()
    card = await csa.card(shopper.room, lambda card: card.conversation == "waiting")
    assert (card.online, card.last_text) == (False, "is anybody there?")


async def test_wire9_stopping_on_request_is_clean_and_keeps_all(server: ServerProcess) -> None:
    shopper = await server.shopper()
    await shopper.done(Say("hello"))
    code = asyncio.create_task(shopper.close_code())
    assert await server.stop() in (0, -signal.SIGTERM), "uvicorn raises the signal again once all is done"
    assert await code in (4000, 1012)
    await server.start()
    back = await server.shopper(token=shopper.token, resume=shopper.joined.resume)
    assert back.joined.last == 1
