"""Offers of help in a room: made once, settled once. SPEC offer."""

from __future__ import annotations

from msgspec.structs import replace

from cobrowse.core.chat import is_live
from cobrowse.core.errors import Refusal, Refused
from cobrowse.core.messages import Author, Conversation, Entry, Offer, Offered, OfferStatus, Settled

MAX_OFFERS_IN_VIEW = 20
INVITATION_EXPIRES_S = 15 * 60


def open_offer(offers: list[Offer]) -> Offer | None:
    return offers[-1] if offers and offers[-1].status == "open" else None


def check_offer(offers: list[Offer], conversation: Conversation) -> None:
    """No offer while one is open or a conversation is live. SPEC offer.2."""
    if is_live(conversation):
        raise Refusal(Refused.INVALID, "a conversation is open already")
    if open_offer(offers) is not None:
        raise Refusal(Refused.INVALID, "an offer is on show already")


def check_settle(offers: list[Offer], offer_id: str, now: float) -> Offer:
    """The open offer of that id; refuses one that is settled, gone or over its time. SPEC offer.3."""
    offer = open_offer(offers)
    if offer is None or offer.id != offer_id or offer.expires_at <= now:
        raise Refusal(Refused.GONE, "this offer is no longer open")
    return offer


def apply_offered(offers: list[Offer], entry: Entry, fact: Offered, dot: str, visit: int) -> None:
    offer = Offer(
        dot,
        entry.at,
        fact.text,
        fact.expires_at,
        "open",
        fact.rule,
        fact.rule_version,
        fact.reason,
        visit,
        entry.by,
        fact.channel,
    )
    offers.append(offer)
    del offers[:-MAX_OFFERS_IN_VIEW]


def apply_settled(offers: list[Offer], fact: Settled) -> Offer | None:
    """The offer that this settles, with its new status; None when it was settled before."""
    offer = open_offer(offers)
    if offer is None or offer.id != fact.offer:
        return None
    offers[-1] = settled = replace(offer, status=fact.status)
    return settled


def dismissed_in(offers: list[Offer], visit: int) -> bool:
    return any(offer.visit == visit and offer.status == "dismissed" for offer in offers)


def offered_in(offers: list[Offer], visit: int) -> frozenset[str]:
    """The rules that have made an offer in this visit."""
    return frozenset(offer.rule for offer in offers if offer.visit == visit and offer.rule)


def settlement(author: Author, accept: bool) -> OfferStatus:
    if author.role == "shopper":
        return "accepted" if accept else "dismissed"
    return "withdrawn"
