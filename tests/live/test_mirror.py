"""The page's mirror over real sockets: who gets it, in what order, and that nothing of it stays. SPEC mirror."""

from __future__ import annotations

import json
from typing import Literal

from cobrowse.core.messages import (
    Act,
    ActNow,
    AnyServerFrame,
    AskShare,
    Controlled,
    Entry,
    Front,
    Hello,
    Looked,
    Mirror,
    Mirrored,
    News,
    Outcome,
    OutcomeNow,
    Point,
    Pointed,
    Record,
    Refuse,
    Say,
    Share,
    Shared,
    Take,
    Watch,
)
from tests.conftest import Serve
from tests.serving import ORIGIN, LocalServer, site
from tests.wire import Peer

Level = Literal["view", "point", "control"]
STEPS: list[Level] = ["view", "point", "control"]

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


async def shared(server: LocalServer, level: Level = "view") -> tuple[Peer, Peer]:
    """A shopper, and a CSA to whom they have just given leave."""
    shopper = await server.shopper()
    await shopper.done(Say("Hello"))
    csa = await server.csa_in(shopper.room)
    await allow(shopper, csa, level)
    return shopper, csa


async def allow(shopper: Peer, csa: Peer, level: Level = "view") -> None:
    """The CSA asks for one level after the other, up to this one, and the shopper gives it."""
    for each in STEPS[: STEPS.index(level) + 1]:
        await csa.do(AskShare(each))
        await shopper.entry(lambda entry: is_shared(entry, "asked"))
        await shopper.done(Share(each, csa.welcome.you.id))
        await csa.entry(lambda entry: is_shared(entry, "granted"))


def is_shared(entry: Entry, act: str) -> bool:
    return isinstance(entry.fact, Shared) and entry.fact.act == act


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
    await shells.filed()
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
    cases: list[tuple[Level, str, bool]] = [
        ("view", "e1", False),
        ("point", "e0", False),
        ("point", "e1", True),
    ]
    for level, epoch, arrives in cases:
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


async def watched(server: LocalServer, level: Level) -> tuple[Peer, Peer]:
    """The same, with the page on show at the CSA."""
    shopper, csa = await shared(server, level)
    await csa.send(Watch(shopper.room, on=True))
    await shopper.expect(Record)
    await send(shopper, 0, PAGE)
    await csa.expect(Mirrored)
    return shopper, csa


def acts(frames: list[AnyServerFrame]) -> list[int]:
    return [frame.n for frame in frames if isinstance(frame, ActNow)]


async def test_mirror8_each_step_is_weighed_by_level_and_epoch(shells: LocalServer) -> None:
    shopper, csa = await watched(shells, "point")
    await csa.send(Act(shopper.room, "e1", 1, 2, "click"))
    assert (await csa.expect(Refuse)).code == "not_granted"
    assert acts(await shopper.quiet()) == []
    shopper, csa = await watched(shells, "control")
    await csa.send(Act(shopper.room, "e0", 1, 2, "click"))
    assert (await csa.expect(OutcomeNow)).what == "gone"
    await csa.send(Act(shopper.room, "e1", 2, 2, "type", text="Leeds"))
    step = await shopper.expect(ActNow)
    assert (step.n, step.node, step.kind, step.text) == (2, 2, "type", "Leeds")
    assert step.by.id == csa.welcome.you.id
    await shopper.send(Outcome(shopper.room, step.by.id, 2, "denied"))
    assert await csa.expect(OutcomeNow) == OutcomeNow(shopper.room, 2, "denied")


async def test_mirror8_who_does_not_watch_uses_nothing(shells: LocalServer) -> None:
    shopper, csa = await watched(shells, "control")
    await csa.send(Watch(shopper.room, on=False))
    await csa.send(Act(shopper.room, "e1", 1, 2, "click"))
    assert (await csa.expect(Refuse)).code == "not_granted"
    assert acts(await shopper.quiet()) == []


async def test_mirror8_after_stop_no_step_arrives(shells: LocalServer) -> None:
    shopper, csa = await watched(shells, "control")
    await shopper.do(Share("none"))
    assert not (await shopper.expect(Record)).on
    for n in range(1, 20):
        await csa.send(Act(shopper.room, "e1", n, 2, "click"))
    await csa.beat()
    assert acts(await shopper.quiet()) == []


async def test_mirror8_more_steps_than_a_hand_can_make_are_dropped(shells: LocalServer) -> None:
    shopper, csa = await watched(shells, "control")
    for n in range(1, 301):
        await csa.send(Act(shopper.room, "e1", n, 2, "key", text="Tab"))
    denied = [await csa.expect(OutcomeNow)]
    assert denied[0].what == "denied"
    await csa.beat()
    assert 60 <= len(acts(await shopper.quiet())) < 300


async def test_mirror8_the_log_says_what_kind_of_thing_was_done_never_what_was_typed(
    shells: LocalServer,
) -> None:
    shopper, csa = await watched(shells, "control")
    for n, text in enumerate(["S", "e", "cret-words"], 1):
        await csa.send(Act(shopper.room, "e1", n, 2, "type", text=text))
    await csa.send(Act(shopper.room, "e1", 4, 2, "click"))
    await shopper.expect(ActNow, lambda step: step.n == 4)
    await shopper.done(Say("after it"))
    facts = [entry.fact for frame in shopper.frames if isinstance(frame, News) for entry in frame.entries]
    noted = [fact for fact in facts if isinstance(fact, Controlled)]
    assert [(fact.csa.id, fact.kind, fact.node) for fact in noted] == [
        (csa.welcome.you.id, "type", 2),
        (csa.welcome.you.id, "click", 2),
    ]
    await shells.filed()
    stored = b"".join(bytes(payload) for (payload,) in shells.rows("SELECT payload FROM log"))
    assert b"controlled" in stored
    assert b"cret-words" not in stored


async def test_mirror8_hovering_has_no_answer_and_a_drag_is_one_deed(shells: LocalServer) -> None:
    shopper, csa = await watched(shells, "control")
    await csa.send(Act(shopper.room, "e0", 1, 2, "hover"))  # of a page that is gone
    await csa.send(Act(shopper.room, "e1", 2, 2, "hover"))
    await csa.send(Act(shopper.room, "e1", 3, 3, "hover"))
    await csa.send(Act(shopper.room, "e1", 4, 2, "grab"))
    await csa.send(Act(shopper.room, "e1", 5, 2, "drag", dx=8.0))
    await csa.send(Act(shopper.room, "e1", 6, 2, "drop", dx=9.0))
    await shopper.expect(ActNow, lambda step: step.n == 6)
    await shopper.done(Say("after it"))
    facts = [entry.fact for frame in shopper.frames if isinstance(frame, News) for entry in frame.entries]
    noted = [(fact.kind, fact.node) for fact in facts if isinstance(fact, Controlled)]
    assert noted == [("hover", 2), ("drag", 2)]
    assert not [frame for frame in await csa.quiet() if isinstance(frame, OutcomeNow)]


async def test_mirror9_only_the_tab_that_records_says_what_became_of_a_step(shells: LocalServer) -> None:
    shopper, csa = await watched(shells, "control")
    tab = await shells.shopper(token=shopper.token)
    await tab.send(Outcome(shopper.room, csa.welcome.you.id, 1, "paused"))
    await tab.beat()
    assert not [frame for frame in await csa.quiet() if isinstance(frame, OutcomeNow)]


async def test_share3_only_tabs_of_the_origin_where_leave_was_given_record(serve: Serve) -> None:
    server = await serve(sites=[site(origins=[ORIGIN, "http://www.shop.example"])])
    shopper, csa = await shared(server)
    other = await server.connect("http://www.shop.example")
    await other.hello(Hello(v=1, role="shopper", site="shop", token=shopper.token))
    await other.send(Front(shopper.room))
    await other.beat()
    await csa.send(Watch(shopper.room, on=True))
    assert (await shopper.expect(Record)).on
    assert not [frame for frame in await other.quiet() if isinstance(frame, Record)]


async def test_share5_a_second_csa_looks_with_a_leave_of_their_own(shells: LocalServer) -> None:
    shopper, csa = await shared(shells)
    boss = await shells.colleague("Max", "supervisor", shopper.room)
    await boss.send(Watch(shopper.room, on=True))
    assert (await boss.expect(Refuse)).code == "not_granted"
    await allow(shopper, boss)
    for each in (csa, boss):
        await each.send(Watch(shopper.room, on=True))
    await shopper.expect(Record)
    await send(shopper, 0, PAGE)
    assert b"the page" in (await csa.expect(Mirrored)).part
    assert b"the page" in (await boss.expect(Mirrored)).part
    await shopper.done(Share("none", csa.welcome.you.id))
    await send(shopper, 1, scrolled(10))
    assert (await boss.expect(Mirrored)).seq == 1
    assert not [frame for frame in await csa.quiet() if isinstance(frame, Mirrored)]


async def test_share6_a_hand_over_goes_on_once_the_shopper_agrees(shells: LocalServer) -> None:
    shopper, csa = await shared(shells)
    await csa.done(Take())
    await csa.send(Watch(shopper.room, on=True))
    await shopper.expect(Record)
    await send(shopper, 0, PAGE)
    await csa.expect(Mirrored)
    tom = await shells.colleague("Tom", "csa", shopper.room)
    await tom.done(Take())
    await tom.send(Watch(shopper.room, on=True))
    assert (await tom.expect(Refuse)).code == "not_granted", "nothing is handed on without the shopper"
    await send(shopper, 1, scrolled(10))
    assert (await csa.expect(Mirrored)).seq == 1, "meanwhile it goes on"
    await shopper.done(Share("view", tom.welcome.you.id))
    await tom.send(Watch(shopper.room, on=True))
    await shopper.expect(Record, lambda frame: frame.on)
    await send(shopper, 0, PAGE, epoch="e2")
    assert (await tom.expect(Mirrored)).epoch == "e2"
    assert not [frame for frame in await csa.quiet() if isinstance(frame, Mirrored)]


async def test_audit1_who_looks_is_in_the_log(shells: LocalServer) -> None:
    shopper, csa = await shared(shells)
    await csa.send(Watch(shopper.room, on=True))
    began = await csa.fact(Looked)
    await csa.send(Watch(shopper.room, on=True))
    await csa.send(Watch(shopper.room, on=False))
    ended = await csa.fact(Looked)
    assert began.fact == Looked(csa.welcome.you, on=True)
    assert ended.fact == Looked(csa.welcome.you, on=False)


async def test_equal2_drift_asks_for_the_page_anew(shells: LocalServer) -> None:
    shopper, csa = await shared(shells)
    await csa.send(Watch(shopper.room, on=True, anew=True))
    assert (await shopper.expect(Record)).on, "who did not watch begins to"
    await send(shopper, 0, PAGE)
    await csa.expect(Mirrored)
    await csa.send(Watch(shopper.room, on=True, anew=True))
    assert (await shopper.expect(Record)).on
    await send(shopper, 0, PAGE, epoch="e2")
    assert (await csa.expect(Mirrored)).epoch == "e2"
