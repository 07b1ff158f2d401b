"""A room on its own, for tests: operations go in, each becomes one entry, as the server does it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cobrowse.core import room
from cobrowse.core.cart import Cart
from cobrowse.core.errors import Refusal
from cobrowse.core.items import nothing_known
from cobrowse.core.messages import (
    AnyFact,
    AnyOperation,
    Author,
    Declined,
    Entry,
    Item,
    SiteView,
)

LEA = Author("shopper", "lea", "Lea")
GINNY = Author("csa", "ginny", "Ginny")
SERVER = Author("server")
SHOPPER_TAB, OTHER_TAB, CSA_TAB = 1, 2, 3
START = 1_000_000.0
IDENTITY_SECRET = b"what the shop signs its customers with"
SECRET = b"a secret of at least thirty-two bytes"
SHOP = "https://shop.example"

_encode_fact = msgspec.msgpack.Encoder().encode


def canonical(value: object) -> bytes:
    """One text of a value: equal values, whatever the order of their sets and maps, have the same."""
    return msgspec.json.encode(value, order="deterministic")


def content(cart: Cart) -> bytes:
    """What a cart holds, without what it has seen."""
    return canonical([cart.lines, cart.coupons, cart.notes, cart.proposals])


def site(csa_edits: str = "ask", page_sharing: str = "ask", page_recording: str = "never") -> SiteView:
    return msgspec.convert(
        {
            "key": "joinery",
            "name": "Joinery",
            "currency": "GBP",
            "csa_edits": csa_edits,
            "page_sharing": page_sharing,
            "page_recording": page_recording,
        },
        SiteView,
    )


class Stage:
    """One room, its log and its clock."""

    def __init__(
        self,
        csa_edits: str = "ask",
        look_up: Callable[[str], Item | None] = nothing_known,
        page_sharing: str = "ask",
        page_recording: str = "never",
    ) -> None:
        self.state = room.RoomState("room", "joinery", "epoch")
        terms = site(csa_edits, page_sharing, page_recording)
        self.terms = room.Terms(terms, look_up, SECRET, identity_secret=IDENTITY_SECRET)
        self.log: list[Entry] = []
        self.now = START

    @property
    def cart(self) -> Cart:
        return self.state.cart

    def decide(self, author: Author, replica: int, op: AnyOperation, at: float | None = None) -> AnyFact:
        c = room.last_counter(self.state, replica) + 1
        clock = self.now if at is None else at
        return room.decide(self.state, author, replica, c, op, clock, self.now, self.terms, SHOP)

    def write(self, author: Author, replica: int, fact: AnyFact) -> Entry:
        c = room.last_counter(self.state, replica) + 1
        entry = room.next_entry(self.state, author, replica, c, fact, self.now, _encode_fact(fact))
        room.apply(self.state, entry)
        self.log.append(entry)
        return entry

    def do(self, author: Author, op: AnyOperation, replica: int = 0, at: float | None = None) -> Entry:
        """The entry that the operation becomes: a refusal becomes `declined`."""
        replica = replica or (SHOPPER_TAB if author.role == "shopper" else CSA_TAB)
        fact: AnyFact
        try:
            fact = self.decide(author, replica, op, at)
        except Refusal as refusal:
            fact = Declined(refusal.code, refusal.message)
        return self.write(author, replica, fact)

    def lea(self, op: AnyOperation, replica: int = SHOPPER_TAB, at: float | None = None) -> Entry:
        return self.do(LEA, op, replica, at)

    def ginny(self, op: AnyOperation, at: float | None = None) -> Entry:
        return self.do(GINNY, op, CSA_TAB, at)


def code_of(entry: Entry) -> str:
    """The code with which the operation was refused; "" when it was taken."""
    return entry.fact.code if isinstance(entry.fact, Declined) else ""
