"""What rules know beyond the page, on a running server: signed customers, teams, metrics. SPEC rule, sign.6."""

from __future__ import annotations

import hmac

import httpx

from cobrowse.core.messages import Declined, Event, Identify, Offered, Page, Settle
from cobrowse.core.rules.rule import Rule
from cobrowse.core.rules.syntax import parse
from tests.conftest import Serve
from tests.core.rules.drafts import draft, rule
from tests.serving import EMAIL, site

SECRET = "what the shop signs its customers with"
PROOF = "4711:" + hmac.new(SECRET.encode(), b"cobrowse:4711", "sha256").hexdigest()
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


async def test_rule10_a_teams_rule_waits_for_somebody_of_the_team(serve: Serve) -> None:
    server = await serve(rules=[with_team("kitchens")], teams={"kitchens": [EMAIL.upper()], "beds": []})
    shopper = await server.shopper()
    await shopper.done(Event("page_view", Page("/desk", "A desk", "product")))
    csa = await server.csa()
    offer = await shopper.fact(Offered)
    await shopper.done(Settle(f"{offer.replica}.{offer.c}", accept=True))
    card = await csa.card(shopper.room, lambda card: card.conversation == "waiting")
    assert card.reason.endswith("(for kitchens)")


async def test_metrics_tell_what_the_rules_did_and_what_is_wrong_with_them(serve: Serve) -> None:
    broken = rule(rule_id="broken", when="1 / (visit.pages - 1) > 0", idle="")
    server = await serve(rules=[REGULAR, broken], sites=[site(identity_secret=SECRET)])
    await server.csa()
    shopper = await server.shopper()
    await shopper.done(Event("page_view", Page("/desk", "A desk", "product")))
    await shopper.done(Identify(PROOF))
    await shopper.fact(Offered)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        lines = (await http.get("/metrics")).text.splitlines()
    figures = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert figures['cobrowse_offers_total{rule="regular"}'] == "1.0"
    assert figures['cobrowse_rule_moments_total{cause="fires",rule="regular"}'] == "1.0"
    assert float(figures['cobrowse_rule_faults_total{rule="broken"}']) >= 1
    assert figures["cobrowse_rules"] == "2.0"
    assert figures["cobrowse_rule_mistakes"] == "0.0"
