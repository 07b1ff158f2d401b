"""What a room remembers of its visitor for the rules, as its log goes by. SPEC rule.

It knows no rule: whatever rules come later, the same log gives the same memory.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

import msgspec

from cobrowse.core.messages import Happened

MAX_EVENTS: Final = 40
"""Events of a visit that patterns can look back at: at 40 bytes each, a good part of the 4 KiB a visitor may cost."""

MAX_VIEWED: Final = 12
MAX_ATTRIBUTES: Final = 16
SCROLL: Final = "scroll"
"""GA4's event of it. It tells how far the page was seen and is not kept among the events: there would be no other."""

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
    latest products' pages; `categories`: those of the latest items looked at. `scroll` (percent) and `exit_intent`
    are the page's. `held`: since when rules with `hold` have been true.
    """

    names: list[str] = msgspec.field(default_factory=list)
    ats: list[float] = msgspec.field(default_factory=list)
    products: list[str] = msgspec.field(default_factory=list)
    categories: list[str] = msgspec.field(default_factory=list)
    returns: int = 0
    removed: int = 0
    last_change: str = ""
    scroll: int = 0
    exit_intent: bool = False
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
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
    memory.returns = memory.removed = memory.scroll = 0
    memory.exit_intent, memory.last_change, memory.attributes = False, "", {}
    memory.entry = memory.source = memory.medium = memory.campaign = memory.checkout = ""


def remember(memory: Memory, at: float, fact: Happened, *, fresh: bool) -> None:
    """Keeps what the rules may look back at of a session event; `fresh`: it begins a visit. SPEC rule.4."""
    if fresh:
        begin_visit(memory)
    if fact.page is not None:
        remember_page(memory, fact.page.path, fact.page.kind)
    if fact.name == "view_item" and fact.items:
        remember_item(memory, fact.items[0].category)
    elif fact.params:
        remember_params(memory, fact.name, fact.params)
    remember_event(memory, at, fact.name)


def remember_params(memory: Memory, name: str, params: Mapping[str, str | float | bool]) -> None:
    """Keeps what the events that rules know say: where from, how far down, what the page adds."""
    match name:
        case "campaign_details":
            remember_campaign(memory, params)
        case "attributes":
            remember_attributes(memory, params)
        case "scroll":
            percent = params.get("percent_scrolled")
            if isinstance(percent, int | float) and not isinstance(percent, bool):
                memory.scroll = max(memory.scroll, min(int(percent), 100))


def remember_attributes(memory: Memory, params: Mapping[str, str | float | bool]) -> None:
    """Keeps what the page says of the visit, as texts: a new word on the same name counts, and there are few."""
    known = {**memory.attributes, **{name: as_text(value) for name, value in params.items()}}
    memory.attributes = dict(list(known.items())[-MAX_ATTRIBUTES:])


def as_text(value: str | float | bool) -> str:
    """The value as rules compare it: true, 12, 1.5, or the text itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, int | float) else value


def remember_event(memory: Memory, at: float, name: str) -> None:
    """Keeps one event; the oldest beyond MAX_EVENTS goes."""
    if name == SCROLL:
        return
    ats = memory.ats
    memory.names.append(sys.intern(name))
    ats.append(max(at, ats[-1]) if ats else at)
    if len(ats) > MAX_EVENTS:
        del memory.names[0], ats[0]
    if name == "exit_intent":
        memory.exit_intent = True
    elif name in _STEPS:
        memory.checkout = _STEPS[name]
        memory.orders += name == "purchase"


def share_words(memory: Memory) -> None:
    """Makes equal words of all visitors one in memory, as they are while a visit goes on."""
    memory.names = [sys.intern(name) for name in memory.names]
    memory.products = [sys.intern(path) for path in memory.products]
    memory.categories = [sys.intern(category) for category in memory.categories]


def remember_page(memory: Memory, path: str, kind: str) -> None:
    """Keeps that a page was opened: the first is the entry, a product's page seen before is a return."""
    memory.entry = memory.entry or path
    memory.scroll, memory.exit_intent = 0, False
    if kind == "product":
        products = memory.products
        memory.returns += path in products and products[-1] != path
        products.append(sys.intern(path))
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


def remember_change(memory: Memory, before: int, after: int) -> None:
    """Keeps that the shopper changed a line of the cart."""
    memory.last_change = "added" if after > before else "removed"
    memory.removed += after == 0
