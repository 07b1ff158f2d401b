"""What the database says of a record: its rows, in the log and in the tables beside it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.core.cart import make_dot
from cobrowse.core.messages import (
    Finished,
    Happened,
    Identified,
    Judged,
    Message,
    Offered,
    Said,
    Settled,
    Taken,
)
from cobrowse.core.room import RoomState
from cobrowse.live.deeds import TOLD, deed_of
from cobrowse.live.filing import Shown
from cobrowse.live.publication import CartAfter, Publication, VisitAfter
from cobrowse.storage import (
    audit,
    carts,
    contacts,
    conversations,
    decisions,
    journal,
    messages,
    offers,
    visitors,
)
from cobrowse.storage.bulk import Bulk
from cobrowse.storage.contacts import Contact
from cobrowse.storage.decisions import Decision, Order
from cobrowse.storage.unfiled import Commit

_encode = msgspec.msgpack.Encoder().encode


def conversation_id(room: str, number: int) -> str:
    return f"{room}.{number}"


def snapshot_of(state: RoomState, now: float) -> journal.Snapshot:
    offset, digest = state.head
    return journal.Snapshot(state.room, state.site, state.epoch, offset, digest, _encode(state), now)


def commit_of(batch: Sequence[Publication]) -> Commit:
    """The rows of the log, and the first snapshots of rooms that begin."""
    rows = [
        journal.LogRow(room, entry.offset, entry.hash, entry.at, entry.replica, entry.c, payload)
        for room, _, _, entry, payload, _, _, _ in batch
    ]
    begun = [
        snapshot_of(RoomState(record.room, record.site, record.epoch), record.entry.at)
        for record in batch
        if record.entry.offset == 1
    ]
    return Commit(rows, begun)


def showing(rooms: Sequence[Shown]) -> list[Bulk]:
    """The rows that only show how things stand."""
    seen = [(record, record.visit) for _, _, record in rooms if record is not None]
    held = [(record, record.cart) for _, record, _ in rooms if record is not None]
    return [
        visitors.saving([_visitor(record, visit) for record, visit in seen if visit is not None]),
        carts.saving([_cart_view(record, cart) for record, cart in held if cart is not None]),
    ]


def _visitor(record: Publication, visit: VisitAfter) -> visitors.Visitor:
    return visitors.Visitor(
        record.room,
        record.site,
        visit.first_at,
        record.entry.at,
        visit.number,
        visit.referrer or None,
        visit.device or None,
        visit.locale or None,
    )


def _cart_view(record: Publication, cart: CartAfter) -> carts.CartView:
    lines = []
    total_minor = 0
    currency = ""
    quantities = cart.quantities()
    for line, quantity in quantities.items():
        item = cart.items.get(line)
        if item is None:
            lines.append(carts.CartLine(line, quantity))
            continue
        lines.append(carts.CartLine(line, quantity, item.name, item.variant, item.price_minor))
        total_minor += (item.price_minor or 0) * quantity
        currency = currency or item.currency
    count = sum(quantities.values())
    return carts.CartView(record.room, record.site, record.entry.at, lines, count, total_minor, currency)


_RECORDED = frozenset({Said, Identified, Taken, Finished, Offered, Settled, Judged, *TOLD})


def tells(record: Publication) -> bool:
    """Whether the entry makes rows of its own beside the log."""
    fact = record.entry.fact
    bought = type(fact) is Happened and fact.name == "purchase"
    return bought or record.conversation.opened or type(fact) in _RECORDED


async def record_beside(conn: AsyncConnection, record: Publication) -> None:
    """Writes the rows that an entry makes beside the log, where it `tells`."""
    room, entry, fact = record.room, record.entry, record.entry.fact
    talk = conversation_id(room, record.conversation.number)
    if record.conversation.opened:
        await _open_conversation(conn, record, talk)
    if (deed := deed_of(record)) is not None:
        await audit.note(conn, deed)
    match fact:
        case Said(text=text):
            contact = None
            if entry.by.role == "shopper":
                contact = await _contact(conn, record)
            else:
                await conversations.take(conn, talk, entry.by.id)
            message = Message(entry.offset, entry.at, entry.by, text)
            await messages.write(conn, _message(record, talk, message), contact)
        case Identified():
            # Only of somebody who has written: nobody else has a row.
            contact = await _contact(conn, record)
            await contacts.describe(
                conn, room, name=contact.name, email=contact.email, external_id=contact.external_id
            )
        case Taken():
            await conversations.take(conn, talk, entry.by.id)
        case Finished():
            await conversations.close(conn, talk, entry.at)
        case Offered():
            offered = offers.Offer(
                f"{room}.{make_dot(entry.replica, entry.c)}",
                room,
                record.site,
                fact.rule,
                fact.rule_version,
                entry.at,
                fact.text,
                fact.reason,
            )
            await offers.make(conn, offered)
            if fact.rule:
                # A rule's offer follows what was judged of it, as the very next entry.
                await decisions.offered(conn, room, entry.offset - 1, fact.rule, offered.id)
        case Judged():
            await decisions.make(conn, _decision(record, fact))
        case Happened(name="purchase"):
            await decisions.buy(conn, _order(record, fact))
        case Settled(offer=offer_dot, status=status):
            await offers.settle(conn, f"{room}.{offer_dot}", status, entry.at)


async def _contact(conn: AsyncConnection, record: Publication) -> Contact:
    """The shopper of the entry, with what the shop has signed of them. A customer who is another visitor's contact
    already, from another browser, keeps the number there.
    """
    room, entry, known = record.room, record.entry, record.conversation.known
    if known is None:
        return Contact(room, record.site, room, entry.at, entry.by.name or None)
    holder = await contacts.find_by_external_id(conn, record.site, known.id)
    number = known.id if holder is None or holder.id == room else None
    name = known.name or entry.by.name or None
    return Contact(room, record.site, room, entry.at, name, known.email or None, number)


def _decision(record: Publication, fact: Judged) -> Decision:
    trace = msgspec.json.encode(fact.operands).decode()
    entry = record.entry
    return Decision(
        record.room,
        entry.offset,
        record.site,
        entry.at,
        fact.rule,
        fact.version,
        fact.cause,
        fact.arm,
        fact.reason,
        trace,
    )


def _order(record: Publication, fact: Happened) -> Order:
    """The purchase, under the shop's own number where its page told one (GA4's `transaction_id`)."""
    entry, number = record.entry, fact.params.get("transaction_id", "")
    return Order(record.room, entry.offset, record.site, entry.at, fact.value_minor or 0, str(number) or None)


async def _open_conversation(conn: AsyncConnection, record: Publication, talk: str) -> None:
    room, entry, after = record.room, record.entry, record.conversation
    offer = f"{room}.{entry.fact.offer}" if isinstance(entry.fact, Settled) else None
    held = conversations.Conversation(
        talk, room, record.site, entry.at, reason=after.reason or None, offer=offer
    )
    await conversations.begin(conn, held)
    if after.taken_by is not None:
        await conversations.take(conn, talk, after.taken_by.id)
    if after.opening is not None:
        await messages.write(conn, _message(record, talk, after.opening))


def _message(record: Publication, talk: str, message: Message) -> messages.Message:
    entry, by = record.entry, message.by
    key = f"{record.room}.{make_dot(entry.replica, entry.c)}"
    return messages.Message(
        key, talk, record.room, entry.offset, entry.at, by.role, by.id, by.name, message.text
    )
