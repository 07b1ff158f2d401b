"""Moments, limits and timing. The oracle looks at every instant, by the words of SPEC rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cobrowse.core.rules.engine import Book, Visitor, Watch
from cobrowse.core.rules.explain import explain
from cobrowse.core.rules.facts import Facts, whole_seconds
from cobrowse.core.rules.limits import DEFAULT_ODDS, Cause, Ledger, Limits, Staff, ago, span
from cobrowse.core.rules.memory import MAX_EVENTS, Memory, remember_event
from cobrowse.core.rules.replay import Moment, Replay
from cobrowse.core.rules.rule import Rule
from cobrowse.core.rules.track import Line
from tests.core.rules.drafts import rule

BASKET = rule(rule_id="basket", when='cart.distinct_items >= 3 && page.kind != "checkout"')
STAFF = Staff()


def visitor(watch: Watch | None = None, *, ledger: Ledger | None = None, **facts: Any) -> Visitor:
    """One with three things in the cart, last changed at 1,000, unless said otherwise."""
    known: dict[str, Any] = {"cart_distinct_items": 3, "cart_changed_at": 1_000.0, "csas_available": 1}
    made = Facts(**(known | facts))
    return Visitor("someone", made, Memory(), ledger or Ledger(), watch or Watch())


def cause_of(one: Rule, who: Visitor, now: float, staff: Staff = STAFF) -> tuple[Cause, str]:
    verdict = explain(Book([one]), who, staff, now)[0]
    return verdict.cause, verdict.reason


def test_rule1_a_moment_begins_exactly_when_the_wait_is_over_and_ends_with_its_chance() -> None:
    book, who = Book([BASKET]), visitor()
    early = book.ask(who, STAFF, 1_078.0)
    assert (early.fires, early.due) == (None, 1_090.0)
    assert cause_of(BASKET, who, 1_078.0) == (Cause.IDLE, "12 s to go")
    assert explain(book, who, STAFF, 1_078.0)[0].due == 1_090.0
    assert book.ask(who, STAFF, 1_089.999).fires is None
    fired = book.ask(who, STAFF, 1_090.0).fires
    assert fired is not None
    assert (fired.rule, fired.reason) == (BASKET, "the cart has been left alone for 90 s")
    assert Book([BASKET]).ask(visitor(Watch(since={"basket": 1_000.0}, visit=1)), STAFF, 1_150.0).fires
    late = visitor(Watch(since={"basket": 1_000.0}, visit=1))
    assert Book([BASKET]).ask(late, STAFF, 1_150.001).fires is None
    assert cause_of(BASKET, late, 1_160.0) == (Cause.MISSED, "its moment passed 10 s ago")


@given(st.floats(1.6e9, 1.9e9), st.sampled_from([0.1, 60.0, 90.0, 86_400.0]))
def test_rule1_the_due_instant_fires_whatever_floats_do(changed_at: float, idle_s: float) -> None:
    book, who = Book([replace(BASKET, idle_s=idle_s)]), visitor(cart_changed_at=changed_at)
    due = book.ask(who, STAFF, changed_at).due
    assert due is not None
    assert book.ask(who, STAFF, due).fires


@given(st.floats(0, 2.2e9), st.integers(0, 90_000))
@example(44_665.85212788176, 51_094)  # the difference is rounded down, the sum is not
@example(2_147_442_195.275801, 82_728)
@example(72.64059750038754, 337)  # and here, just before the turn, it is rounded up
def test_rule2_whole_seconds_turn_exactly_at_each_sum(since: float, seconds: int) -> None:
    assert whole_seconds(since, since + seconds) >= seconds
    for now in (since + seconds + 0.5, math.nextafter(since + seconds, 0)):
        count = whole_seconds(since, now)
        assert since + count <= now < since + (count + 1) or now < since


NOW = 5_000.0
LIMITED: list[tuple[Ledger, dict[str, Any], Cause, str]] = [
    (Ledger(chat_open=True), {}, Cause.CHAT_OPEN, "a chat is open"),
    (Ledger(cobrowse_open=True), {}, Cause.COBROWSE_OPEN, "a page is being looked at together"),
    (Ledger(dismissed=True), {}, Cause.DISMISSED, "an offer was dismissed in this visit"),
    (Ledger(open_offer=True), {}, Cause.OFFER_OPEN, "an offer is open"),
    (Ledger(offered=frozenset({"basket"})), {}, Cause.OFFERED, "already offered in this visit"),
    (Ledger(), {"csas_available": 0}, Cause.NO_CSA, "no CSA is free"),
    (Ledger(), {"page_kind": "checkout"}, Cause.CHECKOUT, "at checkout"),
    (Ledger(), {"page_kind": "checkout", "visit_checkout": "payment"}, Cause.PAYMENT, "at payment"),
    (Ledger(made_at=(4_280.0,)), {}, Cause.FIRES, "the condition holds"),
    (Ledger(made_at=(4_480.0,)), {}, Cause.COOLDOWN, "offer 8 min ago"),
    (Ledger(made_at=(1.0, 2.0, 3.0)), {}, Cause.CAP, "3 offers in 7 days"),
    (Ledger(latest={"basket": 4_000.0}), {}, Cause.AGAIN, "offered 16 min ago, it rests 60 min"),
]


@pytest.mark.parametrize(
    ("ledger", "facts", "cause", "reason"), LIMITED, ids=[f"{row[2]}-{n}" for n, row in enumerate(LIMITED)]
)
def test_rule8_and_rule9_what_holds_a_rule_back_is_named(
    ledger: Ledger, facts: dict[str, Any], cause: Cause, reason: str
) -> None:
    one = rule(rule_id="basket", when="cart.distinct_items >= 3", idle="", more="again: 1 h\n")
    who = visitor(ledger=ledger, **facts)
    assert cause_of(one, who, NOW) == (cause, reason)
    answer = Book([one]).ask(who, STAFF, NOW)
    assert [(said.cause, said.reason) for said in answer.news] == [(cause, reason)]
    assert (answer.fires is not None) == (cause is Cause.FIRES)


def test_rule8_only_a_rule_that_may_speaks_at_checkout_and_none_at_payment() -> None:
    bold = replace(BASKET, at_checkout=True, idle_s=0.0, when=rule(when="cart.distinct_items >= 3").when)
    assert cause_of(bold, visitor(page_kind="checkout"), NOW)[0] is Cause.FIRES
    paying = visitor(page_kind="checkout", visit_checkout="payment")
    assert cause_of(bold, paying, NOW)[0] is Cause.PAYMENT


def test_rule9_a_limit_that_time_lifts_within_the_moment_sets_the_timer() -> None:
    one = rule(rule_id="basket", idle="")
    who = visitor(ledger=Ledger(made_at=(4_430.0,)))
    answer = Book([one]).ask(who, STAFF, NOW)
    assert (answer.fires, answer.due) == (None, 5_030.0)
    assert Book([one]).ask(who, STAFF, 5_030.0).fires


def test_rule10_offers_on_show_count_as_chats_to_come() -> None:
    def cause(expected: float, free: int) -> Cause:
        staff = Staff(expected, lambda _: DEFAULT_ODDS)
        return cause_of(rule(idle=""), visitor(csas_available=free), NOW, staff)[0]

    assert cause(0.0, 1) is Cause.FIRES
    assert cause(0.75, 1) is Cause.FIRES
    assert cause(0.76, 1) is Cause.NO_ROOM
    assert cause(0.76, 2) is Cause.FIRES


def test_rule10_one_offer_may_be_on_show_however_surely_it_is_taken() -> None:
    certain = Staff(0.0, lambda _: 1.5)
    assert cause_of(rule(idle=""), visitor(), NOW, certain)[0] is Cause.FIRES


def test_rule1_priority_then_id_decides_between_two() -> None:
    quick = replace(BASKET, idle_s=0.0)
    other, urgent = replace(quick, id="a-basket"), replace(quick, id="urgent", priority=200)
    fired = Book([quick, other]).ask(visitor(), STAFF, NOW).fires
    assert fired is not None
    assert fired.rule is other
    book, who = Book([quick, other, urgent]), visitor()
    answer = book.ask(who, STAFF, NOW)
    assert answer.fires is not None
    assert answer.fires.rule is urgent
    assert [(said.rule.id, said.cause) for said in answer.news] == [
        ("urgent", Cause.FIRES),
        ("a-basket", Cause.OUTRANKED),
        ("basket", Cause.OUTRANKED),
    ]
    assert [verdict.reason for verdict in explain(book, visitor(), STAFF, NOW)[1:]] == [
        "urgent comes first"
    ] * 2


def test_rule3_a_fault_stops_only_its_own_rule() -> None:
    broken = rule(rule_id="broken", when="100 / cart.quantity > 3", idle="", more="priority: 900\n")
    answer = Book([broken, replace(BASKET, idle_s=0.0)]).ask(visitor(), STAFF, NOW)
    assert answer.fires is not None
    assert answer.fires.rule.id == "basket"
    assert [(found.id, message) for found, message in answer.faults] == [("broken", "division by zero")]
    assert cause_of(broken, visitor(), NOW) == (Cause.FAULT, "division by zero")


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
def test_rule3_a_fault_gives_way_to_an_answer_as_in_cel(when: str, cause: Cause) -> None:
    one = rule(when=when, idle="")
    assert cause_of(one, visitor(), NOW)[0] is cause
    assert (Book([one]).ask(visitor(), STAFF, NOW).fires is not None) == (cause is Cause.FIRES)


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
def test_rule13_the_reason_shows_the_operand_that_said_no(when: str, reason: str) -> None:
    assert cause_of(rule(when=when), visitor(), NOW) == (Cause.WHEN, reason)


def test_rule13_every_operand_keeps_its_value() -> None:
    one = rule(
        when="cart.distinct_items >= 3 && 1 / cart.quantity > 0", more="after:\n  - events: coupon_refused\n"
    )
    seen = explain(Book([one]), visitor(), STAFF, NOW)[0].operands
    assert [(part.source, part.holds, part.values) for part in seen] == [
        ("cart.distinct_items >= 3", True, (("cart.distinct_items", "3"),)),
        ("1 / cart.quantity > 0", None, (("cart.quantity", "0"),)),
        ("after coupon_refused", False, ()),
    ]


def test_rule11_an_open_offer_stays_while_its_reason_does() -> None:
    book, opened = Book([BASKET]), Ledger(open_offer=True, offered=frozenset({"basket"}))
    assert book.keeps("basket", visitor(ledger=opened), 1_100.0)
    busy = visitor(ledger=opened, cart_distinct_items=4, cart_changed_at=1_095.0)
    assert book.keeps("basket", busy, 1_100.0)
    lost: list[dict[str, Any]] = [
        {"cart_distinct_items": 2},
        {"page_kind": "checkout"},
        {"csas_available": 0},
    ]
    for facts in lost:
        assert not book.keeps("basket", visitor(ledger=opened, **facts), 1_100.0)
    for ledger in (Ledger(chat_open=True), Ledger(dismissed=True), Ledger(cobrowse_open=True)):
        assert not book.keeps("basket", visitor(ledger=ledger), 1_100.0)
    assert not book.keeps("gone", visitor(), 1_100.0)
    assert not Book([replace(BASKET, enabled=False)]).keeps("basket", visitor(), 1_100.0)
    faulty = Book([rule(rule_id="basket", when="1 / cart.quantity > 0")])
    assert not faulty.keeps("basket", visitor(), 1_100.0)


def test_rule7_time_never_goes_back_for_a_visitor() -> None:
    book, who = Book([BASKET]), visitor()
    book.ask(who, STAFF, 1_089.0)
    assert book.ask(who, STAFF, 1_000.0).due == 1_090.0
    assert who.watch.asked_at == 1_089.0


def test_rule7_a_watch_goes_on_after_a_restart_and_with_other_rules() -> None:
    patient = rule(rule_id="patient", idle="", more="hold: 60 s\n")
    book, who = Book([patient]), visitor()
    book.ask(who, STAFF, 2_000.0)
    again = visitor(Watch(visit=1, since=dict(who.watch.since)))
    assert Book([patient]).ask(again, STAFF, 2_050.0).due == 2_060.0
    more = Book([patient, replace(BASKET, priority=900)])
    kept = more.watch_after(who.watch, book)
    assert more.ask(visitor(kept), STAFF, 2_055.0).due == 2_060.0
    edited = Book([replace(patient, version="other")])
    assert edited.ask(visitor(edited.watch_after(who.watch, book)), STAFF, 2_055.0).due == 2_115.0


def test_rule1_a_new_visit_begins_anew() -> None:
    one = rule(rule_id="patient", idle="", more="hold: 60 s\n")
    book, watch = Book([one]), Watch()
    book.ask(visitor(watch), STAFF, 2_000.0)
    assert book.ask(visitor(watch, visit_number=2), STAFF, 9_000.0).due == 9_060.0


def test_rule4_the_last_events_are_kept_and_time_does_not_fall() -> None:
    memory = Memory()
    for n in range(MAX_EVENTS + 5):
        remember_event(memory, 100.0 + n, f"event{n}")
    remember_event(memory, 50.0, "late")
    assert (len(memory.names), memory.names[0], memory.names[-1]) == (MAX_EVENTS, "event6", "late")
    assert memory.ats == sorted(memory.ats)
    assert memory.ats[-1] == 100.0 + MAX_EVENTS + 4


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (90, "90 s"),
        (120, "2 min"),
        (125.5, "2 min 6 s"),
        (7_260, "2 h 1 min"),
        (604_800, "7 days"),
    ],
)
def test_spans_read_as_people_say_them(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_what_is_past_reads_as_people_say_it() -> None:
    assert [ago(s) for s in (0.5, 90, 754, 9_000, 200_000)] == [
        "0 s ago",
        "90 s ago",
        "12 min ago",
        "2 h ago",
        "2 days ago",
    ]


# The oracle. A draft holds the plain facts of a rule: the file and the slow, obvious answer come from it.

BEGIN = 1_700_000_000.0
LIMITS = Limits(cooldown_s=6.0, cap=3, cap_days=1.0)


@dataclass(frozen=True)
class Draft:
    rule_id: str
    least_items: int
    idle_over_s: int | None  # cart.idle_s > n, in the condition
    run: tuple[str, ...]
    within_s: int | None
    unless: str
    idle_s: int
    hold_s: int
    chance_s: int
    priority: int

    def as_rule(self) -> Rule:
        when = f"cart.distinct_items >= {self.least_items}"
        when += f" && cart.idle_s > {self.idle_over_s}" if self.idle_over_s is not None else ""
        more = f"priority: {self.priority}\nchance: {self.chance_s} s\n"
        more += f"hold: {self.hold_s} s\n" if self.hold_s else ""
        if self.run:
            more += f"after:\n  - events: [{', '.join(self.run)}]\n"
            more += f"    within: {self.within_s} s\n" if self.within_s else ""
            more += f"    unless: {self.unless}\n" if self.unless and self.unless not in self.run else ""
        idle = f"{self.idle_s} s" if self.idle_s else ""
        made = rule(rule_id=self.rule_id, when=when, idle=idle, more=more)
        return replace(made, expires_s=5.0)


Happening = tuple[float, str]
"""When (never falling), and what: add a, remove a, csa b, event x."""


def true_at(draft: Draft, past: Sequence[Happening], now: float) -> bool:
    """By SPEC rule.1 to rule.6, from all that has happened."""
    cart, changed_at = cart_at(past)
    if len(cart) < draft.least_items:
        return False
    if draft.idle_over_s is not None and not (
        changed_at is not None and now - changed_at >= draft.idle_over_s + 1
    ):
        return False
    if not draft.run:
        return True
    names = [(at, what.split()[1]) for at, what in past if what.startswith("event")]
    for index in range(len(names) - 1, -1, -1):
        if draft.unless not in draft.run and names[index][1] == draft.unless:
            names = names[index + 1 :]
            break
    if draft.within_s:
        names = [(at, name) for at, name in names if now - at < draft.within_s]
    left = iter(name for _, name in names)
    return all(wanted in left for wanted in draft.run)


def cart_at(past: Sequence[Happening]) -> tuple[set[str], float | None]:
    cart: set[str] = set()
    changed_at: float | None = None
    for at, what in past:
        verb, name = what.split()
        if verb in ("add", "csa"):
            cart.add(name)
        if verb == "add" or (verb == "remove" and name in cart):
            changed_at = at
        if verb == "remove":
            cart.discard(name)
        if name in ("begin_checkout", "purchase"):
            changed_at = None
        if name == "purchase":
            cart.clear()
    return cart, changed_at


def oracle(drafts: list[Draft], history: list[Happening], end: float) -> list[tuple[float, str]]:
    """Looks at every half second."""
    fired: list[tuple[float, str]] = []
    since: dict[str, float] = {}
    closed_at = 0.0
    by_rank = sorted(drafts, key=lambda draft: (-draft.priority, draft.rule_id))
    for tick in range(int((end - BEGIN) * 2) + 1):
        now = BEGIN + tick / 2
        past = [happening for happening in history if happening[0] <= now]
        true = {draft.rule_id for draft in drafts if true_at(draft, past, now)}
        since = {rule_id: since.get(rule_id, now) for rule_id in true}
        if fired and fired[-1][0] == closed_at and (now >= closed_at + 5.0 or fired[-1][1] not in true):
            closed_at = -1.0  # what was on show is over
        for draft in by_rank:
            if draft.rule_id not in true or any(rule_id == draft.rule_id for _, rule_id in fired):
                continue
            begins = since[draft.rule_id] + draft.hold_s
            if draft.idle_s:
                changed_at = cart_at(past)[1]
                if changed_at is None:
                    continue
                begins = max(begins, changed_at + draft.idle_s)
            if not begins <= now <= begins + draft.chance_s:
                continue
            if fired and (fired[-1][0] == closed_at or now < fired[-1][0] + LIMITS.cooldown_s):
                continue
            if len(fired) >= LIMITS.cap:
                continue
            fired.append((now, draft.rule_id))
            closed_at = now
            break
    return fired


seconds = st.integers(1, 8)
some_drafts = st.lists(
    st.builds(
        Draft,
        rule_id=st.sampled_from(["a-rule", "b-rule", "c-rule", "d-rule"]),
        least_items=st.integers(0, 2),
        idle_over_s=st.none() | seconds,
        run=st.lists(st.sampled_from("xy"), max_size=3).map(tuple),
        within_s=st.none() | seconds,
        unless=st.sampled_from(["", "z", "y"]),
        idle_s=st.sampled_from([0, 0, 1, 3, 7]),
        hold_s=st.sampled_from([0, 0, 1, 4]),
        chance_s=st.sampled_from([1, 2, 60]),
        priority=st.integers(0, 2),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda draft: draft.rule_id,
)
happenings = st.lists(
    st.tuples(
        st.integers(-3, 12),  # half seconds since the one before; clocks step back now and then
        st.sampled_from(
            ["add a", "add b", "remove a", "csa b", "csa c", "event begin_checkout", "event purchase"]
            + ["event x", "event y", "event z"] * 2
        ),
    ),
    max_size=14,
)


@settings(max_examples=300)
@given(some_drafts, happenings)
def test_rule14_the_engine_fires_when_looking_at_every_instant_does(
    drafts: list[Draft], steps: list[tuple[int, str]]
) -> None:
    clock, now = BEGIN, BEGIN
    history: list[Happening] = [(BEGIN, "event begin")]
    moments: list[Moment] = []
    replay = Replay(Book([draft.as_rule() for draft in drafts], LIMITS), 1, moments.append)
    replay.at(BEGIN, "someone")[0].event(BEGIN, "begin")
    for half_seconds, what in steps:
        clock += half_seconds / 2
        now = max(now, clock)
        history.append((now, what))
        track, at = replay.at(clock, "someone")
        assert at == now
        verb, name = what.split()
        if verb == "event":
            track.event(at, name)
        elif verb == "remove":
            track.remove(at, name)
        else:
            track.add(at, name, Line(1, 100, name, ""), by_shopper=verb == "add")
    replay.finish()
    found = [(moment.at, moment.rule) for moment in moments if moment.cause is Cause.FIRES]
    assert found == oracle(drafts, history, now + 100)


@pytest.mark.parametrize(
    ("run", "unless", "names", "holds"),
    [
        ("xx", "", "x", False),
        ("xx", "", "xyx", True),
        ("xy", "", "yx", False),
        ("xy", "z", "xzy", False),
        ("xy", "z", "zxy", True),
        ("xy", "z", "xyz", False),
        ("xy", "z", "xyzxy", True),
    ],
)
def test_rule5_runs_are_found_in_their_order(run: str, unless: str, names: str, holds: bool) -> None:
    more = f"after:\n  - events: [{', '.join(run)}]\n" + (f"    unless: {unless}\n" if unless else "")
    pattern = rule(more=more).after[0]
    ats = [float(n) for n in range(len(names))]
    assert (pattern.began_at(list(names), ats, 100.0) is not None) is holds


def test_rule6_an_event_leaves_its_window_exactly_when_it_is_that_old() -> None:
    pattern = rule(more="after:\n  - events: x\n    times: 2\n    within: 10 s\n").after[0]
    assert pattern.began_at(["x", "x"], [0.0, 5.0], 9.999) == 0.0
    assert pattern.began_at(["x", "x"], [0.0, 5.0], 10.0) is None
    assert pattern.began_at(["x", "x", "x"], [0.0, 5.0, 5.0], 10.0) == 5.0
    assert pattern.ends_at(5.0) == 15.0
