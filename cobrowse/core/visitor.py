"""The visitor of a room as the rules see them: live, in replay of the server's log, and for "Why?". SPEC rule.2."""

from __future__ import annotations

from cobrowse.core import chat, offers
from cobrowse.core.cart import project
from cobrowse.core.room import RoomState
from cobrowse.core.rules.engine import Visitor, Watch
from cobrowse.core.rules.facts import NEVER, Facts
from cobrowse.core.rules.limits import Ledger
from cobrowse.core.rules.memory import category_views


def visitor_of(state: RoomState, watch: Watch, free: int) -> Visitor:
    """The visitor with the facts of now; `free`: CSAs who could take one more chat."""
    return Visitor(state.room, facts_of(state, free), state.memory, ledger_of(state), watch)


def watch_of(state: RoomState) -> Watch:
    """A watch for a room that has been loaded: what its log says of rules with `hold` goes on."""
    return Watch(visit=state.visit.number, since=dict(state.memory.held))


def facts_of(state: RoomState, free: int) -> Facts:
    """What the rules may ask about a room."""
    lines = project(state.cart)
    value_minor, currency = 0, ""
    names: list[str] = []
    categories: list[str] = []
    for line, n in lines.items():
        if (item := state.items.get(line)) is None:
            continue
        currency = currency or item.currency
        if item.price_minor:
            value_minor += item.price_minor * n
        if item.name:
            names.append(item.name)
        if item.category and item.category not in categories:
            categories.append(item.category)
    visit, memory = state.visit, state.memory
    page = visit.recent[-1] if visit.recent else None
    changed_at = state.shopper_changed_at
    return Facts(
        cart_distinct_items=len(lines),
        cart_quantity=sum(lines.values()),
        cart_value=value_minor / 100,
        cart_currency=currency,
        cart_items=names,
        cart_categories=categories,
        cart_removed=memory.removed,
        cart_changed_at=changed_at if changed_at is not None and changed_at >= visit.started_at else NEVER,
        page_kind=(page.page.kind or "content") if page else "content",
        page_path=page.page.path if page else "/",
        page_title=page.page.title if page else "",
        page_since=page.at if page else NEVER,
        visit_pages=visit.pages,
        visit_started_at=visit.started_at or NEVER,
        visit_last_at=visit.last_at or NEVER,
        visit_number=max(visit.number, 1),
        visit_entry=memory.entry or "/",
        visit_referrer=visit.referrer,
        visit_source=memory.source,
        visit_medium=memory.medium,
        visit_campaign=memory.campaign,
        visit_device=visit.device,
        visit_locale=visit.locale,
        visit_checkout=memory.checkout,
        visit_returns=memory.returns,
        visit_category_views=category_views(memory),
        contact_orders=memory.orders,
        chat_count=state.conversation.number,
        offers_made=len(state.offers),
        csas_available=free,
    )


def ledger_of(state: RoomState) -> Ledger:
    """What has been offered to the contact, and how it stands. A control counts as its rule's offer. SPEC rule.12."""
    visit, made, controls = state.visit.number, state.offers, state.memory.controls
    ledger = Ledger(chat_open=chat.is_live(state.conversation))
    if made:
        ledger.open_offer = offers.open_offer(made) is not None
        ledger.dismissed = offers.dismissed_in(made, visit)
        ledger.offered = offers.offered_in(made, visit)
        ledger.latest = {offer.rule: offer.at for offer in made if offer.rule}
        ledger.made_at = tuple(offer.at for offer in made)
    if controls:
        ledger.offered |= {rule for rule, control in controls.items() if control.visit == visit}
        latest = {rule: max(control.at, ledger.latest.get(rule, 0.0)) for rule, control in controls.items()}
        ledger.latest = {**ledger.latest, **latest}
    return ledger
