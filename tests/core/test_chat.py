"""The conversation: beginning, taking, finishing, and what has been read."""

from __future__ import annotations

from cobrowse.core.chat import unread_by_csa
from cobrowse.core.messages import Author, Conversation, Finish, Invite, Read, Say, Settle, Take
from tests.core.stage import GINNY, OTHER_TAB, Stage, code_of

OMAR = Author("csa", "omar", "Omar")


def chat(stage: Stage) -> Conversation:
    return stage.state.conversation


def test_chat1_none_waiting_open_closed_and_again_with_the_messages_before() -> None:
    stage = Stage()
    assert (chat(stage).status, chat(stage).number) == ("none", 0)
    stage.lea(Say("Hello"))
    assert (chat(stage).status, chat(stage).number, chat(stage).opened_at) == ("waiting", 1, stage.now)
    stage.ginny(Take())
    assert (chat(stage).status, chat(stage).taken_by) == ("open", GINNY)
    stage.ginny(Finish())
    assert chat(stage).status == "closed"
    stage.now += 100
    stage.lea(Say("One more thing"), OTHER_TAB)
    assert (chat(stage).status, chat(stage).number, chat(stage).taken_by) == ("waiting", 2, None)
    assert chat(stage).opened_at == stage.now
    assert [message.text for message in chat(stage).messages] == ["Hello", "One more thing"]


def test_chat2_a_csa_speaks_only_into_a_live_conversation_and_takes_it_by_that() -> None:
    stage = Stage()
    assert code_of(stage.ginny(Say("Hello?"))) == "invalid"
    stage.lea(Say("Hello"))
    assert code_of(stage.ginny(Say("Hi Lea"))) == ""
    assert (chat(stage).status, chat(stage).taken_by) == ("open", GINNY)
    stage.lea(Finish())
    assert code_of(stage.ginny(Say("Bye"))) == "invalid"


def test_chat2_a_second_csa_who_speaks_does_not_take_it_over() -> None:
    stage = Stage()
    stage.lea(Say("Hello"))
    stage.ginny(Take())
    stage.do(OMAR, Say("May I?"), 4)
    assert chat(stage).taken_by == GINNY


def test_chat3_a_conversation_may_be_taken_over_while_it_is_live() -> None:
    stage = Stage()
    assert code_of(stage.ginny(Take())) == "invalid"
    stage.lea(Say("Hello"))
    stage.ginny(Take())
    stage.do(OMAR, Take(), 4)
    assert chat(stage).taken_by == OMAR
    stage.lea(Finish())
    assert code_of(stage.ginny(Take())) == "invalid"
    assert code_of(stage.ginny(Finish())) == "invalid"


def test_chat4_read_marks_rise_never_pass_the_end_and_count_what_is_unread() -> None:
    stage = Stage()
    stage.lea(Say("a"))
    stage.lea(Say("b"))
    assert unread_by_csa(chat(stage)) == 2
    stage.ginny(Read(1))
    assert unread_by_csa(chat(stage)) == 1
    stage.ginny(Read(2**53 - 1))
    assert chat(stage).read["csa"] == 3
    stage.ginny(Read(1))
    assert chat(stage).read["csa"] == 3
    offset = stage.lea(Say("c")).offset
    assert (chat(stage).read["shopper"], unread_by_csa(chat(stage))) == (offset, 1)
    stage.ginny(Say("d"))
    assert unread_by_csa(chat(stage)) == 0


def test_chat4_messages_carry_the_offset_of_their_entry() -> None:
    stage = Stage()
    stage.ginny(Invite("Can I help?"))
    entry = stage.lea(Settle("3.1", True))
    said = stage.lea(Say("Yes"))
    assert [message.offset for message in chat(stage).messages] == [entry.offset, said.offset]
