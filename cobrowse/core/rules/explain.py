"""Why each rule fires or does not, for people: the same questions as `engine`, all of them, with every value."""

from __future__ import annotations

from dataclasses import dataclass

from cobrowse.core.rules.cel.runtime import NoValue
from cobrowse.core.rules.engine import Book, Visitor
from cobrowse.core.rules.experiments import CONTROL, CONTROL_ALL, arm_of
from cobrowse.core.rules.facts import NEVER
from cobrowse.core.rules.limits import Cause, Staff, no_room, reason, span, veto
from cobrowse.core.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Seen:
    """One part of a rule as it was: true, false or without a value (None), and the facts in it with their values."""

    source: str
    holds: bool | None
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule: the cause, a sentence for whoever asks why, and all that it rests on.

    `due`: when it would fire if nothing else happened, None for not by time alone. `arm`: the contact's, always known.
    """

    rule_id: str
    version: str
    cause: Cause
    reason: str
    due: float | None
    arm: str
    operands: tuple[Seen, ...]

    @property
    def fires(self) -> bool:
        """True for the one rule that fires."""
        return self.cause is Cause.FIRES


def explain(book: Book, visitor: Visitor, staff: Staff, at: float) -> list[Verdict]:
    """A verdict on every rule, in the order in which they are asked. Changes nothing. Ask the book first."""
    now = max(at, visitor.watch.asked_at)
    verdicts: list[Verdict] = []
    winner: Rule | None = None
    for rule in book.rules:
        cause, words, due = _verdict(book, rule, visitor, staff, now)
        if cause is Cause.FIRES and winner is not None:
            cause, words = Cause.OUTRANKED, f"{winner.id} comes first"
        elif cause is Cause.FIRES:
            winner = rule
        arm = arm_of(rule, visitor.contact, book.limits.holdout)
        seen = tuple(operands(rule, visitor, now))
        verdicts.append(Verdict(rule.id, rule.version, cause, words, due, arm, seen))
    return verdicts


def operands(rule: Rule, visitor: Visitor, now: float) -> list[Seen]:
    """Each part of `when`, and each pattern of `after`, with what it came to."""
    found: list[Seen] = []
    for operand in rule.when.operands:
        try:
            holds: bool | None = operand.test(visitor.facts, now)
        except NoValue:
            holds = None
        found.append(Seen(operand.source, holds, operand.values(visitor.facts, now)))
    memory = visitor.memory
    for pattern in rule.after:
        began_at = pattern.began_at(memory.names, memory.ats, now)
        found.append(Seen(f"after {pattern.describe()}", began_at is not None, ()))
    return found


def _verdict(
    book: Book, rule: Rule, visitor: Visitor, staff: Staff, now: float
) -> tuple[Cause, str, float | None]:
    if not rule.enabled:
        return Cause.DISABLED, "switched off", None
    try:
        operand = rule.when.failing(visitor.facts, now)
    except NoValue as fault:
        return Cause.FAULT, str(fault), None
    if operand is not None:
        return Cause.WHEN, operand.describe(visitor.facts, now), None
    memory = visitor.memory
    for pattern in rule.after:
        if pattern.began_at(memory.names, memory.ats, now) is None:
            return Cause.AFTER, f"not yet: {pattern.describe()}", None
    since = visitor.watch.since.get(rule.id, now)
    ready_at = book.ready_from(rule, since, visitor.facts)
    if ready_at == NEVER:
        return Cause.IDLE, "waiting for the shopper to change the cart", None
    if now < ready_at:
        cause = Cause.HOLD if now < since + rule.hold_s else Cause.IDLE
        return cause, f"{span(ready_at - now)} to go", _due(book, rule, visitor, staff, ready_at)
    if now > ready_at + rule.chance_s:
        return Cause.MISSED, f"its moment passed {span(now - ready_at - rule.chance_s)} ago", None
    found = veto(rule, visitor.facts, visitor.ledger, book.limits, now)
    if found is None and arm_of(rule, visitor.contact, book.limits.holdout) in (CONTROL, CONTROL_ALL):
        return Cause.CONTROL, "in the control group: nothing is shown", None
    found = found or no_room(rule, visitor.facts, staff)
    if found is not None:
        cause, words, lifted_at = found
        in_time = lifted_at is not None and lifted_at <= ready_at + rule.chance_s
        return cause, words, lifted_at if in_time else None
    return Cause.FIRES, reason(rule), now


def _due(book: Book, rule: Rule, visitor: Visitor, staff: Staff, ready_at: float) -> float | None:
    """When a rule that waits would fire: at its moment, if nothing stands in its way then."""
    if veto(rule, visitor.facts, visitor.ledger, book.limits, ready_at) is not None:
        return None
    return None if no_room(rule, visitor.facts, staff) else ready_at
