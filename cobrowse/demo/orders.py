"""Placing an order and reading it again."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from dataclasses import dataclass, replace

from .cart import Cart, Line, Refused, load
from .catalogue import Catalogue

PAYMENTS = {"on-delivery": "Pay on delivery", "invoice": "Pay by invoice, within 14 days"}


@dataclass(frozen=True, slots=True)
class Order:
    number: str
    placed_at: float  # seconds since the Unix epoch
    payment: str
    cart: Cart  # as it was then

    @property
    def payment_words(self) -> str:
        return PAYMENTS[self.payment]


def place(connection: sqlite3.Connection, catalogue: Catalogue, cart_id: str, payment: str) -> str:
    """The new order's number. Takes its things out of stock and empties the cart, all in the caller's transaction.

    Raises Refused when something has sold out meanwhile, when the cart is empty, or when nobody said where it is to go.
    """
    cart = load(connection, catalogue, cart_id)
    if not cart.lines:
        raise Refused("Your basket is empty.")
    if cart.delivery is None:
        raise Refused("Please tell us first where to deliver.")
    for line in cart.lines:
        if line.quantity > line.left:
            raise Refused(
                f"{line.product.name}: only {line.left} left in {line.variant.item_variant}. Please change your basket."
            )
        connection.execute(
            "UPDATE stock SET quantity = quantity - ? WHERE item_id = ? AND item_variant = ?",
            (line.quantity, line.product.item_id, line.variant.item_variant),
        )
    number = f"AO-{secrets.randbelow(10_000):04}-{secrets.randbelow(10_000):04}"
    connection.execute(
        "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            cart_id,
            time.time(),
            json.dumps(cart.delivery),
            payment,
            cart.code,
            cart.subtotal_minor,
            cart.discount_minor,
            cart.delivery_minor,
        ),
    )
    connection.executemany(
        "INSERT INTO order_lines VALUES (?, ?, ?, ?, ?)",
        [
            (number, each.product.item_id, each.variant.item_variant, each.variant.price_minor, each.quantity)
            for each in cart.lines
        ],
    )
    connection.execute("DELETE FROM carts WHERE cart_id = ?", (cart_id,))
    return number


def read(connection: sqlite3.Connection, catalogue: Catalogue, cart_id: str, number: str) -> Order | None:
    """The order of that number if this cart placed it, else None: a number alone shows nobody's address."""
    row = connection.execute(
        "SELECT * FROM orders WHERE number = ? AND cart_id = ?", (number, cart_id)
    ).fetchone()
    if row is None:
        return None
    lines = []
    for each in connection.execute("SELECT * FROM order_lines WHERE number = ? ORDER BY rowid", (number,)):
        product = catalogue.product(each["item_id"])
        variant = product.variant(each["item_variant"]) if product else None
        if product and variant:
            then = replace(variant, price_minor=each["price_minor"])
            lines.append(Line(product, then, each["quantity"], 0))
    cart = Cart(tuple(lines), row["code"], json.loads(row["delivery"]))
    return Order(number, row["placed_at"], row["payment"], cart)
