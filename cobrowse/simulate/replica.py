"""One room as one client knows it: what the log says, and what it has not answered yet. Pure. SPEC wire.5, wire.7."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from cobrowse.core import cart as carts
from cobrowse.core.cart import Cart, make_dot
from cobrowse.core.messages import (
    AddCoupon,
    AnyOperation,
    Author,
    CartChanged,
    Declined,
    Do,
    Entry,
    Event,
    Happened,
    Increment,
    Joined,
    Offered,
    Position,
    RemoveCoupon,
    SetQuantity,
)


@dataclass(frozen=True, slots=True)
class Pending:
    """An operation on its way. `at`: the client's clock in seconds."""

    c: int
    at: float
    op: AnyOperation


class RoomReplica:
    """One tab's (or one console's) life in one room. `cart` follows the log alone; `shown` adds what is pending.

    Single-threaded and without I/O: the client that carries it sends the frames that it returns.
    """

    def __init__(self, room: str = "") -> None:
        self.room = room
        self.replica = 0
        self.resume = ""
        self.last = 0
        self.position: Position | None = None
        self.cart = Cart()
        self.present: list[Author] = []
        self.joined = False
        self.pending: deque[Pending] = deque()
        self.offers_seen = 0
        self.declined: Counter[str] = Counter()

    def do(self, op: AnyOperation, at: float) -> Do:
        """Takes an operation, keeps it until the log has it, and returns its frame."""
        own = Pending(self.last + len(self.pending) + 1, at, op)
        self.pending.append(own)
        return self._frame(own)

    def shown(self) -> Cart:
        """The cart as its reader should see it: the log's, with the pending operations on top."""
        if not self.pending:
            return self.cart
        cart = carts.join(self.cart, Cart())
        for own in self.pending:
            delta = _delta(cart, own.op, make_dot(self.replica, own.c), own.at)
            if delta is not None:
                carts.absorb(cart, delta)
        return cart

    def take(self, frame: Joined) -> list[Do]:
        """Takes the room as the server gives it; returns what is to be sent again, in order. SPEC wire.5."""
        if frame.view is not None:
            self.cart = frame.view.cart
            self.position = frame.position
        # Before the new number: the tail may answer operations of the old one.
        self.apply(frame.tail or ())
        if frame.replica == self.replica:
            while self.pending and self.pending[0].c <= frame.last:
                self.pending.popleft()
        self._number(frame.replica, frame.last)
        self.room, self.resume = frame.room, frame.resume
        self.position = frame.position
        self.present = frame.present
        self.joined = True
        return [self._frame(own) for own in self.pending]

    def apply(self, entries: Iterable[Entry]) -> list[Entry] | None:
        """Follows the log and returns the entries that were new; None when some before them are missing."""
        fresh: list[Entry] = []
        for entry in entries:
            if self.position is None or entry.offset > self.position.offset + 1:
                return None
            if entry.offset <= self.position.offset:
                continue
            self.position = Position(self.position.epoch, entry.offset, entry.hash)
            self._follow(entry)
            fresh.append(entry)
        return fresh

    def is_behind(self, top: Position) -> bool:
        return self.position is not None and self.position.offset < top.offset

    def contradicts(self, top: Position) -> bool:
        """Another log, or another history of this one: joining again is the only cure. SPEC wire.4."""
        ours = self.position
        return ours is not None and (
            top.epoch != ours.epoch
            or top.offset < ours.offset
            or (top.offset == ours.offset and top.hash != ours.hash)
        )

    def forget(self) -> None:
        """This life is over, another connection has it: the next join begins a new one. SPEC wire.9."""
        self.resume, self.replica, self.last = "", 0, 0
        self.pending.clear()

    def _follow(self, entry: Entry) -> None:
        fact = entry.fact
        if isinstance(fact, CartChanged | Happened) and fact.delta is not None:
            carts.absorb(self.cart, fact.delta)
        elif isinstance(fact, Offered):
            self.offers_seen += 1
        carts.advance(self.cart, entry.replica, entry.c)
        if entry.replica == self.replica and self.pending and entry.c == self.pending[0].c:
            self.pending.popleft()
            self.last = entry.c
            if isinstance(fact, Declined):
                self.declined[fact.code] += 1

    def _frame(self, own: Pending) -> Do:
        return Do(self.room, own.c, own.at, own.op)

    def _number(self, replica: int, last: int) -> None:
        """Numbers what is pending on from `last`, and the dots by which pending operations name one another."""
        renamed: dict[str, str] = {}
        numbered: deque[Pending] = deque()
        for c, own in enumerate(self.pending, last + 1):
            renamed[make_dot(self.replica, own.c)] = make_dot(replica, c)
            op = own.op
            if isinstance(op, SetQuantity | RemoveCoupon):
                op = replace(op, seen=[renamed.get(dot, dot) for dot in op.seen])
            numbered.append(Pending(c, own.at, op))
        self.pending, self.replica, self.last = numbered, replica, last


def _delta(cart: Cart, op: AnyOperation, dot: str, ts: float) -> Cart | None:
    """What the operation will be if it is taken; None for one that leaves the cart alone."""
    match op:
        case Increment(line=line, n=n):
            return carts.increment(cart, line, n, dot, ts)
        case SetQuantity(line=line, n=n, seen=seen):
            return carts.set_quantity(cart, line, n, seen, dot, ts)
        case AddCoupon(code=code):
            return carts.add_coupon(code, dot)
        case RemoveCoupon(code=code, seen=seen):
            return carts.remove_coupon(cart, code, seen, dot)
        case Event(name="purchase"):
            return carts.empty(cart, dot)
        case _:
            return None
