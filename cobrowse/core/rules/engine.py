"""Which rule fires now, and when to ask again. The only place that decides: live, in replay and in `rules test`.

The rules of a book become one Python function that says which of them are true for a visitor; the rest of the work
is only done for those. SPEC rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from cobrowse.core.rules.cel.code import compile_code
from cobrowse.core.rules.cel.runtime import NoValue
from cobrowse.core.rules.experiments import CONTROL, CONTROL_ALL, arm_of
from cobrowse.core.rules.facts import CALENDAR, NEVER, Facts, field_of
from cobrowse.core.rules.limits import (
    Cause,
    Ledger,
    Limits,
    Staff,
    no_room,
    places,
    reason,
    veto,
    veto_of_visitor,
)
from cobrowse.core.rules.memory import Memory
from cobrowse.core.rules.rule import Rule, by_rank


class Watch(msgspec.Struct):
    """How the rules of one book stand with one visitor.

    `true`: bit n for the n-th rule, whose `when` and `after` hold since `since[rule.id]`; `said`: what has been said
    of each moment, which begins at the time beside it, so that it is said once; `asked_at`: time never goes back for
    a visitor. A `new` one was never asked about: its `since` is what an earlier watch knew.
    """

    new: bool = True
    visit: int = 0
    true: int = 0
    since: dict[str, float] = msgspec.field(default_factory=dict)
    said: dict[str, tuple[float, list[Cause]]] = msgspec.field(default_factory=dict)
    asked_at: float = 0.0


class Visitor(msgspec.Struct):
    """All that is asked about: the facts, the memory of events, what was offered, and how the rules stand.

    Whoever keeps the facts notes of which entry of the log the cart's are, and for which clock the calendar's.
    """

    contact: str
    facts: Facts
    memory: Memory
    ledger: Ledger
    watch: Watch
    cart_offset: int = -1
    utc_min: int | None = None


class Judgement(NamedTuple):
    """What became of a rule whose moment has come: it fires, or why not."""

    rule: Rule
    cause: Cause
    arm: str
    reason: str


class Answer(NamedTuple):
    """Which rule fires, what is newly to be said of moments, faults by rule, and when time alone may change this.

    Until `due` the same visitor and staff give the same answer.
    """

    fires: Judgement | None
    news: list[Judgement]
    faults: list[tuple[Rule, str]]
    due: float | None


class Book:
    """Rules in the order in which they are asked, compiled together."""

    def __init__(self, rules: Iterable[Rule], limits: Limits = Limits()) -> None:  # noqa: B008
        self.rules = tuple(sorted(rules, key=by_rank))
        self.limits = limits
        self._clocks = [
            [(field_of(name), seconds) for name, seconds in rule.when.clocks if seconds > 0]
            for rule in self.rules
        ]
        self.holding = tuple(rule for rule in self.rules if rule.hold_s)
        self.by_calendar = any(rule.when.facts & CALENDAR for rule in self.rules)
        self.by_staff = any(name.startswith("csas.") for rule in self.rules for name in rule.when.facts)
        self._true = compile_code(*_source(self.rules))

    def ask(self, visitor: Visitor, staff: Staff, at: float) -> Answer:
        """What happens at an instant, in Unix seconds. At most one rule fires: the first by rank, of those able to.

        Keeps the visitor's watch. Whoever makes the offer says so in the ledger.
        """
        watch = visitor.watch
        if visitor.facts.visit_number != watch.visit:
            _begin_visit(watch, visitor.facts.visit_number)
        now = watch.asked_at = max(at, watch.asked_at)
        true, waiting, faulty = self._true(visitor.facts, visitor.memory, now)
        if true != watch.true or watch.new:
            self._turn(watch, true, now)
        due = self._next_turn(waiting, visitor.facts, now) if waiting else None
        if self.by_calendar and visitor.facts.calendar_until < (due or NEVER):
            due = visitor.facts.calendar_until
        faults = self._explain(visitor, faulty, now) if faulty else []
        if not true:
            return Answer(None, [], faults, due)
        instants = [] if due is None else [due]
        fires: Judgement | None = None
        news: list[Judgement] = []
        for rule in self._rules_of(true):
            if rule.after:
                instants += self._ends(rule, visitor.memory, now)
            ready_at = self.ready_from(rule, watch.since[rule.id], visitor.facts)
            if now < ready_at:
                instants.append(ready_at)
                continue
            if now > ready_at + rule.chance_s:
                continue
            said = self._said(watch, rule, ready_at)
            if Cause.FIRES in said or Cause.CONTROL in said:
                continue
            found, lifted_at = self._judge(rule, visitor, staff, now, fires)
            if lifted_at is not None and lifted_at <= ready_at + rule.chance_s:
                instants.append(lifted_at)
            if found.cause is Cause.FIRES:
                fires = found
            if found.cause not in said:
                said.append(found.cause)
                news.append(found)
        due = min(instants, default=NEVER)
        return Answer(fires, news, faults, due if due != NEVER else None)

    def ready_from(self, rule: Rule, since: float, facts: Facts) -> float:
        """When the moment begins of a rule that is true since then; NEVER while it waits for a change of the cart."""
        ready_at = since + rule.hold_s
        return max(ready_at, facts.cart_changed_at + rule.idle_s) if rule.idle_s else ready_at

    def watch_after(self, before: Watch, book: Book) -> Watch:
        """The watch with which this book goes on where another left off: rules that are the same keep their time."""
        versions = {rule.id: rule.version for rule in book.rules}
        same = {rule.id for rule in self.rules if versions.get(rule.id) == rule.version}
        return Watch(
            since={rule_id: since for rule_id, since in before.since.items() if rule_id in same},
            said={rule_id: said for rule_id, said in before.said.items() if rule_id in same},
            visit=before.visit,
            asked_at=before.asked_at,
        )

    def _said(self, watch: Watch, rule: Rule, ready_at: float) -> list[Cause]:
        """What has been said of the moment that begins then."""
        before = watch.said.get(rule.id)
        if before is None or before[0] != ready_at:
            before = watch.said[rule.id] = (ready_at, [])
        return before[1]

    def _judge(
        self, rule: Rule, visitor: Visitor, staff: Staff, now: float, winner: Judgement | None
    ) -> tuple[Judgement, float | None]:
        """What becomes of a rule in its moment, and when time alone lifts the limit that holds it back."""
        arm = arm_of(rule, visitor.contact, self.limits.holdout)
        found = veto(rule, visitor.facts, visitor.ledger, self.limits, now)
        if found is None and arm in (CONTROL, CONTROL_ALL):
            return Judgement(rule, Cause.CONTROL, arm, reason(rule)), None
        found = found or no_room(rule, visitor.facts, staff)
        if found is not None:
            cause, words, lifted_at = found
            return Judgement(rule, cause, arm, words), lifted_at
        if winner is not None:
            return Judgement(rule, Cause.OUTRANKED, arm, f"{winner.rule.id} comes first"), None
        return Judgement(rule, Cause.FIRES, arm, reason(rule)), None

    def stand_back(self, visitor: Visitor, rule: Rule, cause: Cause) -> bool:
        """The rule that fired has lost its place to another visitor's; whether that is news of its moment."""
        said = visitor.watch.said[rule.id][1]
        said.remove(Cause.FIRES)
        if cause in said:
            return False
        said.append(cause)
        return True

    def keeps(self, rule_id: str, visitor: Visitor, now: float) -> bool:
        """Whether an open offer of this rule still has its reason, and somebody to take it. SPEC rule.11.

        A shopper who is busy with the cart again keeps it; one who no longer meets `when` and `after` does not.
        """
        rule = next((rule for rule in self.rules if rule.id == rule_id and rule.enabled), None)
        if rule is None or places(rule, visitor.facts) <= 0:
            return False
        if veto_of_visitor(rule, visitor.facts, visitor.ledger) is not None:
            return False
        return self.is_true(rule, visitor, now)

    def is_true(self, rule: Rule, visitor: Visitor, now: float) -> bool:
        """Whether `when` and `after` of this one rule hold; a fault counts as no."""
        memory = visitor.memory
        if any(pattern.began_at(memory.names, memory.ats, now) is None for pattern in rule.after):
            return False
        try:
            return rule.when.failing(visitor.facts, now) is None
        except NoValue:
            return False

    def _rules_of(self, bits: int) -> Iterator[Rule]:
        """The rules whose bits are set, in rank order."""
        while bits:
            low = bits & -bits
            yield self.rules[low.bit_length() - 1]
            bits ^= low

    def _turn(self, watch: Watch, true: int, now: float) -> None:
        """Notes since when rules are true; what is no longer true begins anew."""
        if watch.new:
            watch.since = {rule.id: watch.since.get(rule.id, now) for rule in self._rules_of(true)}
            watch.new = False
        else:
            for rule in self._rules_of(true & ~watch.true):
                watch.since[rule.id] = now
            for rule in self._rules_of(watch.true & ~true):
                del watch.since[rule.id]
                watch.said.pop(rule.id, None)
        watch.true = true

    def _next_turn(self, waiting: int, facts: Facts, now: float) -> float | None:
        """The next instant at which a clock may change a condition of these rules."""
        due = NEVER
        while waiting:
            low = waiting & -waiting
            waiting ^= low
            for name, seconds in self._clocks[low.bit_length() - 1]:
                turn: float = getattr(facts, name) + seconds
                if now < turn < due:
                    due = turn
        return due if due != NEVER else None

    def _ends(self, rule: Rule, memory: Memory, now: float) -> list[float]:
        """When windows close that are open now."""
        found: list[float] = []
        for pattern in rule.after:
            began_at = pattern.began_at(memory.names, memory.ats, now)
            ends_at = pattern.ends_at(began_at) if began_at is not None else None
            if ends_at is not None:
                found.append(ends_at)
        return found

    def _explain(self, visitor: Visitor, faulty: int, now: float) -> list[tuple[Rule, str]]:
        faults: list[tuple[Rule, str]] = []
        for rule in self._rules_of(faulty):
            try:
                rule.when.failing(visitor.facts, now)
            except NoValue as fault:
                faults.append((rule, str(fault)))
        return faults


def _begin_visit(watch: Watch, number: int) -> None:
    """A new visit, in which nothing has been true yet. What a watch before knew of the same visit stays."""
    if watch.visit:
        watch.since, watch.said, watch.true, watch.new = {}, {}, 0, False
    watch.visit = number


def _source(rules: tuple[Rule, ...]) -> tuple[dict[str, object], str, str]:
    """One function for all rules: the facts they speak of are loaded once; a rule that can fail is tried alone.

    It says which rules are true, which ones time alone may change, and which ones have no value.
    """
    names: dict[str, object] = {"NoValue": NoValue}
    used: set[str] = set()
    body: list[str] = []
    for number, rule in enumerate(rules):
        if not rule.enabled:
            continue
        bit = 1 << number
        used |= {field_of(name) for name in rule.when.facts}
        names |= rule.when.names
        condition, still = rule.when.code.source, rule.when.still
        for index, pattern in enumerate(rule.after):
            names[f"after{number}_{index}"] = pattern.began_at
            condition += f" and after{number}_{index}(names, ats, now) is not None"
        if rule.when.code.fails:
            body += ["    try:", f"        if {condition}: true |= {bit}"]
            body += ["    except NoValue:", f"        faulty |= {bit}"]
            body += [f"    waiting |= {bit}"] if rule.when.clocks else []
        elif rule.when.clocks:
            body += [
                f"    if {still}:",
                f"        waiting |= {bit}",
                f"        if {condition}: true |= {bit}",
            ]
        else:
            body.append(f"    if {condition}: true |= {bit}")
    loads = [f"    {name} = facts.{name}" for name in sorted(used)]
    lines = ["def true_rules(facts, memory, now):", "    true = waiting = faulty = 0", *loads]
    if any(rule.after for rule in rules):
        lines += ["    names = memory.names", "    ats = memory.ats"]
    return names, "true_rules", "\n".join([*lines, *body, "    return true, waiting, faulty", ""])
