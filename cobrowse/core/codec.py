"""MessagePack bytes to messages and back, typed and bounded. SPEC wire.2."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from cobrowse.core.errors import Close, PeerError
from cobrowse.core.messages import MAX_FRAME_BYTES, AnyClientFrame, AnyServerFrame, Entry, ServerFrame

_client: msgspec.msgpack.Decoder[AnyClientFrame] = msgspec.msgpack.Decoder(AnyClientFrame)
_server: msgspec.msgpack.Decoder[AnyServerFrame] = msgspec.msgpack.Decoder(AnyServerFrame)
_encoder = msgspec.msgpack.Encoder()
_NEWS_ROOM = b"\x83\xa1t\xa4news\xa4room"
_ENTRIES = b"\xa7entries"
_ENTRY_COUNTS = [bytes([0x90 | count]) for count in range(16)]
_ECHO = re.compile(r"(Invalid (?:enum )?value|unknown field) .*?( - at `\$[^` ]*`)?$", re.DOTALL)


def _bad_frame(error: Exception) -> PeerError:
    """What was expected and where, without what came: that may be a shopper's."""
    expected = _ECHO.sub(r"\1\2", str(error))
    return PeerError(Close.BAD_FRAME, f"not a frame of protocol 1: {expected}")


def decode_client(data: bytes) -> AnyClientFrame:
    """The frame that a client sent. Raises PeerError(BAD_FRAME) that says what was expected and where."""
    if len(data) > MAX_FRAME_BYTES:
        raise PeerError(Close.BAD_FRAME, f"a frame has at most {MAX_FRAME_BYTES} bytes, got {len(data)}")
    try:
        return _client.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _bad_frame(error) from None


def decode_server(data: bytes) -> AnyServerFrame:
    """The frame that a server sent, for clients written in Python. Raises PeerError(BAD_FRAME)."""
    try:
        return _server.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _bad_frame(error) from None


def encode_entry(entry: Entry) -> bytes:
    """The entry as it stands in `news`, in the log and in the journal: encoded once for all of them."""
    return _encoder.encode(entry)


def encode_news(room: str, entries: Sequence[bytes]) -> bytes:
    """The frame News(room, entries), of entries that are encoded already."""
    count = len(entries)
    if count < 16:
        head = _ENTRY_COUNTS[count]
    elif count < 65_536:
        head = b"\xdc" + count.to_bytes(2, "big")
    else:
        head = b"\xdd" + count.to_bytes(4, "big")
    return b"".join((_NEWS_ROOM, _encoder.encode(room), _ENTRIES, head, *entries))


def encode(frame: AnyClientFrame | ServerFrame) -> bytes:
    return _encoder.encode(frame)
