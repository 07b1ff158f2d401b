"""Made-up visits of the demo shop, and what its rules would have done in them: something to replay, and results to look
at, before anybody has been there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.commands.rules import play
from cobrowse.core.messages import OfferStatus
from cobrowse.core.rules.engine import Book
from cobrowse.core.rules.experiments import CONTROL, arm_of, share
from cobrowse.core.rules.limits import Cause, Limits
from cobrowse.core.rules.replay import Moment, Replay
from cobrowse.core.rules.rule import Rule
from cobrowse.core.rules.tally import Tally
from cobrowse.demo.catalogue import Product, catalogue
from cobrowse.simulate.stream import Event, read_events
from cobrowse.storage import decisions, offers
from cobrowse.storage.decisions import Decision, Order
from cobrowse.storage.engine import open_database
from cobrowse.storage.offers import Offer

COLUMNS = ("session_id", "user_id", "ts", "event", "item_id", "price", "category", "brand")
DAYS, SHOPPERS, CSAS = 21, 1_000, 40
DAY_S = 86_400
MEASURED = "abandoned-basket"
HOLDOUT = 0.3
BUYS, BUYS_WITH_HELP = 0.14, 0.24
"""How many of those with a full basket buy: of those held out, and of those who were offered help."""

Row = tuple[str, str, float, str, str, str, str, str]


def held_out(rules: Iterable[Rule]) -> list[Rule]:
    """The rules, the measured one with a control group."""
    return [replace(rule, holdout=HOLDOUT) if rule.id == MEASURED else rule for rule in rules]


def write_visits(path: Path, rules: Sequence[Rule], until: float) -> None:
    """Writes the visits of three weeks as a recording: the same shoppers each time, ending at `until` (Unix, s)."""
    products = catalogue().products
    measured = next((rule for rule in held_out(rules) if rule.id == MEASURED), None)
    rows: list[Row] = []
    for number in range(SHOPPERS):
        shopper, random = f"made-up-{number}", Random(f"shopper {number}")
        helped = measured is not None and arm_of(measured, shopper, 0.0) != CONTROL
        begun = until - random.random() * (DAYS - 1) * DAY_S - DAY_S
        rows += _visit(shopper, begun, random, products, BUYS_WITH_HELP if helped else BUYS)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for session, shopper, at, *rest in sorted(rows, key=lambda row: row[2]):
            writer.writerow([session, shopper, datetime.fromtimestamp(at, UTC).isoformat(), *rest])


def _visit(shopper: str, at: float, random: Random, products: Sequence[Product], buys: float) -> list[Row]:
    rows: list[Row] = []

    def happens(name: str, product: Product | None = None) -> None:
        told = (
            (product.item_id, f"{product.from_minor / 100}", product.category.title)
            if product
            else ("", "", "")
        )
        rows.append((f"visit-{shopper}", shopper, at, name, *told, ""))

    happens("home")
    chosen: list[Product] = []
    for _ in range(random.randint(2, 10)):
        at += random.uniform(8, 40)
        product = random.choice(products)
        happens("view_item", product)
        if random.random() < 0.45:
            at += random.uniform(3, 15)
            happens("add_to_cart", product)
            chosen.append(product)
    for name, likely in (("search_without_result", 0.05), ("coupon_refused", 0.04), ("exit_intent", 0.15)):
        for _ in range(2 if random.random() < likely else 0):
            at += random.uniform(5, 20)
            if name == "search_without_result":
                happens("view_search_results")
            happens(name)
    at += random.uniform(100, 400)
    happens("view_item", random.choice(products))
    if chosen and random.random() < (buys if len({each.item_id for each in chosen}) >= 3 else BUYS):
        for name in ("begin_checkout", "purchase"):
            at += random.uniform(30, 120)
            happens(name)
    return rows


async def fill(database_url: str, visits: Path, rules: Sequence[Rule], site: str) -> int:
    """Puts what the rules decide in these visits into the database, with orders; how many decisions."""
    events, tried = read_events(visits), held_out(rules)
    moments: list[Moment] = []
    replay = Replay(Book(tried, Limits()), CSAS, moments.append)
    play(replay, Tally(), events)
    replay.finish()
    engine = await open_database(database_url)
    try:
        async with engine.begin() as conn:
            titles = {rule.id: rule for rule in tried}
            for offset, moment in enumerate(moments, 1):
                await _keep(conn, offset, moment, titles[moment.rule], site)
            for offset, order in enumerate(_orders(events), len(moments) + 1):
                shopper, at, value_minor = order
                await decisions.buy(conn, Order(shopper, offset, site, at, value_minor, f"M-{offset}"))
    finally:
        await engine.dispose()
    return len(moments)


async def _keep(conn: AsyncConnection, offset: int, moment: Moment, rule: Rule, site: str) -> None:
    offer = f"{moment.contact}.0.{offset}" if moment.cause is Cause.FIRES else None
    if offer is not None:
        status = _ending(moment)
        made = Offer(offer, moment.contact, site, rule.id, rule.version, moment.at, rule.title, moment.reason)
        await offers.make(conn, made)
        await offers.settle(conn, offer, status, moment.at + 30)
    decision = Decision(
        moment.contact,
        offset,
        site,
        moment.at,
        rule.id,
        rule.version,
        moment.cause,
        moment.arm,
        moment.reason,
        "[]",
        offer,
    )
    await decisions.make(conn, decision)


def _ending(moment: Moment) -> OfferStatus:
    """How a made-up shopper answers: a quarter accepts, a third dismisses, the others let it be."""
    luck = share("ending", moment.rule, moment.contact)
    return "accepted" if luck < 0.25 else "dismissed" if luck < 0.6 else "expired"


def _orders(events: Iterable[Event]) -> list[tuple[str, float, int]]:
    """Each purchase with what was in the cart: shopper, time, value."""
    carts: dict[str, int] = {}
    found: list[tuple[str, float, int]] = []
    for event in events:
        if event.name == "add_to_cart" and event.price is not None:
            carts[event.shopper] = carts.get(event.shopper, 0) + round(event.price * 100)
        elif event.name == "purchase":
            found.append((event.shopper, event.at_s, carts.pop(event.shopper, 0)))
    return found
