"""What a rule may speak of: a visitor's facts, and the table that names them for CEL, texts and docs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import field

from cobrowse.core.rules.cel.code import Variable
from cobrowse.core.rules.cel.overloads import Type
from cobrowse.core.rules.hours import WEEKDAYS, Hours, clock

FactValue = int | float | str | bool | list[str] | Mapping[str, str] | Mapping[str, int]

PAGE_KINDS: Final = ("home", "category", "product", "search", "cart", "checkout", "order", "content")
CHECKOUT_STEPS: Final = ("", "delivery", "payment")
CART_CHANGES: Final = ("", "added", "removed")
NEVER: Final = math.inf
"""The instant from which a clock counts that stands still at 0."""


# What is empty is one thing for all visitors: nobody changes it, and there are many of them.
_NO_TEXTS: Final[list[str]] = []
_NO_NAMES: Final[dict[str, Any]] = {}


def _no_texts() -> list[str]:
    return _NO_TEXTS


def _no_names() -> dict[str, Any]:
    return _NO_NAMES


class Facts(msgspec.Struct):
    """All that is known of one visitor at one moment; times are Unix seconds. `FACTS` says what each one means.

    A fact's field is its name with an underscore; a clock's is the instant from which it counts. `calendar_until`: the
    instant from which those that go by the calendar may be others.
    """

    cart_distinct_items: int = 0
    cart_quantity: int = 0
    cart_value: float = 0.0
    cart_currency: str = ""
    cart_items: list[str] = field(default_factory=_no_texts)
    cart_categories: list[str] = field(default_factory=_no_texts)
    cart_removed: int = 0
    cart_last_change: str = ""
    cart_changed_at: float = NEVER
    page_kind: str = "content"
    page_path: str = "/"
    page_title: str = ""
    page_since: float = NEVER
    page_scroll: int = 0
    page_exit_intent: bool = False
    visit_pages: int = 1
    visit_started_at: float = NEVER
    visit_last_at: float = NEVER
    visit_number: int = 1
    visit_entry: str = "/"
    visit_referrer: str = ""
    visit_source: str = ""
    visit_medium: str = ""
    visit_campaign: str = ""
    visit_device: str = ""
    visit_locale: str = ""
    visit_checkout: str = ""
    visit_returns: int = 0
    visit_category_views: int = 0
    visit_attributes: Mapping[str, str] = field(default_factory=_no_names)
    visit_hour: int = 0
    visit_weekday: str = "mon"
    contact_known: bool = False
    contact_orders: int = 0
    contact_lifetime_value: float = 0.0
    contact_labels: list[str] = field(default_factory=_no_texts)
    contact_attributes: Mapping[str, str] = field(default_factory=_no_names)
    chat_count: int = 0
    chat_open: bool = False
    chat_last_at: float = NEVER
    offers_made: int = 0
    offers_open: bool = False
    offers_dismissed: int = 0
    offers_last_at: float = NEVER
    csas_available: int = 0
    csas_teams: Mapping[str, int] = field(default_factory=_no_names)
    csas_wait_s: int = 0
    shop_open: bool = True
    calendar_until: float = NEVER


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the table: the type in CEL's words, the meaning, and the only values there are if few.

    A clock fact grows by itself, in whole seconds, from the instant in the field `since` on; one of the `calendar`
    changes by itself at `Facts.calendar_until` at the earliest.
    """

    type: Type
    meaning: str
    values: tuple[str, ...] = ()
    since: str = ""
    calendar: bool = False

    @property
    def clock(self) -> bool:
        return bool(self.since)


_TEXTS: Final = ("list", "string")
_NAMED_TEXTS: Final = ("map", "string", "string")
_NAMED_COUNTS: Final = ("map", "string", "int")

FACTS: Final[dict[str, Fact]] = {
    "cart.distinct_items": Fact("int", "different items in the cart"),
    "cart.quantity": Fact("int", "pieces in the cart, all items together"),
    "cart.value": Fact("double", "what the cart is worth, in pounds, euros ..."),
    "cart.currency": Fact("string", 'the currency of `cart.value`, such as "GBP"'),
    "cart.items": Fact(_TEXTS, "the names of the items in the cart"),
    "cart.categories": Fact(_TEXTS, "the categories of the items in the cart, each once"),
    "cart.removed": Fact("int", "items that the shopper has taken out of the cart in this visit"),
    "cart.last_change": Fact(
        "string",
        "what the shopper last did to the cart in this visit: empty, then `added` or `removed`",
        values=CART_CHANGES,
    ),
    "cart.idle_s": Fact(
        "int",
        "whole seconds since the shopper last changed the cart; 0 before that, and after checkout has begun",
        since="cart_changed_at",
    ),
    "page.kind": Fact("string", "what sort of page is on screen", values=PAGE_KINDS),
    "page.path": Fact("string", 'the path of the page, such as "/bookcases/fairelane"'),
    "page.title": Fact("string", "the title of the page"),
    "page.time_s": Fact("int", "whole seconds since the page was opened", since="page_since"),
    "page.scroll": Fact(
        "int",
        "how much of the page has been on screen, in percent, told in quarters; 0 before it is scrolled",
    ),
    "page.exit_intent": Fact("bool", "true once the pointer has left this page for the browser's bar"),
    "visit.pages": Fact("int", "pages seen in this visit"),
    "visit.duration_s": Fact("int", "whole seconds since this visit began", since="visit_started_at"),
    "visit.idle_s": Fact("int", "whole seconds since anything happened in this visit", since="visit_last_at"),
    "visit.number": Fact("int", "1 on the first visit, 2 on the second ..."),
    "visit.entry": Fact("string", "the path of this visit's first page"),
    "visit.referrer": Fact("string", "the address of the page that led here, without its query"),
    "visit.source": Fact("string", "the source in GA4's event `campaign_details`, such as newsletter"),
    "visit.medium": Fact("string", "its medium, such as email"),
    "visit.campaign": Fact("string", "its campaign"),
    "visit.device": Fact("string", 'browser and system in two words, such as "Safari, iPhone"'),
    "visit.locale": Fact("string", 'the language of the page, such as "en-GB"'),
    "visit.checkout": Fact(
        "string",
        "how far checkout has come: empty, then `delivery`, then `payment`; empty again after a purchase",
        values=CHECKOUT_STEPS,
    ),
    "visit.returns": Fact(
        "int", "product pages of this visit that the shopper came back to, each time counted"
    ),
    "visit.category_views": Fact("int", "looks at items of the category that was looked at last"),
    "visit.attributes": Fact(
        _NAMED_TEXTS,
        "what the page said by `setCustomAttributes`; anybody could say it, so decide nothing grave by it",
    ),
    "visit.hour": Fact(
        "int", "the hour of the shopper's own clock, 0 to 23; the shop's where it is not known", calendar=True
    ),
    "visit.weekday": Fact("string", "the day of the week there", values=WEEKDAYS, calendar=True),
    "contact.known": Fact("bool", "true once the shop has said who the customer is, and signed it"),
    "contact.orders": Fact(
        "int", "orders of this contact: what the shop has signed, or Cobrowse has seen if more"
    ),
    "contact.lifetime_value": Fact("double", "what the contact has spent so far, as the shop has signed"),
    "contact.labels": Fact(_TEXTS, "the shop's labels of the contact, as it has signed them"),
    "contact.attributes": Fact(_NAMED_TEXTS, "whatever else the shop has signed of the contact"),
    "chat.count": Fact("int", "conversations so far"),
    "chat.open": Fact("bool", "true while a chat waits or is open; nothing is offered then"),
    "chat.last_s": Fact("int", "whole seconds since the last message of a chat", since="chat_last_at"),
    "offers.made": Fact("int", "offers to this contact, in all visits (the last 20 are remembered)"),
    "offers.open": Fact("bool", "true while an offer is on show; no other is made then"),
    "offers.dismissed": Fact("int", "how many of those offers were dismissed"),
    "offers.last_s": Fact("int", "whole seconds since the last of those offers", since="offers_last_at"),
    "csas.available": Fact("int", "advisors who could take one more chat now"),
    "csas.teams": Fact(
        _NAMED_COUNTS, 'those of each team, as in `csas.teams["kitchens"]`; a team with nobody is left out'
    ),
    "csas.wait_s": Fact("int", "how long chats wait now: the median of the last ten, in seconds"),
    "shop.open": Fact("bool", "whether it is within the shop's office hours", calendar=True),
}

ROOTS: Final = frozenset(name.partition(".")[0] for name in FACTS)


def field_of(name: str) -> str:
    """The field of `Facts` behind a fact."""
    return FACTS[name].since or name.replace(".", "_")


VARIABLES: Final = {
    name: Variable(fact.type, field_of(name), fact.values, fact.clock) for name, fact in FACTS.items()
}
"""The facts as conditions see them: each is a local name in compiled code, its field's."""


def value_of(facts: Facts, name: str, now: float) -> FactValue:
    """One fact at `now` (Unix, s)."""
    value: FactValue = getattr(facts, field_of(name))
    return whole_seconds(float(value), now) if FACTS[name].clock else value  # type: ignore[arg-type]


CALENDAR: Final = frozenset(name for name, fact in FACTS.items() if fact.calendar)


def as_cel(facts: Facts, now: float) -> dict[str, dict[str, FactValue]]:
    """The facts at `now` (Unix, s) in the shape of the names in `FACTS`: {"cart": {"quantity": 3 ...}}."""
    mapping: dict[str, dict[str, FactValue]] = {root: {} for root in ROOTS}
    for name in FACTS:
        root, _, part = name.partition(".")
        mapping[root][part] = value_of(facts, name, now)
    return mapping


def whole_seconds(since: float, now: float) -> int:
    """The greatest n with since + n <= now, at least 0.

    Defined by the sum and not by the difference, which may be rounded the other way: so the count goes up
    exactly at the instants since + 1, since + 2 ... for which timers are set.
    """
    if now <= since:
        return 0
    seconds = int(now - since)
    if since + seconds > now:
        return seconds - 1
    if since + (seconds + 1) <= now:
        return seconds + 1
    return seconds


def tell_time(facts: Facts, hours: Hours, utc_min: int | None, now: float) -> None:
    """The facts that go by the calendar. `utc_min`: how far the shopper's clock is ahead of UTC, None for not known."""
    offset_s = hours.offset_s(now) if utc_min is None else utc_min * 60.0
    facts.visit_hour, facts.visit_weekday, turns_at = clock(now, offset_s)
    facts.shop_open, until = hours.is_open(now)
    facts.calendar_until = min(turns_at, until)


# Visitors that every text is tried on at load: an ordinary basket, a big one, nothing at all.
EXAMPLES: Final = (
    Facts(
        cart_distinct_items=3,
        cart_quantity=4,
        cart_value=312.5,
        cart_currency="GBP",
        cart_changed_at=1_000.0,
        cart_items=["Fairelane bookcase", "Shelf pins", "Cherry bookcase"],
        cart_categories=["Bookcases"],
        page_kind="product",
        page_path="/bookcases/fairelane",
        page_title="Fairelane bookcase",
        page_since=1_050.0,
        visit_pages=7,
        visit_started_at=700.0,
        visit_last_at=1_050.0,
        visit_number=2,
        contact_known=True,
        contact_orders=1,
        contact_lifetime_value=249.0,
        contact_labels=["regular"],
        contact_attributes={"tier": "gold"},
        csas_available=2,
        csas_teams={"sales": 1},
    ),
    Facts(
        cart_distinct_items=12,
        cart_quantity=40,
        cart_value=4_120.0,
        cart_currency="EUR",
        cart_changed_at=1_100.0,
        cart_items=["Shelf"] * 12,
        page_kind="cart",
        page_path="/cart",
        page_title="Cart",
        visit_started_at=1_099.0,
        csas_available=1,
    ),
    Facts(),
)
EXAMPLES_NOW: Final = 1_120.0
