"""What nodes tell each other of the moment: who is here, who types, who could answer. Nothing is kept. SPEC node.5."""

from __future__ import annotations

import msgspec

from cobrowse.core.messages import Author, Card


class Notice(msgspec.Struct, tag_field="t", array_like=True, frozen=True):
    """The base of all notices."""


class Here(Notice, frozen=True, tag="here"):
    """Who is in a room at the sender's; `asks` the others to say the same. `front`: the number under which the sender
    says that the shopper looks at a tab of its own, 0 if it does not: the greatest counts.
    """

    authors: list[Author]
    asks: bool = False
    front: int = 0


class TypesThere(Notice, frozen=True, tag="types"):
    """Somebody at the sender's types in the room, or has stopped."""

    by: Author
    on: bool


class Resumed(Notice, frozen=True, tag="resumed"):
    """A replica goes on at the sender's: whoever else has a connection of an earlier life with it closes that. 0 is
    the life that an older version does not tell.
    """

    replica: int
    life: int = 0


class Looks(Notice, frozen=True, tag="looks"):
    """What a CSA at the sender's wants of the page that a tab at the receiver's records: a client's frame."""

    room: str
    replica: int
    by: Author
    frame: bytes


class LooksAway(Notice, frozen=True, tag="away"):
    """That CSA has left the room."""

    room: str
    replica: int


class Drawn(Notice, frozen=True, tag="drawn"):
    """A server's frame for a CSA at the receiver's who watches a page."""

    room: str
    replica: int
    frame: bytes


class Read(Notice, frozen=True, tag="read"):
    """So much of it has come to that CSA's node, and so much waits there to be read."""

    room: str
    replica: int
    size_bytes: int
    waiting_bytes: int


class Staff(Notice, frozen=True, tag="staff"):
    """The CSAs who take chats at the sender's, and each team's; `asks` the others to say what they have."""

    agents: list[str]
    asks: bool = False
    teams: dict[str, list[str]] = {}


class Cards(Notice, frozen=True, tag="cards"):
    """Rooms at the sender's: all of them when `full`, else those that changed, and those that are gone."""

    full: bool
    cards: list[Card]
    gone: list[str]


AnyNotice = Here | TypesThere | Resumed | Looks | LooksAway | Drawn | Read | Staff | Cards

encode_notice = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AnyNotice).decode


def decode_notice(packed: bytes) -> AnyNotice | None:
    """None for what this version does not know: while nodes are upgraded one by one, some say what others cannot."""
    try:
        notice: AnyNotice = _decode(packed)
    except msgspec.DecodeError:
        return None
    return notice
