"""Offers of help: made once, settled once."""

from __future__ import annotations

import pytest

from cobrowse.core import offers
from cobrowse.core.errors import Refusal
from cobrowse.core.messages import (
    Author,
    Event,
    Finish,
    Invite,
    Offered,
    OfferStatus,
    Page,
    Say,
    Settle,
    Settled,
)
from cobrowse.core.room import SERVER_REPLICA
from tests.core.stage import GINNY, LEA, OTHER_TAB, SERVER, Stage, code_of


def ruled() -> Stage:
    stage = Stage()
    stage.lea(Event("page_view", Page("/a")))
    stage.write(SERVER, SERVER_REPLICA, Offered("Help?", stage.now + 600, "basket", "v1", "3 items, idle"))
    return stage


@pytest.mark.parametrize(
    ("author", "accept", "status"),
    [
        (LEA, True, "accepted"),
        (LEA, False, "dismissed"),
        (GINNY, True, "withdrawn"),
        (GINNY, False, "withdrawn"),
    ],
)
def test_offer1_who_settles_it_how_and_only_once(author: Author, accept: bool, status: OfferStatus) -> None:
    stage = ruled()
    offer = offers.open_offer(stage.state.offers)
    assert offer is not None
    assert offer.id == "0.1"
    assert code_of(stage.do(author, Settle("0.1", accept))) == ""
    assert [offer.status for offer in stage.state.offers] == [status]
    assert offers.open_offer(stage.state.offers) is None
    assert code_of(stage.lea(Settle("0.1", True), OTHER_TAB)) == "gone"
    stage.write(SERVER, SERVER_REPLICA, Settled("0.1", "expired"))
    assert [offer.status for offer in stage.state.offers] == [status]


def test_offer2_none_while_one_is_open_or_a_conversation_is_live() -> None:
    stage = ruled()
    assert code_of(stage.ginny(Invite("Hello"))) == "invalid"
    stage.lea(Settle("0.1", False))
    stage.lea(Say("Hello"))
    assert code_of(stage.ginny(Invite("Hello"))) == "invalid"
    stage.lea(Finish())
    assert code_of(stage.ginny(Invite("Hello"))) == ""
    with pytest.raises(Refusal):
        offers.check_offer(stage.state.offers, stage.state.conversation)


def test_offer3_past_its_time_it_is_gone() -> None:
    stage = Stage()
    stage.ginny(Invite("Can I help?"))
    expires_at = stage.now + 15 * 60
    assert stage.state.offers[-1].expires_at == expires_at
    stage.now = expires_at
    assert code_of(stage.lea(Settle("3.1", True))) == "gone"
    stage.now -= 0.5
    assert code_of(stage.lea(Settle("3.1", True))) == ""


def test_offer4_taken_from_a_csa_it_is_a_conversation_with_them() -> None:
    stage = Stage()
    stage.ginny(Invite("Can I help?"))
    stage.lea(Settle("3.1", True))
    conversation = stage.state.conversation
    assert (conversation.status, conversation.taken_by) == ("open", GINNY)
    assert [(message.by, message.text) for message in conversation.messages] == [(GINNY, "Can I help?")]


def test_offer4_taken_from_a_rule_it_waits_with_its_reason() -> None:
    stage = ruled()
    stage.lea(Settle("0.1", True))
    conversation = stage.state.conversation
    assert (conversation.status, conversation.taken_by, conversation.reason) == (
        "waiting",
        None,
        "3 items, idle",
    )
    assert [(message.by.role, message.text) for message in conversation.messages] == [("server", "Help?")]


def test_offer4_taken_while_a_conversation_is_live_it_begins_no_other() -> None:
    stage = ruled()
    stage.lea(Say("Hello"))
    assert code_of(stage.lea(Settle("0.1", True))) == ""
    assert (stage.state.conversation.number, len(stage.state.conversation.messages)) == (1, 1)


def test_offer5_it_belongs_to_its_visit() -> None:
    stage = ruled()
    stage.lea(Settle("0.1", False))
    assert offers.offered_in(stage.state.offers, 1) == {"basket"}
    assert offers.dismissed_in(stage.state.offers, 1)
    stage.now += 3600
    stage.lea(Event("page_view", Page("/b")))
    assert stage.state.visit.number == 2
    assert offers.offered_in(stage.state.offers, 2) == frozenset()
    assert not offers.dismissed_in(stage.state.offers, 2)
