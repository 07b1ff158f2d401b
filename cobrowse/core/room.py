"""A room: the live context of one visitor on one site, as a pure state machine. SPEC room.

`decide` turns an operation into a fact or refuses it; `apply` makes the state follow an entry of the log. Whoever
applies the same entries in the same order has the same state: on every node, after every restart, in every browser.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import assert_never

import msgspec
from msgspec.structs import replace

from cobrowse.core import cart as carts
from cobrowse.core import chat, decide_cart, identity, offers, sharing, visit
from cobrowse.core.cart import Cart, make_dot
from cobrowse.core.decide_cart import CART_OPERATIONS, CartOperation
from cobrowse.core.errors import Refusal, Refused
from cobrowse.core.items import LookUp, clean_item, clean_page, remember
from cobrowse.core.messages import (
    AnyFact,
    AnyOperation,
    Armed,
    Arrived,
    Ask,
    Asked,
    AskRecord,
    AskShare,
    Author,
    CartChanged,
    CartGrant,
    Change,
    Controlled,
    Conversation,
    Declined,
    Describe,
    Described,
    Entry,
    Event,
    Fact,
    Finish,
    Finished,
    Grant,
    Granted,
    Happened,
    Hidden,
    Identified,
    Identify,
    Invite,
    Item,
    Judged,
    Known,
    LetRecord,
    Looked,
    MaskRule,
    Message,
    Offer,
    Offered,
    Propose,
    Read,
    ReadUpTo,
    Role,
    RoomView,
    Said,
    Say,
    Settle,
    Settled,
    Share,
    Shared,
    Sharing,
    SiteView,
    Take,
    Taken,
    Visit,
)
from cobrowse.core.page_files import SiteFiles
from cobrowse.core.rules import memory as memories
from cobrowse.core.rules.memory import Memory
from cobrowse.core.sheets import Sheets

MAX_CHANGES_IN_VIEW = 50
SERVER_REPLICA = 0

_CSA_ONLY = (Take, Ask, AskShare, AskRecord, Invite)
_SHOPPER_ONLY = (Grant, Share, LetRecord, Event, Describe, Identify)


class RoomState(msgspec.Struct):
    """All that a room knows.

    `head`: (offset, hash); `replicas`: when each, by its number as text, last did something; a number up to
    `forgotten_upto` that is not among them is forgotten; `cart_offset`: the last entry that changed what the cart holds
    or what is known of it; `utc_min`: how far the shopper's clock is ahead of UTC; `offered_to`: the team of the last
    offer, `wanted`: that of the chat which waits for one, "" for everybody alike.
    """

    room: str
    site: str
    epoch: str
    head: tuple[int, int] = (0, 0)
    cart: Cart = msgspec.field(default_factory=Cart)
    items: dict[str, Item] = msgspec.field(default_factory=dict)
    conversation: Conversation = msgspec.field(default_factory=Conversation)
    offers: list[Offer] = msgspec.field(default_factory=list)
    grant: CartGrant = msgspec.field(default_factory=CartGrant)
    sharing: Sharing = Sharing()
    changes: list[Change] = msgspec.field(default_factory=list)
    visit: Visit = msgspec.field(default_factory=Visit)
    replicas: dict[str, float] = msgspec.field(default_factory=dict)
    next_replica: int = 1
    forgotten_upto: int = 0
    shopper_changed_at: float | None = None
    cart_offset: int = 0
    known: Known | None = None
    utc_min: int | None = None
    offered_to: str = ""
    wanted: str = ""
    memory: Memory = msgspec.field(default_factory=Memory)


class Terms(msgspec.Struct, frozen=True):
    """What `decide` must know beyond the room: the site's settings and rules, the shop's word on lines, the secret
    that leaves are signed with.
    """

    site: SiteView
    look_up: LookUp
    secret: bytes
    mirror: list[MaskRule] = []
    identity_secret: bytes = b""
    sheets: Sheets | None = None
    """Those of the site's pages that this node has; `files`: what those pages bring."""
    files: SiteFiles | None = None


def last_counter(state: RoomState, replica: int) -> int:
    """The number of the replica's last operation in this room's log, 0 for none: so a repeat is known. SPEC room.3."""
    return state.cart.context.vector.get(str(replica), 0)


def decide(
    state: RoomState,
    author: Author,
    replica: int,
    c: int,
    op: AnyOperation,
    at: float,
    now: float,
    terms: Terms,
    origin: str = "",
) -> AnyFact:
    """The fact that this operation is, in the room as it stands; `origin` is that of its author's page.

    Raises Refusal: forbidden to this role, not granted, out of bounds, unknown dots, already gone. SPEC room.4.
    """
    if isinstance(op, CART_OPERATIONS):
        return _decide_cart(state, author, replica, c, op, at, now, terms)
    if isinstance(op, _CSA_ONLY) and author.role != "csa":
        raise Refusal(Refused.FORBIDDEN, "only a CSA may do this")
    if isinstance(op, _SHOPPER_ONLY) and author.role != "shopper":
        raise Refusal(Refused.FORBIDDEN, "only the shopper may do this")
    match op:
        case Say():
            chat.check_say(state.conversation, author)
            return Said(op.text)
        case Read():
            return ReadUpTo(min(op.upto, state.head[0]))
        case Take():
            chat.check_live(state.conversation)
            return Taken(sharing.hand_over(state.sharing, state.conversation.taken_by, author, now))
        case Finish():
            chat.check_live(state.conversation)
            return Finished()
        case Grant():
            if terms.site.csa_edits != "ask" and op.edit:
                raise Refusal(Refused.INVALID, "this site does not ask for leave to change the cart")
            return Granted(op.edit)
        case Ask():
            if terms.site.csa_edits != "ask":
                raise Refusal(Refused.INVALID, "this site does not ask for leave to change the cart")
            return Asked()
        case Share() | AskShare() | LetRecord() | AskRecord():
            dot = make_dot(replica, c)
            place = sharing.Place(state.room, dot, origin, terms.site, terms.secret, now)
            return sharing.decide(op, state.sharing, state.conversation, author, place)
        case Invite():
            offers.check_offer(state.offers, state.conversation)
            return Offered(op.text, now + offers.INVITATION_EXPIRES_S)
        case Settle():
            offers.check_settle(state.offers, op.offer, now)
            return Settled(op.offer, offers.settlement(author, op.accept))
        case Describe():
            return Described([clean_item(item, terms.look_up) for item in op.items])
        case Identify():
            return Identified(identity.prove(op.proof, terms.identity_secret, state.known, now))
        case Event():
            return _decide_event(state, replica, c, op, now, terms)
        case _:
            assert_never(op)


def _decide_cart(
    state: RoomState,
    author: Author,
    replica: int,
    c: int,
    op: CartOperation,
    at: float,
    now: float,
    terms: Terms,
) -> CartChanged:
    return decide_cart.decide(
        state.cart,
        author,
        make_dot(replica, c),
        op,
        now,
        carts.bounded_ts(at, now),
        may_edit=author.role == "shopper" or csa_may_edit(state.grant, terms.site),
        item=state.items.get(op.line) if type(op) is Propose else None,
        look_up=terms.look_up,
    )


def _decide_event(state: RoomState, replica: int, c: int, op: Event, now: float, terms: Terms) -> Happened:
    number = visit.visit_number(state.visit, now)
    return Happened(
        op.name,
        number,
        clean_page(op.page) if op.page else None,
        [clean_item(item, terms.look_up) for item in op.items],
        op.value_minor,
        op.params,
        carts.empty(state.cart, make_dot(replica, c)) if op.name == "purchase" else None,
        number != state.visit.number and state.grant != CartGrant(),
    )


def csa_may_edit(grant: CartGrant, site: SiteView) -> bool:
    return site.csa_edits == "always" or (site.csa_edits == "ask" and grant.edit)


def next_entry(
    state: RoomState, by: Author, replica: int, c: int, fact: AnyFact, now: float, fact_bytes: bytes
) -> Entry:
    """The entry that comes next in this room's log. SPEC room.2."""
    offset, previous = state.head
    return Entry(offset + 1, zlib.crc32(fact_bytes, previous), now, replica, c, by, fact)


def apply(state: RoomState, entry: Entry) -> None:
    """Makes the state follow one entry, in the log's order. Never refuses: what is in the log has happened."""
    state.head = (entry.offset, entry.hash)
    state.replicas[str(entry.replica)] = entry.at
    state.next_replica = max(state.next_replica, entry.replica + 1)
    fact = entry.fact
    match fact:
        case CartChanged():
            _apply_cart(state, entry, fact)
        case Said():
            chat.apply_said(state.conversation, entry, fact)
        case ReadUpTo():
            chat.apply_read(state.conversation, entry.by, fact)
        case Taken():
            chat.apply_taken(state.conversation, entry.by)
            state.sharing = fact.sharing or state.sharing
        case Finished():
            chat.apply_finished(state.conversation)
            state.wanted = ""
        case Granted():
            state.grant = CartGrant(fact.edit, entry.at)
        case Asked():
            state.grant = replace(state.grant, asked=entry.by)
        case Shared():
            state.sharing = fact.sharing
        case Arrived():
            state.visit.device, state.visit.locale, state.utc_min = fact.device, fact.locale, fact.utc_min
        case Identified():
            state.known = fact.known
        case Offered():
            dot = make_dot(entry.replica, entry.c)
            offers.apply_offered(state.offers, entry, fact, dot, state.visit.number)
            state.offered_to = fact.team
        case Settled():
            _apply_settled(state, entry, fact)
        case Described():
            remember(state.items, fact.items, state.cart.lines)
            state.cart_offset = entry.offset
        case Happened():
            _apply_happened(state, entry, fact)
        case Judged():
            if fact.cause == "control":
                state.memory.controls[fact.rule] = memories.Control(state.visit.number, entry.at)
        case Armed():
            state.memory.held = dict(fact.since)
        case Declined() | Controlled() | Looked() | Hidden():
            pass
        case _:
            assert_never(fact)
    carts.advance(state.cart, entry.replica, entry.c)


def _apply_cart(state: RoomState, entry: Entry, fact: CartChanged) -> None:
    state.cart_offset = entry.offset
    lines = state.cart.lines
    before = carts.quantity(lines[fact.line]) if fact.line in lines else 0
    carts.absorb(state.cart, fact.delta)
    if fact.delta.proposals:
        carts.trim_proposals(state.cart)
    after = carts.quantity(lines[fact.line]) if fact.line in lines else 0
    if fact.item is not None:
        remember(state.items, [fact.item], state.cart.lines)
    if before != after:
        change = Change(entry.offset, entry.at, entry.by, fact.line, before, after, fact.undoes)
        state.changes.append(change)
        del state.changes[:-MAX_CHANGES_IN_VIEW]
        if entry.by.role == "shopper":
            state.shopper_changed_at = entry.at
            memories.remember_change(state.memory, before, after)


def _apply_settled(state: RoomState, entry: Entry, fact: Settled) -> None:
    settled = offers.apply_settled(state.offers, fact)
    if settled is None or settled.status != "accepted" or chat.is_live(state.conversation):
        return
    host = settled.by or Author("server")
    chat.begin(state.conversation, entry.at, settled.reason, host if host.role == "csa" else None)
    state.wanted = state.offered_to
    chat.add_message(state.conversation, Message(entry.offset, entry.at, host, settled.text))


def _apply_happened(state: RoomState, entry: Entry, fact: Happened) -> None:
    if fact.ends_grant:
        state.grant = CartGrant()
    memories.remember(state.memory, entry.at, fact, fresh=fact.visit != state.visit.number)
    if fact.name in memories.CANCELS:
        state.shopper_changed_at = None
    visit.apply_happened(state.visit, entry.at, fact)
    remember(state.items, fact.items, state.cart.lines)
    if fact.items or fact.delta is not None:
        state.cart_offset = entry.offset
    if fact.delta is not None:
        carts.absorb(state.cart, fact.delta)


def view(state: RoomState, role: Role) -> RoomView:
    """The room as this role may see it: a shopper sees no reasons and no record of the visit. SPEC room.6."""
    offer = offers.open_offer(state.offers)
    csa = role != "shopper"
    conversation = state.conversation
    if not csa:
        conversation = replace(conversation, reason="")
        offer = offer and _without_reason(offer)
    return RoomView(
        state.site,
        state.cart,
        state.items,
        conversation,
        offer,
        state.grant,
        state.changes,
        state.visit if csa else None,
        state.offers if csa else [],
        state.sharing,
    )


def _without_reason(offer: Offer) -> Offer:
    return replace(offer, reason="", rule="", rule_version="", visit=0)


_VEILED = frozenset({Offered, Arrived, Identified, Happened, Declined, Judged, Armed})


def all_plain(facts: Iterable[AnyFact]) -> bool:
    """Whether everybody sees these facts as they are: what `seen_by` leaves alone, whoever reads. SPEC room.6."""
    return _VEILED.isdisjoint(map(type, facts))


def seen_by(fact: AnyFact, role: Role, own: bool) -> Fact:
    """The fact as this role may see it; `own`: the reader's replica is the author. SPEC room.6.

    Whatever changes the reader's view stays, so that an old view and the entries since make the new view. SPEC room.7.
    """
    if role != "shopper":
        return fact
    match fact:
        case Offered():
            return replace(fact, reason="", rule="", rule_version="", variant="", team="")
        case Judged() | Armed() | Arrived() | Identified() | Happened(items=[], delta=None, ends_grant=False):
            return Hidden()
        case Happened():
            return Happened(fact.name, 0, items=fact.items, delta=fact.delta, ends_grant=fact.ends_grant)
        case Declined() if not own:
            return Hidden()
        case _:
            return fact
