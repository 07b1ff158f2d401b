"""A room's leaves over time: signed by this server, for one origin, gone with the shopper. SPEC share."""

from __future__ import annotations

from msgspec.structs import replace

from cobrowse.core.items import nothing_known
from cobrowse.core.messages import AskShare, Author, PageGrant, Say, Share, Shared, Sharing, SiteView
from cobrowse.core.room import RoomState, Terms
from cobrowse.core.sharing import LEAVE_AFTER_S, SHARE_EXPIRES_S
from cobrowse.live.leave import Leave
from cobrowse.live.member import Member
from cobrowse.live.room import Room
from tests.live.quiet import Log, Peer

SECRET = b"a secret of at least thirty-two bytes"
SHOP = "https://shop.example"
LEA, GINNY = Author("shopper", "lea"), Author("csa", "ginny", "Ginny")
START = 1_000_000.0


class Stage:
    """A room with a shopper and Ginny, who has leave to view."""

    def __init__(self) -> None:
        self.now = START
        terms = Terms(SiteView("shop", "Shop", "GBP", "ask"), nothing_known, SECRET)
        self.log = Log()
        self.room = Room(RoomState("r1", "shop", "e"), [], terms, self.log, lambda: self.now)
        self.lea, self.ginny = self.enter(LEA), self.enter(GINNY)
        self.room.do(self.lea, 1, Say("Hello"), self.now, self.now)
        self.room.do(self.ginny, 1, AskShare("view"), self.now, self.now)
        self.room.do(self.lea, 2, Share("view", GINNY.id), self.now, self.now)

    def enter(self, author: Author) -> Member:
        return self.room.join(Peer(author, SHOP), self.room.take_replica(None), "", None)

    @property
    def sharing(self) -> Sharing:
        return self.room.state.sharing

    def tend(self, later_s: float) -> list[str]:
        """What came into the log of leaves by the room's being tended so much later."""
        self.now = START + later_s
        before = len(self.log.kept)
        self.room.tend_sharing(self.now)
        facts = [record.entry.fact for record in self.log.kept[before:]]
        return [fact.act for fact in facts if isinstance(fact, Shared)]


def leave_of(*grants: PageGrant, room: str = "r1", secret: bytes = SECRET) -> Leave:
    leave = Leave(room, secret, lambda: START)
    leave.review(Sharing(grants=list(grants)))
    return leave


def test_share2_a_leave_that_this_server_has_not_signed_is_none() -> None:
    (grant,) = Stage().sharing.grants
    assert leave_of(grant).lets(GINNY, "view")
    mallory = Author("csa", "mallory", "Mallory")
    assert not leave_of(replace(grant, to=mallory)).lets(mallory, "view")
    assert not leave_of(replace(grant, level="control")).lets(GINNY, "view")
    assert not leave_of(replace(grant, expires_at=grant.expires_at + 3600)).lets(GINNY, "view")
    assert not leave_of(replace(grant, token="")).lets(GINNY, "view")
    assert not leave_of(grant, room="r2").lets(GINNY, "view")
    assert not leave_of(grant, secret=SECRET[::-1]).lets(GINNY, "view")


def test_share3_a_leave_covers_the_origin_where_it_was_given() -> None:
    (grant,) = Stage().sharing.grants
    assert leave_of(grant).covers(SHOP)
    assert not leave_of(grant).covers("https://elsewhere.example")
    assert not leave_of(replace(grant, origin="https://elsewhere.example")).covers(
        "https://elsewhere.example"
    )


def test_share4_it_runs_out_after_an_hour() -> None:
    stage = Stage()
    assert stage.tend(SHARE_EXPIRES_S - 1) == []
    assert stage.room.leave_to_see.lets(GINNY, "view")
    stage.now = START + SHARE_EXPIRES_S
    assert not stage.room.leave_to_see.lets(GINNY, "view"), "whether or not anybody has tended the room"
    assert stage.tend(SHARE_EXPIRES_S) == ["expired"]
    assert stage.sharing == Sharing()


def test_share4_when_the_shopper_is_gone_for_good_so_is_their_leave() -> None:
    stage = Stage()
    stage.room.leave(stage.lea)
    assert stage.tend(1) == []
    assert stage.tend(1 + LEAVE_AFTER_S) == []
    back = stage.enter(LEA)
    assert stage.tend(60) == []
    stage.room.leave(back)
    assert stage.tend(61) == []
    assert stage.tend(61 + LEAVE_AFTER_S + 1) == ["left"]
    assert stage.sharing == Sharing()
