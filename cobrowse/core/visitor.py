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
    known = [(item, n) for line, n in lines.items() if (item := state.items.get(line)) is not None]
    visit, memory = state.visit, state.memory
    page = visit.recent[-1] if visit.recent else None
    changed_at = state.shopper_changed_at
    return Facts(
        cart_distinct_items=len(lines),
        cart_quantity=sum(lines.values()),
        cart_value=sum((item.price_minor or 0) * n for item, n in known) / 100,
        cart_currency=next((item.currency for item, _ in known), ""),
        cart_items=[item.name for item, _ in known if item.name],
        cart_categories=list(dict.fromkeys(item.category for item, _ in known if item.category)),
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
    visit, made = state.visit.number, state.offers
    controls = state.memory.controls
    offered = offers.offered_in(made, visit)
    latest = {offer.rule: offer.at for offer in made if offer.rule}
    if controls:
        offered |= {rule for rule, control in controls.items() if control.visit == visit}
        latest |= {rule: max(control.at, latest.get(rule, 0.0)) for rule, control in controls.items()}
    return Ledger(
        chat_open=chat.is_live(state.conversation),
        open_offer=offers.open_offer(made) is not None,
        dismissed=offers.dismissed_in(made, visit),
        offered=offered,
        latest=latest,
        made_at=tuple(offer.at for offer in made),
    )
