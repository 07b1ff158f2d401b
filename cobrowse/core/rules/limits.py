"""Limits that are always on: offers are few and wanted. One ledger over rules, tabs and visits. SPEC rule.8, rule.9."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from cobrowse.core.rules.facts import Facts
from cobrowse.core.rules.rule import Rule

DAY_S: Final = 86_400.0


class Cause(StrEnum):
    """Why a rule fires or does not; the word that metrics and the console count by."""

    FIRES = "fires"
    CONTROL = "control"
    OUTRANKED = "outranked"
    DISABLED = "disabled"
    FAULT = "fault"
    WHEN = "when"
    AFTER = "after"
    HOLD = "hold"
    IDLE = "idle"
    MISSED = "missed"
    CHAT_OPEN = "chat-open"
    COBROWSE_OPEN = "cobrowse-open"
    PAYMENT = "payment"
    CHECKOUT = "checkout"
    DISMISSED = "dismissed"
    OFFER_OPEN = "offer-open"
    OFFERED = "offered"
    AGAIN = "again"
    COOLDOWN = "cooldown"
    CAP = "cap"
    NO_CSA = "no-csa"
    NO_ROOM = "no-room"


class Limits(msgspec.Struct, frozen=True):
    """The server's settings: rest between two offers, offers a contact in so many days, the holdout of all rules."""

    cooldown_s: float = 600.0
    cap: int = 3
    cap_days: float = 7.0
    holdout: float = 0.0


_NEVER_OFFERED: Final[Mapping[str, float]] = MappingProxyType({})


class Ledger(msgspec.Struct):
    """What has been offered to this contact, and how it stands now. Times are Unix seconds.

    `offered`: rules with an offer (or a control) in this visit; `latest`: when each rule last had one, over visits;
    `made_at`: when offers were shown, rising, whoever made them.
    """

    chat_open: bool = False
    cobrowse_open: bool = False
    open_offer: bool = False
    dismissed: bool = False
    offered: frozenset[str] = frozenset()
    latest: Mapping[str, float] = msgspec.field(default_factory=lambda: _NEVER_OFFERED)
    made_at: tuple[float, ...] = ()


DEFAULT_ODDS: Final = 0.25
"""Of four offers one is taken: what is assumed of a rule that has not been answered yet."""


def default_odds(rule: str) -> float:
    return DEFAULT_ODDS


class Staff(msgspec.Struct, frozen=True):
    """The advisors' side: acceptances to expect of the offers on show, and how likely each rule's offer is taken."""

    expected: float = 0.0
    odds: Callable[[str], float] = default_odds


Veto = tuple[Cause, str, float | None]
"""The limit, why in words, and when time alone lifts it (None: not by time)."""


def veto_of_visitor(rule: Rule, facts: Facts, ledger: Ledger) -> Veto | None:
    """The limit in force that also takes an open offer back."""
    if ledger.chat_open:
        return Cause.CHAT_OPEN, "a chat is open", None
    if ledger.cobrowse_open:
        return Cause.COBROWSE_OPEN, "a page is being looked at together", None
    if facts.page_kind == "checkout":
        if facts.visit_checkout == "payment":
            return Cause.PAYMENT, "at payment", None
        if not rule.at_checkout:
            return Cause.CHECKOUT, "at checkout", None
    if ledger.dismissed:
        return Cause.DISMISSED, "an offer was dismissed in this visit", None
    return None


def veto(rule: Rule, facts: Facts, ledger: Ledger, limits: Limits, now: float) -> Veto | None:
    """The limit that holds this rule back now, None for none; but for the advisors' side."""
    if (found := veto_of_visitor(rule, facts, ledger)) is not None:
        return found
    if ledger.open_offer:
        return Cause.OFFER_OPEN, "an offer is open", None
    if rule.id in ledger.offered:
        return Cause.OFFERED, "already offered in this visit", None
    if rule.again_s and (last := ledger.latest.get(rule.id)) is not None and now < last + rule.again_s:
        return Cause.AGAIN, f"offered {ago(now - last)}, it rests {span(rule.again_s)}", last + rule.again_s
    made_at = ledger.made_at
    if made_at and now < (free_at := made_at[-1] + limits.cooldown_s):
        return Cause.COOLDOWN, f"offer {ago(now - made_at[-1])}", free_at
    if len(made_at) >= limits.cap > 0:
        free_at = made_at[-limits.cap] + limits.cap_days * DAY_S
        if now < free_at:
            return Cause.CAP, f"{limits.cap} offers in {limits.cap_days:g} days", free_at
    return None


def places(rule: Rule, facts: Facts) -> int:
    """How many CSAs could take the chat that the rule offers: all, or those of its team."""
    return facts.csas_teams.get(rule.team, 0) if rule.team else facts.csas_available


def no_room(rule: Rule, facts: Facts, staff: Staff) -> Veto | None:
    """Whether advisors could take it: places now, less the acceptances to expect of what is on show already."""
    if places(rule, facts) <= 0:
        return Cause.NO_CSA, f"no CSA of {rule.team} is free" if rule.team else "no CSA is free", None
    if staff.expected and staff.expected + staff.odds(rule.id) > facts.csas_available:
        return Cause.NO_ROOM, "offers on show may take up all CSAs", None
    return None


def reason(rule: Rule) -> str:
    """Why a rule fires, in words."""
    if rule.idle_s:
        return f"the cart has been left alone for {span(rule.idle_s)}"
    if rule.hold_s:
        return f"the condition has held for {span(rule.hold_s)}"
    return "the condition holds"


def span(seconds: float) -> str:
    """A length of time as people say it, rounded up: 12 s, 2 min, 2 min 5 s, 3 h, 7 days."""
    whole = -int(-seconds // 1)
    if whole < 120:
        return f"{whole} s"
    if whole < 7_200:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    if whole < 2 * DAY_S:
        return f"{whole // 3600} h {whole % 3600 // 60} min" if whole % 3600 // 60 else f"{whole // 3600} h"
    return f"{whole / DAY_S:.3g} days"


def ago(seconds: float) -> str:
    """How long something is past, rounded down to what people say: 12 min ago."""
    if seconds < 120:
        return f"{max(int(seconds), 0)} s ago"
    if seconds < 7_200:
        return f"{int(seconds // 60)} min ago"
    return f"{int(seconds // 3600)} h ago" if seconds < 2 * DAY_S else f"{int(seconds // DAY_S)} days ago"
