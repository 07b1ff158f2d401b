"""Bytes to frames and back; whatever comes in, nothing but a PeerError comes out."""

from __future__ import annotations

import math
import random
from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest

from cobrowse.core.codec import decode_client, decode_server, encode, encode_entry, encode_news
from cobrowse.core.errors import MAX_REASON_BYTES, Close, PeerError
from cobrowse.core.messages import (
    MAX_FRAME_BYTES,
    Act,
    ActNow,
    AnyClientFrame,
    AnyOperation,
    AnyServerFrame,
    Author,
    Beat,
    Card,
    Do,
    Drain,
    Entry,
    Event,
    Finish,
    Front,
    Hello,
    Increment,
    Item,
    Join,
    Joined,
    Leave,
    Lobby,
    MaskRule,
    Mirror,
    Mirrored,
    News,
    Outcome,
    OutcomeNow,
    Page,
    PageFile,
    Point,
    Pointed,
    Position,
    Presence,
    Record,
    Refuse,
    Said,
    Say,
    SetQuantity,
    Status,
    Tops,
    Typing,
    TypingNow,
    Watch,
    Welcome,
)
from cobrowse.core.room import seen_by, view
from tests.core.stage import GINNY, LEA, Stage, canonical, site
from tests.core.test_room import ALLOWED, furnished

CLIENT: list[AnyClientFrame] = [
    Hello(
        1,
        "shopper",
        "joinery",
        "token",
        "resume",
        Position("epoch", 7, 2**32 - 1),
        "en-GB",
        60,
    ),
    Hello(1, "csa"),
    Join("room", "resume", Position("epoch", 0, 0)),
    Leave("room"),
    Typing("room", True),
    Beat(),
    Status(False),
    Mirror("room", "e1", 0, b"\x00\xff" * 300, True, True),
    Front("room"),
    Watch("room", True),
    Point("room", "e1", 7, 0.5, 1, "laser"),
    Act("room", "e1", 1, 7, "type", text="x"),
    Outcome("room", "a1", 1, "cart", "7", 1),
    *(Do("room", c, 1.5, op) for c, (op, *_) in enumerate(ALLOWED, 1)),
    Do(
        "room", 2**53 - 1, 0, Event("view_item", Page("/a", "A"), [Item("oak", price_minor=1)], 1, {"a": 1.5})
    ),
]


def server_frames() -> list[AnyServerFrame]:
    stage = furnished()
    position = Position("epoch", *stage.state.head)
    card = msgspec.convert(
        {f.name: "" for f in msgspec.structs.fields(Card) if f.type is str}
        | {"conversation": "open", "online": True, "taken_by": ["csa", "ginny", "Ginny"]}
        | dict.fromkeys(("first_at", "last_at"), 1.5)
        | dict.fromkeys(("visit", "pages", "cart_items", "cart_total_minor"), 2),
        Card,
    )
    seen = [msgspec.structs.replace(e, fact=seen_by(e.fact, "shopper", own=False)) for e in stage.log]
    return [
        Welcome(LEA, 1.5, 15.0, [site()], "token", True),
        Joined("room", 1, "resume", 4, position, [GINNY], view=view(stage.state, "csa")),
        Joined("room", 1, "resume", 4, position, [], view=view(stage.state, "shopper")),
        Joined("room", 1, "resume", 4, position, [], tail=seen),
        News("room", stage.log),
        TypingNow("room", LEA, True),
        Presence("room", [LEA, GINNY]),
        Tops({"room": position}, True),
        Lobby(True, [card], ["other"], 1),
        Drain(2.5),
        Refuse("room", "gap", "expected operation 2, got 4", 4),
        Mirrored("room", "e1", 0, bytes(range(256)), True),
        Record("room", True, [MaskRule("mask", ".x", "/a*")], False),
        PageFile("room", "0" * 64, "image/png", b"\x89PNG\x00\xff" * 300),
        Pointed("room", GINNY, "e1", 7, 0.5, 1.0, "mark"),
        ActNow("room", GINNY, "e1", 1, 7, "click", 0.5, 1.0),
        OutcomeNow("room", 1, "done"),
    ]


SERVER = server_frames()


def test_wire1_the_examples_name_every_frame() -> None:
    assert {type(frame) for frame in CLIENT} == set(AnyClientFrame.__args__)
    assert {type(frame) for frame in SERVER} == set(AnyServerFrame.__args__)
    assert {type(frame.op) for frame in CLIENT if isinstance(frame, Do)} == set(AnyOperation.__args__)


@pytest.mark.parametrize("frame", CLIENT, ids=lambda frame: type(frame).__name__)
def test_wire1_a_clients_frame_comes_back_as_it_was(frame: AnyClientFrame) -> None:
    assert decode_client(encode(frame)) == frame


@pytest.mark.parametrize("frame", SERVER, ids=lambda frame: type(frame).__name__)
def test_wire1_a_servers_frame_comes_back_as_it_was(frame: AnyServerFrame) -> None:
    assert canonical(decode_server(encode(frame))) == canonical(frame)


def plain(value: Any) -> Any:
    """The frame as maps, lists and texts, with sets in order: what any MessagePack library would read."""
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, dict):
        return {key: sorted(v) if key == "cloud" else plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


@pytest.mark.parametrize("frame", [*CLIENT, *SERVER], ids=lambda frame: type(frame).__name__)
def test_wire1_another_library_reads_the_same(frame: AnyClientFrame | AnyServerFrame) -> None:
    read = msgpack.unpackb(encode(frame), strict_map_key=True)
    assert isinstance(read["t"], str)
    for coupons in (
        delta["coupons"]
        for entry in [*read.get("entries", []), *(read.get("tail") or [])]
        if (delta := entry[6].get("delta"))
        if "coupons" in delta
    ):
        assert all(isinstance(dots, list) for dots in coupons.values())
    assert canonical(plain(read)) == canonical(plain(msgspec.to_builtins(frame, builtin_types=())))
    if isinstance(frame, AnyClientFrame):
        assert decode_client(msgpack.packb(read)) == frame


def do(**op: Any) -> dict[str, Any]:
    return {"t": "do", "room": "room", "c": 1, "at": 1.0, "op": op}


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


STEP = {"k": "increment", "line": "oak", "n": 1}
BAD: dict[str, Any] = {
    "not a map": [1],
    "no kind": {"room": "room"},
    "unknown kind": {"t": "sell"},
    "unknown operation": do(k="sell"),
    "unknown field": {"t": "beat", "x": 1},
    "unknown field of an operation": do(**STEP, price=1),
    "missing field": {"t": "leave"},
    "text for a number": do(k="increment", line="oak", n="1"),
    "a float for a number": do(k="increment", line="oak", n=1.5),
    "true for a number": do(k="increment", line="oak", n=True),
    "bytes for text": {"t": "leave", "room": b"room"},
    "step too great": do(k="increment", line="oak", n=100),
    "step too small": do(k="increment", line="oak", n=-100),
    "quantity negative": do(k="set", line="oak", n=-1, seen=[]),
    "quantity over the cap": do(k="set", line="oak", n=1000, seen=[]),
    "too many dots": do(k="set", line="oak", n=1, seen=["1.1"] * 33),
    "dot of letters": do(k="set", line="oak", n=1, seen=["a.b"]),
    "dot zero": do(k="set", line="oak", n=1, seen=["1.0"]),
    "dot with a line break": do(k="set", line="oak", n=1, seen=["1.1\n"]),
    "dot with foreign digits": do(k="set", line="oak", n=1, seen=["1.١"]),
    "line too long": do(k="increment", line="x" * 513, n=1),
    "line empty": do(k="increment", line="", n=1),
    "code too long": do(k="coupon_add", code="X" * 41),
    "code with a line break": do(k="coupon_add", code="SAVE\n"),
    "text empty": do(k="say", text=""),
    "text too long": do(k="say", text="x" * 4001),
    "text with a zero character": do(k="say", text="a\0b"),
    "name with a zero character": do(k="describe", items=[{"line": "x", "name": "\0"}]),
    "invitation with a zero character": do(k="invite", text="\0"),
    "locale with a zero character": {"t": "hello", "v": 1, "role": "shopper", "locale": "en\0"},
    "parameter with a zero character": do(k="event", name="x", params={"p": "\0"}),
    "note too long": do(k="note", field="gift", text="x" * 2049),
    "too many items": do(k="describe", items=[{"line": "x"}] * 51),
    "no items": do(k="describe", items=[]),
    "price negative": do(k="describe", items=[{"line": "x", "price_minor": -1}]),
    "too many parameters": do(k="event", name="x", params={f"p{n}": 1.0 for n in range(17)}),
    "parameter not a number": do(k="event", name="x", params={"p": math.nan}),
    "parameter infinite": do(k="event", name="x", params={"p": math.inf}),
    "parameter a list": do(k="event", name="x", params={"p": [1]}),
    "event name with blanks": do(k="event", name="view item"),
    "number zero": {"t": "do", "room": "room", "c": 0, "at": 1.0, "op": STEP},
    "number too great": {"t": "do", "room": "room", "c": 2**53, "at": 1.0, "op": STEP},
    "clock not a number": {"t": "do", "room": "room", "c": 1, "at": math.nan, "op": STEP},
    "clock infinite": {"t": "do", "room": "room", "c": 1, "at": math.inf, "op": STEP},
    "clock negative": {"t": "do", "room": "room", "c": 1, "at": -1.0, "op": STEP},
    "room with a slash": {"t": "leave", "room": "a/b"},
    "room with a line break": {"t": "leave", "room": "room\n"},
    "role of the server": {"t": "hello", "v": 1, "role": "server"},
    "position too long": {"t": "join", "room": "room", "position": ["epoch", 1, 1, 1]},
    "position too short": {"t": "join", "room": "room", "position": ["epoch", 1]},
    "hash negative": {"t": "join", "room": "room", "position": ["epoch", 1, -1]},
    "deep": do(k="describe", items=[{"line": "x", "extra": nested(200)}] * 51),
    "deep where nothing is known": {"t": nested(500)},
    "a time for a number": {"t": "do", "room": "room", "c": 1, "at": msgpack.Timestamp(1, 0), "op": STEP},
}


def refusal(data: bytes) -> PeerError:
    with pytest.raises(PeerError) as refused:
        decode_client(data)
    assert refused.value.code is Close.BAD_FRAME
    assert len(refused.value.reason.encode()) <= MAX_REASON_BYTES
    assert refused.value.reason.isascii()
    return refused.value


@pytest.mark.parametrize("value", BAD.values(), ids=BAD.keys())
def test_wire2_what_is_no_frame_is_refused(value: Any) -> None:
    refusal(msgpack.packb(value))


@pytest.mark.parametrize(
    "data", [b"", b"\xc1", b"\xff", b"\x81", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"]
)
def test_wire2_what_is_no_messagepack_is_refused(data: bytes) -> None:
    refusal(data)


def test_wire2_bytes_left_over_are_refused() -> None:
    refusal(encode(Beat()) + b"\x00")


@pytest.mark.parametrize("frame", CLIENT[:12], ids=lambda frame: type(frame).__name__)
def test_wire2_each_truncation_is_refused(frame: AnyClientFrame) -> None:
    data = encode(frame)
    for length in range(len(data)):
        refusal(data[:length])


def test_wire2_nesting_as_deep_as_a_frame_is_refused() -> None:
    deep = msgspec.Raw(b"\x91" * 60_000 + b"\xc0")
    refusal(msgspec.msgpack.encode(do(k="describe", items=[{"line": "x", "extra": deep}])))
    with pytest.raises(PeerError):
        decode_server(b"\x81\xa1t" + b"\x91" * 60_000 + b"\xc0")


def test_wire2_a_frame_has_at_most_64_kib() -> None:
    assert "65536" in refusal(b"\x00" * (MAX_FRAME_BYTES + 1)).reason


def test_wire2_text_that_is_no_utf8_is_refused() -> None:
    refusal(encode(Do("room", 1, 1.0, Say("????"))).replace(b"????", b"\xff\xfe\xed\xa0"))


def test_wire2_a_reason_never_echoes_what_came() -> None:
    secret = "card 4111 - at `$.x"
    for value in (
        {"t": secret},
        do(k=secret),
        {"t": "beat", secret: 1},
        do(**STEP, **{secret: 1}),
        do(k="event", name=secret),
        do(k="event", name="x", params={secret: 1.0}),
        {"t": "hello", "v": 1, "role": secret},
    ):
        reason = refusal(msgpack.packb(value)).reason
        assert "4111" not in reason
        assert reason.startswith("not a frame of protocol 1: ")


def mutated(rng: random.Random, data: bytes) -> bytes:
    """The frame with a few bytes changed, dropped, doubled or swapped in from another one."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(5):
            case 0 if at < len(out):
                out[at] = rng.randrange(256)
            case 1:
                del out[at : at + rng.randint(1, 3)]
            case 2:
                out[at:at] = rng.randbytes(rng.randint(1, 4))
            case 3:
                out[at:at] = bytes([rng.choice([0x91, 0x81, 0xC0, 0xCB, 0xDF, 0xD9, 0xC7])])
            case _:
                other = encode(rng.choice(CLIENT))
                cut = rng.randrange(len(other))
                out[at:] = other[cut:]
    return bytes(out)


def test_wire2_of_20000_mutated_frames_each_is_valid_or_a_peer_error() -> None:
    rng = random.Random(20_000)
    refused = 0
    for _ in range(20_000):
        data = mutated(rng, encode(rng.choice(CLIENT)))
        try:
            frame = decode_client(data)
        except PeerError:
            refused += 1
        else:
            assert decode_client(encode(frame)) == frame
    assert 10_000 < refused < 20_000


def test_wire2_frames_that_are_barely_in_bounds_pass() -> None:
    for op in (
        Increment("x" * 512, -99),
        SetQuantity("oak", 999, ["4294967295.9007199254740991"] * 32),
        Say("ü" * 4000),
        Finish(),
    ):
        frame = Do("r" * 64, 2**53 - 1, 1e11, op)
        assert decode_client(encode(frame)) == frame


def test_wire1_fields_that_hold_their_default_are_left_out() -> None:
    assert msgpack.unpackb(encode(Hello(1, "csa"))) == {"t": "hello", "v": 1, "role": "csa"}
    entry = Stage().lea(Say("Hello"))
    read = msgpack.unpackb(encode(News("room", [entry])))
    assert read["entries"][0][5:] == [["shopper", "lea", "Lea"], {"k": "said", "text": "Hello"}]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 300])
def test_wire1_news_of_entries_encoded_before_is_the_same_frame(count: int) -> None:
    entries = [
        Entry(n + 1, n, 1.5, 7, n + 1, Author("csa", "a", "Ginny"), Said("hello")) for n in range(count)
    ]
    assert encode_news("room-1", [encode_entry(entry) for entry in entries]) == encode(
        News("room-1", entries)
    )
