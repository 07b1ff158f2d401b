"""Who may change the cart, on a running server. SPEC room.5, cart.9, cart.10."""

from __future__ import annotations

import pytest

from cobrowse.core.messages import (
    AddCoupon,
    Answer,
    AnyOperation,
    Ask,
    Asked,
    CartChanged,
    Declined,
    Entry,
    Event,
    Grant,
    Granted,
    Increment,
    Propose,
    RemoveCoupon,
    SetQuantity,
    Take,
    Withdraw,
    WriteNote,
)
from tests.conftest import Serve
from tests.serving import LocalServer, site
from tests.wire import Peer

EDITS: list[AnyOperation] = [
    Increment("desk", 1),
    SetQuantity("desk", 4, []),
    AddCoupon("OAK10"),
    RemoveCoupon("OAK10", []),
]


def code_of(entry: Entry) -> str:
    return entry.fact.code if isinstance(entry.fact, Declined) else ""


async def codes(peer: Peer, operations: list[AnyOperation]) -> set[str]:
    return {code_of(await peer.done(op)) for op in operations}


async def test_room5_a_csa_edits_only_while_the_shopper_grants_it(local: LocalServer) -> None:
    shopper = await local.shopper()
    csa = await local.csa_in(shopper.room)
    assert await codes(csa, EDITS) == {"not_granted"}
    await csa.done(Ask())
    assert isinstance((await shopper.fact(Asked)).fact, Asked)
    assert await codes(csa, EDITS) == {"not_granted"}, "to ask is not to have"
    await shopper.done(Grant(edit=True))
    await csa.fact(Granted)
    assert await codes(csa, EDITS) == {""}
    changed = await shopper.entry(
        lambda entry: isinstance(entry.fact, CartChanged) and entry.by.role == "csa"
    )
    assert changed.by.name == "Ginny"
    await shopper.done(Grant(edit=False))
    await csa.fact(Granted)
    assert await codes(csa, EDITS) == {"not_granted"}
    back = await local.shopper(token=shopper.token)
    assert back.joined.view is not None
    assert not back.joined.view.grant.edit
    assert [sum(entry.n for entry in dots.values()) for dots in back.joined.view.cart.lines.values()] == [5]


async def test_room5_nobody_else_gives_leave(local: LocalServer) -> None:
    shopper = await local.shopper()
    csa = await local.csa_in(shopper.room)
    assert await codes(csa, [Grant(edit=True), Event("page_view")]) == {"forbidden"}
    assert await codes(shopper, [Take(), Ask(), Propose("desk", 1), Withdraw("1.1")]) == {"forbidden"}
    assert await codes(csa, EDITS) == {"not_granted"}


@pytest.mark.parametrize(("setting", "code"), [("always", ""), ("never", "not_granted")])
async def test_room5_the_site_may_say_always_or_never(serve: Serve, setting: str, code: str) -> None:
    server = await serve(sites=[site(csa_edits=setting)])
    shopper = await server.shopper()
    csa = await server.csa_in(shopper.room)
    assert await codes(csa, EDITS) == {code}
    assert await codes(csa, [Ask()]) == {"invalid"}
    assert await codes(shopper, [Grant(edit=True)]) == {"invalid"}
    assert await codes(csa, [WriteNote("gift", "wrap it"), Propose("lamp", 1)]) == {""}


async def test_cart10_a_proposal_is_answered_once(local: LocalServer) -> None:
    shopper = await local.shopper()
    csa = await local.csa_in(shopper.room)
    proposals = []
    for line in ("lamp", "desk", "chair"):
        made = await csa.done(Propose(line, 2, "it fits"))
        proposals.append(f"{made.replica}.{made.c}")
    await shopper.entry(lambda entry: entry.offset == made.offset)
    lamp, desk, chair = proposals
    assert await codes(csa, [Answer(lamp, accept=True)]) == {"forbidden"}
    assert await codes(shopper, [Answer(lamp, accept=True), Answer(desk, accept=False)]) == {""}
    assert await codes(shopper, [Answer(lamp, accept=True), Answer(desk, accept=True)]) == {"gone"}
    assert await codes(csa, [Withdraw(chair)]) == {""}
    assert await codes(shopper, [Answer(chair, accept=True)]) == {"gone"}
    back = await local.shopper(token=shopper.token)
    assert back.joined.view is not None
    cart = back.joined.view.cart
    assert {line: sum(entry.n for entry in dots.values()) for line, dots in cart.lines.items()} == {"lamp": 2}
    statuses = {key: proposal.status for key, proposal in cart.proposals.items()}
    assert statuses == {lamp: "accepted", desk: "declined", chair: "withdrawn"}


async def test_room5_a_signed_out_csa_is_shown_out(local: LocalServer) -> None:
    shopper = await local.shopper()
    csa = await local.csa_in(shopper.room)
    headers = {"cookie": local.cookie, "origin": local.url}
    assert (await local.http.post("/console/sign-out", headers=headers)).status_code == 303
    assert await csa.close_code() == 4500
    stranger = await local.connect(local.url, local.cookie)
    from cobrowse.core.messages import Hello

    await stranger.send(Hello(v=1, role="csa"))
    assert await stranger.close_code() == 4500
