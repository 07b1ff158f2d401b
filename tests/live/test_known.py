"""What rules know beyond the page, on a running server: signed customers, teams, metrics. SPEC rule, sign.6."""

from __future__ import annotations

import hmac
import time

import httpx
import jwt

from cobrowse.core.messages import Declined, Event, Finish, Identify, Judged, Offered, Page, Say, Settle, Take
from cobrowse.core.rules.rule import Rule
from cobrowse.core.rules.syntax import parse
from tests.conftest import Serve
from tests.core.rules.drafts import draft, rule
from tests.serving import EMAIL, site
from tests.wire import WITHIN_S

SECRET = "what the shop signs its customers with"
PROOF = "4711:" + hmac.new(SECRET.encode(), b"cobrowse:4711", "sha256").hexdigest()


def token(**told: str) -> str:
    """What the shop's server signs of a customer."""
    return jwt.encode({"exp": int(time.time()) + 3600, **told}, SECRET, "HS256")


REGULAR = rule(rule_id="regular", when="contact.known && visit.pages >= 1", idle="")


def with_team(team: str) -> Rule:
    text = draft(rule_id="helped", when="visit.pages >= 1", idle="")
    return parse(text.replace("offer:\n", f"offer:\n  team: {team}\n"), "helped.yaml")


async def test_sign6_a_customer_whom_the_shop_has_signed_is_known_to_the_rules(serve: Serve) -> None:
    server = await serve(rules=[REGULAR], sites=[site(identity_secret=SECRET)])
    csa = await server.csa()
    shopper = await server.shopper(utc_min=60)
    await shopper.done(Event("page_view", Page("/desk", "A desk", "product")))
    forged = await shopper.done(Identify("4712" + PROOF[4:]))
    assert isinstance(forged.fact, Declined)
    assert forged.fact.code == "invalid"
    await shopper.done(Identify(PROOF))
    offer = await shopper.fact(Offered)
    await csa.enter(shopper.room)
    assert csa.joined.view is not None
    assert csa.joined.view.offer is not None
    assert csa.joined.view.offer.rule == "regular"
    await shopper.done(Settle(f"{offer.replica}.{offer.c}", accept=False))


async def test_sign6_who_has_written_is_a_contact_with_what_the_shop_has_signed(serve: Serve) -> None:
    server = await serve(sites=[site(identity_secret=SECRET)])
    held = "SELECT visitor, name, email, external_id FROM contacts ORDER BY created_at"
    shopper = await server.shopper()
    await shopper.done(Identify(token(sub="4711", name="Lea", email="lea@home.test")))
    assert server.rows(held) == []
    await shopper.done(Say("Hello?"))
    lea = (shopper.room, "Lea", "lea@home.test", "4711")
    assert server.rows(held) == [lea]
    await server.csa()
    async with httpx.AsyncClient(base_url=server.url, timeout=WITHIN_S, trust_env=False) as http:
        told = await http.get(f"/console/api/rooms/{shopper.room}/history", headers={"cookie": server.cookie})
    assert told.json()["contact"] == {"email": "lea@home.test", "number": "4711"}
    phone = await server.shopper()
    await phone.done(Say("It is me again"))
    assert server.rows(held) == [lea, (phone.room, None, None, None)]
    await phone.done(Identify(token(sub="4711", name="Lea", email="lea@home.test")))
    assert server.rows(held) == [lea, (phone.room, "Lea", "lea@home.test", None)]


async def test_rule10_a_teams_rule_waits_for_somebody_of_the_team(serve: Serve) -> None:
    server = await serve(rules=[with_team("kitchens")], teams={"kitchens": [EMAIL.upper()], "beds": []})
    shopper = await server.shopper()
    await shopper.done(Event("page_view", Page("/desk", "A desk", "product")))
    csa = await server.csa()
    offer = await shopper.fact(Offered)
    await shopper.done(Settle(f"{offer.replica}.{offer.c}", accept=True))
    card = await csa.card(shopper.room, lambda card: card.conversation == "waiting")
    assert card.reason.endswith("(for kitchens)")
    assert card.team == "kitchens"
    await csa.enter(shopper.room)
    await csa.done(Take())
    assert (await csa.card(shopper.room, lambda card: card.conversation == "open")).team == ""
    await shopper.done(Finish())
    await shopper.done(Say("Hello again"))
    assert (await csa.card(shopper.room, lambda card: card.conversation == "waiting")).team == ""


async def test_rule7_a_place_that_becomes_free_is_enough_to_ask_the_rules(serve: Serve) -> None:
    helped = rule(rule_id="helped", when="visit.pages >= 1", idle="")
    server = await serve(rules=[helped], chats_per_csa=1)
    csa = await server.csa()
    other = await server.shopper()
    await other.done(Say("Is anybody there?"))
    await csa.enter(other.room)
    await csa.done(Take())
    still = await server.shopper()
    watcher = await server.csa_in(still.room)
    await still.done(Event("page_view", Page("/desk", "A desk", "product")))
    judged = await watcher.fact(Judged)
    assert isinstance(judged.fact, Judged)
    assert judged.fact.cause == "no-csa"
    await csa.done(Finish())
    await still.fact(Offered)


async def test_metrics_tell_what_the_rules_did_and_what_is_wrong_with_them(serve: Serve) -> None:
    broken = rule(rule_id="broken", when="1 / (visit.pages - 1) > 0", idle="")
    server = await serve(rules=[REGULAR, broken], sites=[site(identity_secret=SECRET)])
    await server.csa()
    shopper = await server.shopper()
    await shopper.done(Event("page_view", Page("/desk", "A desk", "product")))
    await shopper.done(Identify(PROOF))
    await shopper.fact(Offered)
    async with httpx.AsyncClient(base_url=server.url, timeout=WITHIN_S, trust_env=False) as http:
        lines = (await http.get("/metrics")).text.splitlines()
    figures = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert figures['cobrowse_offers_total{rule="regular"}'] == "1.0"
    assert figures['cobrowse_rule_moments_total{cause="fires",rule="regular"}'] == "1.0"
    assert float(figures['cobrowse_rule_faults_total{rule="broken"}']) >= 1
    assert figures["cobrowse_rules"] == "2.0"
    assert figures["cobrowse_rule_mistakes"] == "0.0"
