"""Facts and entries: what a room's log says has happened. SPEC room.2."""

from __future__ import annotations

from typing import Literal

import msgspec

from cobrowse.core.cart import Cart
from cobrowse.core.messages.bounds import ShareLevel
from cobrowse.core.messages.nouns import Author, Item, Known, Page, Sharing


class Fact(msgspec.Struct, tag_field="k", omit_defaults=True):
    """The base of all facts."""


class CartChanged(Fact, tag="cart"):
    """The cart is joined with `delta`. `cause` is the operation's tag; `line` the one it names, if any."""

    delta: Cart
    cause: str
    line: str = ""
    undoes: int = 0
    item: Item | None = None


class Described(Fact, tag="described"):
    items: list[Item]


class Said(Fact, tag="said"):
    text: str


class ReadUpTo(Fact, tag="read"):
    upto: int


class Taken(Fact, tag="taken"):
    """A CSA has the conversation. `sharing`: what then stands of the shopper's page, if it was another's before."""

    sharing: Sharing | None = None


class Finished(Fact, tag="finished"):
    pass


class Granted(Fact, tag="granted"):
    edit: bool


class Asked(Fact, tag="asked"):
    pass


ShareAct = Literal[
    "asked",
    "granted",
    "declined",
    "ended",
    "expired",
    "left",
    "recording_asked",
    "recording_granted",
    "recording_declined",
    "recording_ended",
    "recording_full",
]


class Shared(Fact, tag="shared"):
    """Who may see the shopper's page from now on, or has asked to.

    `act` says what happened, `csa` to whom it did: None is everybody.
    """

    sharing: Sharing
    act: ShareAct = "granted"
    csa: Author | None = None
    level: ShareLevel = "none"


class Looked(Fact, tag="looked"):
    """A CSA begins to look at the shopper's page, or looks away."""

    csa: Author
    on: bool


class Controlled(Fact, tag="controlled"):
    """A CSA uses the shopper's page in this way at this node: one for each burst, never a value. SPEC mirror.8."""

    csa: Author
    kind: str
    node: int


class Arrived(Fact, tag="arrived"):
    """The shopper is on a device, speaks a language or has a clock (minutes ahead of UTC) that were not known of."""

    device: str
    locale: str
    utc_min: int | None = None


class Identified(Fact, tag="identified"):
    """The shop has said who the visitor is. SPEC sign.6."""

    known: Known


OfferChannel = Literal["chat", "phone"]
"""How help is given: in the chat, or by a call that the shopper makes."""


class Offered(Fact, tag="offered"):
    """An offer of help is on show in every tab. `rule` is "" when a CSA made it by hand. `reason` is for CSAs only.

    `team`: those whom its chat is shown to first, "" for everybody alike. `channel`: how help is given.
    """

    text: str
    expires_at: float
    rule: str = ""
    rule_version: str = ""
    reason: str = ""
    variant: str = ""
    team: str = ""
    channel: OfferChannel = "chat"


class Operand(msgspec.Struct, frozen=True, array_like=True):
    """A part of a rule as it was: true, false or without a value (None); its facts with their values in words."""

    source: str
    holds: bool | None
    values: list[tuple[str, str]] = []


class Judged(Fact, tag="judged"):
    """A rule's moment had come: it fires, or `cause` says what held it back. An offer that it makes is the next entry.

    `arm`: the contact's in the rule's experiment. SPEC rule.13.
    """

    rule: str
    version: str
    cause: str
    arm: str
    reason: str
    operands: list[Operand]


class Armed(Fact, tag="armed"):
    """Which rules with `hold` are true, and since when: so that a restart does not begin their time anew."""

    since: dict[str, float]


OfferStatus = Literal["open", "accepted", "dismissed", "withdrawn", "expired"]


class Settled(Fact, tag="settled"):
    offer: str
    status: OfferStatus


class Happened(Fact, tag="happened"):
    """A session event. `visit`: which visit it belongs to; `ends_grant`: the leave to change the cart was for the one
    before; `delta` empties the cart where the event is a purchase.
    """

    name: str
    visit: int
    page: Page | None = None
    items: list[Item] = []
    value_minor: int | None = None
    params: dict[str, str | float | bool] = {}
    delta: Cart | None = None
    ends_grant: bool = False


class Declined(Fact, tag="declined"):
    """The operation with this number was not taken. It leaves no trace but its number."""

    code: str
    message: str


class Hidden(Fact, tag="hidden"):
    """A fact that is not for this reader; its place in the log is."""


AnyFact = (
    CartChanged
    | Described
    | Said
    | ReadUpTo
    | Taken
    | Finished
    | Granted
    | Asked
    | Shared
    | Controlled
    | Looked
    | Arrived
    | Identified
    | Offered
    | Settled
    | Judged
    | Armed
    | Happened
    | Declined
    | Hidden
)


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One entry of a room's log.

    offset counts from 1; hash is the log's rolling CRC-32 up to here; at: seconds, the server's clock; (replica, c)
    names the operation that it answers (replica 0: the server itself).
    """

    offset: int
    hash: int
    at: float
    replica: int
    c: int
    by: Author
    fact: AnyFact
