"""Views: a room, a visitor and a site as one reader may see them. SPEC room.6."""

from __future__ import annotations

from typing import Literal

import msgspec

from cobrowse.core.cart import Cart
from cobrowse.core.messages.facts import OfferChannel, OfferStatus
from cobrowse.core.messages.nouns import Author, Item, Page, Sharing

ConversationStatus = Literal["none", "waiting", "open", "closed"]


class Message(msgspec.Struct, frozen=True, array_like=True):
    offset: int
    at: float
    by: Author
    text: str


class Conversation(msgspec.Struct):
    """The room's conversation: its number counts up each time that a new one begins."""

    number: int = 0
    status: ConversationStatus = "none"
    opened_at: float = 0.0
    reason: str = ""
    taken_by: Author | None = None
    messages: list[Message] = msgspec.field(default_factory=list)
    read: dict[str, int] = msgspec.field(default_factory=dict)


class Offer(msgspec.Struct, frozen=True):
    """An offer of help; `id` is the dot of the entry that made it."""

    id: str
    at: float
    text: str
    expires_at: float
    status: OfferStatus
    rule: str = ""
    rule_version: str = ""
    reason: str = ""
    visit: int = 0
    by: Author | None = None
    channel: OfferChannel = "chat"


class CartGrant(msgspec.Struct, frozen=True):
    """Whether CSAs may change the cart, since when; `asked` when a CSA waits for the answer."""

    edit: bool = False
    at: float = 0.0
    asked: Author | None = None


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One change of a line, for "Ginny changed 2 to 3 - Undo"."""

    offset: int
    at: float
    by: Author
    line: str
    before: int
    after: int
    undoes: int = 0


class PageSeen(msgspec.Struct, frozen=True, array_like=True):
    at: float
    page: Page


class Visit(msgspec.Struct):
    """The visitor's visits: `number` counts them, 30 minutes of silence end one."""

    number: int = 0
    started_at: float = 0.0
    last_at: float = 0.0
    pages: int = 0
    recent: list[PageSeen] = msgspec.field(default_factory=list)
    first_at: float = 0.0
    referrer: str = ""
    device: str = ""
    locale: str = ""


class RoomView(msgspec.Struct):
    """A room as a reader sees it. A shopper's has no `visit` and no reasons."""

    site: str
    cart: Cart
    items: dict[str, Item]
    conversation: Conversation
    offer: Offer | None
    grant: CartGrant
    changes: list[Change]
    visit: Visit | None = None
    offers: list[Offer] = msgspec.field(default_factory=list)
    sharing: Sharing = Sharing()


class SiteView(msgspec.Struct, frozen=True):
    """What a browser may know of a site."""

    key: str
    name: str
    currency: str
    csa_edits: Literal["ask", "always", "never"]
    accent: str = ""
    greeting: str = ""
    phone: str = ""
    origin: str = ""
    page_sharing: Literal["ask", "never"] = "ask"
    page_recording: Literal["ask", "never"] = "never"
    catalogue: bool = True


class Card(msgspec.Struct, frozen=True, omit_defaults=True):
    """A visitor as the console's list shows them."""

    room: str
    site: str
    name: str
    online: bool
    first_at: float
    last_at: float
    visit: int
    pages: int
    path: str
    title: str
    kind: str
    referrer: str
    device: str
    cart_items: int
    cart_total_minor: int
    currency: str
    conversation: ConversationStatus
    waiting_since: float | None = None
    reason: str = ""
    taken_by: Author | None = None
    unread: int = 0
    last_text: str = ""
    typing: bool = False
    offer: OfferStatus | None = None
    team: str = ""
