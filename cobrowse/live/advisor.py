"""Makes and takes back offers: asks the rules about a room when something happened or is due. SPEC offer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from cobrowse.core import chat, offers
from cobrowse.core.cart import project
from cobrowse.core.messages import Offer, Offered, OfferStatus, Settled
from cobrowse.core.room import RoomState
from cobrowse.core.rules import facts
from cobrowse.core.rules.evaluate import OfferState, evaluate, still_valid
from cobrowse.core.rules.rule import Rule
from cobrowse.live.room import Room

logger = logging.getLogger(__name__)

Free = Callable[[str], int]
"""How many CSAs could take one more chat on a site."""


def facts_of(state: RoomState, free: int) -> facts.Facts:
    """What the rules may ask about a room."""
    lines = project(state.cart)
    known = [(state.items.get(line), n) for line, n in lines.items()]
    total_minor = sum((item.price_minor or 0) * n for item, n in known if item)
    visit = state.visit
    page = visit.recent[-1].page if visit.recent else None
    return facts.Facts(
        cart=facts.Cart(
            distinct_items=len(lines),
            quantity=sum(lines.values()),
            value=total_minor / 100,
            currency=next((item.currency for item, _ in known if item), ""),
            changed_at=state.shopper_changed_at,
            items=tuple(item.name for item, _ in known if item and item.name),
        ),
        page=facts.Page(kind=page.kind or "content", path=page.path, title=page.title)
        if page
        else facts.Page(),
        visit=facts.Visit(pages=visit.pages, started_at=visit.started_at, number=max(visit.number, 1)),
        csas=facts.Csas(available=free),
    )


def ledger_of(state: RoomState) -> OfferState:
    """What has been offered in this visit, and how it stands."""
    visit = state.visit.number
    return OfferState(
        chat_open=chat.is_live(state.conversation),
        offered=offers.offered_in(state.offers, visit),
        open_offer=offers.open_offer(state.offers) is not None,
        dismissed=offers.dismissed_in(state.offers, visit),
    )


class Advisor:
    """Decides for one room at a time. `consider` returns when the room must be asked again."""

    def __init__(self, rules: Sequence[Rule], free: Free) -> None:
        self.rules = list(rules)
        self._free = free

    def consider(self, room: Room, now: float) -> float | None:
        """Makes, withdraws or expires the room's offer; the time at which to come back, or None for never."""
        state = room.state
        seen = facts_of(state, self._free(state.site))
        if (offer := offers.open_offer(state.offers)) is not None:
            ended = self._ending(offer, seen, state, now)
            if ended is None:
                return offer.expires_at
            room.write(Settled(offer.id, ended), now)
        if not room.has_shopper():
            return None
        decision = evaluate(self.rules, seen, ledger_of(state), now)
        for fault in decision.faults:
            logger.warning("rule %s (%s): %s", fault.rule_id, fault.version, fault.message)
        rule = decision.fires
        if rule is None:
            return decision.due
        verdict = next(verdict for verdict in decision.verdicts if verdict.fires)
        _, text = rule.texts.render(state.visit.locale, seen, now)
        expires_at = now + rule.expires_s
        room.write(Offered(text, expires_at, rule.id, rule.version, f"{rule.title}: {verdict.reason}"), now)
        return expires_at

    def _ending(self, offer: Offer, seen: facts.Facts, state: RoomState, now: float) -> OfferStatus | None:
        """How the open offer ends now, if it does."""
        if offer.expires_at <= now:
            return "expired"
        if not offer.rule:
            return "withdrawn" if chat.is_live(state.conversation) else None
        rule = next((rule for rule in self.rules if rule.id == offer.rule), None)
        if rule is None or not still_valid(rule, seen, ledger_of(state), now):
            return "withdrawn"
        return None
