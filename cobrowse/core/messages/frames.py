"""Frames: what one end of a connection sends to the other. SPEC wire.1."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from cobrowse.core.cart import MAX_STEP
from cobrowse.core.line import MAX_LINE_ID_CHARS
from cobrowse.core.messages.bounds import (
    MAX_PART_BYTES,
    NO_PROTO,
    PLAIN,
    Counter,
    Offset,
    RoomId,
    Seconds,
)
from cobrowse.core.messages.facts import Entry
from cobrowse.core.messages.nouns import Author, MaskRule, Position
from cobrowse.core.messages.operations import AnyOperation
from cobrowse.core.messages.views import Card, RoomView, SiteView


class ClientFrame(msgspec.Struct, tag_field="t", forbid_unknown_fields=True, omit_defaults=True):
    """The base of all frames that a client sends."""


class Hello(ClientFrame, tag="hello"):
    """The first frame. A shopper names the site and shows the token, if there is one; a CSA came with a cookie.

    `resume` is the signed replica of this tab's life, `position` how far it has read, `utc_min` how many minutes the
    shopper's clock is ahead of UTC.
    """

    v: int
    role: Literal["shopper", "csa"]
    site: Annotated[str, Meta(max_length=64, pattern=PLAIN)] = ""
    token: Annotated[str, Meta(max_length=1024)] = ""
    resume: Annotated[str, Meta(max_length=1024)] = ""
    position: Position | None = None
    locale: Annotated[str, Meta(max_length=35, pattern=PLAIN)] = ""
    utc_min: Annotated[int, Meta(ge=-840, le=840)] | None = None


class Join(ClientFrame, tag="join"):
    """A CSA opens a room."""

    room: RoomId
    resume: Annotated[str, Meta(max_length=1024)] = ""
    position: Position | None = None


class Leave(ClientFrame, tag="leave"):
    room: RoomId


class Do(ClientFrame, tag="do"):
    """One numbered operation. c is the last plus one; `at` is the client's clock in seconds."""

    room: RoomId
    c: Counter
    at: Seconds
    op: AnyOperation


class Typing(ClientFrame, tag="typing"):
    room: RoomId
    on: bool


class Beat(ClientFrame, tag="beat"):
    """A heartbeat; the server answers with the top of every joined room."""


class Status(ClientFrame, tag="status"):
    """A CSA takes offers and chats, or does not for now."""

    available: bool


Epoch = Annotated[str, Meta(min_length=1, max_length=16, pattern=r"^[a-z0-9]+\Z")]
Fraction = Annotated[float, Meta(ge=0, le=1)]


class Mirror(ClientFrame, tag="mirror"):
    """A part of a batch of changes of the shopper's page; `more` parts follow. SPEC mirror.3."""

    room: RoomId
    epoch: Epoch
    seq: Offset
    part: Annotated[bytes, Meta(max_length=MAX_PART_BYTES)]
    deflated: bool = False
    more: bool = False


class Front(ClientFrame, tag="front"):
    """This tab of the shopper's is the one that they look at."""

    room: RoomId


class Watch(ClientFrame, tag="watch"):
    """A CSA opens the mirror of the shopper's page, or closes it; opening an open one asks for the whole page.

    `anew`: from the page itself, since what is drawn has drifted from it. SPEC equal.2.
    """

    room: RoomId
    on: bool
    anew: bool = False


NodeId = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Reach = Annotated[float, Meta(ge=-1000, le=1000)]
"""Of a drawing: sizes of the box that it hangs on, which it may leave on all sides."""
Px = Annotated[float, Meta(ge=-10_000, le=10_000)]


class Point(ClientFrame, tag="point"):
    """A CSA points at a place of the page: a node of the mirror and a fraction of its box. SPEC mirror.7.

    `path` is what a pen, an arrow or a box draws, as fx, fy, fx, fy ... of the same box; a later frame of the same
    `stroke` takes the place of the one before.
    """

    room: RoomId
    epoch: Epoch
    node: NodeId
    fx: Fraction
    fy: Fraction
    kind: Literal["laser", "mark", "pen", "arrow", "box", "look", "off"]
    stroke: Offset = 0
    path: Annotated[list[Reach], Meta(max_length=256)] = []


class Act(ClientFrame, tag="act"):
    """A CSA uses the page in the shopper's place: one step, at a node of the mirror. `n` numbers the CSA's steps.

    `text` is what is typed, a field's whole value, or a key's name; `index` an option; `dx` and `dy` how far to
    scroll, or to drag from where it was grabbed. A hover over node 0 is over nothing. SPEC mirror.8.
    """

    room: RoomId
    epoch: Epoch
    n: Counter
    node: NodeId
    kind: Literal["click", "scroll", "type", "fill", "key", "select", "hover", "grab", "drag", "drop"]
    fx: Fraction = 0.5
    fy: Fraction = 0.5
    text: Annotated[str, Meta(max_length=2000, pattern=PLAIN)] = ""
    index: Annotated[int, Meta(ge=0, le=10_000)] = 0
    dx: Px = 0
    dy: Px = 0


class Outcome(ClientFrame, tag="outcome"):
    """What became of a CSA's step `n` on the shopper's page; 0 is of none: the shopper has taken over, or looks.

    `line` and `quantity` go with "cart": what the CSA should put into the cart instead. SPEC mirror.8.
    """

    room: RoomId
    to: Annotated[str, Meta(max_length=64, pattern=PLAIN)]
    n: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    what: Literal["done", "denied", "confirm", "gone", "cart", "paused", "resumed", "looked", "not_now"]
    line: Annotated[str, Meta(max_length=MAX_LINE_ID_CHARS, pattern=NO_PROTO)] = ""
    quantity: Annotated[int, Meta(ge=0, le=MAX_STEP)] = 0


AnyClientFrame = (
    Hello | Join | Leave | Do | Typing | Beat | Status | Mirror | Front | Watch | Point | Act | Outcome
)


class ServerFrame(msgspec.Struct, tag_field="t", omit_defaults=True):
    """The base of all frames that the server sends."""


class Welcome(ServerFrame, tag="welcome"):
    """`token` is the visitor's, new or renewed (a CSA has none); `sites` has one for a shopper."""

    you: Author
    now: float
    heartbeat_s: float
    sites: list[SiteView]
    token: str = ""
    available: bool = False


class Joined(ServerFrame, tag="joined"):
    """A room as it is: every missed entry when `tail` is there, else the whole view. Never a part. SPEC wire.7."""

    room: str
    replica: int
    resume: str
    last: int
    position: Position
    present: list[Author]
    view: RoomView | None = None
    tail: list[Entry] | None = None


class News(ServerFrame, tag="news"):
    """Entries of a room's log, in order, without a gap."""

    room: str
    entries: list[Entry]


class TypingNow(ServerFrame, tag="typing"):
    room: str
    by: Author
    on: bool


class Presence(ServerFrame, tag="presence"):
    """Who is connected to the room; `csas_available` says if anybody could answer."""

    room: str
    present: list[Author]


class Tops(ServerFrame, tag="beat"):
    """The answer to a heartbeat: how far the log of every joined room goes."""

    tops: dict[str, Position]
    available: bool


class Lobby(ServerFrame, tag="lobby"):
    """The visitors of a CSA's sites: all when `full`, else those that changed. `gone` names rooms to drop."""

    full: bool
    cards: list[Card]
    gone: list[str] = []
    total: int = 0


class Drain(ServerFrame, tag="drain"):
    """The server is going: close and come back after this many seconds."""

    after_s: float


class Refuse(ServerFrame, tag="refuse"):
    """A frame was not taken (a room that cannot be joined, an operation out of order). Nothing was written."""

    room: str
    code: str
    message: str
    c: int = 0


class Mirrored(ServerFrame, tag="mirror"):
    """A batch of changes of the shopper's page, for those who watch it. `seq` 0 begins anew with the whole page."""

    room: str
    epoch: str
    seq: int
    part: bytes
    deflated: bool = False


class Record(ServerFrame, tag="record"):
    """A shopper's tab is to record its page from a whole snapshot on, by these rules; or to stop."""

    room: str
    on: bool
    rules: list[MaskRule] = []
    catalogue: bool = True
    sheets: list[str] = []
    """SHA-256 of style sheets that are here: a snapshot may name one in place of its text. SPEC mirror.10."""
    files: list[str] = []
    """Paths, with `*` for anything, of the pictures and fonts that the page brings itself. SPEC file.4."""
    known_files: list[str] = []
    """SHA-256 of those that are here: the page names them, and does not send them. SPEC file.5."""


class PageFile(ServerFrame, tag="file"):
    """A picture or a font that the shopper's page brought, for those who watch; named in the mirror by its SHA-256."""

    room: str
    hash: str
    media_type: str
    body: bytes


class Pointed(ServerFrame, tag="point"):
    """Where a CSA points, for the tab whose page it is."""

    room: str
    by: Author
    epoch: str
    node: int
    fx: float
    fy: float
    kind: str
    stroke: int = 0
    path: list[float] = []


class ActNow(ServerFrame, tag="act"):
    """A CSA's step, for the tab whose page it is."""

    room: str
    by: Author
    epoch: str
    n: int
    node: int
    kind: str
    fx: float = 0.5
    fy: float = 0.5
    text: str = ""
    index: int = 0
    dx: float = 0
    dy: float = 0


class OutcomeNow(ServerFrame, tag="outcome"):
    """What became of it, for the CSA."""

    room: str
    n: int
    what: str
    line: str = ""
    quantity: int = 0


AnyServerFrame = (
    Welcome
    | Joined
    | News
    | TypingNow
    | Presence
    | Tops
    | Lobby
    | Drain
    | Refuse
    | Mirrored
    | Record
    | PageFile
    | Pointed
    | ActNow
    | OutcomeNow
)
