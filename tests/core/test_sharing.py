"""The shopper's leave to see their page: asked for, given, named, signed, handed over, ended. SPEC share."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cobrowse.core.messages import (
    AskRecord,
    AskShare,
    Author,
    LetRecord,
    PageAsk,
    PageGrant,
    Recording,
    Say,
    Share,
    Shared,
    ShareLevel,
    Sharing,
    Take,
)
from cobrowse.core.sharing import (
    MAX_ASKS,
    MAX_GRANTS,
    SHARE_EXPIRES_S,
    grant_of,
    is_proven,
    lets,
    overdue,
)
from tests.core.stage import CSA_TAB, GINNY, LEA, SECRET, SHOP, START, Stage, code_of

TOM = Author("csa", "tom", "Tom")
TOM_TAB = 7


def given(stage: Stage, csa: Author = GINNY) -> PageGrant:
    grant = grant_of(stage.state.sharing, csa)
    assert grant is not None
    return grant


def agreed(level: ShareLevel = "view") -> Stage:
    """Ginny has got this level, step by step."""
    stage = Stage(page_recording="ask")
    for each in ("view", "point", "control"):
        stage.ginny(AskShare(each))
        stage.lea(Share(each, GINNY.id))
        if each == level:
            break
    return stage


def test_share1_a_leave_names_the_csa_who_asked_and_expires() -> None:
    stage = Stage()
    stage.ginny(AskShare("view"))
    assert stage.state.sharing == Sharing(asks=[PageAsk(GINNY, "view")])
    stage.lea(Share("view", GINNY.id))
    grant = given(stage)
    assert (grant.to, grant.level, grant.at, grant.expires_at) == (
        GINNY,
        "view",
        START,
        START + SHARE_EXPIRES_S,
    )
    assert grant.origin == SHOP
    assert stage.state.sharing.asks == []


def test_share1_nobody_else_can_be_named_and_no_more_be_given_than_was_asked() -> None:
    stage = Stage()
    assert code_of(stage.lea(Share("view", TOM.id))) == "invalid"
    stage.ginny(AskShare("view"))
    assert code_of(stage.lea(Share("view", TOM.id))) == "invalid"
    assert code_of(stage.lea(Share("point", GINNY.id))) == "invalid"
    assert stage.state.sharing.grants == []


def test_share1_levels_are_asked_for_one_by_one() -> None:
    stage = Stage()
    assert code_of(stage.ginny(AskShare("point"))) == "invalid"
    assert code_of(stage.ginny(AskShare("control"))) == "invalid"
    stage.ginny(AskShare("view"))
    stage.lea(Share("view", GINNY.id))
    assert code_of(stage.ginny(AskShare("control"))) == "invalid"
    stage.ginny(AskShare("point"))
    assert given(stage).level == "view", "to ask is not to have"
    stage.lea(Share("point", GINNY.id))
    stage.ginny(AskShare("control"))
    stage.lea(Share("control", GINNY.id))
    assert given(stage).level == "control"
    stage.lea(Share("point", GINNY.id))
    assert given(stage).level == "point", "the shopper takes one level back"
    stage.lea(Share("none"))
    assert stage.state.sharing == Sharing()


def test_share1_the_shopper_can_show_the_page_to_the_one_they_talk_with() -> None:
    stage = Stage()
    stage.lea(Say("Hello"))
    assert code_of(stage.lea(Share("view", GINNY.id))) == "invalid", "nobody has taken it yet"
    stage.ginny(Take())
    assert code_of(stage.lea(Share("point", GINNY.id))) == "invalid", "nobody has asked to point"
    stage.lea(Share("view", GINNY.id))
    assert given(stage).level == "view"


def test_share1_no_answers_the_question_and_leaves_what_was_given() -> None:
    stage = agreed()
    stage.ginny(AskShare("point"))
    refused = stage.lea(Share("none", GINNY.id))
    assert isinstance(refused.fact, Shared)
    assert (refused.fact.act, refused.fact.csa, refused.fact.level) == ("declined", GINNY, "point")
    assert given(stage).level == "view"
    assert stage.state.sharing.asks == []
    stage.lea(Share("none", GINNY.id))
    assert stage.state.sharing == Sharing()


def test_share1_only_a_csa_asks_and_only_the_shopper_gives() -> None:
    stage = Stage()
    assert code_of(stage.lea(AskShare("view"))) == "forbidden"
    assert code_of(stage.ginny(Share("view", GINNY.id))) == "forbidden"
    assert code_of(stage.ginny(Share("none"))) == "forbidden"


def test_share1_a_site_may_share_no_pages_and_ending_works_always() -> None:
    stage = Stage(page_sharing="never")
    assert code_of(stage.ginny(AskShare("view"))) == "invalid"
    stage.state.sharing = agreed().state.sharing
    assert code_of(stage.lea(Share("view", GINNY.id))) == "invalid"
    assert code_of(stage.lea(Share("none"))) == ""
    assert stage.state.sharing == Sharing()
    assert LEA.role == "shopper"


def test_share2_the_server_signs_who_how_far_where_and_until_when() -> None:
    grant = given(agreed("point"))
    assert is_proven(grant, "room", SECRET)
    forged = [
        replace(grant, to=TOM),
        replace(grant, level="control"),
        replace(grant, expires_at=grant.expires_at + 60),
        replace(grant, at=grant.at - 60),
        replace(grant, origin="https://elsewhere.example"),
        replace(grant, token=""),
        replace(grant, token=grant.token[:-1] + ("A" if grant.token[-1] != "A" else "B")),
    ]
    assert not any(is_proven(each, "room", SECRET) for each in forged)
    assert not is_proven(grant, "another-room", SECRET)
    assert not is_proven(grant, "room", b"another secret of thirty-two bytes")


@pytest.mark.parametrize(
    ("csa", "level", "later_s", "may"),
    [
        (GINNY, "view", 0, True),
        (GINNY, "view", SHARE_EXPIRES_S - 1, True),
        (GINNY, "view", SHARE_EXPIRES_S, False),
        (GINNY, "point", 0, False),
        (TOM, "view", 0, False),
        (Author("shopper", "ginny"), "view", 0, False),
    ],
)
def test_share2_it_lets_this_csa_go_so_far_until_then(
    csa: Author, level: ShareLevel, later_s: float, may: bool
) -> None:
    assert lets(given(agreed()), csa, level, START + later_s) is may
    assert not lets(None, csa, level, START)


def test_share4_each_leave_runs_out_by_itself() -> None:
    stage = agreed()
    stage.now += 60
    stage.do(TOM, AskShare("view"), TOM_TAB)
    stage.lea(Share("view", TOM.id))
    assert overdue(stage.state.sharing, START + SHARE_EXPIRES_S - 1) is None
    over = overdue(stage.state.sharing, START + SHARE_EXPIRES_S)
    assert over is not None
    assert (over.act, over.csa) == ("expired", GINNY)
    assert [grant.to for grant in over.sharing.grants] == [TOM]


def test_share5_several_may_look_and_each_can_be_ended() -> None:
    stage = agreed()
    stage.do(TOM, AskShare("view"), TOM_TAB)
    stage.lea(Share("view", TOM.id))
    assert [grant.to for grant in stage.state.sharing.grants] == [GINNY, TOM]
    stage.lea(Share("none", GINNY.id))
    assert [grant.to for grant in stage.state.sharing.grants] == [TOM]


def test_share5_no_more_look_or_ask_than_a_shopper_can_read() -> None:
    stage = Stage()
    many = [Author("csa", f"c{n}", f"C{n}") for n in range(MAX_ASKS + 1)]
    codes = [code_of(stage.do(csa, AskShare("view"), 10 + n)) for n, csa in enumerate(many)]
    assert codes == [""] * MAX_ASKS + ["bound"]
    stage = Stage()
    for n, csa in enumerate(many):
        stage.do(csa, AskShare("view"), 10 + n)
        code = code_of(stage.lea(Share("view", csa.id)))
        assert code == ("" if n < MAX_GRANTS else "bound")


def test_share6_taking_a_chat_over_asks_in_the_place_of_the_one_before() -> None:
    stage = agreed("point")
    stage.lea(Say("Hello"))
    stage.ginny(Take())
    assert stage.state.sharing.asks == [], "nothing is handed over from nobody"
    stage.do(TOM, Take(), TOM_TAB)
    assert stage.state.sharing.asks == [PageAsk(TOM, "point", GINNY)]
    assert [grant.to for grant in stage.state.sharing.grants] == [GINNY], (
        "it goes on until there is an answer"
    )
    stage.lea(Share("point", TOM.id))
    assert [(grant.to, grant.level) for grant in stage.state.sharing.grants] == [(TOM, "point")]


def test_share6_no_to_the_next_one_leaves_the_one_before() -> None:
    stage = agreed()
    stage.lea(Say("Hello"))
    stage.ginny(Take())
    stage.do(TOM, Take(), TOM_TAB)
    stage.lea(Share("none", TOM.id))
    assert [grant.to for grant in stage.state.sharing.grants] == [GINNY]
    assert stage.state.sharing.asks == []


def test_record1_recording_is_asked_for_by_itself_and_ends_with_the_last_leave() -> None:
    stage = Stage(page_recording="ask")
    assert code_of(stage.ginny(AskRecord())) == "not_granted"
    stage = agreed()
    assert code_of(stage.lea(LetRecord(on=True))) == "invalid", "nobody has asked"
    stage.ginny(AskRecord())
    entry = stage.lea(LetRecord(on=True))
    assert stage.state.sharing.recording == Recording(f"room.1.{entry.c}", GINNY, START)
    assert code_of(stage.ginny(AskRecord())) == "invalid", "it runs already"
    stage.lea(Share("none", GINNY.id))
    assert stage.state.sharing == Sharing()


def test_record1_it_can_be_refused_and_ended_alone() -> None:
    stage = agreed()
    stage.ginny(AskRecord())
    refused = stage.lea(LetRecord(on=False))
    assert isinstance(refused.fact, Shared)
    assert refused.fact.act == "recording_declined"
    stage.ginny(AskRecord())
    stage.lea(LetRecord(on=True))
    ended = stage.lea(LetRecord(on=False))
    assert isinstance(ended.fact, Shared)
    assert ended.fact.act == "recording_ended"
    assert stage.state.sharing.recording is None
    assert given(stage).level == "view"


def test_record1_nothing_is_recorded_for_a_csa_whose_leave_has_ended_meanwhile() -> None:
    """Another CSA goes on seeing the page, and the question still stands when its answer comes."""
    stage = agreed()
    stage.do(TOM, AskShare("view"), TOM_TAB)
    stage.lea(Share("view", TOM.id))
    stage.ginny(AskRecord())
    stage.lea(Share("none", GINNY.id))
    assert stage.state.sharing.recording_asked == GINNY
    assert code_of(stage.lea(LetRecord(on=True))) == "invalid"
    assert stage.state.sharing.recording is None


def test_record1_a_site_records_nothing_unless_it_says_so() -> None:
    stage = Stage()
    stage.ginny(AskShare("view"))
    stage.lea(Share("view", GINNY.id))
    assert code_of(stage.ginny(AskRecord())) == "invalid"
    assert code_of(stage.lea(LetRecord(on=True))) == "invalid"
    assert stage.log[-1].replica != CSA_TAB
