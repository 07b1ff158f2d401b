"""The shopper's leave to see their page: asked for, given, named, ended. SPEC mirror.5."""

from __future__ import annotations

import pytest

from cobrowse.core.messages import AskShare, Author, Say, Share, ShareLevel, Sharing, Take
from cobrowse.core.sharing import SHARE_EXPIRES_S, lets
from tests.core.stage import GINNY, LEA, START, Stage, code_of

TOM = Author("csa", "tom", "Tom")


def test_mirror5_a_leave_names_the_csa_who_asked_and_expires() -> None:
    stage = Stage()
    stage.ginny(AskShare("view"))
    assert stage.state.sharing == Sharing(asked=GINNY, asked_level="view")
    stage.lea(Share("view", GINNY.id))
    assert stage.state.sharing == Sharing("view", GINNY, START, START + SHARE_EXPIRES_S)


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
def test_mirror5_it_lets_this_csa_go_so_far_until_then(
    csa: Author, level: ShareLevel, later_s: float, may: bool
) -> None:
    sharing = Sharing("view", GINNY, START, START + SHARE_EXPIRES_S)
    assert lets(sharing, csa, level, START + later_s) is may
    assert not lets(Sharing(), csa, level, START)


def test_mirror5_nobody_else_can_be_named() -> None:
    stage = Stage()
    assert code_of(stage.lea(Share("view", TOM.id))) == "invalid"
    stage.ginny(AskShare("view"))
    assert code_of(stage.lea(Share("view", TOM.id))) == "invalid"
    assert stage.state.sharing.to is None


def test_mirror5_the_shopper_can_show_the_page_to_the_one_they_talk_with() -> None:
    stage = Stage()
    stage.lea(Say("Hello"))
    assert code_of(stage.lea(Share("view", GINNY.id))) == "invalid", "nobody has taken it yet"
    stage.ginny(Take())
    stage.lea(Share("view", GINNY.id))
    assert stage.state.sharing.to == GINNY


def test_mirror5_levels_are_asked_for_one_by_one_and_end_together() -> None:
    stage = Stage()
    stage.ginny(AskShare("view"))
    stage.lea(Share("view", GINNY.id))
    stage.ginny(AskShare("point"))
    assert stage.state.sharing == Sharing("view", GINNY, START, START + SHARE_EXPIRES_S, GINNY, "point")
    stage.lea(Share("point", GINNY.id))
    assert stage.state.sharing == Sharing("point", GINNY, START, START + SHARE_EXPIRES_S)
    stage.lea(Share("none"))
    assert stage.state.sharing == Sharing()


def test_mirror8_no_level_is_skipped_and_nobody_gives_more_than_was_asked() -> None:
    stage = Stage()
    assert code_of(stage.ginny(AskShare("point"))) == "invalid"
    assert code_of(stage.ginny(AskShare("control"))) == "invalid"
    stage.ginny(AskShare("view"))
    assert code_of(stage.lea(Share("control", GINNY.id))) == "invalid"
    stage.lea(Share("view", GINNY.id))
    assert code_of(stage.ginny(AskShare("control"))) == "invalid"
    stage.ginny(AskShare("point"))
    stage.lea(Share("point", GINNY.id))
    stage.ginny(AskShare("control"))
    stage.lea(Share("control", GINNY.id))
    assert lets(stage.state.sharing, GINNY, "control", START)
    stage.lea(Share("point", GINNY.id))
    assert not lets(stage.state.sharing, GINNY, "control", START), "the shopper takes one level back"


def test_mirror5_only_a_csa_asks_and_only_the_shopper_gives() -> None:
    stage = Stage()
    assert code_of(stage.lea(AskShare("view"))) == "forbidden"
    assert code_of(stage.ginny(Share("view", GINNY.id))) == "forbidden"
    assert code_of(stage.ginny(Share("none"))) == "forbidden"


def test_mirror5_a_site_may_share_no_pages_and_ending_works_always() -> None:
    stage = Stage(page_sharing="never")
    assert code_of(stage.ginny(AskShare("view"))) == "invalid"
    stage.state.sharing = Sharing("view", GINNY, START, START + 1)
    assert code_of(stage.lea(Share("view", GINNY.id))) == "invalid"
    assert code_of(stage.lea(Share("none"))) == ""
    assert stage.state.sharing == Sharing()
    assert LEA.role == "shopper"
