"""A recorded shopper: each row of the file as the operations that a shop's page would send, over a real connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from cobrowse.core.cart import FOLD_AT_DOTS, MAX_QUANTITY, Cart, quantity
from cobrowse.core.line import line_id
from cobrowse.core.messages import AnyOperation, Do, Event, Increment, Item, Page, SetQuantity
from cobrowse.simulate import stream
from cobrowse.simulate.client import Client
from cobrowse.simulate.timetable import Departure

ANSWER_WITHIN_S = 90.0
CSA_WITHIN_S = 30.0

PAGES = {
    "home": ("/", "home"),
    "page_view": ("/", "content"),
    "catalog": ("/catalogue", "category"),
    "view_item_list": ("/catalogue", "category"),
    "search": ("/search", "search"),
    "view_search_results": ("/search", "search"),
    "view_cart": ("/cart", "cart"),
    "begin_checkout": ("/checkout", "checkout"),
}
"""Events that show a page: its path and kind. `view_item` shows the product's own."""

DECIMALS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Decimals of the currencies that have not two: ISO 4217."""


def to_minor(price: Decimal, currency: str) -> int:
    """The price in the currency's minor units, halves rounded up."""
    return int(price.scaleb(DECIMALS.get(currency, 2)).quantize(Decimal(1), ROUND_HALF_UP))


def session_event(event: stream.Event, currency: str) -> Event:
    """What the shop's page reports when this row happens."""
    if not event.item:
        path, kind = PAGES.get(event.name, ("", ""))
        return Event(event.name, Page(path, kind=kind) if path else None)
    line = line_id(event.item)
    minor = to_minor(event.price, currency) if event.price is not None else None
    name = f"{event.brand} {event.item}".strip()[:300]
    item = Item(line, name, "", minor, currency if minor is not None else "", event.category[:120])
    page = Page(f"/products/{line}", item.name, "product") if event.name == "view_item" else None
    return Event(event.name, page, [item], minor if event.name == "purchase" else None)


def cart_change(event: stream.Event, cart: Cart) -> AnyOperation | None:
    """What the row does to the cart that its shopper sees; None if nothing. A purchase's event empties it by itself.

    A line of many dots is folded, as every client must: SPEC cart.8.
    """
    if not event.item:
        return None
    line = line_id(event.item)
    counts = cart.lines.get(line, {})
    if event.name == "remove_from_cart":
        return SetQuantity(line, 0, list(counts)) if counts else None
    if event.name != "add_to_cart":
        return None
    held = quantity(counts)
    if len(counts) >= FOLD_AT_DOTS and held < MAX_QUANTITY:
        return SetQuantity(line, held + 1, list(counts))
    return Increment(line, 1)


class Shopper:
    """One shopper over all their visits: one token, one room, one connection a visit.

    `sent` hears each operation as it is handed to the connection, with the replica's number and the monotonic time.
    """

    def __init__(self, client: Client, sent: Callable[[int, Do, float], None]) -> None:
        self.client = client
        self.operations = 0
        self.unwatched = False
        self._sent = sent
        self._one_visit = asyncio.Lock()
        self._met_csa = False

    async def visit(self, departure: Departure, paced: bool) -> None:
        """Replays one visit, after the one before has ended. `paced` by the timetable, else by the answers.

        The first visit begins when a CSA has come into the room, so that every change is watched live.
        Raises TimeoutError when the server does not answer, Stopped or Unreachable when the connection is over.
        """
        async with self._one_visit, self.client.connected():
            await self.client.settled(ANSWER_WITHIN_S)
            if not self._met_csa:
                await self._meet_csa()
            started_at = time.monotonic()
            for event, after_s in zip(departure.visit.events, departure.after_s, strict=True):
                if (wait_s := started_at + after_s - time.monotonic()) > 0 and paced:
                    await asyncio.sleep(wait_s)
                await self._act(event)
                if not paced:
                    await self.client.settled(ANSWER_WITHIN_S)
            await self.client.settled(ANSWER_WITHIN_S)

    async def _meet_csa(self) -> None:
        self._met_csa = True
        own = self.client.own
        try:
            await self.client.until(lambda: any(author.role == "csa" for author in own.present), CSA_WITHIN_S)
        except TimeoutError:
            self.unwatched = True

    async def _act(self, event: stream.Event) -> None:
        await self._do(session_event(event, self.client.sites[0].currency))
        change = cart_change(event, self.client.own.shown())
        if change is not None:
            await self._do(change)

    async def _do(self, op: AnyOperation) -> None:
        at = time.monotonic()
        frame = await self.client.do(op)
        self.operations += 1
        self._sent(self.client.own.replica, frame, at)
