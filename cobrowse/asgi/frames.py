"""WebSocket frames as they nearly all are: whole, binary, small. RFC 6455, section 5.2; the rest is for websockets."""

from __future__ import annotations

from cobrowse.core.messages import MAX_FRAME_BYTES

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

__all__ = ["CLOSE", "CONTROLS", "MASKED", "WHOLE_BINARY", "apply_mask", "frame_at", "head_of"]

WHOLE_BINARY = 0x82
MASKED = 0x80
CLOSE = 0x88
CONTROLS = frozenset({CLOSE, 0x89, 0x8A})
"""Close, ping and pong, the first byte of each."""

_SMALL_HEADS = [bytes([WHOLE_BINARY, size]) for size in range(126)]


def frame_at(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `at` begins and ends; None until all of the frame is there.

    A frame that says it is too long to wait for counts as there, with an end past the data's.
    """
    have = len(data) - at
    if have < 2:
        return None
    size, start = data[at + 1] & 0x7F, at + 2
    if size == 126:
        if have < 4:
            return None
        size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
    elif size == 127:
        if have < 10:
            return None
        size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
    if data[at + 1] & MASKED:
        start += 4
    end = start + size
    return (start, end) if end <= len(data) or size > MAX_FRAME_BYTES else None


def head_of(size: int) -> bytes:
    """The head of a server's binary frame with a payload of this size."""
    if size < 126:
        return _SMALL_HEADS[size]
    if size < 65_536:
        return b"\x82\x7e" + size.to_bytes(2, "big")
    return b"\x82\x7f" + size.to_bytes(8, "big")
