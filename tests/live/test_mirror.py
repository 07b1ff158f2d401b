"""The page's mirror over real sockets: who gets it, in what order, and that nothing of it stays. SPEC mirror."""

from __future__ import annotations

import json

from cobrowse.core.messages import (
    AskShare,
    Front,
    Mirror,
    Mirrored,
    Point,
    Pointed,
    Record,
    Refuse,
    Say,
    Share,
    Shared,
    Watch,
)
from tests.serving import LocalServer
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


async def send(peer: Peer, seq: int, *events: object, epoch: str = "e1", cut: int = 0) -> None:
    """One batch, in two parts where it is to be cut."""
    body = json.dumps(events).encode()
    if cut:
        await peer.send(Mirror(peer.room, epoch, seq, body[:cut], more=True))
    await peer.send(Mirror(peer.room, epoch, seq, body[cut:]))


async def shared(server: LocalServer, level: str = "view") -> tuple[Peer, Peer]:
    """A shopper, and a CSA to whom they have just given leave."""
    shopper = await server.shopper()
    await shopper.done(Say("Hello"))
    csa = await server.csa_in(shopper.room)
    await csa.do(AskShare("point" if level == "point" else "view"))
    asked = await shopper.fact(Shared)
    assert isinstance(asked.fact, Shared)
    assert asked.fact.sharing.asked is not None
    await shopper.done(Share("point" if level == "point" else "view", asked.fact.sharing.asked.id))
    await csa.entry(lambda entry: isinstance(entry.fact, Shared) and entry.fact.sharing.to is not None)
    return shopper, csa


async def test_mirror3_batches_come_in_order_and_a_gap_asks_for_the_page_anew(shells: LocalServer) -> None:
    shopper, csa = await shared(shells)
    await csa.send(Watch(shopper.room, on=True))
    assert (await shopper.expect(Record)).on
    await send(shopper, 0, PAGE, cut=20)
    first = await csa.expect(Mirrored)
    assert (first.epoch, first.seq) == ("e1", 0)
    assert b"the page" in first.part
    await send(shopper, 1, scrolled(10))
    assert (await csa.expect(Mirrored)).seq == 1
    await send(shopper, 3, scrolled(30))
    assert (await shopper.expect(Record)).on
    await send(shopper, 0, PAGE, epoch="e2")
    assert (await csa.expect(Mirrored)).epoch == "e2"


async def test_mirror3_nothing_of_it_is_logged(shells: LocalServer) -> None:
    shopper, csa = await shared(shells)
    await csa.send(Watch(shopper.room, on=True))
    await shopper.expect(Record)
    await send(shopper, 0, PAGE)
    await csa.expect(Mirrored)
    await shopper.done(Say("after it"))
    stored = b"".join(bytes(payload) for (payload,) in shells.rows("SELECT payload FROM log"))
    assert b"after it" in stored
    assert b"the page" not in stored


async def test_mirror5_without_leave_nobody_watches_and_nothing_is_recorded(shells: LocalServer) -> None:
    shopper = await shells.shopper()
    csa = await shells.csa_in(shopper.room)
    await csa.send(Watch(shopper.room, on=True))
    assert (await csa.expect(Refuse)).code == "not_granted"
    await send(shopper, 0, PAGE)
    assert not [frame for frame in await csa.quiet() if isinstance(frame, Mirrored)]
    assert not [frame for frame in await shopper.quiet() if isinstance(frame, Record)]


async def test_mirror5_stop_ends_it_at_once(shells: LocalServer) -> None:
    shopper, csa = await shared(shells)
    await csa.send(Watch(shopper.room, on=True))
    await shopper.expect(Record)
    await send(shopper, 0, PAGE)
    await csa.expect(Mirrored)
    await shopper.do(Share("none"))
    await send(shopper, 1, scrolled(10))
    assert not (await shopper.expect(Record)).on
    assert not [frame for frame in await csa.quiet() if isinstance(frame, Mirrored)]
    await csa.send(Watch(shopper.room, on=True))
    assert (await csa.expect(Refuse)).code == "not_granted"


async def test_mirror6_one_tab_records_and_who_comes_late_gets_the_page_at_once(shells: LocalServer) -> None:
    shopper, csa = await shared(shells)
    await csa.send(Watch(shopper.room, on=True))
    await shopper.expect(Record)
    await send(shopper, 0, PAGE)
    await send(shopper, 1, scrolled(10))
    await csa.expect(Mirrored, lambda frame: frame.seq == 1)
    await csa.send(Watch(shopper.room, on=True))
    again = [await csa.expect(Mirrored), await csa.expect(Mirrored)]
    assert [frame.seq for frame in again] == [0, 1]
    tab = await shells.shopper(token=shopper.token)
    await tab.send(Front(shopper.room))
    assert not (await shopper.expect(Record)).on
    assert (await tab.expect(Record)).on
    await send(shopper, 2, scrolled(20))
    await send(tab, 0, PAGE, epoch="e9")
    assert (await csa.expect(Mirrored)).epoch == "e9"
    await tab.leave()
    assert (await shopper.expect(Record)).on


async def test_mirror4_a_page_that_lies_ends_its_mirror(shells: LocalServer) -> None:
    shopper, csa = await shared(shells)
    await csa.send(Watch(shopper.room, on=True))
    await shopper.expect(Record)
    await send(shopper, 0, {"type": 99})
    assert not (await shopper.expect(Record)).on
    await send(shopper, 0, PAGE, epoch="e2")
    assert not [frame for frame in await csa.quiet() if isinstance(frame, Mirrored)]


async def test_mirror7_pointing_needs_its_own_leave_and_the_present_epoch(shells: LocalServer) -> None:
    for level, epoch, arrives in (("view", "e1", False), ("point", "e0", False), ("point", "e1", True)):
        shopper, csa = await shared(shells, level)
        await csa.send(Watch(shopper.room, on=True))
        await shopper.expect(Record)
        await send(shopper, 0, PAGE)
        await csa.expect(Mirrored)
        await csa.send(Point(shopper.room, epoch, 2, 0.5, 1.0, "laser"))
        pointed = [frame for frame in await shopper.quiet() if isinstance(frame, Pointed)]
        if arrives:
            pointed = pointed or [await shopper.expect(Pointed)]
        assert [(frame.node, frame.fx, frame.kind) for frame in pointed] == [(2, 0.5, "laser")] * arrives
