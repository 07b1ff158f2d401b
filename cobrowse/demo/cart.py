"""A shopper's cart: what is in it, what it costs, and why a change to it is refused."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from .catalogue import CURRENCY, Catalogue, Product, Variant, ga4_item
from .ledger import stock_level

MAX_LINES = 50
MAX_QUANTITY = 99
FREE_DELIVERY_FROM_MINOR = 30_000
TIERS = {"door": ("To your door", 1_900), "room": ("Carried into the room you choose", 3_900)}
ENDED_CODES = frozenset({"SPRING26"})
_ALCOVE10, _WELCOME15 = "ALCOVE10", "WELCOME15"
_WELCOME_FROM_MINOR, _WELCOME_OFF_MINOR = 15_000, 1_500


class Refused(Exception):
    """The shop will not do it; the text is a reason in the shopper's words."""


@dataclass(frozen=True, slots=True)
class Line:
    product: Product
    variant: Variant
    quantity: int
    left: int  # in stock now

    @property
    def total_minor(self) -> int:
        return self.variant.price_minor * self.quantity


@dataclass(frozen=True, slots=True)
class Cart:
    lines: tuple[Line, ...] = ()
    code: str = ""
    delivery: dict[str, str] | None = None

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def subtotal_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def discount_minor(self) -> int:
        """What the code takes off, in pence; 0 while its condition is not met."""
        if self.code == _ALCOVE10:
            return self.subtotal_minor // 10
        if self.code == _WELCOME15 and self.subtotal_minor >= _WELCOME_FROM_MINOR:
            return _WELCOME_OFF_MINOR
        return 0

    @property
    def delivery_minor(self) -> int:
        """The delivery charge in pence, to the door before a choice is made; free to the door from £300."""
        tier = (self.delivery or {}).get("tier", "door")
        if not self.lines or (tier == "door" and self.subtotal_minor >= FREE_DELIVERY_FROM_MINOR):
            return 0
        return TIERS[tier][1]

    @property
    def total_minor(self) -> int:
        return self.subtotal_minor - self.discount_minor + self.delivery_minor

    def items(self) -> list[dict[str, Any]]:
        """The lines as GA4 items."""
        return [ga4_item(line.product, line.variant, line.quantity) for line in self.lines]

    def ecommerce(self) -> dict[str, Any]:
        """GA4's ecommerce object of the whole cart; value in pounds."""
        return {
            "currency": CURRENCY,
            "value": (self.subtotal_minor - self.discount_minor) / 100,
            "items": self.items(),
            **({"coupon": self.code} if self.code else {}),
        }

    def as_json(self) -> dict[str, Any]:
        """What /cart.json answers; money in pounds."""
        return {
            "currency": CURRENCY,
            "count": self.count,
            "subtotal": self.subtotal_minor / 100,
            "discount": self.discount_minor / 100,
            "total": (self.subtotal_minor - self.discount_minor) / 100,
            "code": self.code,
            "lines": self.items(),
        }


def load(connection: sqlite3.Connection, catalogue: Catalogue, cart_id: str | None) -> Cart:
    """The cart of that id; an empty one when there is none. Lines whose product has left the shop are dropped."""
    row = connection.execute("SELECT code, delivery FROM carts WHERE cart_id = ?", (cart_id,)).fetchone()
    if row is None:
        return Cart()
    rows = connection.execute(
        "SELECT l.item_id, l.item_variant, l.quantity, coalesce(s.quantity, 0) AS left_over FROM cart_lines l"
        " LEFT JOIN stock s USING (item_id, item_variant) WHERE cart_id = ? ORDER BY line",
        (cart_id,),
    )
    lines = []
    for each in rows:
        product = catalogue.product(each["item_id"])
        variant = product.variant(each["item_variant"]) if product else None
        if product and variant:
            lines.append(Line(product, variant, each["quantity"], each["left_over"]))
    return Cart(tuple(lines), row["code"], json.loads(row["delivery"]) if row["delivery"] else None)


def find(catalogue: Catalogue, item_id: str, item_variant: str) -> tuple[Product, Variant]:
    """The product and its variant. Raises ValueError when the shop does not have it."""
    product = catalogue.product(item_id)
    if product is None:
        raise ValueError("item_id: expected a product of this shop")
    variant = product.variant(item_variant)
    if variant is None:
        raise ValueError(f"item_variant: expected one of {[each.item_variant for each in product.variants]}")
    return product, variant


def set_quantity(
    connection: sqlite3.Connection, cart_id: str, product: Product, variant: Variant, quantity: int
) -> None:
    """Makes the line's quantity what is given; 0 removes it.

    Raises Refused when stock or the cart's bounds forbid it.
    """
    key = (cart_id, product.item_id, variant.item_variant)
    _touch(connection, cart_id)
    if quantity == 0:
        connection.execute(
            "DELETE FROM cart_lines WHERE cart_id = ? AND item_id = ? AND item_variant = ?", key
        )
        return
    now_there = quantity_of(connection, cart_id, product, variant)
    left = stock_level(connection, product.item_id, variant.item_variant)
    if quantity > now_there and quantity > left:  # fewer than before is always allowed
        raise Refused(_shortage(variant, left))
    if quantity > MAX_QUANTITY:
        raise Refused(f"We sell at most {MAX_QUANTITY} of one thing at a time. Please call us for more.")
    if not now_there:
        (lines,) = connection.execute(
            "SELECT count(*) FROM cart_lines WHERE cart_id = ?", (cart_id,)
        ).fetchone()
        if lines >= MAX_LINES:
            raise Refused(f"A basket holds {MAX_LINES} different things. Please order these first.")
    connection.execute(
        "INSERT INTO cart_lines (cart_id, item_id, item_variant, quantity) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (cart_id, item_id, item_variant) DO UPDATE SET quantity = excluded.quantity",
        (*key, quantity),
    )


def quantity_of(connection: sqlite3.Connection, cart_id: str, product: Product, variant: Variant) -> int:
    """How many of the variant are in the cart."""
    row = connection.execute(
        "SELECT quantity FROM cart_lines WHERE cart_id = ? AND item_id = ? AND item_variant = ?",
        (cart_id, product.item_id, variant.item_variant),
    ).fetchone()
    return int(row["quantity"]) if row else 0


def set_code(connection: sqlite3.Connection, cart_id: str, code: str) -> None:
    """Puts a discount code on the cart; an empty one takes it off. Raises Refused when it is not valid."""
    code = code.strip().upper()
    if code in ENDED_CODES:
        raise Refused("That code has ended. Codes that work are on our delivery page.")
    if code and code not in {_ALCOVE10, _WELCOME15}:
        raise Refused("We do not know that code. Please check its letters.")
    _touch(connection, cart_id)
    connection.execute("UPDATE carts SET code = ? WHERE cart_id = ?", (code, cart_id))


def set_delivery(connection: sqlite3.Connection, cart_id: str, delivery: dict[str, str]) -> None:
    """Remembers where the cart is to go until it is ordered."""
    _touch(connection, cart_id)
    connection.execute("UPDATE carts SET delivery = ? WHERE cart_id = ?", (json.dumps(delivery), cart_id))


def _touch(connection: sqlite3.Connection, cart_id: str) -> None:
    connection.execute(
        "INSERT INTO carts (cart_id, changed_at) VALUES (?, ?)"
        " ON CONFLICT (cart_id) DO UPDATE SET changed_at = excluded.changed_at",
        (cart_id, time.time()),
    )


def _shortage(variant: Variant, left: int) -> str:
    return f"Only {left} left in {variant.item_variant}" if left else f"Sold out in {variant.item_variant}"
