"""The cart CRDT: an observed-remove map of lines, each line a set of immutable dotted counts. SPEC cart.

A cart and a delta have one shape. A mutation returns a delta; `join` merges carts and deltas in any order, any number
of times. The server alone makes the deltas that enter a room's log (after `validate`), so no peer's causal context is
ever believed; a client makes the same deltas for its optimistic view.

The theory is Almeida, Shoker and Baquero, "Delta state replicated data types" (2018): a dot store with a causal
context, here a version vector plus a cloud of dots that are not contiguous yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from cobrowse.core.errors import Refusal, Refused

MAX_STEP = 99
MAX_QUANTITY = 999
MAX_LINES = 200
MAX_DOTS = 32
FOLD_AT_DOTS = 24
MAX_COUPONS = 20
MAX_NOTE_CHARS = 2048
MAX_NOTES = 8
MAX_OPEN_PROPOSALS = 20
MAX_PROPOSALS = 60
MAX_CLOCK_AHEAD_S = 2.0

ProposalStatus = Literal["open", "withdrawn", "declined", "accepted"]
_STATUS_RANK: dict[str, int] = {"open": 0, "withdrawn": 1, "declined": 2, "accepted": 3}


class Count(msgspec.Struct, array_like=True, frozen=True):
    """One change of a line's quantity: `set` makes it n, `inc` adds n (which may be negative). ts: seconds."""

    kind: Literal["set", "inc"]
    n: int
    ts: float


class Note(msgspec.Struct, array_like=True, frozen=True):
    """A text field of the cart; the greatest (ts, dot) wins."""

    ts: float
    dot: str
    text: str


class Proposal(msgspec.Struct, frozen=True):
    """A CSA's suggestion: n of a line, with a note. The body never changes, the status only rises in rank."""

    id: str
    line: str
    n: int
    note: str
    by: str
    at: float
    status: ProposalStatus = "open"


class Context(msgspec.Struct):
    """The dots that have been seen: all of a replica up to `vector[replica]`, and those in `cloud`."""

    vector: dict[str, int] = msgspec.field(default_factory=dict)
    cloud: set[str] = msgspec.field(default_factory=set)


class Cart(msgspec.Struct, omit_defaults=True):
    """A cart, or a delta of one."""

    lines: dict[str, dict[str, Count]] = msgspec.field(default_factory=dict)
    coupons: dict[str, set[str]] = msgspec.field(default_factory=dict)
    notes: dict[str, Note] = msgspec.field(default_factory=dict)
    proposals: dict[str, Proposal] = msgspec.field(default_factory=dict)
    context: Context = msgspec.field(default_factory=Context)


def make_dot(replica: int, counter: int) -> str:
    return f"{replica}.{counter}"


def dot_order(dot: str) -> tuple[int, int]:
    """The dot as numbers, for comparing."""
    replica, _, counter = dot.partition(".")
    return int(replica), int(counter)


def has_seen(context: Context, dot: str) -> bool:
    if not context.vector:  # a delta's context: its dots are in the cloud
        return dot in context.cloud
    replica, _, counter = dot.partition(".")
    return int(counter) <= context.vector.get(replica, 0) or dot in context.cloud


def _see(context: Context, dots: Iterable[str]) -> None:
    """Adds dots to the context and folds those that have become contiguous into the vector."""
    vector, cloud = context.vector, context.cloud
    for dot in dots:
        key, _, number = dot.partition(".")
        counter, top = int(number), vector.get(key, 0)
        if counter == top + 1:
            vector[key] = counter
        elif counter > top:
            cloud.add(dot)
    for replica, counter in sorted(map(dot_order, cloud)) if cloud else ():
        key = str(replica)
        top = vector.get(key, 0)
        if counter == top + 1:
            vector[key] = top = counter
        if counter <= top:
            cloud.discard(make_dot(replica, counter))


def advance(cart: Cart, replica: int, counter: int) -> None:
    """Marks all of a replica's dots up to `counter` as seen: a room's log holds them in order. SPEC cart.4.

    Without it every number that was no cart change would leave a gap, and the cloud would grow for ever.
    """
    vector, key = cart.context.vector, str(replica)
    if counter > vector.get(key, 0):
        vector[key] = counter
    if cart.context.cloud:
        _see(cart.context, ())


# Reading

_NEVER = (float("-inf"), (-1, -1))


def raw_sum(counts: dict[str, Count]) -> int:
    """The latest set (or 0) plus all increments, not clamped."""
    base, newest = 0, _NEVER
    added = 0
    for dot, count in counts.items():
        if count.kind == "inc":
            added += count.n
        elif (order := (count.ts, dot_order(dot))) > newest:
            base, newest = count.n, order
    return base + added


def quantity(counts: dict[str, Count]) -> int:
    return min(max(raw_sum(counts), 0), MAX_QUANTITY)


def project(cart: Cart) -> dict[str, int]:
    """What the cart holds: the quantity of each line that has any."""
    return {line: n for line, counts in cart.lines.items() if (n := quantity(counts)) > 0}


# Merging


def _join_dots(
    mine: dict[str, Count], seen: Context, theirs: dict[str, Count], theirs_seen: Context
) -> dict[str, Count]:
    """Keeps a dot if both have it, or one has it and the other's context has not seen it."""
    if theirs_seen.vector:
        kept = {dot: count for dot, count in mine.items() if dot in theirs or not has_seen(theirs_seen, dot)}
    else:
        covered = theirs_seen.cloud
        kept = {dot: count for dot, count in mine.items() if dot in theirs or dot not in covered}
    for dot, count in theirs.items():
        if dot not in mine and not has_seen(seen, dot):
            kept[dot] = count
    return kept


def _touched(cart: Cart, other: Cart) -> list[str]:
    """The lines of the cart that joining with `other` may change."""
    theirs = other.context
    if not theirs.vector and len(theirs.cloud) == 1 and len(other.lines) == 1:
        ((line, counts),) = other.lines.items()
        if theirs.cloud == counts.keys():  # an addition: it covers nothing but itself
            return [line] if line in cart.lines else []
    uncovered = _uncovered(theirs)
    return [line for line, dots in cart.lines.items() if line in other.lines or not uncovered(dots)]


def _uncovered(context: Context) -> Callable[[Iterable[str]], bool]:
    """Says of dots whether the context has seen none of them."""
    if not context.vector:
        return context.cloud.isdisjoint
    return lambda dots: not any(has_seen(context, dot) for dot in dots)


def absorb(cart: Cart, other: Cart) -> None:
    """Joins `other` into `cart`, in place; `other` is left as it is."""
    seen, theirs = cart.context, other.context
    for line in _touched(cart, other):
        kept = _join_dots(cart.lines[line], seen, other.lines.get(line, {}), theirs)
        if kept:
            cart.lines[line] = kept
        else:
            del cart.lines[line]
    for line, counts in other.lines.items():
        if line not in cart.lines and (new := _join_dots({}, seen, counts, theirs)):
            cart.lines[line] = new
    for code in {**cart.coupons, **other.coupons} if cart.coupons or other.coupons else ():
        mine, added = cart.coupons.get(code, set()), other.coupons.get(code, set())
        dots = {dot for dot in mine if dot in added or not has_seen(theirs, dot)}
        dots |= {dot for dot in added if dot not in mine and not has_seen(seen, dot)}
        if dots:
            cart.coupons[code] = dots
        else:
            cart.coupons.pop(code, None)
    for field, note in other.notes.items():
        held = cart.notes.get(field)
        if held is None or (held.ts, dot_order(held.dot)) < (note.ts, dot_order(note.dot)):
            cart.notes[field] = note
    for key, proposal in other.proposals.items():
        known = cart.proposals.get(key)
        if known is None or _STATUS_RANK[known.status] < _STATUS_RANK[proposal.status]:
            cart.proposals[key] = proposal
    for replica, counter in theirs.vector.items():
        seen.vector[replica] = max(seen.vector.get(replica, 0), counter)
    _see(seen, theirs.cloud)


def join(a: Cart, b: Cart) -> Cart:
    """The least upper bound of two carts: commutative, associative, idempotent. SPEC cart.1."""
    joined = Cart(
        lines={line: dict(counts) for line, counts in a.lines.items()},
        coupons={code: set(dots) for code, dots in a.coupons.items()},
        notes=dict(a.notes),
        proposals=dict(a.proposals),
        context=Context(dict(a.context.vector), set(a.context.cloud)),
    )
    absorb(joined, b)
    return joined


# Mutating: each returns the delta that the mutation is


def _delta(dots: Iterable[str], **parts: object) -> Cart:
    delta = Cart(**parts)  # type: ignore[arg-type]
    delta.context.cloud.update(dots)
    return delta


def increment(cart: Cart, line: str, n: int, dot: str, ts: float) -> Cart:
    """Adds n; a line that falls to nothing is removed, so that no hidden debt stays. SPEC cart.5."""
    counts = cart.lines.get(line, {})
    before = raw_sum(counts)
    if max(before, 0) + n <= 0:
        return Cart(context=Context({}, {dot, *counts}))
    covered = {dot, *counts} if before <= 0 else {dot}
    return Cart(lines={line: {dot: Count("inc", n, ts)}}, context=Context({}, covered))


def set_quantity(cart: Cart, line: str, n: int, seen: Iterable[str], dot: str, ts: float) -> Cart:
    """Makes the quantity n as far as the author saw: covers the dots seen, leaves those added meanwhile."""
    held = cart.lines.get(line, {})
    covered = {d for d in seen if d in held}
    if n == 0:
        return _delta({dot, *covered})
    return _delta({dot, *covered}, lines={line: {dot: Count("set", n, ts)}})


def empty(cart: Cart, dot: str) -> Cart:
    """Covers every line and coupon: what a purchase does."""
    lines = {d for counts in cart.lines.values() for d in counts}
    return _delta({dot, *lines, *(d for dots in cart.coupons.values() for d in dots)})


def add_coupon(code: str, dot: str) -> Cart:
    return _delta({dot}, coupons={code: {dot}})


def remove_coupon(cart: Cart, code: str, seen: Iterable[str], dot: str) -> Cart:
    held = cart.coupons.get(code, set())
    return _delta({dot, *(d for d in seen if d in held)})


def write_note(field: str, text: str, dot: str, ts: float) -> Cart:
    return _delta({dot}, notes={field: Note(ts, dot, text)})


def propose(proposal: Proposal) -> Cart:
    return _delta({proposal.id}, proposals={proposal.id: proposal})


def settle_proposal(cart: Cart, proposal: Proposal, status: ProposalStatus, dot: str, ts: float) -> Cart:
    """The proposal with its new status; accepting also adds its line, in the same delta."""
    settled = msgspec.structs.replace(proposal, status=status)
    if status != "accepted":
        return _delta({dot}, proposals={proposal.id: settled})
    delta = increment(cart, proposal.line, proposal.n, dot, ts)
    delta.proposals[proposal.id] = settled
    return delta


def trim_proposals(cart: Cart) -> None:
    """Forgets the oldest settled proposals past the bound. Not a join: only for a room's log, which has one order."""
    excess = len(cart.proposals) - MAX_PROPOSALS
    if excess > 0:
        settled = [proposal for proposal in cart.proposals.values() if proposal.status != "open"]
        settled.sort(key=lambda proposal: (proposal.at, dot_order(proposal.id)))
        for proposal in settled[:excess]:
            del cart.proposals[proposal.id]


# Validating: the server's checks, before any delta is made


def check_seen(cart: Cart, seen: Iterable[str]) -> None:
    """Refuses dots that this cart has never seen: a forged context could erase additions to come. SPEC cart.7."""
    for dot in seen:
        if not has_seen(cart.context, dot):
            raise Refusal(Refused.UNKNOWN_DOT, "the change names a dot that this cart has not seen")


def check_line(cart: Cart, line: str, delta: Cart) -> None:
    """Refuses a delta that would pass a bound: lines in a cart, dots in a line, units in a line. SPEC cart.8."""
    added = delta.lines.get(line)
    if not added:
        return
    held = cart.lines.get(line)
    if held is None and len(cart.lines) >= MAX_LINES:
        raise Refusal(Refused.BOUND, f"a cart holds at most {MAX_LINES} lines")
    counts = _join_dots(held or {}, cart.context, added, delta.context)
    if raw_sum(counts) > MAX_QUANTITY:
        raise Refusal(Refused.BOUND, f"a line holds at most {MAX_QUANTITY} of a product")
    if len(counts) > MAX_DOTS:
        raise Refusal(
            Refused.BOUND, f"a line holds at most {MAX_DOTS} separate changes: set its quantity instead"
        )


def bounded_ts(client_ts: float, now: float) -> float:
    """The time that counts for `last set wins`: the client's, but never far ahead of the server's. SPEC cart.6."""
    return min(client_ts, now + MAX_CLOCK_AHEAD_S)
