"""Every way a peer can be told no: refusals (the connection goes on) and close codes (it ends)."""

from __future__ import annotations

from enum import IntEnum, StrEnum

MAX_REASON_BYTES = 120
"""A close frame has room for 123 bytes of reason: RFC 6455, section 5.5."""


class Close(IntEnum):
    """WebSocket close codes. 4000-4499: come back; 4500-4999: do not. SPEC wire.9."""

    DRAIN = 4000
    SLOW = 4001
    STATE_LOST = 4002
    NO_HEARTBEAT = 4003
    RATE = 4004
    REPLACED = 4005
    BUSY = 4006
    BAD_TOKEN = 4500
    BAD_FRAME = 4501
    FORBIDDEN = 4502
    VERSION = 4503
    UNKNOWN_SITE = 4504


class Refused(StrEnum):
    """Why one operation was not taken. The cart, the chat and the connection stay as they were. SPEC room.4."""

    GAP = "gap"
    FORBIDDEN = "forbidden"
    NOT_GRANTED = "not_granted"
    UNKNOWN_DOT = "unknown_dot"
    BOUND = "bound"
    INVALID = "invalid"
    GONE = "gone"


class CobrowseError(Exception):
    """The root of every error that this package raises on purpose."""


class Refusal(CobrowseError):
    """One operation is not taken; `message` says what was expected, in words for the person who asked."""

    def __init__(self, code: Refused, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class PeerError(CobrowseError):
    """The peer broke the protocol: the connection is closed with `code`. One log line, no traceback."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode("ascii", "replace")[:MAX_REASON_BYTES].decode()
