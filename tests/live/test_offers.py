"""Offers of help as a shopper and a CSA meet them, on a running server. SPEC offer."""

from __future__ import annotations

from pathlib import Path

import pytest

from cobrowse.core.messages import (
    Event,
    Finish,
    Increment,
    Invite,
    Joined,
    News,
    Offered,
    Page,
    Say,
    Settle,
    Settled,
    Status,
    Take,
)
from cobrowse.core.rules.rule import Rule
from cobrowse.rulebook import load
from tests.conftest import Serve
from tests.serving import LocalServer
from tests.wire import Peer

IDLE_RULE = """\
id: idle
title: Left alone
when: cart.distinct_items >= 1 && page.kind != "checkout"
idle: 1 s
offer:
  expires: 10 s
  text:
    en: Can I help with your {{ cart.distinct_items }} items?
    de: Kann ich bei Ihren {{ cart.distinct_items }} Artikeln helfen?
"""
PAGES_RULE = """\
id: pages
title: Looked around
when: visit.pages >= 2
offer:
  expires: 10 s
  text:
    en: Shall I show you around?
"""


def rules_of(folder: Path, **texts: str) -> list[Rule]:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    rules, errors = load(folder)
    assert not errors, errors
    return rules


@pytest.fixture
async def shop(serve: Serve, tmp_path: Path) -> LocalServer:
    """A shop that offers help a second after the cart was last changed."""
    return await serve(rules=rules_of(tmp_path / "rules", idle=IDLE_RULE), burst_frames=1e6)


async def browse(peer: Peer, kind: str = "product", path: str = "/desk") -> None:
    await peer.done(Event("page_view", Page(path, "A page", kind)))


def facts_in(peer: Peer, kind: type) -> list[object]:
    return [
        entry.fact
        for frame in peer.frames
        if isinstance(frame, News)
        for entry in frame.entries
        if isinstance(entry.fact, kind)
    ]


async def offered_to(peer: Peer) -> tuple[str, Offered]:
    """The offer that is made, and its id."""
    entry = await peer.fact(Offered)
    assert isinstance(entry.fact, Offered)
    return f"{entry.replica}.{entry.c}", entry.fact


async def settled_in(peer: Peer) -> str:
    entry = await peer.fact(Settled)
    assert isinstance(entry.fact, Settled)
    return entry.fact.status


async def test_offer5_an_offer_is_made_once_in_every_tab(shop: LocalServer) -> None:
    csa = await shop.csa()
    one = await shop.shopper()
    two = await shop.shopper(token=one.token)
    await browse(one)
    await one.done(Increment("desk", 1))
    first, offer = await offered_to(one)
    second, same = await offered_to(two)
    assert (first, offer.text) == (second, "Can I help with your 1 items?")
    assert (same.rule, same.rule_version, same.reason) == ("", "", ""), "a shopper sees no reasons"
    await csa.enter(one.room)
    assert csa.joined.view is not None
    assert csa.joined.view.offer is not None
    assert csa.joined.view.offer.rule == "idle"
    assert csa.joined.view.offer.reason.startswith("Left alone: ")
    await one.done(Settle(first, accept=False))
    # A change of the cart, and then more than the rule's second: the visit has had its offer.
    await one.done(Increment("desk", 1))
    changed_at = (await one.done(Increment("lamp", 1))).at
    await csa.card(one.room, lambda card: card.cart_items == 3)
    while (await one.done(Event("scroll"))).at < changed_at + 1.6:
        await two.beat()
    assert len(facts_in(one, Offered)) == len(facts_in(two, Offered)) == 1
    assert shop.rows("SELECT rule, status FROM offers") == [("idle", "dismissed")]


async def test_offer1_it_is_withdrawn_when_checkout_begins(shop: LocalServer) -> None:
    await shop.csa()
    shopper = await shop.shopper()
    await browse(shopper)
    await shopper.done(Increment("desk", 1))
    offer, _ = await offered_to(shopper)
    await browse(shopper, "checkout", "/checkout")
    assert await settled_in(shopper) == "withdrawn"
    refused = await shopper.done(Settle(offer, accept=True))
    assert getattr(refused.fact, "code", "") == "gone"
    assert shop.rows("SELECT status FROM offers") == [("withdrawn",)]


async def test_offer1_it_is_withdrawn_when_nobody_is_free_any_more(shop: LocalServer) -> None:
    csa = await shop.csa()
    shopper = await shop.shopper()
    await browse(shopper)
    await shopper.done(Increment("desk", 1))
    await offered_to(shopper)
    await csa.send(Status(available=False))
    assert await settled_in(shopper) == "withdrawn"


async def test_offer5_none_is_made_without_a_csa_who_is_available(serve: Serve, tmp_path: Path) -> None:
    server = await serve(rules=rules_of(tmp_path / "rules", pages=PAGES_RULE))
    shopper = await server.shopper()
    await browse(shopper)
    await browse(shopper)
    csa = await server.csa(available=False)
    await csa.card(shopper.room, lambda card: card.pages == 2)
    assert not facts_in(shopper, Offered)
    await csa.send(Status(available=True))
    await offered_to(shopper)


async def test_offer2_none_is_made_while_a_chat_is_live(serve: Serve, tmp_path: Path) -> None:
    server = await serve(rules=rules_of(tmp_path / "rules", pages=PAGES_RULE))
    csa = await server.csa()
    shopper = await server.shopper()
    await shopper.done(Say("hello"))
    await browse(shopper)
    await browse(shopper)
    await csa.card(shopper.room, lambda card: card.pages == 2)
    await csa.enter(shopper.room)
    await csa.done(Take())
    await csa.card(shopper.room, lambda card: card.conversation == "open")
    assert not facts_in(csa, Offered)
    await csa.done(Finish())
    await offered_to(shopper)


async def test_offer5_a_dismissal_ends_offers_for_the_visit(serve: Serve, tmp_path: Path) -> None:
    rules = rules_of(tmp_path / "rules", idle=IDLE_RULE, pages=PAGES_RULE)
    server = await serve(rules=rules, burst_frames=1e6)
    csa = await server.csa()
    shopper = await server.shopper()
    await browse(shopper)
    await browse(shopper)
    offer, text = await offered_to(shopper)
    assert text.text == "Shall I show you around?"
    await shopper.done(Settle(offer, accept=False))
    changed_at = (await shopper.done(Increment("desk", 1))).at
    while (await shopper.done(Event("scroll"))).at < changed_at + 1.6:
        await csa.beat()
    assert len(facts_in(shopper, Offered)) == 1


async def test_offer4_an_accepted_one_begins_a_conversation_that_waits(shop: LocalServer) -> None:
    csa = await shop.csa()
    shopper = await shop.shopper(locale="de")
    await browse(shopper)
    await shopper.done(Increment("desk", 1))
    offer, made = await offered_to(shopper)
    assert made.text == "Kann ich bei Ihren 1 Artikeln helfen?"
    await shopper.done(Settle(offer, accept=True))
    card = await csa.card(shopper.room, lambda card: card.conversation == "waiting")
    assert card.reason.startswith("Left alone: ")
    assert card.offer == "accepted"
    for reader, reason_is_seen in ((await shop.shopper(token=shopper.token), False), (csa, True)):
        joined: Joined = reader.joined if reader is not csa else await csa.enter(shopper.room)
        assert joined.view is not None
        talk = joined.view.conversation
        assert (talk.status, bool(talk.reason)) == ("waiting", reason_is_seen)
        assert [message.text for message in talk.messages] == [made.text]
    assert shop.rows("SELECT status, offer FROM conversations") == [("waiting", f"{shopper.room}.{offer}")]
    assert shop.rows("SELECT status FROM offers") == [("accepted",)]
    assert shop.rows("SELECT author_role, text FROM messages") == [("server", made.text)]


async def test_offer1_it_expires(serve: Serve, tmp_path: Path) -> None:
    server = await serve(rules=rules_of(tmp_path / "rules", pages=PAGES_RULE))
    await server.csa()
    shopper = await server.shopper()
    await browse(shopper)
    await browse(shopper)
    _, made = await offered_to(shopper)
    entry = await shopper.fact(Settled)
    assert getattr(entry.fact, "status", "") == "expired"
    assert 0 <= entry.at - made.expires_at < 2


async def test_offer4_a_csas_invitation_opens_a_conversation_with_them(local: LocalServer) -> None:
    shopper = await local.shopper()
    await browse(shopper)
    csa = await local.csa_in(shopper.room)
    await csa.done(Invite("Hello, may I help?"))
    offer, made = await offered_to(shopper)
    again = await csa.done(Invite("Hello again"))
    assert getattr(again.fact, "code", "") == "invalid"
    await shopper.done(Settle(offer, accept=True))
    back = await local.shopper(token=shopper.token)
    assert back.joined.view is not None
    talk = back.joined.view.conversation
    assert (talk.status, talk.taken_by and talk.taken_by.name) == ("open", "Ginny")
    assert [message.text for message in talk.messages] == [made.text]
    ((status, taken_by),) = local.rows("SELECT status, taken_by FROM conversations")
    assert (status, taken_by) == ("open", csa.welcome.you.id)
