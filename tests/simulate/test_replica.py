from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from cobrowse.core.cart import FOLD_AT_DOTS, Cart, project
from cobrowse.core.codec import decode_server, encode
from cobrowse.core.items import nothing_known
from cobrowse.core.messages import (
    AnyFact,
    Author,
    Declined,
    Do,
    Entry,
    Event,
    Increment,
    Item,
    Joined,
    News,
    Page,
    Position,
    SetQuantity,
    SiteView,
)
from cobrowse.core.room import RoomState, Terms, apply, decide, last_counter, next_entry, seen_by, view
from cobrowse.simulate.replica import RoomReplica
from cobrowse.simulate.shopper import cart_change, session_event, to_minor
from cobrowse.simulate.stream import Event as Row

SHOPPER = Author("shopper", "room")
TERMS = Terms(SiteView("shop", "Shop", "GBP", "ask"), nothing_known, b"s" * 32)


class Room:
    """The server's end of a room, by the core alone; what it says has been bytes."""

    def __init__(self) -> None:
        self.state = RoomState("room", "shop", "epoch")
        self.log: list[Entry] = []

    def joined(self, replica: int, after: int | None = None) -> Joined:
        frame = Joined(
            "room",
            replica,
            f"resume {replica}",
            last_counter(self.state, replica),
            Position("epoch", *self.state.head),
            [],
            view(self.state, "shopper") if after is None else None,
            None if after is None else self.log[after:],
        )
        decoded = decode_server(encode(frame))
        assert isinstance(decoded, Joined)
        return decoded

    def write(self, do: Do, replica: int, fact: AnyFact | None = None) -> list[Entry]:
        fact = fact or decide(self.state, SHOPPER, replica, do.c, do.op, do.at, 1.0, TERMS)
        fact_bytes = msgspec.msgpack.encode(fact)
        entry = next_entry(self.state, SHOPPER, replica, do.c, fact, 1.0, fact_bytes)
        apply(self.state, entry)
        self.log.append(msgspec.structs.replace(entry, fact=seen_by(fact, "shopper", own=True)))
        news = decode_server(encode(News("room", self.log[-1:])))
        assert isinstance(news, News)
        return news.entries


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def tab(room: Room) -> RoomReplica:
    tab = RoomReplica()
    assert tab.take(room.joined(1)) == []
    return tab


def test_an_operation_is_shown_at_once_and_kept_until_its_entry_comes(room: Room, tab: RoomReplica) -> None:
    do = tab.do(Increment("a", 1), 1.0)
    assert (do.room, do.c) == ("room", 1)
    assert (project(tab.cart), project(tab.shown())) == ({}, {"a": 1})
    tab.apply(room.write(do, 1))
    assert (project(tab.cart), project(tab.shown()), len(tab.pending)) == ({"a": 1}, {"a": 1}, 0)
    assert tab.do(Increment("a", 1), 1.0).c == 2


def test_a_declined_operation_is_answered_and_leaves_no_trace(room: Room, tab: RoomReplica) -> None:
    tab.apply(room.write(tab.do(Increment("a", 1), 1.0), 1, Declined("bound", "too many")))
    assert (project(tab.shown()), dict(tab.declined), len(tab.pending)) == ({}, {"bound": 1}, 0)


def test_a_purchase_and_a_removal_are_shown_at_once(tab: RoomReplica) -> None:
    tab.do(Increment("a", 2), 1.0)
    tab.do(Increment("b", 1), 1.0)
    tab.do(SetQuantity("a", 0, list(tab.shown().lines["a"])), 1.0)
    assert project(tab.shown()) == {"b": 1}
    tab.do(Event("purchase"), 1.0)
    assert project(tab.shown()) == {}


def test_wire5_after_a_reconnect_only_what_the_log_has_not_is_sent_again(
    room: Room, tab: RoomReplica
) -> None:
    frames = [tab.do(Increment("a", 1), 1.0) for _ in range(4)]
    tab.apply(room.write(frames[0], 1))
    room.write(frames[1], 1)
    again = tab.take(room.joined(1, after=1))
    assert again == frames[2:]
    assert (project(tab.cart), project(tab.shown())) == ({"a": 2}, {"a": 4})
    room.write(again[0], 1)
    assert tab.take(room.joined(1)) == frames[3:]
    assert (project(tab.cart), project(tab.shown())) == ({"a": 3}, {"a": 4})


def test_wire5_another_replica_numbers_what_is_pending_anew_with_the_dots_it_names(
    room: Room, tab: RoomReplica
) -> None:
    tab.apply(room.write(tab.do(Increment("a", 1), 1.0), 1))
    tab.do(Increment("a", 1), 1.0)
    tab.do(SetQuantity("a", 0, list(tab.shown().lines["a"])), 1.0)
    added, removed = tab.take(room.joined(2))
    assert (added.c, removed.c) == (1, 2)
    assert isinstance(removed.op, SetQuantity)
    assert set(removed.op.seen) == {"1.1", "2.1"}
    tab.apply(room.write(added, 2))
    tab.apply(room.write(removed, 2))
    assert (project(tab.cart), project(room.state.cart)) == ({}, {})


def test_wire7_a_view_and_a_tail_lead_to_the_same_cart(room: Room, tab: RoomReplica) -> None:
    late = RoomReplica()
    for op in (Increment("a", 2), Increment("b", 1), SetQuantity("b", 5, ["1.2"]), Event("view_cart")):
        tab.apply(room.write(tab.do(op, 1.0), 1))
    late.take(room.joined(2))
    assert late.cart == tab.cart == room.state.cart
    room.write(tab.do(Increment("c", 1), 1.0), 1)
    tab.take(room.joined(1, after=4))
    late.take(room.joined(2, after=4))
    assert late.cart == tab.cart == room.state.cart


def test_wire4_what_is_missing_or_contradicts_is_noticed(room: Room, tab: RoomReplica) -> None:
    first = room.write(tab.do(Increment("a", 1), 1.0), 1)
    second = room.write(tab.do(Increment("a", 1), 1.0), 1)
    assert tab.apply(second) is None
    assert tab.is_behind(Position("epoch", *room.state.head))
    assert tab.apply(first) == first
    assert tab.apply([*first, *second]) == second
    top = Position("epoch", *room.state.head)
    assert not tab.is_behind(top)
    assert not tab.contradicts(top)
    assert tab.contradicts(Position("other", *room.state.head))
    assert tab.contradicts(Position("epoch", top.offset, top.hash ^ 1))
    assert tab.contradicts(Position("epoch", 0, 0))


def row(name: str, item: str = "n1", price: str | None = None) -> Row:
    return Row(2, "s1", "u1", 0.0, name, item, Decimal(price) if price else None, "shoes", "Acme")


def test_a_row_becomes_the_event_that_a_page_would_report() -> None:
    item = Item("n%201", "Acme n 1", "", 262, "EUR", "shoes")
    assert session_event(row("view_item", "n 1", "2.62"), "EUR") == Event(
        "view_item", Page("/products/n%201", "Acme n 1", "product"), [item]
    )
    assert session_event(row("purchase", "n 1", "2.62"), "EUR") == Event("purchase", None, [item], 262)
    assert session_event(row("view_cart", ""), "EUR") == Event("view_cart", Page("/cart", kind="cart"))
    assert session_event(row("compare", ""), "EUR") == Event("compare")
    assert session_event(row("wish"), "EUR").items == [Item("n1", "Acme n1", category="shoes")]


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [
        ("2.62", "GBP", 262),
        ("2.625", "GBP", 263),
        ("0", "GBP", 0),
        ("1500", "JPY", 1500),
        ("1.5", "KWD", 1500),
    ],
)
def test_a_price_becomes_minor_units_of_its_currency(price: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(price), currency) == minor


def test_cart3_a_removal_names_the_dots_that_the_shopper_sees(tab: RoomReplica) -> None:
    assert cart_change(row("remove_from_cart"), tab.shown()) is None
    tab.do(Increment("n1", 1), 1.0)
    assert cart_change(row("remove_from_cart"), tab.shown()) == SetQuantity("n1", 0, ["1.1"])
    assert cart_change(row("purchase"), tab.shown()) is None
    assert cart_change(row("add_to_cart", ""), tab.shown()) is None


def test_cart8_a_line_of_many_dots_is_folded_into_one(tab: RoomReplica) -> None:
    for _ in range(FOLD_AT_DOTS):
        one_more = cart_change(row("add_to_cart"), tab.shown())
        assert one_more == Increment("n1", 1)
        tab.do(Increment("n1", 1), 1.0)
    op = cart_change(row("add_to_cart"), tab.shown())
    assert isinstance(op, SetQuantity)
    assert (op.n, len(op.seen)) == (FOLD_AT_DOTS + 1, FOLD_AT_DOTS)
    tab.do(op, 1.0)
    assert project(tab.shown()) == {"n1": FOLD_AT_DOTS + 1}
    assert cart_change(row("add_to_cart"), Cart()) == Increment("n1", 1)
