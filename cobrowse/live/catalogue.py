"""What a shop sells, from its product feed: for the CSAs' search and for the prices that count. SPEC room.8."""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated
from urllib.parse import urljoin

import httpx
import msgspec
from msgspec import Meta

from cobrowse.core.items import safe_url
from cobrowse.core.line import line_id
from cobrowse.core.messages import Item

REFRESH_EVERY_S = 300.0
RETRY_AFTER_S = 5.0
FETCH_WITHIN_S = 20.0
MAX_FEED_BYTES = 64 * 1024 * 1024

ZERO_DECIMAL_CURRENCIES = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL_CURRENCIES = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])

logger = logging.getLogger(__name__)

Price = Annotated[float, Meta(ge=0, le=1e9)]


class Variant(msgspec.Struct, frozen=True):
    item_variant: str = ""
    price: Price | None = None
    stock: int | None = None
    item_image: str = ""


class Product(msgspec.Struct, frozen=True):
    """One product of the feed, with GA4's item fields."""

    item_id: str
    item_name: str
    price: Price | None = None
    item_category: str = ""
    item_brand: str = ""
    item_url: str = ""
    item_image: str = ""
    description: str = ""
    variants: list[Variant] = []


class Feed(msgspec.Struct, frozen=True):
    products: list[Product]
    currency: str = ""


class Listed(msgspec.Struct, frozen=True):
    """One line that can be proposed, with its stock if the shop says."""

    item: Item
    stock: int | None
    words: str


def minor_units(price: float, currency: str) -> int:
    """The price in the currency's smallest unit, halves up: 12.345 GBP is 1235."""
    places = 0 if currency in ZERO_DECIMAL_CURRENCIES else 3 if currency in THREE_DECIMAL_CURRENCIES else 2
    return int((Decimal(str(price)) * 10**places).quantize(Decimal(1), ROUND_HALF_UP))


def fold(text: str) -> str:
    """Without case and accents, so that `Schräg` is found by `schrag`."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()


def list_products(feed: Feed, base_url: str, currency: str) -> dict[str, Listed]:
    """The feed as lines: one a variant, keyed by line identifier. Addresses become absolute."""
    listed: dict[str, Listed] = {}
    of = feed.currency or currency
    for product in feed.products:
        for variant in product.variants or [Variant()]:
            price = variant.price if variant.price is not None else product.price
            options = {"variant": variant.item_variant} if variant.item_variant else None
            item = Item(
                line=line_id(product.item_id, options),
                name=product.item_name[:300],
                variant=variant.item_variant[:120],
                price_minor=None if price is None else minor_units(price, of),
                currency=of,
                category=product.item_category[:120],
                url=_address(base_url, product.item_url),
                image=_address(base_url, variant.item_image or product.item_image),
            )
            words = fold(f"{item.name} {item.variant} {item.category} {product.item_id} {product.item_brand}")
            listed[item.line] = Listed(item, variant.stock, words)
    return listed


def _address(base_url: str, address: str) -> str:
    return safe_url(urljoin(base_url, address))[:2000] if address else ""


class Catalogue:
    """One site's products, fetched now and then; the last good feed stays while a fetch fails."""

    def __init__(self, feed_url: str, currency: str) -> None:
        self._url = feed_url
        self._currency = currency
        self._lines: dict[str, Listed] = {}

    def look_up(self, line: str) -> Item | None:
        """The shop's own word on a line."""
        listed = self._lines.get(line)
        return listed.item if listed else None

    def search(self, text: str, limit: int) -> list[Listed]:
        """Lines whose name, variant, category, brand or number hold every word; names that begin with it first."""
        words = fold(text).split()
        hits = [listed for listed in self._lines.values() if all(word in listed.words for word in words)]
        first = words[0] if words else ""
        hits.sort(key=lambda listed: (not fold(listed.item.name).startswith(first), listed.stock == 0))
        return hits[:limit]

    async def run(self) -> None:
        """Fetches the feed again and again, until cancelled."""
        async with httpx.AsyncClient(timeout=FETCH_WITHIN_S, follow_redirects=False) as client:
            while True:
                fetched = await self._fetch(client)
                await asyncio.sleep(REFRESH_EVERY_S if fetched else RETRY_AFTER_S)

    async def _fetch(self, client: httpx.AsyncClient) -> bool:
        try:
            async with client.stream("GET", self._url) as response:
                response.raise_for_status()
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_FEED_BYTES:
                        raise ValueError(f"expected at most {MAX_FEED_BYTES} bytes")
            self._lines = list_products(msgspec.json.decode(body, type=Feed), self._url, self._currency)
        except (httpx.HTTPError, msgspec.DecodeError, ValueError) as error:
            logger.warning("product feed %s: %s", self._url, str(error) or type(error).__name__)
            return False
        logger.info("product feed %s: %d lines", self._url, len(self._lines))
        return True
