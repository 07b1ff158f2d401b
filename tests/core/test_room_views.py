"""An old view plus the entries since is the view fetched afresh, for both roles, after any operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobrowse.core import room
from cobrowse.core.messages import (
    AddCoupon,
    Answer,
    AnyFact,
    AnyOperation,
    Arrived,
    Ask,
    Author,
    Describe,
    Entry,
    Event,
    Finish,
    Grant,
    Hidden,
    Increment,
    Invite,
    Item,
    Offered,
    Page,
    Propose,
    Read,
    RemoveCoupon,
    Role,
    RoomView,
    Say,
    SetQuantity,
    Settle,
    Settled,
    ShareAct,
    Shared,
    Take,
    Withdraw,
    WriteNote,
)
from tests.core.stage import CSA_TAB, GINNY, LEA, OTHER_TAB, SERVER, SHOPPER_TAB, Stage, canonical
from tests.vectors.every_fact import every_fact, view_after
from tests.vectors.histories import AUTHORS, seen_by

_encoder = msgspec.msgpack.Encoder()
_views = msgspec.msgpack.Decoder(RoomView)
_entries = msgspec.msgpack.Decoder(Entry)

LINES = ("oak", "pine?size=s", "elm")
lines = st.sampled_from(LINES)
items = st.lists(st.builds(Item, lines, st.sampled_from(["Oak", "Pine"])), min_size=1, max_size=2)
pages = st.one_of(
    st.none(), st.builds(Page, st.sampled_from(["/a", "/b"]), referrer=st.just("https://x.test/"))
)
dots = st.builds("{}.{}".format, st.sampled_from([0, 1, 2, 3]), st.integers(1, 12))
operations: st.SearchStrategy[AnyOperation] = st.one_of(
    st.builds(Increment, lines, st.integers(-3, 3)),
    st.builds(SetQuantity, lines, st.integers(0, 3), st.lists(dots, max_size=3)),
    st.builds(AddCoupon, st.just("SAVE")),
    st.builds(RemoveCoupon, st.just("SAVE"), st.lists(dots, max_size=2)),
    st.builds(WriteNote, st.just("gift"), st.sampled_from(["x", "y"])),
    st.builds(Propose, lines, st.integers(1, 3)),
    st.builds(Answer, dots, st.booleans()),
    st.builds(Withdraw, dots),
    st.builds(Describe, items),
    st.builds(Say, st.sampled_from(["Hello", "Hi"])),
    st.builds(Read, st.integers(0, 40)),
    st.builds(Take),
    st.builds(Finish),
    st.builds(Grant, st.booleans()),
    st.builds(Ask),
    st.builds(Invite, st.just("Can I help?")),
    st.builds(Settle, dots, st.booleans()),
    st.builds(
        Event, st.sampled_from(["page_view", "view_item", "purchase"]), pages, st.one_of(st.just([]), items)
    ),
)
steps = st.tuples(
    st.sampled_from([(LEA, SHOPPER_TAB), (LEA, OTHER_TAB), (GINNY, CSA_TAB), (SERVER, 0)]),
    operations,
    st.sampled_from([0.0, 1.0, 700.0, 2000.0]),
    st.integers(0, 4),
)


@dataclass
class Reader:
    """A client, built of what came over the wire only: one view, then entries."""

    role: Role
    replica: int
    state: room.RoomState

    def take(self, entry: Entry) -> None:
        fact = room.seen_by(entry.fact, self.role, entry.replica == self.replica)
        seen = msgspec.structs.replace(entry, fact=fact)
        room.apply(self.state, _entries.decode(_encoder.encode(seen)))


def reader(stage: Stage, role: Role, replica: int) -> Reader:
    state = told(room.view(stage.state, role))
    state.head = stage.state.head
    return Reader(role, replica, state)


def told(view: RoomView) -> room.RoomState:
    """What a client knows that was sent this view."""
    view = _views.decode(_encoder.encode(view))
    state = room.RoomState("room", view.site, "epoch", (0, 0), view.cart, view.items, view.conversation)
    state.grant, state.changes, state.sharing = view.grant, view.changes, view.sharing
    state.offers = view.offers or ([view.offer] if view.offer else [])
    if view.visit is not None:
        state.visit = view.visit
    return state


def act(stage: Stage, author: Author, replica: int, op: AnyOperation) -> Entry:
    """The step's entry; the server's own are offers, by rule and by time."""
    if author is not SERVER:
        return stage.do(author, op, replica)
    open_offer = stage.state.offers[-1] if stage.state.offers else None
    if open_offer is not None and open_offer.status == "open":
        return stage.write(SERVER, 0, Settled(open_offer.id, "expired"))
    if stage.state.visit.device == "":
        return stage.write(SERVER, 0, Arrived("Safari, iPhone", "de"))
    return stage.write(SERVER, 0, Offered("Help?", stage.now + 600, "basket", "v1", "3 items"))


@settings(max_examples=400, deadline=None)
@given(st.lists(steps, max_size=30))
def test_room7_wire7_a_view_and_the_entries_since_are_the_fresh_view(
    history: list[tuple[tuple[Author, int], AnyOperation, float, int]],
) -> None:
    stage = Stage()
    seats: list[tuple[Role, int]] = [("shopper", SHOPPER_TAB), ("shopper", OTHER_TAB), ("csa", CSA_TAB)]
    readers = [reader(stage, role, replica) for role, replica in seats]
    for (author, replica), op, later_s, joins in history:
        stage.now += later_s
        entry = act(stage, author, replica, op)
        for each in readers:
            each.take(entry)
        if joins == 0:
            readers += [reader(stage, role, replica) for role, replica in seats]
        for each in readers:
            kept = room.view(each.state, each.role)
            assert canonical(kept) == canonical(room.view(stage.state, each.role))
            assert each.state.head == stage.state.head


@pytest.mark.parametrize("replica", [SHOPPER_TAB, OTHER_TAB, CSA_TAB])
def test_room7_every_kind_of_fact_makes_of_an_old_view_the_fresh_one(replica: int) -> None:
    """From each moment of a history that has them all, to each later one."""
    log = every_fact()
    assert {type(entry.fact) for entry in log} == set(get_args(AnyFact)) - {Hidden}
    assert {entry.fact.act for entry in log if isinstance(entry.fact, Shared)} == set(get_args(ShareAct))
    role = AUTHORS[replica - 1].role
    fresh = [canonical(view_after(log[:upto], role)) for upto in range(len(log) + 1)]
    for begins in range(len(log)):
        state = told(view_after(log[:begins], role))
        for upto, entry in enumerate(seen_by(log[begins:], replica), begins + 1):
            room.apply(state, _entries.decode(_encoder.encode(entry)))
            assert canonical(room.view(state, role)) == fresh[upto], f"entries {begins + 1} to {upto}"


def test_room7_a_shoppers_other_tab_learns_that_leave_ended_with_the_visit() -> None:
    """Found by reading: the event that begins a visit was hidden from other tabs, and they cannot count visits."""
    stage = Stage()
    stage.lea(Event("page_view", Page("/a")))
    stage.lea(Grant(True))
    other = reader(stage, "shopper", OTHER_TAB)
    stage.now += 3600
    other.take(stage.lea(Event("page_view", Page("/b"))))
    assert not stage.state.grant.edit
    assert not other.state.grant.edit


def test_room7_a_shoppers_other_tab_learns_items_from_events() -> None:
    """Found by reading: they were in a fresh view only."""
    stage = Stage()
    other = reader(stage, "shopper", OTHER_TAB)
    other.take(stage.lea(Event("view_item", items=[Item("oak", "Oak")])))
    assert list(other.state.items) == ["oak"]
