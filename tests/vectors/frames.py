"""Frames of every kind, with the values that a codec may get wrong: sizes of numbers, text and lists, absent fields."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from cobrowse.core.messages import (
    Act,
    ActNow,
    AddCoupon,
    AnyClientFrame,
    AnyServerFrame,
    AskRecord,
    AskShare,
    Author,
    Beat,
    Card,
    Do,
    Drain,
    Event,
    Finish,
    Front,
    Hello,
    Identify,
    Increment,
    Item,
    Join,
    Joined,
    Leave,
    LetRecord,
    Lobby,
    MaskRule,
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
    Say,
    SetQuantity,
    Share,
    SiteView,
    Status,
    Tops,
    Typing,
    TypingNow,
    Watch,
    Welcome,
)
from tests.vectors.histories import room_history

_POSITION = Position("e1", 4294967296, 4294967295)
_CSA = Author("csa", "a1", "Ginny 👋")
_SITE = SiteView("shop", "The Shop", "GBP", "ask", "#7a4", "Hello!", "+44 113 496 0000")


def client_frames() -> list[AnyClientFrame]:
    return [
        Hello(1, "shopper", "shop", "t" * 300, "resume", _POSITION, "de-AT", 60),
        Hello(1, "csa"),
        Join("r1", "resume", _POSITION),
        Join("r-2"),
        Leave("r1"),
        Do("r1", 1, 1000.0, Increment("7", -99)),
        Do("r1", 127, 1700000000.123456, Increment("7", 99, undoes=128)),
        Do("r1", 128, 0.0, SetQuantity("7", 999, [f"{n}.1" for n in range(1, 33)])),
        Do("r1", 2**32, 1e10, AddCoupon("WELCOME")),
        Do("r1", 2**53 - 1, 0.1, Say("x" * 31)),
        Do("r1", 65536, 1.5, Say("é" * 130 + "👋" * 3)),
        Do("r1", 255, 1.5, Say("long " * 790)),
        Do("r1", 256, 1.5, Finish()),
        Do(
            "r1",
            65535,
            1.5,
            Event(
                "view_item",
                Page("/a", "Title", "product"),
                [Item("7", "Seven", price_minor=10**12), Item("8")],
                0,
                {"a": True, "b": False, "c": -1.5, "d": "", "e": 1e14 + 0.5},
            ),
        ),
        Typing("r1", on=True),
        Beat(),
        Status(available=False),
        Front("r1"),
        Watch("r1", on=True),
        Point("r1", "e1a", 17, 0.25, 1.0, "laser"),
        Point("r1", "e1a", 17, 0.5, 0.5, "pen", 3, [-1.5, 0.0, 0.25, 1000.0]),
        Act("r1", "e1a", 1, 17, "click", 0.25, 0.75),
        Act("r1", "e1a", 2, 17, "type", text="Zoë 👋"),
        Act("r1", "e1a", 3, 17, "select", index=300),
        Act("r1", "e1a", 4, 17, "scroll", dx=-0.5, dy=120.0),
        Outcome("r1", "a1", 4, "done"),
        Outcome("r1", "a1", 5, "cart", "7", 2),
        Do("r1", 3, 1.0, Share("view", "a1")),
        Do("r1", 4, 1.0, AskShare("point")),
        Do("r1", 5, 1.0, Identify("4711:" + "a0" * 32)),
        Hello(1, "shopper", "shop", utc_min=-330),
        Do("r1", 5, 1.0, AskRecord()),
        Do("r1", 6, 1.0, LetRecord(on=True)),
    ]


def server_frames() -> list[AnyServerFrame]:
    history = room_history(Random("frames"), 40)
    numbers = [0, 1, 127, 128, 255, 256, 65535, 65536, 2**31, 2**32 - 1, 2**32, 2**53 - 1]
    card = Card(
        "r1",
        "shop",
        "Lea",
        True,
        1.5,
        2.25,
        2,
        17,
        "/cart",
        "Cart",
        "cart",
        "",
        "Safari, iPhone",
        3,
        31200,
        "GBP",
        "waiting",
    )
    full = replace(
        card,
        waiting_since=1700000000.5,
        reason="basket idle 90 s",
        taken_by=_CSA,
        unread=300,
        last_text="Zoë",
        typing=True,
        offer="dismissed",
    )
    return [
        Welcome(Author("shopper", "v1", ""), 1700000000.25, 25.0, [_SITE], "token", available=True),
        Welcome(_CSA, 1.0, 0.5, [_SITE] * 17),
        Joined("r1", 7, "resume", 3, history.end, [_CSA], view=history.after["shopper"]),
        Joined("r1", 7, "resume", 3, history.end, [], view=history.after["csa"]),
        Joined("r1", 7, "resume", 3, history.end, [], tail=history.seen_by(2)),
        News("r1", history.seen_by(3)),
        TypingNow("r1", _CSA, on=False),
        Presence("r1", [_CSA, Author("shopper", "v1")]),
        Tops({f"r{n}": Position("e1", n, n % 2**32) for n in numbers}, available=True),
        Lobby(full=True, cards=[card, full], total=70000),
        Lobby(full=False, cards=[], gone=["r1", "r2"]),
        Drain(12.5),
        Refuse("r1", "gap", "expected operation 3, got 5", 5),
        Refuse("r1", "forbidden", "x" * 300),
        Record("r1", on=True, rules=[MaskRule("mask", ".x", "/a*")], catalogue=False),
        Record("r1", on=False),
        Record("r1", on=True, sheets=["0" * 64], files=["/members/*"], known_files=["f" * 64]),
        PageFile("r1", "f" * 64, "image/png", b"\x89PNG\r\n\x1a\n" + bytes(300)),
        Pointed("r1", _CSA, "e1a", 17, 0.25, 1.0, "mark"),
        Pointed("r1", _CSA, "e1a", 17, 0.25, 1.0, "arrow", 2**40, [0.0, -3.25, 0.25, 1.0]),
        ActNow("r1", _CSA, "e1a", 7, 17, "key", text="Enter"),
        OutcomeNow("r1", 7, "confirm"),
        OutcomeNow("r1", 8, "cart", "7", 1),
    ]
