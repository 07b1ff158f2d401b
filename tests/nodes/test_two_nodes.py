"""One room on two nodes: one log, one order, everybody sees everything. SPEC node."""

from __future__ import annotations

import asyncio
from contextlib import closing

import redis

from cobrowse.broker.link import Keys
from cobrowse.broker.news import notice_of
from cobrowse.core.errors import Close
from cobrowse.core.messages import Increment, News, Presence, Said, Say, Take, Typing, TypingNow
from cobrowse.live.node import LOBBY
from cobrowse.live.notices import Resumed, encode_notice
from tests.engines import RedisServer
from tests.nodes.conftest import Rows, StartNode, eventually
from tests.wire import Peer


async def logged(rows: Rows, room: str, count: int) -> bool:
    """Whether the database has so many entries of a room."""
    return await rows("SELECT count(*) FROM log WHERE room = $1", room) == [(count,)]


def entries_of(peer: Peer) -> list[tuple[int, int, int, int]]:
    """The log as this peer was told it: offset, hash, replica, number."""
    tail = peer.joined.tail or []
    news = [entry for frame in peer.frames if isinstance(frame, News) for entry in frame.entries]
    return [(entry.offset, entry.hash, entry.replica, entry.c) for entry in [*tail, *news]]


async def test_node1_what_is_done_at_one_node_is_seen_at_the_other(start_node: StartNode, rows: Rows) -> None:
    a, b = await start_node(), await start_node()
    shopper = await a.shopper()
    await shopper.done(Say("hello"))
    csa = await b.csa()
    card = await csa.card(shopper.room, lambda card: card.conversation == "waiting" and card.online)
    assert card.last_text == "hello"
    joined = await csa.enter(shopper.room)
    assert joined.view is not None
    assert [message.text for message in joined.view.conversation.messages] == ["hello"]
    await shopper.do(Increment("desk", 2))
    entry = await csa.entry(lambda entry: entry.replica == shopper.joined.replica)
    assert entry.offset == joined.position.offset + 1
    await csa.done(Take())
    await csa.done(Say("hi"))
    said = await shopper.fact(Said)
    assert said.by.name == "Ginny"
    assert csa.joined.replica != shopper.joined.replica


async def test_node5_presence_and_typing_cross_nodes(start_node: StartNode) -> None:
    a, b = await start_node(), await start_node()
    shopper = await a.shopper()
    await shopper.done(Say("hello"))
    csa = await b.csa()
    await csa.card(shopper.room, lambda card: card.online)
    await csa.enter(shopper.room)
    await shopper.expect(Presence, lambda frame: [author.role for author in frame.present] == ["csa"])
    await csa.send(Typing(shopper.room, True))
    assert (await shopper.expect(TypingNow)).by.name == "Ginny"
    await csa.leave()
    await shopper.expect(Presence, lambda frame: frame.present == [])


async def test_node1_both_sides_at_once_make_one_log(start_node: StartNode, rows: Rows) -> None:
    """Every operation is one entry; both peers are told the same entries in the same order."""
    a, b = await start_node(), await start_node()
    shopper = await a.shopper()
    await shopper.done(Say("hello"))
    csa = await b.csa()
    await csa.card(shopper.room, lambda card: card.online)
    await csa.enter(shopper.room)
    count = 150

    async def talk(peer: Peer, first: int) -> None:
        for n in range(count):
            await peer.do(Say(f"{peer.joined.replica} {n}"))
            if n % 7 == 0:
                await asyncio.sleep(0)

    await asyncio.gather(talk(shopper, 0), talk(csa, 0))
    await shopper.answer(count + 1)
    await csa.answer(count)
    await shopper.done(Say("last"))
    await csa.entry(lambda entry: entry.replica == shopper.joined.replica and entry.c == count + 2)
    mine, theirs = entries_of(shopper), entries_of(csa)
    shared = set(mine) & set(theirs)
    offsets = [entry[0] for entry in mine]
    assert offsets == list(range(offsets[0], offsets[-1] + 1))
    assert theirs == [entry for entry in mine if entry[0] > csa.joined.position.offset]
    assert len(shared) >= 2 * count
    for replica in (shopper.joined.replica, csa.joined.replica):
        numbers = [entry[3] for entry in mine if entry[2] == replica]
        assert numbers == sorted(set(numbers))
    await eventually(lambda: logged(rows, shopper.room, offsets[-1]))
    said = await rows('SELECT text FROM messages WHERE room = $1 ORDER BY "offset"', shopper.room)
    assert len(said) == len(set(said)) == 2 * count + 2


async def test_node6_a_tab_that_comes_back_at_another_node_goes_on(start_node: StartNode) -> None:
    a, b = await start_node(), await start_node()
    shopper = await a.shopper()
    for n in range(5):
        await shopper.done(Increment(f"sku-{n}", 1))
    again = await b.shopper(
        token=shopper.token, resume=shopper.joined.resume, position=shopper.joined.position
    )
    assert (again.joined.replica, again.joined.last) == (shopper.joined.replica, 5)
    assert await shopper.close_code() == Close.REPLACED
    await again.do(Increment("sku-0", 1), c=5)
    entry = await again.done(Increment("sku-9", 1))
    assert entry.c == 6


async def test_node6_word_of_an_earlier_life_that_comes_late_closes_no_later_one(
    start_node: StartNode, redis_server: RedisServer
) -> None:
    a, b = await start_node(), await start_node()
    first = await a.shopper()
    second = await b.shopper(token=first.token, resume=first.joined.resume)
    third = await a.shopper(token=first.token, resume=second.joined.resume)
    assert await second.close_code() == Close.REPLACED
    replica = first.joined.replica

    def hear(node: str, life: int) -> None:
        word = notice_of(node, encode_notice(Resumed(replica, life)))
        with closing(redis.Redis.from_url(redis_server.url)) as client:
            client.publish(Keys(first.room).channel, word)

    # What says it last: the second life, or another third one, whose node's name is less than any.
    hear("b", 2)
    hear("", 3)
    other = await b.shopper(token=first.token)
    await other.done(Say("after it"))
    await third.entry(lambda entry: entry.replica == other.joined.replica)
    hear("~", 3)
    assert await third.close_code() == Close.REPLACED


async def test_node6_two_tabs_at_two_nodes_have_two_numbers(start_node: StartNode) -> None:
    a, b = await start_node(), await start_node()
    first = await a.shopper()
    second = await b.shopper(token=first.token)
    third = await a.shopper(token=first.token)
    assert len({first.joined.replica, second.joined.replica, third.joined.replica}) == 3
    await asyncio.gather(first.do(Increment("sku", 1)), second.do(Increment("sku", 1)))
    await third.entry(lambda entry: entry.offset == third.joined.position.offset + 2)
    (view,) = [peer.joined.view for peer in [await b.shopper(token=first.token)]]
    assert view is not None
    assert sorted(dot.partition(".")[0] for dot in view.cart.lines["sku"]) == sorted(
        str(peer.joined.replica) for peer in (first, second)
    )


async def test_node2_a_redis_that_forgot_all_means_state_lost_and_the_room_of_the_database(
    start_node: StartNode, redis_server: RedisServer, rows: Rows
) -> None:
    a, b = await start_node(), await start_node()
    shopper = await a.shopper()
    other = await b.shopper(token=shopper.token)
    for n in range(3):
        await shopper.done(Say(f"message {n}"))
    count = shopper.joined.position.offset + 3
    await eventually(lambda: logged(rows, shopper.room, count))
    redis_server.flush()
    await shopper.do(Say("too late"))
    assert await shopper.close_code() == Close.STATE_LOST
    back = await a.shopper(token=shopper.token, resume=shopper.joined.resume)
    assert (back.joined.replica, back.joined.last) == (shopper.joined.replica, 3)
    assert (await back.done(Say("again"))).offset == count + 1
    await other.entry(lambda entry: entry.offset == count + 1)
    await eventually(lambda: logged(rows, shopper.room, count + 1))


async def test_node7_what_a_newer_node_says_and_an_older_does_not_know_is_passed_over(
    start_node: StartNode, redis_server: RedisServer
) -> None:
    """As while one node after the other is upgraded."""
    a, b = await start_node(), await start_node()
    shopper = await a.shopper()
    other = await b.shopper(token=shopper.token)
    with closing(redis.Redis(port=redis_server.port)) as client:
        for notice in (b"\x81\xa1t\xa5later", b"\xc1"):
            for room in (shopper.room, LOBBY):
                assert client.publish(Keys(room).channel, notice_of("newer", notice)) >= 1
    await shopper.done(Say("all is well"))
    await other.entry(lambda entry: entry.fact == Said("all is well"))
