"""The advisor over rooms: what is written, who gets the last place, what survives a restart. SPEC rule."""

from __future__ import annotations

import msgspec
import pytest

from cobrowse.core.items import nothing_known
from cobrowse.core.messages import (
    AnyOperation,
    Armed,
    Author,
    Event,
    Increment,
    Judged,
    Offered,
    Page,
    Say,
    Settle,
    Settled,
    SiteView,
)
from cobrowse.core.room import RoomState, Terms
from cobrowse.core.rules.limits import Cause, Limits
from cobrowse.core.rules.rule import Rule
from cobrowse.core.rules.timers import Timers
from cobrowse.core.visitor import Around
from cobrowse.live.advisor import Advisor
from cobrowse.live.room import Room
from tests.core.rules.drafts import rule
from tests.live.quiet import Log, Peer

SITE = SiteView("shop", "Shop", "GBP", "ask")
SHOPPER = Author("shopper", "someone")
QUICK = rule(rule_id="quick", when="cart.distinct_items >= 1", idle="")
FREE = Limits(cooldown_s=0.0, cap=0)


class Stage:
    """Rooms with a shopper in each, and the advisor that looks at them."""

    def __init__(self, *rules: Rule, free: int = 1, limits: Limits = FREE) -> None:
        self.free = free
        self.advisor = Advisor(rules, lambda _: Around(self.free), limits)
        self.rooms: dict[str, Room] = {}
        self.logs: dict[str, Log] = {}

    def enter(self, key: str, state: RoomState | None = None) -> Room:
        self.logs[key] = Log()
        room = Room(
            state or RoomState(key, "shop", "e"), [], Terms(SITE, nothing_known, b"s" * 32), self.logs[key]
        )
        room.join(Peer(SHOPPER), room.take_replica(None), "", None)
        self.rooms[key] = room
        return room

    def do(self, key: str, op: AnyOperation, at: float) -> None:
        room = self.rooms.get(key) or self.enter(key)
        member = room.members[0]
        c = room.state.cart.context.vector.get(str(member.replica), 0) + 1
        room.do(member, c, op, at, at)

    def look(self, at: float, *keys: str) -> dict[str, float | None]:
        return self.advisor.consider([(self.rooms[key], at) for key in keys or self.rooms], at)

    def facts(self, key: str) -> list[object]:
        """What the server itself has written."""
        return [record.entry.fact for record in self.logs[key].kept if record.entry.replica == 0]


def shopping(stage: Stage, key: str, at: float) -> None:
    stage.do(key, Event("page_view", Page("/desk", "Desk", "product")), at)
    stage.do(key, Increment("desk", 1), at)


def test_rule13_a_firing_is_judged_and_the_offer_is_the_next_entry() -> None:
    stage = Stage(QUICK)
    shopping(stage, "a", 100.0)
    due = stage.look(100.0)
    judged, offered = stage.facts("a")
    assert isinstance(judged, Judged)
    assert isinstance(offered, Offered)
    assert (judged.rule, judged.version, judged.cause, judged.arm) == (
        "quick",
        QUICK.version,
        "fires",
        "text",
    )
    assert [(part.source, part.holds, part.values) for part in judged.operands] == [
        ("cart.distinct_items >= 1", True, [("cart.distinct_items", "1")])
    ]
    assert (offered.rule, offered.variant, offered.expires_at) == ("quick", "text", 700.0)
    assert due == {"a": 700.0}
    stage.look(101.0)
    assert len(stage.facts("a")) == 2, "each moment is judged once"


def test_rule13_a_limit_is_judged_once_and_a_control_shows_nothing() -> None:
    stage = Stage(QUICK, free=0)
    shopping(stage, "a", 100.0)
    stage.look(100.0)
    stage.look(101.0)
    assert [getattr(fact, "cause", "") for fact in stage.facts("a")] == ["no-csa"]
    stage.free = 1
    stage.look(102.0)
    assert [getattr(fact, "cause", "") for fact in stage.facts("a")] == ["no-csa", "fires", ""]
    held = Stage(rule(rule_id="held", idle="", when="cart.distinct_items >= 1", more="holdout: 50 %\n"))
    for number in range(20):
        shopping(held, f"v{number}", 100.0)
    held.free = 100
    held.look(100.0)
    causes = {key: [getattr(fact, "cause", "offered") for fact in held.facts(key)] for key in held.rooms}
    assert ["control"] in causes.values()
    assert ["fires", "offered"] in causes.values()
    key = next(key for key, found in causes.items() if found == ["control"])
    shopping(held, key, 110.0)
    held.look(110.0)
    assert "held" in held.rooms[key].state.memory.controls
    assert not any(isinstance(fact, Offered) for fact in held.facts(key))


def test_rule10_the_last_place_goes_to_the_rule_that_comes_first() -> None:
    urgent = rule(rule_id="urgent", when='page.path == "/urgent"', idle="", more="priority: 900\n")
    stage = Stage(QUICK, urgent)
    for number in range(5):
        shopping(stage, f"v{number}", 100.0)
    stage.do("late", Event("page_view", Page("/urgent", "", "content")), 100.0)
    due = stage.look(100.0)
    made = {key: any(isinstance(fact, Offered) for fact in stage.facts(key)) for key in stage.rooms}
    # Of four offers one is taken: four are as many as one place can bear.
    assert made == {"v0": True, "v1": True, "v2": True, "v3": False, "v4": False, "late": True}
    assert [getattr(fact, "cause", "") for fact in stage.facts("v4")] == ["no-room"]
    # One is dismissed: there is room again, but only within the moment of those that had to stand back.
    offer = stage.rooms["v0"].state.offers[-1]
    stage.do("v0", Settle(offer.id, accept=False), 120.0)
    stage.look(120.0, "v0")
    stage.look(130.0, "v3")
    assert any(isinstance(fact, Offered) for fact in stage.facts("v3"))
    stage.do("v1", Settle(stage.rooms["v1"].state.offers[-1].id, accept=False), 170.0)
    stage.look(170.0)
    assert not any(isinstance(fact, Offered) for fact in stage.facts("v4"))
    assert due["v4"] is None


def test_rule11_an_offer_is_taken_back_when_its_reason_goes() -> None:
    stage = Stage(QUICK)
    shopping(stage, "a", 100.0)
    stage.look(100.0)
    stage.do("a", Event("purchase"), 110.0)
    stage.look(110.0)
    settled = [fact for fact in stage.facts("a") if isinstance(fact, Settled)]
    assert [fact.status for fact in settled] == ["withdrawn"]
    again = Stage(QUICK)
    shopping(again, "a", 100.0)
    again.look(100.0)
    again.look(700.0)
    assert [fact.status for fact in again.facts("a") if isinstance(fact, Settled)] == ["expired"]


def test_rule8_a_chat_keeps_rules_silent() -> None:
    stage = Stage(QUICK)
    shopping(stage, "a", 100.0)
    stage.do("a", Say("hello"), 100.0)
    stage.look(100.0)
    assert [getattr(fact, "cause", "") for fact in stage.facts("a")] == ["chat-open"]


def test_rule7_a_wait_survives_a_restart() -> None:
    patient = rule(rule_id="patient", idle="", when="cart.distinct_items >= 1", more="hold: 60 s\n")
    idle = rule(rule_id="idle", idle="50 s", when="cart.distinct_items >= 1")
    stage = Stage(patient, idle)
    shopping(stage, "a", 100.0)
    assert stage.look(100.0) == {"a": 150.0}
    assert [fact.since for fact in stage.facts("a") if isinstance(fact, Armed)] == [{"patient": 100.0}]
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(stage.rooms["a"].state), type=RoomState)
    other = Stage(patient)
    other.enter("a", kept)
    assert other.look(130.0) == {"a": 160.0}
    other.look(160.0)
    assert any(isinstance(fact, Offered) for fact in other.facts("a"))


def test_rule15_rules_are_replaced_while_it_runs() -> None:
    stage = Stage(rule(rule_id="old", when="cart.quantity >= 5", idle=""))
    shopping(stage, "a", 100.0)
    stage.look(100.0)
    assert stage.facts("a") == []
    stage.advisor.set_rules([QUICK])
    stage.look(101.0)
    assert isinstance(stage.facts("a")[-1], Offered)
    stage.advisor.set_rules([])
    stage.look(102.0)
    assert isinstance(stage.facts("a")[-1], Settled)
    assert stage.advisor.rules == ()


def test_rule3_a_fault_is_counted_and_stops_no_other() -> None:
    stage = Stage(rule(rule_id="broken", when="1 / (cart.quantity - 1) > 0", idle=""), QUICK)
    shopping(stage, "a", 100.0)
    stage.look(100.0)
    stage.look(101.0)
    assert stage.advisor.faults == {("broken", "division by zero"): 2}
    assert any(isinstance(fact, Offered) for fact in stage.facts("a"))


def test_why_answers_for_every_rule_and_changes_nothing() -> None:
    idle = rule(rule_id="idle", idle="50 s", when="cart.distinct_items >= 1")
    stage = Stage(idle, QUICK, limits=Limits())
    shopping(stage, "a", 100.0)
    stage.look(100.0)
    before = len(stage.logs["a"].kept)
    verdicts = {verdict.rule_id: verdict for verdict in stage.advisor.why(stage.rooms["a"], 116.0)}
    assert (verdicts["idle"].cause, verdicts["idle"].reason) == (Cause.IDLE, "34 s to go")
    assert verdicts["quick"].cause is Cause.OFFER_OPEN
    assert len(stage.logs["a"].kept) == before
    later = stage.advisor.why(stage.rooms["a"], 151.0)
    assert stage.rooms["a"].state.offers[-1].status == "open"
    assert {verdict.cause for verdict in later} == {Cause.OFFER_OPEN}


def test_nobody_is_there_so_nothing_is_offered() -> None:
    stage = Stage(QUICK)
    shopping(stage, "a", 100.0)
    room = stage.rooms["a"]
    room.leave(room.members[0])
    assert stage.look(100.0) == {"a": None}
    assert stage.facts("a") == []


def test_rule7_timers_are_one_a_key_and_come_in_order() -> None:
    timers = Timers()
    timers.set("a", 5.0)
    timers.set("a", 3.0)
    timers.set("b", 4.0)
    timers.set("c", 1.0)
    timers.set("c", None)
    assert len(timers) == 2
    assert timers.take_due(2.0) == []
    assert timers.take_before(3.0) is None
    assert timers.take_due(4.0) == [("a", 3.0), ("b", 4.0)]
    assert timers.take_due(99.0) == []
    for number in range(1_000):
        timers.set("a", 100.0 + number)
    assert timers.take_due(2_000.0) == [("a", 1_099.0)]


@pytest.mark.parametrize("free", [0, 1])
def test_rule8_a_dismissal_ends_offers_for_the_visit(free: int) -> None:
    other = rule(rule_id="other", when="cart.distinct_items >= 2", idle="")
    stage = Stage(QUICK, other)
    shopping(stage, "a", 100.0)
    stage.look(100.0)
    stage.do("a", Settle(stage.rooms["a"].state.offers[-1].id, accept=False), 101.0)
    stage.do("a", Increment("lamp", 1), 102.0)
    stage.free = free
    stage.look(102.0)
    assert [fact.cause for fact in stage.facts("a") if isinstance(fact, Judged)] == ["fires", "dismissed"]
