"""What a room keeps, for how long, and which replicas may go on."""

from __future__ import annotations

from cobrowse.core import replicas, room
from cobrowse.core.messages import (
    Answer,
    Event,
    Finish,
    Increment,
    Item,
    Offered,
    Page,
    Propose,
    Say,
    SetQuantity,
    Settle,
    Withdraw,
)
from tests.core.stage import CSA_TAB, OTHER_TAB, SERVER, SHOPPER_TAB, Stage, code_of
from tests.core.test_room import furnished


def test_cart4_a_room_of_mixed_operations_keeps_no_cloud() -> None:
    stage = furnished()
    for n in range(300):
        stage.lea(Event("scroll") if n % 2 else Increment("oak", 1 if n % 4 else -1))
    assert stage.cart.context.cloud == set()
    assert stage.cart.context.vector == {"1": 304, "3": 1}


def test_room11_what_a_room_keeps_is_bounded() -> None:
    stage = Stage()
    for n in range(310):
        stage.now += 1
        stage.ginny(Propose(f"p{n}", 1))
        stage.ginny(Withdraw(f"3.{n * 2 + 1}"))
        stage.lea(Event("page_view", Page(f"/{n}"), [Item(f"p{n}")]))
        stage.lea(Increment("oak", 1 if n % 2 else -1))
        stage.lea(Increment("oak", 1))
        stage.lea(SetQuantity("oak", 5, list(stage.cart.lines.get("oak", {}))))
        stage.write(SERVER, room.SERVER_REPLICA, Offered("Help?", stage.now + 9, "basket"))
        stage.lea(Settle(f"0.{n + 1}", False))
        stage.lea(Say("x"))
        stage.lea(Finish())
    view = room.view(stage.state, "csa")
    assert view.visit is not None
    assert (len(view.conversation.messages), len(view.changes), len(view.offers)) == (200, 50, 20)
    assert (len(view.visit.recent), len(view.cart.proposals), len(view.items)) == (20, 60, 300)
    assert "3.619" in view.cart.proposals


def test_room11_an_open_proposal_is_never_forgotten() -> None:
    stage = Stage()
    stage.ginny(Propose("kept", 1))
    for n in range(100):
        stage.ginny(Propose("other", 1))
        stage.ginny(Withdraw(f"3.{n * 2 + 2}"))
    assert code_of(stage.lea(Answer("3.1", True))) == ""


def test_room10_a_forgotten_replica_leaves_neither_number_nor_vector() -> None:
    stage = Stage()
    stage.lea(Say("a"), SHOPPER_TAB)
    stage.lea(Increment("oak", 1), OTHER_TAB)
    stage.ginny(Say("b"))
    stage.now += replicas.FORGET_REPLICA_AFTER_S
    stage.ginny(Say("c"))
    replicas.forget_replicas(stage.state, stage.now + 1)
    assert set(stage.state.replicas) == {str(OTHER_TAB), str(CSA_TAB)}
    assert set(stage.cart.context.vector) == {str(OTHER_TAB), str(CSA_TAB)}
    assert stage.state.next_replica == 4


def test_wire5_a_replica_may_go_on_unless_what_it_did_is_forgotten() -> None:
    """A forgotten number that went on would count from one again, though the log has these operations."""
    stage = Stage()
    stage.lea(Say("a"), SHOPPER_TAB)
    stage.ginny(Say("b"))
    stage.state.next_replica = 6
    assert [n for n in range(-1, 8) if replicas.may_resume(stage.state, n)] == [1, 2, 3, 4, 5]
    stage.now += replicas.FORGET_REPLICA_AFTER_S + 1
    stage.lea(Say("c"), OTHER_TAB)
    replicas.forget_replicas(stage.state, stage.now)
    assert [n for n in range(-1, 8) if replicas.may_resume(stage.state, n)] == [2, 4, 5]
