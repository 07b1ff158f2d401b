"""Random histories of carts and rooms, made from one source of chance: the vectors' seeds or Hypothesis."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from cobrowse.core import cart as carts
from cobrowse.core import room as rooms
from cobrowse.core.cart import Cart
from cobrowse.core.errors import Refusal
from cobrowse.core.items import nothing_known
from cobrowse.core.messages import (
    AddCoupon,
    Answer,
    AnyFact,
    AnyOperation,
    Arrived,
    Ask,
    AskRecord,
    AskShare,
    Author,
    Declined,
    Describe,
    Entry,
    Event,
    Finish,
    Grant,
    Identify,
    Increment,
    Invite,
    Item,
    LetRecord,
    Looked,
    Offered,
    Page,
    Position,
    Propose,
    Read,
    RemoveCoupon,
    RoomView,
    Say,
    SetQuantity,
    Settle,
    Settled,
    Share,
    SiteView,
    Take,
    Withdraw,
    WriteNote,
)
from cobrowse.core.room import RoomState, Terms

# Names that browsers trip over: keys like numbers come first in their objects, others are inherited.
LINES = ("fairelane?colour=tan", "1024", "7", "constructor", "toString", "tee?size=m#Zo%C3%AB")
CODES = ("WELCOME", "2024", "valueOf")
FIELDS = ("gift", "constructor")
IDENTITY_SECRET = b"what the shop signs its customers with"
SIGNED = hmac.new(IDENTITY_SECRET, b"cobrowse:4711", "sha256").hexdigest()
AUTHORS = (
    Author("shopper", "v1", "Lea"),
    Author("shopper", "v1", "Lea"),
    Author("csa", "a1", "Ginny"),
    Author("csa", "a2", "Tom"),
)

SECRET = b"a secret of at least thirty-two bytes"

encode_fact = msgspec.msgpack.Encoder(order="deterministic").encode
"""Sets come in any order, and a log's hash is that of the bytes: vectors must be the same every time."""


# Carts that lose, repeat and reorder what they tell one another


def cart_script(random: Random, steps: int) -> list[dict[str, Any]]:
    """Commands for three replicas: `mutate` makes a delta and applies it there, `deliver` hands an old delta to
    another, `join` joins a whole replica into another. Deltas are numbered in the order of their making.
    """
    script: list[dict[str, Any]] = []
    made = 0
    for _ in range(steps):
        at = random.randrange(3)
        if made and random.random() < 0.5:
            script.append({"do": "deliver", "at": at, "delta": random.randrange(made)})
        elif random.random() < 0.1:
            script.append({"do": "join", "at": at, "other": random.randrange(3)})
        else:
            script.append({"do": "mutate", "at": at, "ts": random.randrange(50), **_mutation(random)})
            made += 1
    return script


def _mutation(random: Random) -> dict[str, Any]:
    line, n = random.choice(LINES), random.randint(-4, 4)
    if random.random() < 0.03:
        return {"op": {"k": "empty"}}
    return random.choice(
        [
            {"op": {"k": "increment", "line": line, "n": n}},
            {"op": {"k": "increment", "line": line, "n": abs(n)}},
            {"op": {"k": "set", "line": line, "n": abs(n)}},
            {"op": {"k": "coupon_add", "code": random.choice(CODES)}},
            {"op": {"k": "coupon_remove", "code": random.choice(CODES)}},
            {"op": {"k": "note", "field": random.choice(FIELDS), "text": f"text {n}"}},
            {"op": {"k": "propose", "line": line, "n": abs(n) + 1, "note": ""}},
            {"op": {"k": "answer", "accept": n > 0}},
            {"op": {"k": "withdraw"}},
        ]
    )


def run_cart_script(script: list[dict[str, Any]]) -> list[Cart]:
    """The three carts after the script; the browser's driver does the same with its own code."""
    replicas = [Cart(), Cart(), Cart()]
    counters = [0, 0, 0]
    deltas: list[Cart] = []
    for step in script:
        cart = replicas[step["at"]]
        match step["do"]:
            case "deliver":
                carts.absorb(cart, deltas[step["delta"]])
            case "join":
                replicas[step["at"]] = carts.join(cart, replicas[step["other"]])
            case _:
                counters[step["at"]] += 1
                dot = carts.make_dot(step["at"] + 1, counters[step["at"]])
                deltas.append(mutate(cart, step["op"], dot, step["ts"]))
                carts.absorb(cart, deltas[-1])
    return replicas


def mutate(cart: Cart, op: dict[str, Any], dot: str, ts: float) -> Cart:
    """The delta of one mutation; what a real operation would name (dots, a proposal) is taken from the cart."""
    open_ones = sorted(key for key, proposal in cart.proposals.items() if proposal.status == "open")
    match op["k"]:
        case "increment":
            return carts.increment(cart, op["line"], op["n"], dot, ts)
        case "set":
            return carts.set_quantity(cart, op["line"], op["n"], cart.lines.get(op["line"], {}), dot, ts)
        case "coupon_add":
            return carts.add_coupon(op["code"], dot)
        case "coupon_remove":
            return carts.remove_coupon(cart, op["code"], cart.coupons.get(op["code"], ()), dot)
        case "note":
            return carts.write_note(op["field"], op["text"], dot, ts)
        case "propose":
            proposal = carts.Proposal(dot, op["line"], op["n"], op["note"], "Ginny", ts)
            return carts.propose(proposal)
        case "answer" | "withdraw" if open_ones:
            status: carts.ProposalStatus = "withdrawn"
            if op["k"] == "answer":
                status = "accepted" if op["accept"] else "declined"
            return carts.settle_proposal(cart, cart.proposals[open_ones[0]], status, dot, ts)
        case "empty":
            return carts.empty(cart, dot)
        case _:
            return Cart(context=carts.Context(cloud={dot}))


# Rooms


@dataclass
class RoomHistory:
    """A room from some moment on: its views then, the entries since and its views after them."""

    epoch: str
    start: Position
    before: dict[str, RoomView]
    entries: list[Entry]
    after: dict[str, RoomView]
    end: Position
    own: list[tuple[float, AnyOperation]] = field(default_factory=list)
    """What the first shopper's tab (replica 1) asked for since, with its time."""
    last: int = 0
    """The number of that tab's last operation before."""

    def seen_by(self, replica: int) -> list[Entry]:
        """The entries as the party with this replica sees them."""
        return seen_by(self.entries, replica)


def seen_by(entries: Sequence[Entry], replica: int) -> list[Entry]:
    """Entries of a log as the party with this replica sees them."""
    role = AUTHORS[replica - 1].role
    return [
        msgspec.structs.replace(entry, fact=rooms.seen_by(entry.fact, role, entry.replica == replica))
        for entry in entries
    ]


def room_history(random: Random, steps: int) -> RoomHistory:
    """A random history: two tabs of a shopper, two CSAs and the server; many operations are refused."""
    site = SiteView("shop", "Shop", "GBP", random.choice(["ask", "ask", "always"]), page_recording="ask")
    state = RoomState("r1", "shop", "e1")
    terms = Terms(site, nothing_known, SECRET, identity_secret=IDENTITY_SECRET)
    split = random.randrange(steps)
    now = 1000.0
    before: dict[str, RoomView] = {}
    history = RoomHistory("e1", Position("e1", 0, 0), before, [], {}, Position("e1", 0, 0))
    for step in range(steps):
        if step == split:
            before.update(_views(state))
            history.start = Position(state.epoch, *state.head)
            history.last = rooms.last_counter(state, 1)
        now += random.choice([0.25, 1, 20, 40 * 60 if random.random() < 0.1 else 3])
        replica = random.randrange(5)
        c = rooms.last_counter(state, replica) + 1
        by, fact = Author("server"), _server_fact(random, state, now)
        if replica:
            by, op, at = AUTHORS[replica - 1], _operation(random, state), now - random.randrange(3)
            try:
                fact = rooms.decide(state, by, replica, c, op, at, now, terms)
            except Refusal as refusal:
                fact = Declined(refusal.code, refusal.message)
            if replica == 1 and step >= split:
                history.own.append((at, op))
        entry = rooms.next_entry(state, by, replica, c, fact, now, encode_fact(fact))
        rooms.apply(state, entry)
        if step >= split:
            history.entries.append(entry)
    history.after = _views(state)
    history.end = Position(state.epoch, *state.head)
    return history


def _views(state: RoomState) -> dict[str, RoomView]:
    """Copies, since a view shares what the room goes on to change."""
    make = msgspec.msgpack.Decoder(RoomView).decode
    return {
        "shopper": make(msgspec.msgpack.encode(rooms.view(state, "shopper"))),
        "csa": make(msgspec.msgpack.encode(rooms.view(state, "csa"))),
    }


def _server_fact(random: Random, state: RoomState, now: float) -> AnyFact:
    open_offer = state.offers[-1] if state.offers and state.offers[-1].status == "open" else None
    if open_offer and random.random() < 0.7:
        return Settled(open_offer.id, random.choice(["expired", "withdrawn"]))
    if random.random() < 0.2:
        return Arrived(random.choice(["Safari, iPhone", "Firefox, Linux"]), random.choice(["en-GB", "de"]))
    if random.random() < 0.1:
        return Looked(Author("csa", "a1", "Ginny"), random.random() < 0.5)
    return Offered("Can I help?", now + 60, "basket-idle", "3", "basket idle 90 s")


def _operation(random: Random, state: RoomState) -> AnyOperation:
    line, n = random.choice(LINES), random.randint(-4, 6)
    code, item = random.choice(CODES), Item(line, f"Name of {line}", price_minor=1250, currency="GBP")
    proposal = random.choice([*state.cart.proposals, "9.9"])
    offer = state.offers[-1].id if state.offers else "9.9"
    page = Page(
        random.choice(["/", "/cart", "/chairs/7"]), "Title", "product", random.choice(["", "https://x.test/"])
    )
    seen = list(state.cart.lines.get(line, {}))
    makers: list[Callable[[], AnyOperation]] = [
        lambda: Increment(line, n or 1),
        *[lambda: Increment(line, abs(n) + 1)] * 3,
        lambda: SetQuantity(line, abs(n), seen),
        lambda: AddCoupon(code),
        lambda: RemoveCoupon(code, sorted(state.cart.coupons.get(code, ()))),
        lambda: WriteNote(random.choice(FIELDS), f"note {n}"),
        lambda: Propose(line, abs(n) + 1, "it fits"),
        lambda: Answer(proposal, n > 0),
        lambda: Withdraw(proposal),
        lambda: Describe([item]),
        *[lambda: Say(f"Hello {n} — Zoë 👋")] * 3,
        lambda: Read(state.head[0] - 1 if state.head[0] else 0),
        lambda: Take(),
        lambda: Finish(),
        lambda: Grant(n > 0),
        lambda: Ask(),
        *[lambda: AskShare("point" if n > 2 else "view")] * 2,
        *[lambda: Share(random.choice(["none", "view", "point"]), random.choice(["", "a1", "a2"]))] * 2,
        lambda: AskRecord(),
        lambda: LetRecord(n > 0),
        lambda: Invite("May I help?"),
        lambda: Identify(f"4711:{SIGNED}"),
        *[lambda: Settle(offer, n > 0)] * 3,
        lambda: Event("page_view", page),
        lambda: Event(
            "view_item", None, [item], 1250, {"list": "home", "index": n, "rate": 0.5, "new": True}
        ),
    ]
    if random.random() < 0.03:
        return Event("purchase", page, [item], 99)
    return random.choice(makers)()
