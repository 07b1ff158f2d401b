"""What a room hands to the broker: an entry, and what the entry made of the room, for the tables beside the log."""

from __future__ import annotations

from typing import NamedTuple

from cobrowse.core.cart import project
from cobrowse.core.messages import Author, CartChanged, Entry, Happened, Item, Message, Settled
from cobrowse.core.room import RoomState


class CartAfter(NamedTuple):
    """The cart after an entry: quantities by line, with what is known of each line."""

    lines: dict[str, int]
    items: dict[str, Item]


class ConversationAfter(NamedTuple):
    """The conversation after an entry: which it is, if this entry opened it, and with what words of an offer."""

    number: int
    opened: bool
    reason: str
    taken_by: Author | None
    opening: Message | None


class VisitAfter(NamedTuple):
    number: int
    first_at: float
    referrer: str
    device: str
    locale: str


class Publication(NamedTuple):
    """One record of the log. The `after` parts are there where the entry touched them."""

    room: str
    site: str
    epoch: str
    entry: Entry
    cart: CartAfter | None
    conversation: ConversationAfter
    visit: VisitAfter | None


def publication(state: RoomState, entry: Entry, conversation_before: int) -> Publication:
    """The record of an entry that has just been applied to `state`."""
    fact = entry.fact
    touched = isinstance(fact, CartChanged) or (isinstance(fact, Happened) and fact.delta is not None)
    cart = None
    if touched:
        lines = project(state.cart)
        cart = CartAfter(lines, {line: state.items[line] for line in lines if line in state.items})
    talk, visit = state.conversation, state.visit
    seen = None
    if isinstance(fact, Happened) or talk.number != conversation_before:
        first_at = visit.first_at or entry.at
        seen = VisitAfter(max(visit.number, 1), first_at, visit.referrer, visit.device, visit.locale)
    opened = talk.number != conversation_before
    opening = talk.messages[-1] if opened and isinstance(fact, Settled) else None
    after = ConversationAfter(talk.number, opened, talk.reason, talk.taken_by, opening)
    return Publication(state.room, state.site, state.epoch, entry, cart, after, seen)
