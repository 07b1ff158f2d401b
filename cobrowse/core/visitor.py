"""The visitor of a room as the rules see them: live, in replay of the server's log, and for "Why?". SPEC rule.2."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cobrowse.core import chat, offers
from cobrowse.core.cart import project
from cobrowse.core.room import RoomState
from cobrowse.core.rules.engine import Visitor, Watch
from cobrowse.core.rules.facts import NEVER, Facts, tell_time
from cobrowse.core.rules.hours import ALWAYS, Hours
from cobrowse.core.rules.limits import Ledger
from cobrowse.core.rules.memory import category_views, share_words


class Around(msgspec.Struct, frozen=True):
    """What rules may know beyond the room: CSAs who could take one more chat, those of each team, how long chats wait
    (seconds), and the shop's hours.
    """

    available: int = 0
    teams: Mapping[str, int] = {}
    wait_s: int = 0
    hours: Hours = ALWAYS


def visitor_of(state: RoomState, watch: Watch, around: Around, now: float) -> Visitor:
    """The visitor with the facts of now. The room's memory is made small: it may come from storage."""
    share_words(state.memory)
    visitor = Visitor(state.room, Facts(), state.memory, Ledger(), watch)
    update(visitor, state, around, now)
    return visitor


def watch_of(state: RoomState) -> Watch:
    """A watch for a room that has been loaded: what its log says of rules with `hold` goes on."""
    return Watch(visit=state.visit.number, since=dict(state.memory.held))


def update(visitor: Visitor, state: RoomState, around: Around, now: float) -> None:
    """Brings facts and ledger up to the room's state at an instant. The cart is only added up after it has changed."""
    facts = visitor.facts
    if visitor.cart_offset != state.cart_offset:
        _add_up(facts, state)
        visitor.cart_offset = state.cart_offset
    visitor.memory = state.memory
    visitor.ledger = ledger_of(state)
    _tell_visit(facts, state)
    _tell_talk(facts, state)
    facts.csas_available, facts.csas_wait_s = around.available, around.wait_s
    facts.csas_teams = around.teams
    if now >= facts.calendar_until or facts.calendar_until == NEVER or visitor.utc_min != state.utc_min:
        visitor.utc_min = state.utc_min
        tell_time(facts, around.hours, visitor.utc_min, now)


def _add_up(facts: Facts, state: RoomState) -> None:
    """What the cart holds and is worth."""
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
    facts.cart_distinct_items = len(lines)
    facts.cart_quantity = sum(lines.values())
    facts.cart_value, facts.cart_currency = value_minor / 100, currency
    facts.cart_items, facts.cart_categories = names, categories


def _tell_visit(facts: Facts, state: RoomState) -> None:
    visit, memory = state.visit, state.memory
    changed_at = state.shopper_changed_at
    facts.cart_changed_at = changed_at if changed_at is not None and changed_at >= visit.started_at else NEVER
    facts.cart_removed, facts.cart_last_change = memory.removed, memory.last_change
    if visit.recent:
        seen = visit.recent[-1]
        facts.page_kind, facts.page_path = seen.page.kind or "content", seen.page.path
        facts.page_title, facts.page_since = seen.page.title, seen.at
    facts.page_scroll, facts.page_exit_intent = memory.scroll, memory.exit_intent
    facts.visit_pages, facts.visit_number = visit.pages, visit.number or 1
    facts.visit_started_at, facts.visit_last_at = visit.started_at or NEVER, visit.last_at or NEVER
    facts.visit_entry, facts.visit_referrer = memory.entry or "/", visit.referrer
    facts.visit_source, facts.visit_medium, facts.visit_campaign = (
        memory.source,
        memory.medium,
        memory.campaign,
    )
    facts.visit_device, facts.visit_locale = visit.device, visit.locale
    facts.visit_checkout, facts.visit_returns = memory.checkout, memory.returns
    facts.visit_category_views = category_views(memory)
    facts.visit_attributes = memory.attributes
    facts.contact_orders = memory.orders
    if (known := state.known) is not None:
        facts.contact_known = True
        facts.contact_orders = max(memory.orders, known.orders)
        facts.contact_lifetime_value = known.lifetime_value
        facts.contact_labels, facts.contact_attributes = known.labels, known.attributes


def _tell_talk(facts: Facts, state: RoomState) -> None:
    talk, made = state.conversation, state.offers
    facts.chat_count, facts.chat_open = talk.number, chat.is_live(talk)
    facts.chat_last_at = talk.messages[-1].at if talk.messages else NEVER
    facts.offers_made = len(made)
    if made:
        facts.offers_open, facts.offers_last_at = made[-1].status == "open", made[-1].at
        facts.offers_dismissed = sum(1 for offer in made if offer.status == "dismissed")


def ledger_of(state: RoomState) -> Ledger:
    """What has been offered to the contact, and how it stands. A control counts as its rule's offer. SPEC rule.12."""
    visit, made, controls = state.visit.number, state.offers, state.memory.controls
    ledger = Ledger(chat_open=chat.is_live(state.conversation), cobrowse_open=bool(state.sharing.grants))
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
