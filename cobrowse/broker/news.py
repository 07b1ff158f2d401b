"""What nodes say on a room's channel: its news (entries, as the log has them) and notices (of the moment)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cobrowse.broker.lane import Followed
from cobrowse.core.messages import Entry

_entry = msgspec.msgpack.Decoder(Entry)
_entries = msgspec.msgpack.Decoder(tuple[str, int, list[msgspec.Raw]])
_notice = msgspec.msgpack.Decoder(tuple[str, bytes])
_encode = msgspec.msgpack.Encoder().encode


def followed(payload: bytes) -> Followed:
    return Followed(_entry.decode(payload), payload)


def top_of(answer: Sequence[bytes]) -> tuple[str, int, int]:
    """Epoch, offset and hash in an answer of the log."""
    return answer[1].decode(), int(answer[2]), int(answer[3])


def news_sender(node: str) -> bytes:
    """What a node's news begins with, and no other node's."""
    return b"e\x93" + _encode(node)


def news_prefix(node: str, offset: int, count: int) -> bytes:
    """The beginning of news: `count` entries' bytes follow, from this offset on."""
    return news_sender(node) + _encode(offset) + b"\xdd" + count.to_bytes(4, "big")


def read_news(message: bytes) -> tuple[int, list[bytes]]:
    """The first offset, and the entries' bytes."""
    _, offset, entries = _entries.decode(memoryview(message)[1:])
    return offset, [bytes(each) for each in entries]


def notice_of(node: str, notice: bytes) -> bytes:
    return b"n" + _encode((node, notice))


def is_notice(message: bytes) -> bool:
    return message[:1] == b"n"


def read_notice(message: bytes) -> tuple[str, bytes]:
    """The node that sent it, and what it says."""
    return _notice.decode(message[1:])
