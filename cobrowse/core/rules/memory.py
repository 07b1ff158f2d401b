"""What a room remembers of its visitor for the rules, as its log goes by. SPEC rule.

It knows no rule: whatever rules come later, the same log gives the same memory.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

import msgspec

MAX_EVENTS: Final = 48
"""Events of a visit that patterns can look back at: at 40 bytes each, half of the 4 KiB that a visitor may cost."""

MAX_VIEWED: Final = 12
CANCELS: Final = frozenset({"begin_checkout", "purchase"})
"""Whoever does this needs no reminder of the cart: waits for it end, and begin with its next change."""

_STEPS: Final = {
    "begin_checkout": "delivery",
    "add_shipping_info": "payment",
    "add_payment_info": "payment",
    "purchase": "",
}


class Control(msgspec.Struct, frozen=True, array_like=True):
    """A moment of a rule at which nothing was shown, since the contact is in its control group."""

    visit: int
    at: float


class Memory(msgspec.Struct):
    """The visit's latest events (names and times, oldest first), and what else facts are made of.

    Times never fall: an event is as late as the one before it, whatever the clock says. `products`: the paths of the
    latest products' pages; `categories`: those of the latest items looked at. `held`: since when rules with `hold` have
    been true.
    """

    names: list[str] = msgspec.field(default_factory=list)
    ats: list[float] = msgspec.field(default_factory=list)
    products: list[str] = msgspec.field(default_factory=list)
    categories: list[str] = msgspec.field(default_factory=list)
    returns: int = 0
    removed: int = 0
    entry: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    checkout: str = ""
    orders: int = 0
    controls: dict[str, Control] = msgspec.field(default_factory=dict)
    held: dict[str, float] = msgspec.field(default_factory=dict)


def begin_visit(memory: Memory) -> None:
    """Forgets what belonged to the visit before."""
    memory.names, memory.ats, memory.products, memory.categories = [], [], [], []
    memory.returns = memory.removed = 0
    memory.entry = memory.source = memory.medium = memory.campaign = memory.checkout = ""


def remember_event(memory: Memory, at: float, name: str) -> None:
    """Keeps one event; the oldest beyond MAX_EVENTS goes."""
    ats = memory.ats
    memory.names.append(sys.intern(name))
    ats.append(max(at, ats[-1]) if ats else at)
    if len(ats) > MAX_EVENTS:
        del memory.names[0], ats[0]
    if name in _STEPS:
        memory.checkout = _STEPS[name]
        memory.orders += name == "purchase"


def remember_page(memory: Memory, path: str, kind: str) -> None:
    """Keeps that a page was opened: the first is the entry, a product's page seen before is a return."""
    memory.entry = memory.entry or path
    if kind == "product":
        products = memory.products
        memory.returns += path in products and products[-1] != path
        products.append(path)
        if len(products) > MAX_VIEWED:
            del products[0]


def remember_item(memory: Memory, category: str) -> None:
    """Keeps that an item of a category was looked at."""
    if category:
        categories = memory.categories
        categories.append(sys.intern(category))
        if len(categories) > MAX_VIEWED:
            del categories[0]


def remember_campaign(memory: Memory, params: Mapping[str, str | float | bool]) -> None:
    """Keeps what GA4's event campaign_details says led the shopper here."""
    memory.source, memory.medium, memory.campaign = (
        str(params.get(name, "")) for name in ("source", "medium", "campaign")
    )


def category_views(memory: Memory) -> int:
    """Looks at items of the category that was looked at last, as far as they are remembered."""
    categories = memory.categories
    return categories.count(categories[-1]) if categories else 0
