"""What a room hands to the broker: an entry, and what the entry made of the room, for the tables beside the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from cobrowse.core.cart import Count, quantity
from cobrowse.core.messages import (
    Author,
    CartChanged,
    Entry,
    Happened,
    Hidden,
    Identified,
    Item,
    Known,
    Message,
    Said,
    Settled,
)
from cobrowse.core.room import SERVER_REPLICA, RoomState


class CartAfter(NamedTuple):
    """The cart's lines after an entry, and what the room knows of lines.

    A line's dots are never changed in place, so a shallow copy holds the moment; what of it is needed is worked out
    once a batch, not once an entry.
    """

    lines: dict[str, dict[str, Count]]
    items: Mapping[str, Item]

    def quantities(self) -> dict[str, int]:
        """The quantity of each line that has any."""
        return {line: n for line, counts in self.lines.items() if (n := quantity(counts)) > 0}


class ConversationAfter(NamedTuple):
    """The conversation after an entry: which it is, if this entry opened it, with what words of an offer, and who the
    shop has signed that the shopper is, where the shopper speaks or has just been signed.
    """

    number: int
    opened: bool
    reason: str
    taken_by: Author | None
    opening: Message | None
    known: Known | None = None


NO_CONVERSATION = ConversationAfter(0, False, "", None, None)
"""For an entry that says nothing of one."""


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
    payload: bytes
    cart: CartAfter | None
    conversation: ConversationAfter
    visit: VisitAfter | None


def publication(state: RoomState, entry: Entry, payload: bytes, conversation_before: int) -> Publication:
    """The record of an entry that has just been applied to `state`; `payload`: its bytes."""
    fact = entry.fact
    happened = type(fact) is Happened
    touched = type(fact) is CartChanged or (isinstance(fact, Happened) and fact.delta is not None)
    cart = CartAfter(dict(state.cart.lines), state.items) if touched else None
    talk, visit = state.conversation, state.visit
    seen = None
    if happened or talk.number != conversation_before:
        first_at = visit.first_at or entry.at
        seen = VisitAfter(max(visit.number, 1), first_at, visit.referrer, visit.device, visit.locale)
    opened = talk.number != conversation_before
    if not opened and type(fact) is CartChanged:
        after = NO_CONVERSATION
    else:
        opening = talk.messages[-1] if opened and isinstance(fact, Settled) else None
        known = state.known if type(fact) in (Said, Identified) else None
        after = ConversationAfter(talk.number, opened, talk.reason, talk.taken_by, opening, known)
    return Publication(state.room, state.site, state.epoch, entry, payload, cart, after, seen)


def standing(state: RoomState) -> Publication:
    """A record that writes nothing into the log and says how a room stands: its cart, and its visit if there is one."""
    visit, changes = state.visit, state.changes
    at = max(visit.last_at, changes[-1].at if changes else 0.0)
    entry = Entry(*state.head, at, SERVER_REPLICA, 0, Author("server"), Hidden())
    seen = VisitAfter(visit.number, visit.first_at, visit.referrer, visit.device, visit.locale)
    cart = CartAfter(dict(state.cart.lines), state.items)
    shown = seen if visit.number else None
    return Publication(state.room, state.site, state.epoch, entry, b"", cart, NO_CONVERSATION, shown)


class _Packed(NamedTuple):
    """A record on its way through Redis: the entry as its bytes alone, and of the items those in the cart."""

    room: str
    site: str
    epoch: str
    payload: bytes
    cart: CartAfter | None
    conversation: ConversationAfter
    visit: VisitAfter | None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode
_decode_entry = msgspec.msgpack.Decoder(Entry).decode


def pack(records: Sequence[Publication]) -> list[bytes]:
    """The bytes of records of one room that go together, in order. Only the last cart of theirs is packed: whoever
    writes them writes it after the others, in one transaction.
    """
    packed: list[bytes] = []
    shown = False
    for room, site, epoch, _, payload, after, conversation, visit in reversed(records):
        cart = None
        if after is not None and not shown:
            shown = True
            cart = CartAfter(
                after.lines, {line: item for line in after.lines if (item := after.items.get(line))}
            )
        packed.append(_encode(_Packed(room, site, epoch, payload, cart, conversation, visit)))
    packed.reverse()
    return packed


def unpack(packed: bytes) -> Publication:
    """The record that was packed."""
    room, site, epoch, payload, cart, conversation, visit = _decode(packed)
    return Publication(room, site, epoch, _decode_entry(payload), payload, cart, conversation, visit)
