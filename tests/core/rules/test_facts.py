"""What rules may speak of: the page, the contact, chat and offers, the CSAs, the calendar. SPEC rule.2."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobrowse.core.messages import (
    AnyOperation,
    Armed,
    Arrived,
    Event,
    Finish,
    Identified,
    Identify,
    Increment,
    Invite,
    Judged,
    Known,
    Page,
    Say,
    Settle,
    Share,
)
from cobrowse.core.room import all_plain, seen_by
from cobrowse.core.rules.engine import Book, Visitor, Watch
from cobrowse.core.rules.explain import explain
from cobrowse.core.rules.facts import NEVER, Facts, as_cel, value_of
from cobrowse.core.rules.hours import WEEKDAYS, Hours, clock
from cobrowse.core.rules.limits import Cause, Ledger, Staff
from cobrowse.core.rules.memory import MAX_ATTRIBUTES, Memory
from cobrowse.core.rules.syntax import parse
from cobrowse.core.visitor import Around, update, visitor_of
from tests.core.rules.drafts import draft, mistakes, rule
from tests.core.stage import GINNY, IDENTITY_SECRET, SERVER, Stage

LONDON = ZoneInfo("Europe/London")
OFFICE = Hours(LONDON, ["mon-fri 09:00-18:00", "sat 10:00-14:00"])


def facts(stage: Stage, around: Around = Around(1)) -> dict[str, object]:  # noqa: B008
    """All facts of the room now, by name."""
    seen = as_cel(visitor_of(stage.state, Watch(), around, stage.now).facts, stage.now)
    return {f"{root}.{part}": value for root, parts in seen.items() for part, value in parts.items()}


def test_rule2_a_page_tells_how_far_it_was_seen_and_whether_the_pointer_left_it() -> None:
    stage = Stage()
    stage.lea(Event("page_view", Page("/desk", "Desk", "product")))
    stage.lea(Event("scroll", params={"percent_scrolled": 50}))
    stage.lea(Event("scroll", params={"percent_scrolled": 25}))
    stage.lea(Event("scroll", params={"percent_scrolled": True}))
    stage.lea(Event("exit_intent"))
    assert facts(stage)["page.scroll"] == 50
    assert facts(stage)["page.exit_intent"] is True
    assert stage.state.memory.names == ["page_view", "exit_intent"]
    stage.lea(Event("page_view", Page("/lamp", "Lamp", "product")))
    assert (facts(stage)["page.scroll"], facts(stage)["page.exit_intent"]) == (0, False)


def test_rule2_the_cart_tells_what_the_shopper_did_last_and_not_what_a_csa_did() -> None:
    stage = Stage(csa_edits="always")
    stage.lea(Event("page_view", Page("/")))
    assert facts(stage)["cart.last_change"] == ""
    stage.lea(Increment("desk", 2))
    stage.ginny(Increment("desk", -1))
    assert facts(stage)["cart.last_change"] == "added"
    stage.lea(Increment("desk", -1))
    assert (facts(stage)["cart.last_change"], facts(stage)["cart.removed"]) == ("removed", 1)


def test_rule2_the_pages_word_is_the_visits_and_only_a_signed_one_the_contacts() -> None:
    stage = Stage()
    words: dict[str, str | float | bool] = {"tier": "gold", "stock": 3, "ratio": 0.5, "new": True}
    stage.lea(Event("attributes", params=words | {"known": True}))
    seen = facts(stage)
    assert seen["visit.attributes"] == {
        "tier": "gold",
        "stock": "3",
        "ratio": "0.5",
        "new": "true",
        "known": "true",
    }
    assert (seen["contact.known"], seen["contact.attributes"], seen["contact.labels"]) == (False, {}, [])
    for number in range(MAX_ATTRIBUTES):
        stage.lea(Event("attributes", params={f"more{number}": 1}))
    assert len(stage.state.memory.attributes) == MAX_ATTRIBUTES
    digest = hmac.new(IDENTITY_SECRET, b"cobrowse:4711", "sha256").hexdigest()
    stage.lea(Identify(f"4711:{digest}"))
    assert facts(stage)["contact.known"] is True


def test_rule2_orders_are_the_shops_or_those_seen_if_more() -> None:
    stage = Stage()
    stage.state.known = Known("4711", orders=2, lifetime_value=99.5, labels=["regular"])
    stage.lea(Event("purchase"))
    assert (facts(stage)["contact.orders"], facts(stage)["contact.lifetime_value"]) == (2, 99.5)
    for _ in range(2):
        stage.lea(Event("purchase"))
    assert facts(stage)["contact.orders"] == 3


def test_rule2_chat_and_offers_tell_what_is_open_and_how_long_ago_the_last_was() -> None:
    stage = Stage()
    stage.lea(Event("page_view", Page("/")))
    nothing = facts(stage)
    assert [nothing[name] for name in ("chat.open", "chat.last_s", "offers.open", "offers.last_s")] == [
        False,
        0,
        False,
        0,
    ]
    offer = stage.ginny(Invite("May I help?"))
    assert facts(stage)["offers.open"] is True
    stage.now += 10
    stage.lea(Settle(f"{offer.replica}.{offer.c}", accept=False))
    stage.lea(Say("hello"))
    stage.now += 20
    seen = facts(stage)
    assert (seen["offers.open"], seen["offers.dismissed"], seen["offers.last_s"]) == (False, 1, 30)
    assert (seen["chat.open"], seen["chat.last_s"]) == (True, 20)
    stage.lea(Finish())
    assert facts(stage)["chat.open"] is False


def test_rule8_nothing_is_offered_while_a_page_is_looked_at_together() -> None:
    stage = Stage()
    stage.lea(Event("page_view", Page("/")))
    stage.lea(Say("hello"))
    stage.ginny(Say("hi"))
    stage.lea(Share("view", GINNY.id))
    stage.lea(Finish())
    always = rule(when="visit.pages >= 1", idle="")
    visitor = visitor_of(stage.state, Watch(), Around(1), stage.now)
    assert explain(Book([always]), visitor, Staff(), stage.now)[0].cause is Cause.COBROWSE_OPEN
    stage.lea(Share("none"))
    visitor = visitor_of(stage.state, Watch(), Around(1), stage.now)
    assert explain(Book([always]), visitor, Staff(), stage.now)[0].cause is Cause.FIRES


def test_rule10_a_rule_with_a_team_needs_somebody_of_it() -> None:
    source = draft(when="visit.pages >= 0", idle="").replace("offer:\n", "offer:\n  team: kitchens\n")
    one = parse(source, "draft.yaml")
    for teams, cause in (({}, Cause.NO_CSA), ({"beds": 2}, Cause.NO_CSA), ({"kitchens": 1}, Cause.FIRES)):
        visitor = Visitor("a", Facts(csas_available=2, csas_teams=teams), Memory(), Ledger(), Watch())
        verdict = explain(Book([one]), visitor, Staff(), 5.0)[0]
        assert verdict.cause is cause
        assert "kitchens" in verdict.reason or cause is Cause.FIRES


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ('csas.teams["kitchens"] > 1', True),
        ("csas.teams.kitchens == 2", True),
        ('"beds" in csas.teams', False),
        ("has(csas.teams.beds) && csas.teams.beds > 0", False),
        ('has(contact.attributes.tier) && contact.attributes.tier == "gold"', True),
        ('contact.labels.exists(l, l.startsWith("reg"))', True),
        ("csas.wait_s < 60 && shop.open", True),
    ],
)
def test_rule3_maps_of_facts_are_asked_as_cel_does(when: str, holds: bool) -> None:
    seen = Facts(
        csas_available=2,
        csas_teams={"kitchens": 2},
        contact_labels=["regular"],
        contact_attributes={"tier": "gold"},
    )
    visitor = Visitor("a", seen, Memory(), Ledger(), Watch())
    fired = Book([rule(when=when, idle="")]).ask(visitor, Staff(), 5.0).fires
    assert (fired is not None) is holds


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("contact.attributes.tier > 3", "string"),
        ('csas.teams["x"] == "a"', "int"),
        ('visit.weekday == "monday"', "never"),
        ("contact.labels.tier == 1", "no parts"),
    ],
)
def test_rule3_maps_of_facts_are_typed(when: str, message: str) -> None:
    found = mistakes(draft(when=when))
    assert found
    assert message in found[0].message


# The calendar


def at(text: str, zone: str = "Europe/London") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("when", "is_open", "until"),
    [
        ("2026-11-20T08:59:59", False, "2026-11-20T09:00"),
        ("2026-11-20T09:00", True, "2026-11-20T10:00"),
        ("2026-11-20T17:59:59", True, "2026-11-20T18:00"),
        ("2026-11-20T18:00", False, "2026-11-20T19:00"),
        ("2026-11-21T13:30", True, "2026-11-21T14:00"),
        ("2026-11-22T12:00", False, "2026-11-22T13:00"),
        ("2026-07-03T08:30", False, "2026-07-03T09:00"),
    ],
)
def test_rule2_a_shop_is_open_in_its_own_time_zone(when: str, is_open: bool, until: str) -> None:
    assert OFFICE.is_open(at(when)) == (is_open, at(until))


@given(
    st.integers(1_700_000_000, 1_900_000_000), st.sampled_from(["Europe/London", "America/New_York", "UTC"])
)
def test_rule2_the_clock_on_the_wall_is_the_calendars(now: int, zone: str) -> None:
    there = datetime.fromtimestamp(now, ZoneInfo(zone))
    offset = there.utcoffset()
    assert offset is not None
    shown = clock(float(now), offset.total_seconds())
    assert (shown.hour, shown.weekday) == (there.hour, WEEKDAYS[there.weekday()])
    assert now < shown.until <= now + 3_600
    open_now, _ = OFFICE.is_open(float(now))
    here = datetime.fromtimestamp(now, LONDON)
    span = (9, 18) if here.weekday() < 5 else (10, 14) if here.weekday() == 5 else (0, 0)
    assert open_now is (span[0] <= here.hour < span[1])


@pytest.mark.parametrize(
    "span", ["mon", "mon 9:00-18:00", "fri-mon 09:00-18:00", "mon 18:00-09:00", "mon 09:00-24:01", "x 1-2"]
)
def test_hours_that_are_none_are_refused(span: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Hours(UTC, [span])


def test_rule2_the_shoppers_clock_is_theirs_else_the_shops() -> None:
    stage = Stage()
    stage.now = at("2026-11-20T16:30")
    assert (facts(stage)["visit.hour"], facts(stage)["visit.weekday"]) == (16, "fri")
    stage.write(SERVER, 0, Arrived("Safari, iPhone", "en-NZ", 13 * 60))
    assert (facts(stage)["visit.hour"], facts(stage)["visit.weekday"]) == (5, "sat")


def test_rule7_the_rules_look_again_when_the_shop_opens() -> None:
    stage = Stage()
    stage.now = at("2026-11-20T08:59:30")
    stage.lea(Event("page_view", Page("/")))
    book, around = Book([rule(when="shop.open", idle="")]), Around(1, hours=OFFICE)
    visitor = visitor_of(stage.state, Watch(), around, stage.now)
    answer = book.ask(visitor, Staff(), stage.now)
    assert (answer.fires, answer.due) == (None, at("2026-11-20T09:00"))
    update(visitor, stage.state, around, at("2026-11-20T09:00"))
    assert book.ask(visitor, Staff(), at("2026-11-20T09:00")).fires
    indifferent = Book([rule(when="visit.pages > 5", idle="")])
    assert indifferent.ask(visitor, Staff(), stage.now).due is None


def test_rule2_a_visitor_who_is_kept_has_the_facts_of_one_made_anew() -> None:
    stage = Stage()
    kept = visitor_of(stage.state, Watch(), Around(1), stage.now)
    steps: list[AnyOperation] = [
        Event("page_view", Page("/desk", "Desk", "product")),
        Increment("desk", 2),
        Event("scroll", params={"percent_scrolled": 75}),
        Increment("lamp", 1),
        Increment("desk", -2),
        Event("purchase"),
        Say("hello"),
    ]
    for step in steps:
        stage.now += 3_700
        stage.lea(step)
        update(kept, stage.state, Around(2), stage.now)
        fresh = visitor_of(stage.state, Watch(), Around(2), stage.now)
        assert kept.facts == fresh.facts
        assert kept.ledger == fresh.ledger


def test_room6_what_is_hidden_from_a_shopper_is_never_sent_as_it_is() -> None:
    """Found by reading: a batch of what the rules judged went to shoppers as everybody else has it."""
    for fact in (
        Judged("basket", "v", "fires", "text", "3 items", []),
        Armed({"basket": 1.0}),
        Arrived("Safari, iPhone", "de", 60),
        Identified(Known("4711")),
    ):
        assert seen_by(fact, "shopper", own=False) != fact
        assert not all_plain([fact])


def test_a_clock_that_never_began_stands_at_nothing() -> None:
    assert value_of(Facts(chat_last_at=NEVER), "chat.last_s", 5.0) == 0
