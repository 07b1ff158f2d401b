"""The connection's states: what may come when, from whom, how fast, and how long it may be silent."""

from __future__ import annotations

import pytest

from cobrowse.core.codec import encode
from cobrowse.core.errors import Close, PeerError
from cobrowse.core.messages import (
    MAX_OPERATION_BYTES,
    Act,
    AnyClientFrame,
    Beat,
    Describe,
    Do,
    Front,
    Hello,
    Item,
    Join,
    Leave,
    Mirror,
    Outcome,
    Point,
    Role,
    Say,
    Status,
    Typing,
    Watch,
)
from cobrowse.core.protocol import MAY_SEND, Limits, Protocol, State

FRAMES: dict[type, AnyClientFrame] = {
    Hello: Hello(1, "shopper"),
    Do: Do("room", 1, 1.0, Say("Hello")),
    Typing: Typing("room", True),
    Beat: Beat(),
    Join: Join("room"),
    Leave: Leave("room"),
    Status: Status(True),
    Mirror: Mirror("room", "e1", 0, b"[]"),
    Front: Front("room"),
    Watch: Watch("room", True),
    Point: Point("room", "e1", 7, 0.5, 1.0, "laser"),
    Act: Act("room", "e1", 1, 7, "click"),
    Outcome: Outcome("room", "a1", 1, "done"),
}


def opened(role: Role, limits: Limits | None = None) -> Protocol:
    protocol = Protocol(limits or Limits(), 0.0)
    hello = Hello(1, "csa" if role == "csa" else "shopper")
    assert protocol.receive(encode(hello), 0.0) == hello
    assert (protocol.state, protocol.role) == (State.OPEN, role)
    return protocol


def refusal(protocol: Protocol, frame: AnyClientFrame) -> Close:
    with pytest.raises(PeerError) as refused:
        protocol.receive(encode(frame), 1.0)
    return refused.value.code


@pytest.mark.parametrize("kind", FRAMES)
def test_wire3_only_a_hello_comes_first(kind: type) -> None:
    protocol = Protocol(Limits(), 0.0)
    if kind is Hello:
        assert protocol.receive(encode(FRAMES[kind]), 0.0) == FRAMES[kind]
    else:
        assert refusal(protocol, FRAMES[kind]) is Close.BAD_FRAME
        assert protocol.state is State.AWAITING_HELLO


@pytest.mark.parametrize("role", ["shopper", "csa"])
@pytest.mark.parametrize("kind", FRAMES)
def test_wire3_what_each_role_may_send(role: Role, kind: type) -> None:
    protocol = opened(role)
    if kind is Hello:
        assert refusal(protocol, FRAMES[kind]) is Close.BAD_FRAME
    elif kind in (Do, Typing, Beat) or (kind in (Mirror, Front, Outcome)) == (role == "shopper"):
        assert protocol.receive(encode(FRAMES[kind]), 1.0) == FRAMES[kind]
    else:
        assert refusal(protocol, FRAMES[kind]) is Close.FORBIDDEN


def test_wire3_the_table_names_every_frame() -> None:
    assert (
        {kind for kinds in MAY_SEND.values() for kind in kinds} == set(AnyClientFrame.__args__) == set(FRAMES)
    )


def test_wire3_another_version_is_refused() -> None:
    protocol = Protocol(Limits(), 0.0)
    assert refusal(protocol, Hello(2, "shopper")) is Close.VERSION
    assert protocol.state is State.AWAITING_HELLO


def test_wire3_nothing_is_taken_after_the_end() -> None:
    protocol = opened("csa")
    protocol.close()
    for frame in FRAMES.values():
        assert refusal(protocol, frame) is Close.BAD_FRAME
    protocol.check(1e9)


def test_wire3_a_hello_is_due_within_ten_seconds() -> None:
    protocol = Protocol(Limits(), 100.0)
    assert protocol.due() == 110.0
    protocol.check(109.9)
    with pytest.raises(PeerError) as refused:
        protocol.check(110.0)
    assert refused.value.code is Close.NO_HEARTBEAT


def test_wire4_two_heartbeats_and_a_half_without_a_frame_end_it() -> None:
    protocol = opened("shopper")
    protocol.receive(encode(Beat()), 20.0)
    assert protocol.due() == 95.0
    protocol.check(94.9)
    with pytest.raises(PeerError) as refused:
        protocol.check(95.0)
    assert refused.value.code is Close.NO_HEARTBEAT


def test_wire3_a_burst_passes_and_one_more_frame_does_not() -> None:
    protocol = opened("shopper", Limits(frames_per_s=10.0, burst_frames=5.0))
    beat = encode(Beat())
    for _ in range(4):
        protocol.receive(beat, 0.0)
    with pytest.raises(PeerError) as refused:
        protocol.receive(beat, 0.0)
    assert refused.value.code is Close.RATE


def test_wire3_silence_saves_up_no_more_than_one_burst() -> None:
    protocol = opened("shopper", Limits(frames_per_s=10.0, burst_frames=5.0))
    beat = encode(Beat())
    for _ in range(5):
        protocol.receive(beat, 30.0)
    with pytest.raises(PeerError) as refused:
        protocol.receive(beat, 30.0)
    assert refused.value.code is Close.RATE


def test_wire3_the_rate_may_be_kept_up_for_ever() -> None:
    protocol = opened("shopper", Limits(frames_per_s=10.0, burst_frames=2.0))
    for n in range(1, 1000):
        protocol.receive(encode(Beat()), n * 0.1)


def test_wire2_an_operation_has_at_most_16_kib() -> None:
    protocol = opened("shopper")
    widest = Do("r" * 64, 2**53 - 1, 1e11, Say("\U0001f600" * 4000))
    assert len(encode(widest)) <= MAX_OPERATION_BYTES
    assert protocol.receive(encode(widest), 1.0) == widest
    assert refusal(protocol, Do("room", 1, 1.0, Describe([Item("x", url="/" * 2000)] * 9))) is Close.BAD_FRAME


def test_wire2_bytes_that_are_no_frame_are_refused_in_each_state() -> None:
    for protocol in (Protocol(Limits(), 0.0), opened("csa")):
        with pytest.raises(PeerError) as refused:
            protocol.receive(b"\xc1", 1.0)
        assert refused.value.code is Close.BAD_FRAME


def test_wire3_whoever_looks_at_first_due_is_never_too_late() -> None:
    """Of a hello's time and a silence's either may be the shorter one."""
    for heartbeat_s in (1.0, 30.0):
        protocol = Protocol(Limits(heartbeat_s=heartbeat_s), 100.0)
        first = protocol.first_due()
        assert first <= protocol.due()
        protocol.receive(encode(Hello(1, "csa")), 100.0)
        assert first <= protocol.due()
