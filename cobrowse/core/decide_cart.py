"""What a cart operation becomes: authorised, checked, then made a delta. SPEC cart."""

from __future__ import annotations

from msgspec.structs import replace

from cobrowse.core import cart as carts
from cobrowse.core.cart import Cart, Proposal
from cobrowse.core.errors import Refusal, Refused
from cobrowse.core.items import LookUp
from cobrowse.core.line import parse_line_id
from cobrowse.core.messages import (
    AddCoupon,
    Answer,
    Author,
    CartChanged,
    Increment,
    Item,
    Propose,
    RemoveCoupon,
    SetQuantity,
    Withdraw,
    WriteNote,
)

CartOperation = Increment | SetQuantity | AddCoupon | RemoveCoupon | WriteNote | Propose | Answer | Withdraw
CART_OPERATIONS = (
    Increment,
    SetQuantity,
    AddCoupon,
    RemoveCoupon,
    WriteNote,
    Propose,
    Answer,
    Withdraw,
)
_EDITS = frozenset({Increment, SetQuantity, AddCoupon, RemoveCoupon})


def decide(
    cart: Cart,
    author: Author,
    dot: str,
    op: CartOperation,
    now: float,
    ts: float,
    *,
    may_edit: bool,
    item: Item | None,
    look_up: LookUp,
) -> CartChanged:
    """The change that this operation is. Authorisation comes first: no CRDT survives a lying peer. SPEC cart.9.

    `ts`: the client's time, bounded; `item`: what is known of a proposed line. Raises Refusal.
    """
    if not may_edit and type(op) in _EDITS:
        raise Refusal(Refused.NOT_GRANTED, "the shopper has not given leave to change the cart")
    match op:
        case Increment(line=line, n=n):
            parse_line_id(line)
            delta = carts.increment(cart, line, n, dot, ts)
            carts.check_line(cart, line, delta)
            return CartChanged(delta, "increment", line, op.undoes, look_up(line))
        case SetQuantity(line=line, n=n, seen=seen):
            parse_line_id(line)
            carts.check_seen(cart, seen)
            delta = carts.set_quantity(cart, line, n, seen, dot, ts)
            carts.check_line(cart, line, delta)
            return CartChanged(delta, "set", line, op.undoes, look_up(line))
        case AddCoupon(code=code):
            if code not in cart.coupons and len(cart.coupons) >= carts.MAX_COUPONS:
                raise Refusal(Refused.BOUND, f"a cart holds at most {carts.MAX_COUPONS} codes")
            if len(cart.coupons.get(code, ())) >= carts.MAX_DOTS:
                raise Refusal(Refused.BOUND, "this code is in the cart already")
            return CartChanged(carts.add_coupon(code, dot), "coupon_add")
        case RemoveCoupon(code=code, seen=seen):
            carts.check_seen(cart, seen)
            return CartChanged(carts.remove_coupon(cart, code, seen, dot), "coupon_remove")
        case WriteNote(field=field, text=text):
            if field not in cart.notes and len(cart.notes) >= carts.MAX_NOTES:
                raise Refusal(Refused.BOUND, f"a cart holds at most {carts.MAX_NOTES} notes")
            return CartChanged(carts.write_note(field, text, dot, ts), "note")
        case Propose():
            return _propose(cart, author, dot, op, now, look_up(op.line) or item)
        case Answer(proposal=key, accept=accept):
            if author.role != "shopper":
                raise Refusal(Refused.FORBIDDEN, "only the shopper answers a proposal")
            proposal = _open_proposal(cart, key)
            delta = carts.settle_proposal(cart, proposal, "accepted" if accept else "declined", dot, ts)
            carts.check_line(cart, proposal.line, delta)
            return CartChanged(delta, "answer", proposal.line if accept else "")
        case Withdraw(proposal=key):
            if author.role != "csa":
                raise Refusal(Refused.FORBIDDEN, "only a CSA withdraws a proposal")
            delta = carts.settle_proposal(cart, _open_proposal(cart, key), "withdrawn", dot, ts)
            return CartChanged(delta, "withdraw")


def _propose(cart: Cart, author: Author, dot: str, op: Propose, now: float, item: Item | None) -> CartChanged:
    if author.role != "csa":
        raise Refusal(Refused.FORBIDDEN, "only a CSA proposes")
    parse_line_id(op.line)
    waiting = sum(1 for proposal in cart.proposals.values() if proposal.status == "open")
    if waiting >= carts.MAX_OPEN_PROPOSALS:
        raise Refusal(Refused.BOUND, f"at most {carts.MAX_OPEN_PROPOSALS} proposals wait for an answer")
    proposal = Proposal(dot, op.line, op.n, op.note, author.name, now)
    return CartChanged(carts.propose(proposal), "propose", "", 0, item and replace(item, line=op.line))


def _open_proposal(cart: Cart, key: str) -> Proposal:
    proposal = cart.proposals.get(key)
    if proposal is None or proposal.status != "open":
        raise Refusal(Refused.GONE, "this proposal is no longer open")
    return proposal
