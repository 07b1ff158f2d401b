"""Which rule fires now, why each one does or does not, and when to ask again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cel

from cobrowse.core.rules.conditions import ConditionError, make_context
from cobrowse.core.rules.facts import Facts, FactValue, as_cel
from cobrowse.core.rules.rule import Rule, by_rank

# Whoever is paying is not spoken to.
QUIET_PAGES: Final = frozenset({"checkout"})


@dataclass(frozen=True, slots=True)
class OfferState:
    """What has been offered to this visitor in this visit: the ids of the rules, and how it stands now."""

    chat_open: bool = False
    offered: frozenset[str] = frozenset()
    open_offer: bool = False
    dismissed: bool = False


class Cause(StrEnum):
    """Why a rule fires or does not; the word that metrics and the console count by."""

    FIRES = "fires"
    OUTRANKED = "outranked"
    DISABLED = "disabled"
    NO_CSA = "no-csa"
    CHAT_OPEN = "chat-open"
    CHECKOUT = "checkout"
    DISMISSED = "dismissed"
    OFFER_OPEN = "offer-open"
    OFFERED = "offered"
    WHEN = "when"
    IDLE = "idle"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule: the cause, and a sentence for whoever asks why."""

    rule_id: str
    version: str
    cause: Cause
    reason: str

    @property
    def fires(self) -> bool:
        """True for the one rule that fires."""
        return self.cause is Cause.FIRES


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that could not be evaluated for these facts; to be counted and logged."""

    rule_id: str
    version: str
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer at one instant, and `due`, the next one at which time alone may change it (None for never).

    The answer is which rule fires. Verdicts are in the order in which the rules are asked.
    """

    fires: Rule | None
    verdicts: tuple[Verdict, ...]
    faults: tuple[Fault, ...]
    due: float | None


def evaluate(rules: Iterable[Rule], facts: Facts, ledger: OfferState, now: float) -> Decision:
    """At most one rule fires: the one with the highest priority, then the first id, of those due.

    A rule fires from the instant changed_at + idle_s on, that instant included. Its fault never stops another
    rule. `now` and all times are Unix seconds. Until `due` the same facts and ledger give the same firing.
    """
    ranked = sorted(rules, key=by_rank)
    visitor = _Visitor(facts, ledger, now, ranked)
    winner: Rule | None = None
    verdicts: list[Verdict] = []
    faults: list[Fault] = []
    instants: list[float] = []
    for rule in ranked:
        cause, reason = _judge(rule, visitor)
        if cause in (Cause.WHEN, Cause.IDLE, Cause.FIRES, Cause.FAULT):
            instants += visitor.instants(rule, cause)
        if cause is Cause.FAULT:
            faults.append(Fault(rule.id, rule.version, reason))
        elif cause is Cause.FIRES and winner is not None:
            cause, reason = Cause.OUTRANKED, f"{winner.id} comes first"
        elif cause is Cause.FIRES:
            winner = rule
        verdicts.append(Verdict(rule.id, rule.version, cause, reason))
    return Decision(winner, tuple(verdicts), tuple(faults), min(instants, default=None))


def still_valid(rule: Rule, facts: Facts, ledger: OfferState, now: float) -> bool:
    """False when an open offer has lost its reason.

    That is: the cart no longer meets `when`, checkout has begun, nobody is free, a chat is open, the shopper
    has dismissed an offer, or the rule was switched off. Being busy with the cart again is no such reason.
    Expiry (`rule.expires_s`) is kept by whoever opened the offer; `rule.when.next_change` says when to ask
    again.
    """
    if not rule.enabled or _limit(facts, ledger) is not None:
        return False
    try:
        return rule.when.failing(_Visitor(facts, ledger, now, [rule]).context) is None
    except ConditionError:
        return False


def _judge(rule: Rule, visitor: _Visitor) -> tuple[Cause, str]:
    """The rule's own answer, whatever the others say. Limits first: they spare most visitors CEL."""
    if not rule.enabled:
        return Cause.DISABLED, "switched off"
    if visitor.limit is not None:
        return visitor.limit
    if rule.id in visitor.ledger.offered:
        return Cause.OFFERED, "already offered in this visit"
    try:
        operand = rule.when.failing(visitor.context)
    except ConditionError as fault:
        return Cause.FAULT, str(fault)
    if operand is not None:
        return Cause.WHEN, operand.describe(visitor.mapping)
    if not rule.idle_s:
        return Cause.FIRES, "the condition holds"
    changed_at = visitor.facts.cart.changed_at
    if changed_at is None:
        return Cause.IDLE, "the shopper has not changed the cart in this visit"
    if visitor.now < changed_at + rule.idle_s:
        return Cause.IDLE, f"{span(changed_at + rule.idle_s - visitor.now)} to go"
    return Cause.FIRES, f"the cart has been left alone for {span(rule.idle_s)}"


def _limit(facts: Facts, ledger: OfferState) -> tuple[Cause, str] | None:
    """What holds back every rule alike; always on."""
    if facts.csas.available <= 0:
        return Cause.NO_CSA, "no CSA is free"
    if ledger.chat_open:
        return Cause.CHAT_OPEN, "a chat is open"
    if facts.page.kind in QUIET_PAGES:
        return Cause.CHECKOUT, "at checkout"
    if ledger.dismissed:
        return Cause.DISMISSED, "an offer was dismissed in this visit"
    return None


def span(seconds: float) -> str:
    """A length of time as people say it, rounded up: 12 s, 2 min, 2 min 5 s."""
    minutes, rest_s = divmod(math.ceil(seconds), 60)
    if minutes < 2:
        return f"{math.ceil(seconds)} s"
    return f"{minutes} min {rest_s} s" if rest_s else f"{minutes} min"


class _Visitor:
    """One visitor at one instant. The facts become CEL values once for all rules, and only if needed."""

    def __init__(self, facts: Facts, ledger: OfferState, now: float, rules: list[Rule]) -> None:
        self.facts = facts
        self.ledger = ledger
        self.now = now
        self.rules = rules
        self.limit = _limit(facts, ledger)
        if self.limit is None and ledger.open_offer:
            self.limit = Cause.OFFER_OPEN, "an offer is open"
        self._mapping: dict[str, dict[str, FactValue]] | None = None
        self._context: cel.Context | None = None

    @property
    def mapping(self) -> dict[str, dict[str, FactValue]]:
        if self._mapping is None:
            self._mapping = as_cel(self.facts, self.now)
        return self._mapping

    @property
    def context(self) -> cel.Context:
        if self._context is None:
            self._context = make_context(self.mapping, (rule.when for rule in self.rules))
        return self._context

    def instants(self, rule: Rule, cause: Cause) -> Iterator[float]:
        """The instants to come at which this rule's answer may change by itself."""
        turn = rule.when.next_change(self.facts, self.now)
        if turn is not None:
            yield turn
        changed_at = self.facts.cart.changed_at
        # While `when` does not hold the wait does not matter: a clock that turns will ask again.
        if cause is Cause.IDLE and changed_at is not None:
            yield changed_at + rule.idle_s
