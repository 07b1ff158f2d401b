"""One connection's protocol, without I/O: bytes and times in, frames out, or a PeerError that says why to close.

    awaiting hello --hello--> open --close--> closed

What each role may send in each state is the table below. SPEC wire.3.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from cobrowse.core.codec import decode_client, encode
from cobrowse.core.errors import Close, PeerError
from cobrowse.core.messages import (
    MAX_OPERATION_BYTES,
    PROTOCOL_VERSION,
    Act,
    AnyClientFrame,
    Beat,
    Do,
    Front,
    Hello,
    Join,
    Leave,
    Mirror,
    Outcome,
    Point,
    Role,
    Status,
    Typing,
    Watch,
)


class State(Enum):
    AWAITING_HELLO = "awaiting hello"
    OPEN = "open"
    CLOSED = "closed"


MAY_SEND: dict[tuple[State, Role | None], tuple[type[msgspec.Struct], ...]] = {
    (State.AWAITING_HELLO, None): (Hello,),
    (State.OPEN, "shopper"): (Do, Typing, Beat, Mirror, Front, Outcome),
    (State.OPEN, "csa"): (Do, Typing, Beat, Join, Leave, Status, Watch, Point, Act),
}


FRAMES_BEFORE_HELLO = 10.0
"""Nobody but a flood has more to say: a burst of pings costs as much as a burst of operations."""


BEAT = Beat()
BEAT_BYTES = encode(BEAT)
"""What most peers say nearly always: it needs no decoder."""


class Limits(msgspec.Struct, frozen=True):
    """Bounds on one connection. Seconds, frames and frames a second (a bucket of `burst_frames`)."""

    hello_within_s: float = 10.0
    heartbeat_s: float = 30.0
    frames_per_s: float = 100.0
    burst_frames: float = 1000.0

    @property
    def silence_s(self) -> float:
        """Two heartbeats and a half without a frame: the peer is gone."""
        return self.heartbeat_s * 2.5


class Protocol:
    """The state machine of one connection, on the server's side. All times are seconds of one monotonic clock."""

    __slots__ = (
        "_allowed",
        "_burst",
        "_last_at",
        "_limits",
        "_silence_s",
        "_tokens",
        "_tokens_at",
        "role",
        "state",
    )

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self.state: State
        self.role: Role | None
        self._enter(State.AWAITING_HELLO, None)
        self._last_at = now
        self._tokens = self._burst = min(FRAMES_BEFORE_HELLO, limits.burst_frames)
        self._tokens_at = now

    def receive(self, data: bytes, now: float) -> AnyClientFrame:
        """The frame, if this peer may send it now.

        Raises PeerError: RATE, BAD_FRAME (malformed, or out of turn), FORBIDDEN (not for this role), VERSION.
        """
        self.count(now)
        self._last_at = now
        frame = BEAT if data == BEAT_BYTES else decode_client(data)
        if type(frame) not in self._allowed:
            raise self._out_of_turn(frame)
        if type(frame) is Do:
            if len(data) > MAX_OPERATION_BYTES:
                raise PeerError(Close.BAD_FRAME, f"an operation has at most {MAX_OPERATION_BYTES} bytes")
        elif type(frame) is Hello:
            if frame.v != PROTOCOL_VERSION:
                raise PeerError(
                    Close.VERSION, f"this server speaks protocol {PROTOCOL_VERSION}, not {frame.v}"
                )
            self._burst = self._limits.burst_frames
            self._tokens = self._burst - 1
            self._enter(State.OPEN, frame.role)
        return frame

    def count(self, now: float) -> None:
        """Counts one frame, also one that is no message of this protocol. Raises PeerError(RATE)."""
        limits = self._limits
        self._tokens = min(self._burst, self._tokens + (now - self._tokens_at) * limits.frames_per_s) - 1
        self._tokens_at = now
        if self._tokens < 0:
            raise PeerError(Close.RATE, f"at most {limits.frames_per_s:g} frames a second")

    def due(self) -> float:
        """When `check` must next be called."""
        return self._last_at + self._silence_s

    def first_due(self) -> float:
        """The earliest that `due` may come to say, if nothing but a hello comes."""
        return self._last_at + min(self._limits.hello_within_s, self._limits.silence_s)

    def check(self, now: float) -> None:
        """Raises PeerError(NO_HEARTBEAT) when the peer has been silent for too long."""
        if self.state is not State.CLOSED and now >= self.due():
            expected = "a hello" if self.role is None else "a heartbeat"
            raise PeerError(Close.NO_HEARTBEAT, f"expected {expected} within {now - self._last_at:.0f} s")

    def close(self) -> None:
        self._enter(State.CLOSED, self.role)

    def _enter(self, state: State, role: Role | None) -> None:
        self.state, self.role = state, role
        self._allowed = MAY_SEND.get((state, role), ())
        self._silence_s = self._limits.hello_within_s if role is None else self._limits.silence_s

    def _out_of_turn(self, frame: AnyClientFrame) -> PeerError:
        names = ", ".join(str(kind.__struct_config__.tag) for kind in self._allowed) or "nothing"
        code = (
            Close.FORBIDDEN if self.state is State.OPEN and not isinstance(frame, Hello) else Close.BAD_FRAME
        )
        return PeerError(code, f"expected {names} while {self.state.value}")
