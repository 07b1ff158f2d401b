"""Operations: what a client asks a room to do. SPEC room.3."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from cobrowse.core.cart import MAX_STEP
from cobrowse.core.messages.bounds import (
    PLAIN,
    Code,
    Dot,
    LineText,
    Measure,
    Minor,
    Name,
    NoteText,
    Offset,
    Quantity,
    Seen,
    ShareLevel,
    Short,
    Step,
    Text,
)
from cobrowse.core.messages.nouns import Item, Page


class Operation(msgspec.Struct, tag_field="k", forbid_unknown_fields=True, omit_defaults=True):
    """The base of all operations."""


class Increment(Operation, tag="increment"):
    """Adds n (negative: takes away). `undoes`: the offset of the cart change that this takes back."""

    line: LineText
    n: Step
    undoes: Offset = 0


class SetQuantity(Operation, tag="set"):
    line: LineText
    n: Quantity
    seen: Seen
    undoes: Offset = 0


class AddCoupon(Operation, tag="coupon_add"):
    code: Code


class RemoveCoupon(Operation, tag="coupon_remove"):
    code: Code
    seen: Seen


class WriteNote(Operation, tag="note"):
    field: Name
    text: NoteText


class Propose(Operation, tag="propose"):
    """A CSA suggests n of a line, with a note."""

    line: LineText
    n: Annotated[int, Meta(ge=1, le=MAX_STEP)]
    note: NoteText = ""


class Answer(Operation, tag="answer"):
    """The shopper takes or declines a proposal."""

    proposal: Dot
    accept: bool


class Withdraw(Operation, tag="withdraw"):
    proposal: Dot


class Describe(Operation, tag="describe"):
    """What the page shows of some lines."""

    items: Annotated[list[Item], Meta(min_length=1, max_length=50)]


class Say(Operation, tag="say"):
    text: Text


class Read(Operation, tag="read"):
    """The author has read the conversation up to this offset."""

    upto: Offset


class Take(Operation, tag="take"):
    """A CSA takes the waiting conversation, or takes it over."""


class Finish(Operation, tag="finish"):
    """Ends the conversation."""


class Grant(Operation, tag="grant"):
    """The shopper lets CSAs change the cart, or ends that."""

    edit: bool


class Ask(Operation, tag="ask"):
    """A CSA asks for the grant."""


class Share(Operation, tag="share"):
    """The shopper lets the CSA with this id see the page so far.

    "none" answers their question with no, or, where they have none, ends their leave; with no id it ends everything.
    """

    level: ShareLevel
    to: Annotated[str, Meta(max_length=64, pattern=PLAIN)] = ""


class AskShare(Operation, tag="ask_share"):
    """A CSA asks to see the page, then to point, then to control it: one level at a time."""

    level: Literal["view", "point", "control"]


class LetRecord(Operation, tag="let_record"):
    """The shopper lets be recorded what is seen of the page, or says no to it, or ends it."""

    on: bool


class AskRecord(Operation, tag="ask_record"):
    """A CSA who sees the page asks to record it."""


class Invite(Operation, tag="invite"):
    """A CSA offers to chat, in their own words."""

    text: Annotated[str, Meta(min_length=1, max_length=500, pattern=PLAIN)]


class Settle(Operation, tag="settle"):
    """The shopper takes or dismisses an offer."""

    offer: Dot
    accept: bool


class Identify(Operation, tag="identify"):
    """The shop's page says who the shopper is; `proof` is signed by the shop's server. SPEC sign.6."""

    proof: Annotated[str, Meta(max_length=4096, pattern=PLAIN)]


class Event(Operation, tag="event"):
    """A session event, GA4's name. `page` on page views; `items` names lines; `value_minor` where GA4 has value."""

    name: Name
    page: Page | None = None
    items: Annotated[list[Item], Meta(max_length=50)] = []
    value_minor: Minor | None = None
    params: Annotated[dict[Name, Short | Measure | bool], Meta(max_length=16)] = {}


AnyOperation = (
    Increment
    | SetQuantity
    | AddCoupon
    | RemoveCoupon
    | WriteNote
    | Propose
    | Answer
    | Withdraw
    | Describe
    | Say
    | Read
    | Take
    | Finish
    | Grant
    | Ask
    | Share
    | AskShare
    | LetRecord
    | AskRecord
    | Invite
    | Settle
    | Identify
    | Event
)
