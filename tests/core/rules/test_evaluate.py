"""Firing, limits and timing. The oracle asks each instant in turn, by the words of docs/rules.md."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cobrowse.core.rules.evaluate import Cause, OfferState, evaluate, span, still_valid
from cobrowse.core.rules.facts import PAGE_KINDS, Cart, Csas, Facts, Page, Visit, whole_seconds
from cobrowse.core.rules.rule import Rule
from tests.core.rules.drafts import rule

BASKET = rule(rule_id="basket", when='cart.distinct_items >= 3 && page.kind != "checkout"')
READY = Facts(cart=Cart(distinct_items=3, changed_at=1_000.0), csas=Csas(available=1))
FRESH = OfferState()


def test_a_rule_fires_exactly_when_its_wait_is_over() -> None:
    early = evaluate([BASKET], READY, FRESH, 1_078.0)
    assert (early.fires, early.due) == (None, 1_090.0)
    assert early.verdicts[0].reason == "12 s to go"
    assert evaluate([BASKET], READY, FRESH, 1_089.999).fires is None
    done = evaluate([BASKET], READY, FRESH, 1_090.0)
    assert (done.fires, done.due, done.verdicts[0].fires) == (BASKET, None, True)
    assert done.verdicts[0].reason == "the cart has been left alone for 90 s"


@given(st.floats(1.6e9, 1.9e9), st.sampled_from([0.1, 60.0, 90.0, 86_400.0]))
def test_the_due_instant_fires_whatever_floats_do(changed_at: float, idle_s: float) -> None:
    waiting = replace(BASKET, idle_s=idle_s)
    facts = msgspec.structs.replace(READY, cart=Cart(distinct_items=3, changed_at=changed_at))
    due = evaluate([waiting], facts, FRESH, changed_at).due
    assert due is not None
    assert evaluate([waiting], facts, FRESH, due).fires is waiting


@given(st.floats(0, 2.2e9), st.integers(0, 90_000))
@example(44_665.85212788176, 51_094)  # the difference is rounded down, the sum is not
@example(2_147_442_195.275801, 82_728)
@example(72.64059750038754, 337)  # and here, just before the turn, it is rounded up
def test_whole_seconds_turn_exactly_at_each_sum(since: float, seconds: int) -> None:
    assert whole_seconds(since, since + seconds) >= seconds
    for now in (since + seconds + 0.5, math.nextafter(since + seconds, 0)):
        count = whole_seconds(since, now)
        assert since + count <= now < since + (count + 1) or now < since


LIMITS = [
    (READY, OfferState(chat_open=True), Cause.CHAT_OPEN, "a chat is open"),
    (READY, OfferState(dismissed=True), Cause.DISMISSED, "an offer was dismissed in this visit"),
    (READY, OfferState(open_offer=True), Cause.OFFER_OPEN, "an offer is open"),
    (READY, OfferState(offered=frozenset({"basket"})), Cause.OFFERED, "already offered in this visit"),
    (msgspec.structs.replace(READY, csas=Csas(available=0)), FRESH, Cause.NO_CSA, "no CSA is free"),
    (msgspec.structs.replace(READY, page=Page(kind="checkout")), FRESH, Cause.CHECKOUT, "at checkout"),
    (Facts(csas=Csas(available=1)), FRESH, Cause.WHEN, "cart.distinct_items is 0"),
    (
        msgspec.structs.replace(READY, cart=Cart(distinct_items=4)),
        FRESH,
        Cause.IDLE,
        "the shopper has not changed the cart in this visit",
    ),
]


@pytest.mark.parametrize(("facts", "ledger", "cause", "reason"), LIMITS, ids=[str(row[2]) for row in LIMITS])
def test_what_holds_a_rule_back_is_named(facts: Facts, ledger: OfferState, cause: Cause, reason: str) -> None:
    decision = evaluate([BASKET], facts, ledger, 5_000.0)
    assert (decision.fires, decision.due) == (None, None)
    assert (decision.verdicts[0].cause, decision.verdicts[0].reason) == (cause, reason)


def test_a_rule_that_is_switched_off_does_not_fire() -> None:
    verdict = evaluate([replace(BASKET, enabled=False)], READY, FRESH, 5_000.0).verdicts[0]
    assert (verdict.cause, verdict.reason) == (Cause.DISABLED, "switched off")


def test_priority_then_id_decides_between_two() -> None:
    other, urgent = replace(BASKET, id="a-basket"), replace(BASKET, id="urgent", priority=200)
    assert evaluate([BASKET, other], READY, FRESH, 5_000.0).fires is other
    decision = evaluate([BASKET, other, urgent], READY, FRESH, 5_000.0)
    assert decision.fires is urgent
    assert [verdict.rule_id for verdict in decision.verdicts] == ["urgent", "a-basket", "basket"]
    assert [verdict.reason for verdict in decision.verdicts[1:]] == ["urgent comes first"] * 2


def test_a_fault_stops_only_its_own_rule() -> None:
    broken = rule(rule_id="broken", when="100 / cart.quantity > 3", more="priority: 900\n")
    decision = evaluate([broken, BASKET], READY, FRESH, 5_000.0)
    assert decision.fires is BASKET
    assert [(fault.rule_id, fault.message) for fault in decision.faults] == [("broken", "division by zero")]
    assert decision.verdicts[0].cause is Cause.FAULT


@pytest.mark.parametrize(
    ("when", "cause"),
    [
        ("cart.quantity > 5 && 100 / cart.quantity > 3", Cause.WHEN),
        ("100 / cart.quantity > 3 && cart.quantity > 5", Cause.WHEN),
        ("cart.quantity < 5 || 100 / cart.quantity > 3", Cause.FIRES),
        ('cart.items[0] == "Lamp"', Cause.FAULT),
        ("cart.quantity - 9223372036854775807 - 9223372036854775807 < 0", Cause.FAULT),
    ],
)
def test_a_fault_gives_way_to_an_answer_as_in_cel(when: str, cause: Cause) -> None:
    assert evaluate([rule(when=when)], READY, FRESH, 5_000.0).verdicts[0].cause is cause


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ('page.kind == "cart"', 'page.kind is "content"'),
        ("cart.value > 50.0 || visit.pages > 3", "cart.value is 0.00, visit.pages is 1"),
        ('true && cart.items.exists(i, i == "Lamp")', "cart.items has 0"),
        ("contact.known", "contact.known is false"),
        ("contact.known ? true : false && true", "contact.known is false"),
        ("1 > 2", "1 > 2 is false"),
    ],
)
def test_the_reason_shows_the_operand_that_said_no(when: str, reason: str) -> None:
    assert evaluate([rule(when=when)], READY, FRESH, 5_000.0).verdicts[0].reason == reason


def test_an_open_offer_stays_while_its_reason_does() -> None:
    opened = OfferState(open_offer=True, offered=frozenset({"basket"}))
    busy = msgspec.structs.replace(READY, cart=Cart(distinct_items=4, changed_at=1_095.0))
    assert still_valid(BASKET, READY, opened, 1_100.0)
    assert still_valid(BASKET, busy, opened, 1_100.0)
    less = msgspec.structs.replace(READY, cart=Cart(distinct_items=2, changed_at=1_095.0))
    assert not still_valid(BASKET, less, opened, 1_100.0)
    assert not still_valid(
        BASKET, msgspec.structs.replace(READY, page=Page(kind="checkout")), opened, 1_100.0
    )
    assert not still_valid(BASKET, msgspec.structs.replace(READY, csas=Csas()), opened, 1_100.0)
    assert not still_valid(BASKET, READY, replace(opened, chat_open=True), 1_100.0)
    assert not still_valid(BASKET, READY, replace(opened, dismissed=True), 1_100.0)
    assert not still_valid(replace(BASKET, enabled=False), READY, opened, 1_100.0)
    assert not still_valid(rule(when="1 / cart.quantity > 0"), READY, opened, 1_100.0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (90, "90 s"), (120, "2 min"), (125.5, "2 min 6 s")]
)
def test_spans_read_as_people_say_them(seconds: float, text: str) -> None:
    assert span(seconds) == text


# The oracle. A draft holds the plain facts of a rule: the file and the slow, obvious answer come from it.


@dataclass(frozen=True)
class Draft:
    rule_id: str
    least_items: int
    longer_than_s: int | None  # cart.idle_s > n, in the condition
    within_s: int | None  # visit.duration_s <= n, in the condition
    idle_s: int | None
    priority: int

    def as_rule(self) -> Rule:
        when = f"cart.distinct_items >= {self.least_items}"
        when += f" && cart.idle_s > {self.longer_than_s}" if self.longer_than_s is not None else ""
        when += f" && {self.within_s} >= visit.duration_s" if self.within_s is not None else ""
        idle = f"{self.idle_s} s" if self.idle_s else ""
        return rule(rule_id=self.rule_id, when=when, idle=idle, more=f"priority: {self.priority}\n")

    def fires(self, facts: Facts, ledger: OfferState, now: float) -> bool:
        if ledger.chat_open or ledger.dismissed or ledger.open_offer or self.rule_id in ledger.offered:
            return False
        if facts.csas.available < 1 or facts.page.kind == "checkout":
            return False
        changed_at, started_at = facts.cart.changed_at, facts.visit.started_at
        idle = int(now - changed_at) if changed_at is not None and now > changed_at else 0
        spent = int(now - started_at) if started_at is not None and now > started_at else 0
        if facts.cart.distinct_items < self.least_items:
            return False
        if self.longer_than_s is not None and not idle > self.longer_than_s:
            return False
        if self.within_s is not None and not spent <= self.within_s:
            return False
        return self.idle_s is None or (changed_at is not None and now >= changed_at + self.idle_s)


@st.composite
def drafts(draw: st.DrawFn) -> list[Draft]:
    wait = st.none() | st.integers(1, 12)
    return [
        Draft(
            f"rule-{n}", draw(st.integers(0, 3)), draw(wait), draw(wait), draw(wait), draw(st.integers(0, 2))
        )
        for n in range(draw(st.integers(1, 4)))
    ]


# Instants are halves of seconds, which floats hold exactly: so the oracle may subtract.
instants = st.integers(0, 30).map(lambda n: 1_700_000_000.0 + n / 2)
visitors = st.builds(
    Facts,
    cart=st.builds(Cart, distinct_items=st.integers(0, 4), changed_at=st.none() | instants),
    page=st.builds(Page, kind=st.sampled_from(PAGE_KINDS)),
    visit=st.builds(Visit, started_at=st.none() | instants),
    csas=st.builds(Csas, available=st.sampled_from([0, 1, 1, 2])),
)
ledgers = st.builds(
    OfferState,
    chat_open=st.sampled_from([False, False, False, True]),
    offered=st.frozensets(st.sampled_from(["rule-0", "rule-1"])),
    open_offer=st.sampled_from([False, False, False, True]),
    dismissed=st.sampled_from([False, False, False, True]),
)


def oracle(all_drafts: list[Draft], facts: Facts, ledger: OfferState, now: float) -> str | None:
    able = [draft for draft in all_drafts if draft.fires(facts, ledger, now)]
    return min(able, key=lambda draft: (-draft.priority, draft.rule_id)).rule_id if able else None


@given(drafts(), visitors, ledgers, instants)
def test_evaluate_and_due_agree_with_asking_at_every_instant(
    all_drafts: list[Draft], facts: Facts, ledger: OfferState, now: float
) -> None:
    rules = [draft.as_rule() for draft in all_drafts]
    decision = evaluate(rules, facts, ledger, now)
    answer = decision.fires.id if decision.fires else None
    assert answer == oracle(all_drafts, facts, ledger, now)
    later = [now + n / 2 for n in range(1, 90)]
    turn = next((t for t in later if oracle(all_drafts, facts, ledger, t) != answer), None)
    if turn is not None:
        assert decision.due is not None
        assert now < decision.due <= turn
    if answer is None and all(d.longer_than_s is None and d.within_s is None for d in all_drafts):
        assert decision.due == turn  # without clock facts no timer is ever set in vain


@given(drafts(), st.lists(st.tuples(st.integers(0, 20), visitors), max_size=6))
def test_sleeping_until_due_makes_the_offers_that_watching_makes(
    all_drafts: list[Draft], steps: list[tuple[int, Facts]]
) -> None:
    rules = [draft.as_rule() for draft in all_drafts]
    begin = 1_700_000_000.0
    # What happens when: the facts that hold from each instant on, until half a minute after the last.
    history: list[tuple[float, Facts]] = [(begin, Facts())]
    for gap, facts in steps:
        history.append((history[-1][0] + gap / 2, facts))
    end = history[-1][0] + 30

    # Several facts may follow one another within one instant: each is asked about once.
    watched: list[tuple[float, str]] = []
    known = history[0][1]
    for now in (begin + tick / 2 for tick in range(int((end - begin) * 2))):
        arrived = [new for at, new in history if at == now]
        for facts in arrived or [known]:
            known = facts
            offered = frozenset(rule_id for _, rule_id in watched)
            while found := oracle(all_drafts, facts, OfferState(offered=offered), now):
                watched.append((now, found))
                offered |= {found}

    slept: list[tuple[float, str]] = []
    for index, (at, facts) in enumerate(history):
        until = history[index + 1][0] if index + 1 < len(history) else end
        due: float | None = at
        while due is not None and (due < until or due == at):
            ledger = OfferState(offered=frozenset(rule_id for _, rule_id in slept))
            decision = evaluate(rules, facts, ledger, due)
            if decision.fires:
                slept.append((due, decision.fires.id))
            else:
                due = decision.due
    assert slept == watched
