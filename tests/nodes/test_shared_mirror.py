"""A page that is recorded at one node and watched at another. SPEC node.8."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Literal

import redis.asyncio

from cobrowse.core.messages import (
    Act,
    ActNow,
    AskShare,
    Author,
    Front,
    Mirror,
    Mirrored,
    Outcome,
    OutcomeNow,
    PageFile,
    Point,
    Pointed,
    Presence,
    Record,
    Refuse,
    Say,
    Share,
    Shared,
    Watch,
)
from cobrowse.live.shared_mirror import LOST_AFTER_S, WINDOW_BYTES, FarPeer
from tests.engines import RedisServer
from tests.nodes.conftest import Rows, StartNode, eventually
from tests.serving import ORIGIN, LocalServer, site
from tests.wire import Peer

PAGE = {
    "type": 2,
    "timestamp": 1,
    "data": {
        "node": {"type": 0, "id": 1, "childNodes": [{"type": 3, "id": 2, "textContent": "the page"}]},
        "initialOffset": {"top": 0, "left": 0},
    },
}


def scrolled(y: int) -> dict[str, object]:
    return {"type": 3, "timestamp": 1, "data": {"source": 3, "id": 1, "x": 0, "y": y}}


async def send(tab: Peer, seq: int, *events: object, epoch: str = "e1") -> None:
    await tab.send(Mirror(tab.room, epoch, seq, json.dumps(events).encode()))


async def record(tab: Peer, on: bool) -> Record:
    return await tab.expect(Record, lambda frame: frame.on == on)


async def csa_at(node: LocalServer, shopper: Peer) -> Peer:
    csa = await node.csa()
    await csa.card(shopper.room, lambda card: card.online)
    await csa.enter(shopper.room)
    await csa.expect(Presence, lambda frame: any(author.role == "shopper" for author in frame.present))
    return csa


async def agree(shopper: Peer, csa: Peer, level: Literal["view", "point", "control"]) -> None:
    """The CSA asks, the shopper gives leave, the CSA's node knows it."""
    await csa.do(AskShare(level))
    await shopper.entry(lambda entry: isinstance(entry.fact, Shared) and entry.fact.act == "asked")
    await shopper.done(Share(level, csa.welcome.you.id))
    await csa.entry(lambda entry: isinstance(entry.fact, Shared) and entry.fact.act == "granted")


async def watched(a: LocalServer, b: LocalServer) -> tuple[Peer, Peer]:
    """A shopper at one node whose page a CSA at the other watches: the first of it has come."""
    shopper = await a.shopper()
    await shopper.done(Say("hello"))
    csa = await csa_at(b, shopper)
    await agree(shopper, csa, "view")
    await shopper.send(Front(shopper.room))
    await csa.send(Watch(shopper.room, on=True))
    await record(shopper, on=True)
    await send(shopper, 0, PAGE)
    first = await csa.expect(Mirrored)
    assert (first.epoch, first.seq) == ("e1", 0)
    assert b"the page" in first.part
    return shopper, csa


async def test_node8_a_page_crosses_nodes_and_nothing_of_it_is_logged(
    start_node: StartNode, redis_server: RedisServer, rows: Rows
) -> None:
    a, b = await start_node(), await start_node()
    shopper, csa = await watched(a, b)
    for n in range(1, 20):
        await send(shopper, n, scrolled(n))
    for n in range(1, 20):
        assert (await csa.expect(Mirrored)).seq == n
    # Who opens it again gets the page as it is.
    await csa.send(Watch(shopper.room, on=True))
    assert [(await csa.expect(Mirrored)).seq for _ in range(20)] == list(range(20))
    said = await shopper.done(Say("after it"))

    async def kept() -> bool:
        return await rows('SELECT max("offset") FROM log WHERE room = $1', shopper.room) == [(said.offset,)]

    await eventually(kept)
    stored = b"".join(payload for (payload,) in await rows("SELECT payload FROM log"))
    assert b"after it" in stored
    assert b"the page" not in stored
    async with redis.asyncio.Redis(port=redis_server.port) as client:
        for key in await client.keys("*log*"):
            assert b"the page" not in str(await client.xrange(key)).encode()
    await csa.leave()
    await record(shopper, on=False)


async def test_file6_what_the_page_brings_crosses_nodes_once(start_node: StartNode) -> None:
    brings = {"sites": [site(page_files=["/members/*"])]}
    a, b = await start_node(**brings), await start_node(**brings)
    shopper, csa = await watched(a, b)
    body = b"\x89PNG\r\n\x1a\n" + bytes(1000)
    key = hashlib.sha256(body).hexdigest()
    piece = {"hash": key, "size_bytes": len(body), "at": 0, "body": base64.b64encode(body).decode()}
    name = {"address": f"{ORIGIN}/members/a.png", "hash": key}
    events = [{"type": 6, "timestamp": 0, "data": piece}, {"type": 7, "timestamp": 0, "data": name}]
    await send(shopper, 1, *events)
    assert (await csa.expect(PageFile)).body == body
    await send(shopper, 0, events[1], PAGE, epoch="e2")
    await csa.expect(Mirrored, lambda frame: frame.epoch == "e2")
    await send(shopper, 1, scrolled(1), epoch="e2")
    await csa.expect(Mirrored, lambda frame: (frame.epoch, frame.seq) == ("e2", 1))
    assert sum(isinstance(frame, PageFile) for frame in csa.frames) == 1


async def test_node8_stop_ends_it_at_once_and_pointing_needs_its_own_leave(start_node: StartNode) -> None:
    a, b = await start_node(), await start_node()
    shopper, csa = await watched(a, b)
    await csa.send(Point(shopper.room, "e1", 2, 0.5, 1.0, "laser"))
    await send(shopper, 1, scrolled(1))
    assert (await csa.expect(Mirrored)).seq == 1
    await agree(shopper, csa, "point")
    assert not [frame for frame in shopper.frames if isinstance(frame, Pointed)]
    await csa.send(Point(shopper.room, "e1", 2, 0.25, 1.0, "laser"))
    pointed = await shopper.expect(Pointed)
    assert (pointed.by.name, pointed.node, pointed.fx) == ("Ginny", 2, 0.25)
    step = Act(shopper.room, "e1", 1, 2, "click")
    await csa.send(step)
    assert (await csa.expect(Refuse)).code == "not_granted"
    await agree(shopper, csa, "control")
    await csa.send(step)
    assert (await shopper.expect(ActNow)).by.name == "Ginny"
    await shopper.send(Outcome(shopper.room, pointed.by.id, 1, "done"))
    assert [(await csa.expect(OutcomeNow)).what] == ["done"]
    assert [f for f in csa.frames if isinstance(f, OutcomeNow)] == [OutcomeNow(shopper.room, 1, "done")]
    await shopper.do(Share("none"))
    await send(shopper, 2, scrolled(2))
    await record(shopper, on=False)
    await csa.entry(lambda entry: isinstance(entry.fact, Shared) and entry.fact.act == "ended")
    assert not [frame for frame in await csa.quiet() if isinstance(frame, Mirrored)]
    await csa.send(Watch(shopper.room, on=True))
    assert (await csa.expect(Refuse)).code == "not_granted"


async def test_node8_one_tab_records_whichever_node_it_is_at(start_node: StartNode) -> None:
    a, b = await start_node(), await start_node()
    shopper, csa = await watched(a, b)
    tab = await b.shopper(token=shopper.token)
    await tab.send(Front(shopper.room))
    await record(tab, on=True)
    await record(shopper, on=False)
    await send(shopper, 1, scrolled(1))
    await send(tab, 0, PAGE, epoch="e9")
    assert (await csa.expect(Mirrored)).epoch == "e9"
    await shopper.send(Front(shopper.room))
    await record(shopper, on=True)
    await record(tab, on=False)
    await send(shopper, 0, PAGE, epoch="e10")
    assert (await csa.expect(Mirrored)).epoch == "e10"
    await shopper.leave()
    await record(tab, on=True)


async def test_node8_a_tab_that_comes_back_at_another_node_goes_on(start_node: StartNode) -> None:
    a, b, c = await start_node(), await start_node(), await start_node()
    shopper, csa = await watched(a, b)
    again = await c.shopper(
        token=shopper.token, resume=shopper.joined.resume, position=shopper.joined.position
    )
    await again.send(Front(again.room))
    await record(again, on=True)
    await send(again, 0, PAGE, epoch="e2")
    assert (await csa.expect(Mirrored)).epoch == "e2"


async def test_node8_what_is_lost_on_the_way_is_made_good(
    start_node: StartNode, redis_server: RedisServer
) -> None:
    a, b = await start_node(), await start_node()
    shopper, csa = await watched(a, b)
    async with redis.asyncio.Redis(port=redis_server.port) as client:
        await client.client_kill_filter(_type="pubsub")
        await send(shopper, 1, scrolled(1))
        seq = 1

        async def moves() -> bool:
            # As a page that changes all the time; the viewer asks anew when it sees a gap.
            nonlocal seq
            seq += 1
            await send(shopper, seq, scrolled(seq))
            await csa.send(Watch(shopper.room, on=True))
            frames = [frame for frame in await csa.quiet() if isinstance(frame, Mirrored)]
            return any(frame.seq >= seq - 1 for frame in frames)

        await eventually(moves)


def test_node8_a_peer_elsewhere_counts_what_waits_there_and_what_is_lost_on_the_way() -> None:
    sent: list[bytes] = []
    peer = FarPeer(Author("csa", "ginny"), sent.append)
    peer.send(b"x" * WINDOW_BYTES)
    assert peer.waiting_bytes == 0
    peer.send(b"y" * 10)
    assert peer.waiting_bytes == 10
    peer.read(WINDOW_BYTES, 300)
    assert peer.waiting_bytes == 300
    assert not peer.is_lost(100.0)
    assert not peer.is_lost(100.0 + LOST_AFTER_S)
    assert peer.is_lost(100.1 + LOST_AFTER_S)
    peer.read(10, 0)
    assert not peer.is_lost(200.0)
    assert peer.waiting_bytes == 0
    assert len(sent) == 2


async def test_node8_claims_to_the_front_follow_the_last_one(start_node: StartNode) -> None:
    a, b = await start_node(), await start_node()
    shopper, csa = await watched(a, b)
    tab = await b.shopper(token=shopper.token)
    for _ in range(3):
        await tab.send(Front(tab.room))
        await record(tab, on=True)
        await record(shopper, on=False)
        await shopper.send(Front(shopper.room))
        await record(tab, on=False)
        await record(shopper, on=True)
    await tab.send(Front(tab.room))
    await record(tab, on=True)
    await send(tab, 0, PAGE, epoch="e5")
    assert (await csa.expect(Mirrored, lambda frame: frame.epoch == "e5")).seq == 0
