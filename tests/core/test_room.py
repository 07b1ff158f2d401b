"""What each operation becomes for each role, and that a refused one leaves nothing."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from contextlib import nullcontext

import msgspec
import pytest

from cobrowse.core import room
from cobrowse.core.cart import project
from cobrowse.core.errors import Refusal
from cobrowse.core.messages import (
    AddCoupon,
    Answer,
    AnyOperation,
    Ask,
    AskRecord,
    AskShare,
    Author,
    CartChanged,
    CartGrant,
    Declined,
    Describe,
    Entry,
    Event,
    Finish,
    Grant,
    Happened,
    Hidden,
    Identify,
    Increment,
    Invite,
    Item,
    LetRecord,
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
    Share,
    Take,
    Withdraw,
    WriteNote,
)
from tests.core.stage import (
    CSA_TAB,
    GINNY,
    IDENTITY_SECRET,
    LEA,
    OTHER_TAB,
    SERVER,
    SHOPPER_TAB,
    Stage,
    canonical,
    code_of,
    content,
    site,
)


def furnished(csa_edits: str = "ask") -> Stage:
    """A room with something of everything: a cart, a code, a proposal (3.1), a live conversation."""
    stage = Stage(csa_edits)
    stage.ginny(Propose("elm", 2, "Fits better"))
    stage.lea(Event("page_view", Page("/oak", "Oak"), [Item("oak", "Oak shelf")]))
    stage.lea(Increment("oak", 3))
    stage.lea(AddCoupon("SAVE"))
    stage.lea(Say("Hello"))
    stage.now += 60
    return stage


def with_offer() -> Stage:
    stage = Stage()
    stage.ginny(Invite("Can I help?"))
    stage.now += 5
    return stage


SIGNED = hmac.new(IDENTITY_SECRET, b"cobrowse:4711", "sha256").hexdigest()

ALLOWED: list[tuple[AnyOperation, Callable[[], Stage], str, str]] = [
    # operation, room, what a shopper gets, what a CSA gets
    (Increment("oak", 1), furnished, "", "not_granted"),
    (SetQuantity("oak", 1, []), furnished, "", "not_granted"),
    (AddCoupon("TEN"), furnished, "", "not_granted"),
    (RemoveCoupon("SAVE", []), furnished, "", "not_granted"),
    (WriteNote("gift", "For Ada"), furnished, "", ""),
    (Propose("oak", 1), furnished, "forbidden", ""),
    (Withdraw("3.1"), furnished, "forbidden", ""),
    (Answer("3.1", True), furnished, "", "forbidden"),
    (Answer("3.1", False), furnished, "", "forbidden"),
    (Describe([Item("oak")]), furnished, "", "forbidden"),
    (Say("Hello"), furnished, "", ""),
    (Say("Hello"), Stage, "", "invalid"),
    (Read(1), furnished, "", ""),
    (Take(), furnished, "forbidden", ""),
    (Take(), Stage, "forbidden", "invalid"),
    (Finish(), furnished, "", ""),
    (Finish(), Stage, "invalid", "invalid"),
    (Grant(True), furnished, "", "forbidden"),
    (Grant(False), furnished, "", "forbidden"),
    (Ask(), furnished, "forbidden", ""),
    (AskShare("view"), furnished, "forbidden", ""),
    (Share("none"), furnished, "", "forbidden"),
    (Share("view", "nobody"), furnished, "invalid", "forbidden"),
    (AskRecord(), furnished, "forbidden", "invalid"),
    (LetRecord(False), furnished, "", "forbidden"),
    (LetRecord(True), furnished, "invalid", "forbidden"),
    (Invite("Hello"), furnished, "forbidden", "invalid"),
    (Invite("Hello"), Stage, "forbidden", ""),
    (Invite("Hello"), with_offer, "forbidden", "invalid"),
    (Identify("4711:" + SIGNED), Stage, "", "forbidden"),
    (Identify("4712:" + SIGNED), Stage, "invalid", "forbidden"),
    (Settle("3.1", True), with_offer, "", ""),
    (Settle("3.1", False), with_offer, "", ""),
    (Settle("3.2", True), with_offer, "gone", "gone"),
    (Event("view_cart"), furnished, "", "forbidden"),
    (Answer("3.9", True), furnished, "gone", "forbidden"),
    (Withdraw("3.9"), furnished, "forbidden", "gone"),
    (SetQuantity("oak", 1, ["8.8"]), furnished, "unknown_dot", "not_granted"),
    (RemoveCoupon("SAVE", ["8.8"]), furnished, "unknown_dot", "not_granted"),
    (Increment("no line?", 1), furnished, "invalid", "not_granted"),
    (SetQuantity("no line?", 1, []), furnished, "invalid", "not_granted"),
    (Describe([Item("no line?")]), furnished, "invalid", "forbidden"),
    (Event("view_item", items=[Item("no line?")]), furnished, "invalid", "forbidden"),
    (Propose("no line?", 1), furnished, "forbidden", "invalid"),
]
ROLES: tuple[Role, ...] = ("shopper", "csa")
ROWS = [
    pytest.param(
        op, make, author, code, id=f"{type(op).__name__}-{make.__name__}-{author.role}-{code or 'taken'}"
    )
    for op, make, shopper, csa in ALLOWED
    for author, code in ((LEA, shopper), (GINNY, csa))
]


def test_room5_the_table_names_every_operation() -> None:
    assert {type(op) for op, *_ in ALLOWED} == set(AnyOperation.__args__)


@pytest.mark.parametrize(("op", "make", "author", "code"), ROWS)
def test_room5_who_may_do_what(
    op: AnyOperation, make: Callable[[], Stage], author: Author, code: str
) -> None:
    stage = make()
    assert code_of(stage.do(author, op)) == code


@pytest.mark.parametrize(("op", "make", "author", "code"), ROWS)
def test_room4_deciding_changes_nothing_and_a_refusal_leaves_no_trace_but_its_number(
    op: AnyOperation, make: Callable[[], Stage], author: Author, code: str
) -> None:
    stage = make()
    replica = SHOPPER_TAB if author is LEA else CSA_TAB
    before = canonical(stage.state)
    with pytest.raises(Refusal) if code else nullcontext():
        stage.decide(author, replica, op)
    assert canonical(stage.state) == before
    if code:
        views = [canonical(room.view(stage.state, role)) for role in ROLES]
        held, last = content(stage.cart), room.last_counter(stage.state, replica)
        stage.do(author, op)
        assert content(stage.cart) == held
        assert room.last_counter(stage.state, replica) == last + 1
        for role, view in zip(ROLES, views, strict=True):
            now = msgspec.convert(msgspec.to_builtins(room.view(stage.state, role)), RoomView)
            now.cart.context.vector[str(replica)] = last
            if not last:
                del now.cart.context.vector[str(replica)]
            assert canonical(now) == view


@pytest.mark.parametrize(
    ("csa_edits", "grant", "codes"),
    [
        ("never", False, ("", "not_granted", "invalid", "invalid")),
        ("always", False, ("", "", "invalid", "invalid")),
        ("ask", False, ("", "not_granted", "", "")),
        ("ask", True, ("", "", "", "")),
    ],
)
def test_room5_leave_to_change_the_cart(csa_edits: str, grant: bool, codes: tuple[str, ...]) -> None:
    stage = Stage(csa_edits)
    if grant:
        stage.lea(Grant(True))
    op = Increment("oak", 1)
    assert (
        code_of(stage.lea(op)),
        code_of(stage.ginny(op)),
        code_of(stage.lea(Grant(True))),
        code_of(stage.ginny(Ask())),
    ) == codes
    assert code_of(stage.lea(Grant(False))) == ""


def test_cart9_leave_taken_back_counts_at_once() -> None:
    stage = Stage()
    stage.ginny(Ask())
    assert stage.state.grant == CartGrant(asked=GINNY)
    stage.lea(Grant(True))
    assert stage.state.grant == CartGrant(True, stage.now)
    assert code_of(stage.ginny(Increment("oak", 1))) == ""
    stage.lea(Grant(False))
    assert code_of(stage.ginny(Increment("oak", 1))) == "not_granted"
    assert code_of(stage.ginny(Increment("no line?", 1))) == "not_granted"
    assert project(stage.cart) == {"oak": 1}


def test_room1_the_same_entries_make_the_same_state() -> None:
    stage = furnished()
    stage.ginny(Take())
    stage.lea(Answer("3.1", True))
    stage.lea(Event("purchase"))
    again = room.RoomState("room", "joinery", "epoch")
    encoded = msgspec.msgpack.encode(stage.log)
    for entry in msgspec.msgpack.decode(encoded, type=list[Entry]):
        room.apply(again, entry)
    assert canonical(again) == canonical(stage.state)


def test_room1_a_restart_from_a_stored_state_goes_on_as_before() -> None:
    stage = furnished()
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(stage.state), type=room.RoomState)
    entry = stage.ginny(Say("Hi Lea"))
    room.apply(stored, entry)
    assert canonical(stored) == canonical(stage.state)


def test_room2_offsets_count_from_one_and_hashes_chain() -> None:
    one, other = Stage(), Stage()
    for stage, text in ((one, "a"), (other, "b")):
        stage.lea(Say(text))
        stage.lea(Say("the same"))
    assert [entry.offset for entry in one.log] == [1, 2]
    assert one.log[0].hash != other.log[0].hash
    assert one.log[1].hash != other.log[1].hash
    assert one.state.head == (2, one.log[1].hash)
    again = Stage()
    again.lea(Say("a"))
    assert again.log[0].hash == one.log[0].hash


def test_room3_numbers_of_replicas_that_came_through_the_log_are_not_given_out_again() -> None:
    stage = Stage()
    stage.lea(Say("a"), replica=7)
    stage.write(SERVER, room.SERVER_REPLICA, Declined("invalid", "x"))
    assert stage.state.next_replica == 8
    assert room.last_counter(stage.state, 7) == 1
    assert room.last_counter(stage.state, 8) == 0


def test_room6_a_shopper_sees_no_reasons_and_no_record() -> None:
    stage = Stage()
    stage.lea(Event("page_view", Page("/oak")))
    stage.write(
        SERVER, room.SERVER_REPLICA, Offered("Help?", stage.now + 600, "basket", "v1", "3 items, 90 s idle")
    )
    seen = canonical(room.view(stage.state, "shopper"))
    for secret in (b"basket", b"v1", b"3 items", b"/oak"):
        assert secret not in seen
        assert secret in canonical(room.view(stage.state, "csa"))
        for entry in stage.log:
            assert secret not in canonical(room.seen_by(entry.fact, "shopper", own=False))
    stage.lea(Settle("0.1", True))
    assert stage.state.conversation.reason == "3 items, 90 s idle"
    assert b"3 items" not in canonical(room.view(stage.state, "shopper"))


def test_room6_what_a_shopper_gets_of_an_event_is_what_changes_their_view() -> None:
    stage = Stage()
    page = stage.lea(Event("page_view", Page("/oak"), params={"q": "x"})).fact
    assert room.seen_by(page, "shopper", own=False) == Hidden()
    view = stage.lea(Event("view_item", Page("/oak"), [Item("oak", "Oak")], 1200)).fact
    assert room.seen_by(view, "shopper", own=True) == Happened("view_item", 0, items=[Item("oak", "Oak")])
    assert room.seen_by(view, "csa", own=False) is view


def test_room6_a_refusal_is_for_its_author_and_for_csas() -> None:
    stage = Stage()
    refused = stage.ginny(Say("Hello?")).fact
    assert isinstance(refused, Declined)
    assert room.seen_by(refused, "shopper", own=False) == Hidden()
    mine = stage.lea(SetQuantity("oak", 1, ["8.8"])).fact
    assert room.seen_by(mine, "shopper", own=True) is mine
    assert room.seen_by(mine, "csa", own=False) is mine


def test_cart12_a_purchase_empties_lines_and_codes_for_everybody() -> None:
    stage = furnished()
    stage.lea(WriteNote("gift", "For Ada"))
    fact = stage.lea(Event("purchase", value_minor=900), OTHER_TAB).fact
    assert isinstance(fact, Happened)
    assert (stage.cart.lines, stage.cart.coupons) == ({}, {})
    assert set(stage.cart.notes) == {"gift"}
    assert stage.state.shopper_changed_at is None
    stage.lea(Increment("oak", 1))
    assert project(stage.cart) == {"oak": 1}


def test_cart10_accepting_adds_the_line_once_in_the_same_entry() -> None:
    stage = furnished()
    entry = stage.lea(Answer("3.1", True))
    assert project(stage.cart) == {"oak": 3, "elm": 2}
    assert stage.state.changes[-1].line == "elm"
    assert stage.state.changes[-1].offset == entry.offset
    assert code_of(stage.lea(Answer("3.1", True), OTHER_TAB)) == "gone"
    assert code_of(stage.ginny(Withdraw("3.1"))) == "gone"
    assert project(stage.cart) == {"oak": 3, "elm": 2}


def test_cart10_declining_and_withdrawing_add_nothing() -> None:
    settlements: tuple[tuple[Author, AnyOperation], ...] = (
        (LEA, Answer("3.1", False)),
        (GINNY, Withdraw("3.1")),
    )
    for author, op in settlements:
        stage = furnished()
        assert code_of(stage.do(author, op)) == ""
        assert project(stage.cart) == {"oak": 3}
        assert code_of(stage.lea(Answer("3.1", True))) == "gone"


def test_cart6_a_client_with_its_clock_ahead_does_not_win_for_ever() -> None:
    stage = Stage()
    entry = stage.lea(SetQuantity("oak", 5, []), at=1e11)
    assert isinstance(entry.fact, CartChanged)
    assert entry.fact.delta.lines["oak"]["1.1"].ts == stage.now + 2.0
    stage.now += 10
    stage.lea(SetQuantity("oak", 2, []), OTHER_TAB)
    assert project(stage.cart) == {"oak": 2}


def test_room5_terms_of_the_site_are_the_servers() -> None:
    assert not room.csa_may_edit(Stage().state.grant, site("ask"))
    assert room.csa_may_edit(Stage().state.grant, site("always"))
    assert not room.csa_may_edit(Stage().state.grant, site("never"))
