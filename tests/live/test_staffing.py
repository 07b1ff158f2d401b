"""What the rules know of the CSAs, and when they are to be asked for it. SPEC rule.7."""

from __future__ import annotations

from dataclasses import dataclass

from cobrowse.core.items import nothing_known
from cobrowse.core.messages import Author, Finish, Say, SiteView, Take
from cobrowse.core.room import RoomState, Terms
from cobrowse.live.room import Room
from cobrowse.live.staffing import FIGURES_EVERY_S, Staffing
from tests.live.quiet import Log, Peer

TERMS = Terms(SiteView("shop", "Shop", "GBP", "ask"), nothing_known, b"s" * 32)
LEA, GINNY = Author("shopper", "lea"), Author("csa", "ginny", "Ginny")


@dataclass
class Console:
    author: Author = GINNY
    available: bool = True


def counted(chats_per_csa: int = 9) -> Staffing:
    return Staffing([Console()], chats_per_csa, lambda _: ["beds"], {}, None, lambda: ())


def chatted(staffing: Staffing, asked_at: float, taken_at: float) -> None:
    """A chat that waits from one instant to another, and is over."""
    room = Room(RoomState(f"r{asked_at}", "shop", "e"), [], TERMS, Log())
    shopper, csa = (room.join(peer, room.take_replica(None), "", None) for peer in (Peer(LEA), Peer(GINNY)))
    room.do(shopper, 1, Say("Hello?"), asked_at, asked_at)
    staffing.note(room, asked_at)
    room.do(csa, 1, Take(), taken_at, taken_at)
    staffing.note(room, taken_at)
    room.do(csa, 2, Finish(), taken_at, taken_at)
    staffing.note(room, taken_at)


def test_rule7_a_longer_wait_alone_is_news_but_not_at_every_chat() -> None:
    staffing = counted()
    assert not staffing.is_news(0.0, figures=True)
    chatted(staffing, 0.0, 40.0)
    assert staffing.around("shop").wait_s == 40
    assert staffing.is_news(40.0, figures=True)
    assert not staffing.is_news(40.1, figures=True)
    chatted(staffing, 41.0, 43.0)
    assert not staffing.is_news(43.0, figures=True)
    assert staffing.is_news(40.0 + FIGURES_EVERY_S, figures=True)
    assert not staffing.is_news(90.0, figures=True)


def test_rule7_a_wait_that_no_rule_asks_for_wakes_nobody() -> None:
    staffing = counted()
    assert not staffing.is_news(0.0, figures=False)
    chatted(staffing, 0.0, 40.0)
    assert not staffing.is_news(40.0, figures=False)


def test_rule7_the_last_place_that_goes_or_comes_is_news_at_once() -> None:
    staffing = counted(chats_per_csa=1)
    assert not staffing.is_news(0.0, figures=False)
    room = Room(RoomState("r", "shop", "e"), [], TERMS, Log())
    shopper = room.join(Peer(LEA), room.take_replica(None), "", None)
    room.do(shopper, 1, Say("Hello?"), 1.0, 1.0)
    staffing.note(room, 1.0)
    assert staffing.is_news(1.0, figures=False)
    room.do(shopper, 2, Finish(), 1.1, 1.1)
    staffing.note(room, 1.1)
    assert staffing.is_news(1.1, figures=False)
