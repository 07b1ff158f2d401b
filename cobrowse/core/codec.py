"""MessagePack bytes to messages and back, typed and bounded. SPEC wire.2."""

from __future__ import annotations

import re

import msgspec

from cobrowse.core.errors import Close, PeerError
from cobrowse.core.messages import MAX_FRAME_BYTES, AnyClientFrame, AnyServerFrame, ServerFrame

_client: msgspec.msgpack.Decoder[AnyClientFrame] = msgspec.msgpack.Decoder(AnyClientFrame)
_server: msgspec.msgpack.Decoder[AnyServerFrame] = msgspec.msgpack.Decoder(AnyServerFrame)
_encoder = msgspec.msgpack.Encoder()
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


def encode(frame: AnyClientFrame | ServerFrame) -> bytes:
    return _encoder.encode(frame)
