"""Commits batches: the rooms' log and, in the same transaction, what the database says of it.

All communication ends in one contact database, and the log is its source: a row beside the log is written exactly once,
because the entry it comes from is. On SQLite the rows that only show how things stand, a cart's and a visitor's, follow
when the change has rested (live.resting).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cobrowse.core.cart import make_dot
from cobrowse.core.messages import (
    Entry,
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
from cobrowse.core.room import RoomState, apply
from cobrowse.live.deeds import TOLD, deed_of
from cobrowse.live.publication import CartAfter, Publication, VisitAfter, standing
from cobrowse.live.resting import AT_ONCE, Resting, Shown, latest
from cobrowse.live.tape import Tapes
from cobrowse.storage import (
    audit,
    behind,
    bulk,
    carts,
    contacts,
    conversations,
    decisions,
    journal,
    messages,
    offers,
    visitors,
)
from cobrowse.storage.bulk import Bulk, writer_of
from cobrowse.storage.contacts import Contact
from cobrowse.storage.decisions import Decision, Order
from cobrowse.storage.engine import reading

_entries = msgspec.msgpack.Decoder(Entry)
_states = msgspec.msgpack.Decoder(RoomState)
_encode = msgspec.msgpack.Encoder().encode

TAIL_PAGE = 1_000

Stands = Callable[[], Awaitable[bool]]

logger = logging.getLogger(__name__)


def conversation_id(room: str, number: int) -> str:
    return f"{room}.{number}"


class Recorder:
    """Writes and reads the database on behalf of the hub."""

    def __init__(
        self,
        engine: AsyncEngine,
        tapes: Tapes | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self.tapes = tapes
        self._writer = writer_of(engine)
        self._monotonic = monotonic
        self._resting = Resting()
        self._writing = asyncio.Lock()

    async def close(self) -> None:
        if self._writer is not None:
            await self._writer.close()

    async def commit(self, batch: Sequence[Publication]) -> None:
        """Writes the batch; durable when it returns. What one room has of it is written in one transaction.

        Rooms that need more than their log, snapshot, visitor and cart go through the engine, the others, nearly all,
        past it. Raises when not all is written; a room of which all is may then be among them, which does no harm:
        whoever is told that it was lost comes back and finds it.
        """
        async with self._writing:
            if self._writer is not None:
                telling = {record.room for record in batch if _tells(record)}
                plain = [record for record in batch if record.room not in telling] if telling else batch
                if plain:
                    fresh = behind.adding(self._resting.unknown(plain))
                    await self._writer.write([*_log(plain), fresh])
                    self._resting.add(plain, self._monotonic())
                batch = [record for record in batch if record.room in telling] if telling else ()
            if batch:
                async with self._engine.begin() as conn:
                    await self._write(conn, batch)
                self._resting.renew(batch)

    async def probe(self) -> None:
        """Commits, as an operation would, what cancels itself. Where the log is in Redis there is nothing to commit."""
        if self._writer is not None:
            await self._writer.write([behind.adding([""]), behind.taking([""])])

    async def settle(self, *, all_: bool = False) -> None:
        """Brings the rows up that are behind: of changes that have rested, or of all."""
        while self._writer is not None:
            async with self._writing:
                now = float("inf") if all_ else self._monotonic()
                rested = self._resting.rested(now)
                if not rested:
                    return
                await self._writer.write([*_shown(list(rested.values())), behind.taking(rested)])
                self._resting.forget(rested)

    async def catch_up(self) -> None:
        """Brings the rows up that were behind when this database's last server died. Before anybody writes."""
        if self._writer is None:
            return
        async with reading(self._engine) as conn:
            rooms = await behind.rooms(conn)
        for room in rooms:
            state, entries = await self.load(room)
            if state is not None:
                for entry in entries:
                    apply(state, entry)
                self._resting.add([standing(state)], 0.0)
        await self.settle(all_=True)

    async def project(self, batch: Sequence[Publication], stands: Stands) -> bool:
        """Writes what of the batch is not there yet, in one transaction: the same may come again. SPEC node.3, node.9.

        `stands` is asked last before the commit: if the log does not stand by the batch any more nothing is written,
        and the answer is False.
        """
        try:
            async with self._engine.begin() as conn:
                return await self._write_if(conn, batch, stands)
        except IntegrityError:
            # Some of it is there already, which is seldom, and so nothing was written.
            async with self._engine.begin() as conn:
                return await self._write_if(conn, await _fresh(conn, batch), stands)

    async def _write_if(self, conn: AsyncConnection, batch: Sequence[Publication], stands: Stands) -> bool:
        await self._write(conn, batch)
        if not (stood := await stands()):
            await conn.rollback()
        return stood

    async def covered(self, snapshots: Sequence[journal.Snapshot]) -> list[journal.Snapshot]:
        """Those of the snapshots to which the log here reaches: nothing that they stand on can be lost any more."""
        async with reading(self._engine) as conn:
            held = await journal.held(conn, [(snapshot.room, snapshot.offset) for snapshot in snapshots])
        return [each for each in snapshots if held.get((each.room, each.offset)) == each.hash]

    async def _write(self, conn: AsyncConnection, batch: Sequence[Publication]) -> None:
        waiting = self._resting.of({record.room for record in batch})
        for each in [*_log(batch), *_shown(waiting), *_shown(latest(batch))]:
            await bulk.write(conn, each)
        for record in batch:
            if _tells(record):
                await _record(conn, record)

    def snapshot(self, state: RoomState, now: float) -> journal.Snapshot:
        """The room's state as it is now, encoded."""
        return _snapshot(state, now)

    async def save(self, snapshots: Sequence[journal.Snapshot]) -> None:
        """Keeps snapshots, so that logs need not be read from the beginning. Each must be of a durable state.

        On SQLite by the thread that commits, in parts: a commit that meets another's lock sleeps longer than it lasts.
        """
        if self._writer is not None:
            for first in range(0, len(snapshots), AT_ONCE):
                await self._writer.write([journal.saving(snapshots[first : first + AT_ONCE])])
        elif snapshots:
            async with self._engine.begin() as conn:
                await journal.save_snapshot(conn, *snapshots)

    async def load(self, room: str) -> tuple[RoomState | None, list[Entry]]:
        """The room's latest snapshot and the entries after it, of one moment; (None, []) for an unknown room."""
        async with reading(self._engine) as conn:
            snapshot = await journal.load_snapshot(conn, room)
            state = _states.decode(snapshot.state) if snapshot is not None else None
            offset = state.head[0] if state is not None else 0
            entries: list[Entry] = []
            while page := await journal.tail(conn, room, offset, TAIL_PAGE):
                entries += [_entries.decode(row.payload) for row in page]
                offset = page[-1].offset
            return state, entries

    async def rooms_in_conversation(self, site: str, limit: int) -> list[str]:
        """The rooms of conversations that wait or are open: they need a CSA, whoever is connected."""
        async with reading(self._engine) as conn:
            waiting = await conversations.by_status(conn, site, "waiting", limit)
            opened = await conversations.by_status(conn, site, "open", limit)
        return [summary.conversation.room for summary in [*waiting, *opened]]


async def _fresh(conn: AsyncConnection, batch: Sequence[Publication]) -> list[Publication]:
    """Those that the log here does not have, each once; where it has another in the place of one, that is said."""
    places = [(record.room, record.entry.offset) for record in batch]
    held = await journal.held(conn, places)
    fresh = {place: record for place, record in zip(places, batch, strict=True) if place not in held}
    for place, record in zip(places, batch, strict=True):
        if held.get(place, record.entry.hash) != record.entry.hash:
            logger.error("the database has another entry %d of a room than the feed", place[1])
    return list(fresh.values())


def _snapshot(state: RoomState, now: float) -> journal.Snapshot:
    offset, digest = state.head
    return journal.Snapshot(state.room, state.site, state.epoch, offset, digest, _encode(state), now)


def _log(batch: Sequence[Publication]) -> list[Bulk]:
    """The rows of the log, and the first snapshots of rooms that begin."""
    rows = [
        journal.LogRow(room, entry.offset, entry.hash, entry.at, entry.replica, entry.c, payload)
        for room, _, _, entry, payload, _, _, _ in batch
    ]
    begun = [
        _snapshot(RoomState(record.room, record.site, record.epoch), record.entry.at)
        for record in batch
        if record.entry.offset == 1
    ]
    return [journal.appending(rows), journal.saving(begun)]


def _shown(rooms: Sequence[Shown]) -> list[Bulk]:
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


def _tells(record: Publication) -> bool:
    """Whether the entry makes rows of its own beside the log."""
    fact = record.entry.fact
    bought = type(fact) is Happened and fact.name == "purchase"
    return bought or record.conversation.opened or type(fact) in _RECORDED


async def _record(conn: AsyncConnection, record: Publication) -> None:
    """Writes the rows that an entry makes beside the log, where it `_tells`."""
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
