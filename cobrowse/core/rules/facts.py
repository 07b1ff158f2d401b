"""What a rule may speak of: a visitor's facts, and the table that names them for CEL, texts and docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import msgspec

FactType = Literal["int", "double", "string", "bool", "list"]
FactValue = int | float | str | bool | list[str]

PAGE_KINDS: Final = ("home", "category", "product", "search", "cart", "checkout", "order", "content")


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """The cart: `value` in major units of `currency`; `changed_at` is the shopper's last change (Unix)."""

    distinct_items: int = 0
    quantity: int = 0
    value: float = 0.0
    currency: str = ""
    changed_at: float | None = None
    items: tuple[str, ...] = ()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The page on screen; `kind` is one of `PAGE_KINDS`."""

    kind: str = "content"
    path: str = "/"
    title: str = ""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """This visit: pages seen so far, when it began (Unix, s), and the how-manieth visit it is."""

    pages: int = 1
    started_at: float | None = None
    number: int = 1


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """The customer, if the shop has said who it is."""

    known: bool = False


class Csas(msgspec.Struct, frozen=True, kw_only=True):
    """How many CSAs could take one more chat now."""

    available: int = 0


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one visitor at one moment."""

    cart: Cart = Cart()
    page: Page = Page()
    visit: Visit = Visit()
    contact: Contact = Contact()
    csas: Csas = Csas()


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the table: the type in CEL's words, the meaning, and the only values there are if few.

    A clock fact grows by itself, in whole seconds.
    """

    type: FactType
    meaning: str
    values: tuple[str, ...] = ()
    clock: bool = False


FACTS: Final[dict[str, Fact]] = {
    "cart.distinct_items": Fact("int", "different items in the cart"),
    "cart.quantity": Fact("int", "pieces in the cart, all items together"),
    "cart.value": Fact("double", "what the cart is worth, in pounds, euros ..."),
    "cart.currency": Fact("string", 'the currency of `cart.value`, such as "GBP"'),
    "cart.items": Fact("list", "the names of the items in the cart"),
    "cart.idle_s": Fact(
        "int", "whole seconds since the shopper last changed the cart; 0 before that", clock=True
    ),
    "page.kind": Fact("string", "what sort of page is on screen", values=PAGE_KINDS),
    "page.path": Fact("string", 'the path of the page, such as "/bookcases/fairelane"'),
    "page.title": Fact("string", "the title of the page"),
    "visit.pages": Fact("int", "pages seen in this visit"),
    "visit.duration_s": Fact("int", "whole seconds since this visit began", clock=True),
    "visit.number": Fact("int", "1 on the first visit, 2 on the second ..."),
    "contact.known": Fact("bool", "true once the shop has said who the customer is"),
    "csas.available": Fact("int", "advisors who could take one more chat now"),
}

ROOTS: Final = frozenset(name.partition(".")[0] for name in FACTS)


def as_cel(facts: Facts, now: float) -> dict[str, dict[str, FactValue]]:
    """The facts at `now` (Unix, s) in the shape of the names in `FACTS`: {"cart": {"quantity": 3 ...}}."""
    cart, page, visit = facts.cart, facts.page, facts.visit
    return {
        "cart": {
            "distinct_items": cart.distinct_items,
            "quantity": cart.quantity,
            "value": float(cart.value),
            "currency": cart.currency,
            "items": list(cart.items),
            "idle_s": whole_seconds(cart.changed_at, now),
        },
        "page": {"kind": page.kind, "path": page.path, "title": page.title},
        "visit": {
            "pages": visit.pages,
            "duration_s": whole_seconds(visit.started_at, now),
            "number": visit.number,
        },
        "contact": {"known": facts.contact.known},
        "csas": {"available": facts.csas.available},
    }


def clock_start(facts: Facts, name: str) -> float | None:
    """The instant from which the clock fact `name` counts, None while it stands still at 0."""
    return facts.cart.changed_at if name == "cart.idle_s" else facts.visit.started_at


def whole_seconds(since: float | None, now: float) -> int:
    """The greatest n with since + n <= now, at least 0.

    Defined by the sum and not by the difference, which may be rounded the other way: so the count goes up
    exactly at the instants since + 1, since + 2 ... for which timers are set.
    """
    if since is None or now <= since:
        return 0
    seconds = int(now - since)
    if since + seconds > now:
        return seconds - 1
    if since + (seconds + 1) <= now:
        return seconds + 1
    return seconds


# Visitors that every condition and text is tried on at load: an ordinary basket, a big one, nothing at all.
EXAMPLES: Final = (
    Facts(
        cart=Cart(
            distinct_items=3,
            quantity=4,
            value=312.5,
            currency="GBP",
            changed_at=1_000.0,
            items=("Fairelane bookcase", "Shelf pins", "Cherry bookcase"),
        ),
        page=Page(kind="product", path="/bookcases/fairelane", title="Fairelane bookcase"),
        visit=Visit(pages=7, started_at=700.0, number=2),
        contact=Contact(known=True),
        csas=Csas(available=2),
    ),
    Facts(
        cart=Cart(
            distinct_items=12,
            quantity=40,
            value=4_120.0,
            currency="EUR",
            changed_at=1_100.0,
            items=("Shelf",) * 12,
        ),
        page=Page(kind="cart", path="/cart", title="Cart"),
        visit=Visit(pages=1, started_at=1_099.0, number=1),
        csas=Csas(available=1),
    ),
    Facts(),
)
EXAMPLES_NOW: Final = 1_120.0
