"""One contact in a recording: what happens becomes facts, without a room. For replay and scenarios. SPEC rule.14.

Facts mean what they mean live (`core.visitor`); a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cobrowse.core.messages import Known
from cobrowse.core.rules import memory as memories
from cobrowse.core.rules.engine import Visitor, Watch
from cobrowse.core.rules.facts import NEVER, Facts
from cobrowse.core.rules.limits import Ledger
from cobrowse.core.rules.memory import Memory

VISIT_GAP_S: Final = 30 * 60.0


@dataclass(slots=True)
class Line:
    """A line of the cart, with what is known of its item."""

    quantity: int
    price_minor: int
    name: str
    category: str


@dataclass(slots=True)
class Track:
    """A contact as the rules see them. Methods take the time of what happened, which never falls."""

    contact: str
    visitor: Visitor = field(init=False)
    session: str = ""
    lines: dict[str, Line] = field(default_factory=dict)
    open_rule: str = ""
    expires_at: float = NEVER
    known_orders: int = 0

    def __post_init__(self) -> None:
        facts = Facts(visit_number=0, visit_pages=0)
        self.visitor = Visitor(self.contact, facts, Memory(), Ledger(), Watch())

    def event(
        self,
        at: float,
        name: str,
        session: str = "",
        page: tuple[str, str] | None = None,
        params: Mapping[str, str | float | bool] | None = None,
    ) -> None:
        """A session event, with the kind and path of the page that it shows, if it does."""
        facts, memory = self.visitor.facts, self.visitor.memory
        if session != self.session or at - facts.visit_last_at > VISIT_GAP_S or not facts.visit_number:
            self._begin_visit(at, session)
        memories.remember_params(memory, name, params or {})
        if page is not None:
            kind, path = page
            memories.remember_page(memory, path, kind)
            facts.page_kind, facts.page_path, facts.page_since = kind or "content", path, at
            facts.visit_entry, facts.visit_returns = memory.entry, memory.returns
            facts.visit_pages += 1
        memories.remember_event(memory, at, name)
        facts.visit_last_at = at
        if name in memories.CANCELS:
            facts.cart_changed_at = NEVER
            if name == "purchase":
                self.lines.clear()
                self._recount()
        facts.page_scroll, facts.page_exit_intent = memory.scroll, memory.exit_intent
        facts.visit_attributes = memory.attributes
        facts.visit_source, facts.visit_medium, facts.visit_campaign = (
            memory.source,
            memory.medium,
            memory.campaign,
        )
        facts.visit_checkout, facts.contact_orders = memory.checkout, max(memory.orders, self.known_orders)

    def identified(self, known: Known) -> None:
        """The shop has said who the contact is."""
        facts, self.known_orders = self.visitor.facts, known.orders
        facts.contact_known, facts.contact_orders = True, max(self.visitor.memory.orders, known.orders)
        facts.contact_lifetime_value = known.lifetime_value
        facts.contact_labels, facts.contact_attributes = known.labels, known.attributes

    def chat(self, at: float, *, opens: bool) -> None:
        """A conversation begins or ends."""
        facts = self.visitor.facts
        facts.chat_count += opens
        facts.chat_open = self.visitor.ledger.chat_open = opens
        facts.chat_last_at = at

    def _begin_visit(self, at: float, session: str) -> None:
        facts = self.visitor.facts
        memories.begin_visit(self.visitor.memory)
        self.session = session
        facts.visit_number += 1
        facts.visit_started_at, facts.visit_pages = at, 0
        facts.cart_changed_at = NEVER
        facts.cart_removed = facts.visit_returns = facts.visit_category_views = 0
        facts.cart_last_change = ""
        ledger = self.visitor.ledger
        ledger.dismissed, ledger.offered = False, frozenset()

    def view(self, category: str) -> None:
        """An item of a category was looked at."""
        memories.remember_item(self.visitor.memory, category)
        self.visitor.facts.visit_category_views = memories.category_views(self.visitor.memory)

    def add(self, at: float, line: str, item: Line, *, by_shopper: bool = True) -> None:
        """One more of a line."""
        before = known.quantity if (known := self.lines.get(line)) is not None else 0
        if known is None:
            self.lines[line] = item
        else:
            known.quantity += 1
            known.price_minor = item.price_minor
        self._changed(at, by_shopper, before, before + 1)

    def remove(self, at: float, line: str, *, by_shopper: bool = True) -> None:
        """A whole line goes. One that is not there is no change: carts were filled before recordings began."""
        if (known := self.lines.pop(line, None)) is not None:
            self._changed(at, by_shopper, known.quantity, 0)

    def _changed(self, at: float, by_shopper: bool, before: int, after: int) -> None:
        if by_shopper:
            facts, memory = self.visitor.facts, self.visitor.memory
            memories.remember_change(memory, before, after)
            facts.cart_changed_at, facts.cart_removed = at, memory.removed
            facts.cart_last_change = memory.last_change
        self._recount()

    def _recount(self) -> None:
        facts, lines = self.visitor.facts, self.lines.values()
        facts.cart_distinct_items = len(lines)
        facts.cart_quantity = sum(line.quantity for line in lines)
        facts.cart_value = sum(line.price_minor * line.quantity for line in lines) / 100
        facts.cart_items = [line.name for line in lines if line.name]
        facts.cart_categories = list(dict.fromkeys(line.category for line in lines if line.category))

    # Offers

    def offered(self, rule_id: str, at: float, expires_at: float) -> None:
        """An offer is on show."""
        ledger = self.visitor.ledger
        self.open_rule, self.expires_at, ledger.open_offer = rule_id, expires_at, True
        ledger.made_at = (*ledger.made_at[-19:], at)
        facts = self.visitor.facts
        facts.offers_made, facts.offers_open, facts.offers_last_at = len(ledger.made_at), True, at
        self.counted(rule_id, at)

    def counted(self, rule_id: str, at: float) -> None:
        """The rule has had its offer in this visit: on show, or only counted, in the control group."""
        ledger = self.visitor.ledger
        ledger.offered |= {rule_id}
        ledger.latest = {**ledger.latest, rule_id: at}

    def dismissed(self) -> None:
        """The contact has dismissed the offer on show."""
        self.settled()
        self.visitor.ledger.dismissed = True
        self.visitor.facts.offers_dismissed += 1

    def settled(self) -> None:
        """The offer is no longer on show."""
        self.open_rule, self.expires_at, self.visitor.ledger.open_offer = "", NEVER, False
        self.visitor.facts.offers_open = False
