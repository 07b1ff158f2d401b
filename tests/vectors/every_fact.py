"""A history in which every kind of fact comes at least once, and all that a leave to see the page may go through."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cobrowse.core import room as rooms
from cobrowse.core import sharing
from cobrowse.core.cart import make_dot
from cobrowse.core.errors import Refusal
from cobrowse.core.items import nothing_known
from cobrowse.core.messages import (
    AddCoupon,
    AnyFact,
    AnyOperation,
    Armed,
    Arrived,
    Ask,
    AskRecord,
    AskShare,
    Author,
    Controlled,
    Declined,
    Describe,
    Entry,
    Event,
    Fact,
    Finish,
    Grant,
    Identify,
    Increment,
    Invite,
    Item,
    Judged,
    LetRecord,
    Looked,
    Offered,
    Operand,
    Operation,
    Page,
    Propose,
    Read,
    Role,
    RoomView,
    Say,
    Settle,
    Settled,
    Share,
    Shared,
    Sharing,
    SiteView,
    Take,
    WriteNote,
)
from cobrowse.core.room import RoomState, Terms
from tests.vectors.histories import AUTHORS, IDENTITY_SECRET, LINES, SECRET, SIGNED, encode_fact

OAK, ELM = LINES[0], LINES[1]
LEA, LEAS_OTHER_TAB, GINNY, TOM = 1, 2, 3, 4
SERVER = 0

Saying = AnyOperation | AnyFact | Callable[[RoomState, float], AnyFact]
"""What a replica asks for, or what the server writes; that of the server may follow from the state and the time."""


def _expired(state: RoomState, now: float) -> AnyFact:
    over = sharing.overdue(state.sharing, now + 2 * sharing.SHARE_EXPIRES_S)
    assert over is not None, "somebody has leave"
    return over


def _full(state: RoomState, now: float) -> AnyFact:
    return sharing.filled(state.sharing)


def _script() -> list[tuple[int, Saying]]:
    ginny, tom = AUTHORS[GINNY - 1], AUTHORS[TOM - 1]
    first_offer = make_dot(SERVER, 5)
    return [
        (SERVER, Arrived("Safari, iPhone", "de", 120)),
        (LEA, Event("page_view", Page("/chairs/7", "Chair", "product", "https://x.test/"))),
        (LEA, Increment(OAK, 2)),
        (LEA, Describe([Item(OAK, "Fairelane", price_minor=1250, currency="GBP")])),
        (LEAS_OTHER_TAB, Increment(ELM, 1)),
        (LEA, Identify(f"4711:{SIGNED}")),
        (SERVER, Armed({"basket-idle": 1003.0})),
        (SERVER, Judged("other", "2", "control", "control", "held out", [Operand("cart.count > 0", True)])),
        (SERVER, Judged("basket-idle", "3", "fires", "shown", "basket idle", [])),
        (SERVER, Offered("Can I help?", 5000.0, "basket-idle", "3", "basket idle", "a", "kitchens", "phone")),
        (LEA, Settle(first_offer, accept=True)),
        (LEA, Say("Hello")),
        (TOM, Take()),
        (TOM, AskShare("view")),
        (LEA, Share("view", tom.id)),
        (SERVER, Looked(tom, on=True)),
        (GINNY, Take()),
        (LEA, Share("view", ginny.id)),
        (SERVER, Looked(tom, on=False)),
        (GINNY, AskShare("point")),
        (LEA, Share("none", ginny.id)),
        (GINNY, AskShare("point")),
        (LEAS_OTHER_TAB, Share("point", ginny.id)),
        (GINNY, AskShare("control")),
        (LEA, Share("control", ginny.id)),
        (SERVER, Controlled(ginny, "click", 17)),
        (GINNY, AskRecord()),
        (LEA, LetRecord(on=False)),
        (GINNY, AskRecord()),
        (LEA, LetRecord(on=True)),
        (LEA, LetRecord(on=False)),
        (GINNY, AskRecord()),
        (LEA, LetRecord(on=True)),
        (SERVER, _full),
        (LEA, Share("none", ginny.id)),
        (GINNY, AskShare("view")),
        (LEA, Share("view", ginny.id)),
        (SERVER, _expired),
        (TOM, AskShare("view")),
        (LEA, Share("view", tom.id)),
        (SERVER, Shared(Sharing(), "left")),
        (GINNY, Ask()),
        (LEA, Grant(edit=True)),
        (GINNY, Increment(OAK, 1)),
        (GINNY, Propose(ELM, 2, "it fits")),
        (TOM, Grant(edit=True)),
        (LEA, AddCoupon("WELCOME")),
        (LEA, WriteNote("gift", "For Zoë")),
        (LEA, Read(12)),
        (LEA, Event("view_item", None, [Item(ELM, "Elm", price_minor=99, currency="GBP")], 99)),
        (GINNY, Finish()),
        (GINNY, Invite("May I help?")),
        (SERVER, lambda state, now: Settled(state.offers[-1].id, "expired")),
        (LEA, Event("purchase", Page("/thanks"), [], 2599)),
    ]


def every_fact() -> list[Entry]:
    """The log of the script, from offset 1."""
    site = SiteView("shop", "Shop", "GBP", "ask", page_recording="ask")
    terms = Terms(site, nothing_known, SECRET, identity_secret=IDENTITY_SECRET)
    state, now = RoomState("r1", "shop", "e1"), 1000.0
    log: list[Entry] = []
    for replica, saying in _script():
        now += 1.0
        c = rooms.last_counter(state, replica) + 1
        by = AUTHORS[replica - 1] if replica else Author("server")
        fact = _fact(state, by, replica, c, saying, now, terms)
        entry = rooms.next_entry(state, by, replica, c, fact, now, encode_fact(fact))
        log.append(entry)
        rooms.apply(state, entry)
    return log


def view_after(log: Sequence[Entry], role: Role) -> RoomView:
    """What this role sees of the room after these entries."""
    state = RoomState("r1", "shop", "e1")
    for entry in log:
        rooms.apply(state, entry)
    return rooms.view(state, role)


def _fact(
    state: RoomState, by: Author, replica: int, c: int, saying: Saying, now: float, terms: Terms
) -> AnyFact:
    if isinstance(saying, Operation):
        try:
            return rooms.decide(state, by, replica, c, saying, now, now, terms)
        except Refusal as refusal:
            return Declined(refusal.code, refusal.message)
    return saying if isinstance(saying, Fact) else saying(state, now)
