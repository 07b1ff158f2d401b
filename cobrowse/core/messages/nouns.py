"""The nouns that operations, facts and views share: who, what, where. SPEC wire.1."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from cobrowse.core.messages.bounds import PLAIN, LineText, Minor, Offset, Role, ShareLevel, Short, Title, Url


class Author(msgspec.Struct, array_like=True, frozen=True):
    """Who did it: the role, an identifier within the role, and a name to show ("" when none is known)."""

    role: Role
    id: str = ""
    name: str = ""


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a line looks like and costs, as the shop or its page says; never part of a cart operation."""

    line: LineText
    name: Title = ""
    variant: Short = ""
    price_minor: Minor | None = None
    currency: Annotated[str, Meta(max_length=3, pattern=PLAIN)] = ""
    category: Short = ""
    url: Url = ""
    image: Url = ""


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of the shop as the shopper sees it. `path` has no query: those carry what nobody meant to show."""

    path: Url
    title: Title = ""
    kind: Annotated[str, Meta(max_length=20, pattern=PLAIN)] = ""
    referrer: Url = ""


class Position(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """How far a client has read a room's log."""

    epoch: Annotated[str, Meta(max_length=32)]
    offset: Offset
    hash: Annotated[int, Meta(ge=0, le=2**32 - 1)]


class PageGrant(msgspec.Struct, frozen=True):
    """The shopper's leave for one CSA: how far, since when, until when, on pages of which origin. SPEC mirror.5.

    `token` is the server's signature over all of that and the room: what it does not prove, nobody heeds.
    """

    to: Author
    level: ShareLevel
    at: float
    expires_at: float
    origin: str
    token: str


class PageAsk(msgspec.Struct, frozen=True, omit_defaults=True):
    """A CSA waits for leave. `instead_of`: the one from whom they have taken over, whose leave it would replace."""

    by: Author
    level: ShareLevel
    instead_of: Author | None = None


class Recording(msgspec.Struct, frozen=True):
    """What a CSA sees of the page is kept, under this id, while they may see it. SPEC record.1."""

    id: str
    by: Author
    at: float


class Sharing(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who may see the shopper's page, each by a leave of their own; who waits for one; what is recorded of it."""

    grants: list[PageGrant] = []
    asks: list[PageAsk] = []
    recording: Recording | None = None
    recording_asked: Author | None = None


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who the shop says the visitor is, as it has signed. `lifetime_value` is in pounds, euros ..."""

    id: str
    name: str = ""
    email: str = ""
    orders: int = 0
    lifetime_value: float = 0.0
    labels: list[str] = []
    attributes: dict[str, str] = {}


class MaskRule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a site says of a part of its pages: `hide` shows a box, `mask` dots, `unmask` the thing (SPEC
    mirror.1); only the shopper presses what is to `confirm` (SPEC mirror.9).
    """

    do: Literal["hide", "mask", "unmask", "confirm"]
    select: Annotated[str, Meta(min_length=1, max_length=1000)]
    pages: Annotated[str, Meta(max_length=300)] = ""
