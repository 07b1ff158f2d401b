"""What a replay came to, rule by rule. SPEC rule.14."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from cobrowse.core.rules.limits import Cause
from cobrowse.core.rules.replay import Moment

HOUR_S: Final = 3_600.0

VisitKey = tuple[str, int]
"""A contact, and which of their visits."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: visits in which it fired, was a control's, or had its moment and was held back (by the last limit).

    `bought`: visits with a purchase after it fired; `median_s`: from the visit's beginning to the firing.
    """

    rule: str
    fired: int
    control: int
    held_back: dict[str, int]
    bought: int
    median_s: float | None


@dataclass(slots=True)
class Tally:
    """Hears moments and purchases in their order, and counts."""

    visits: set[VisitKey] = field(default_factory=set)
    fired: dict[str, dict[VisitKey, Moment]] = field(default_factory=dict)
    controls: dict[str, set[VisitKey]] = field(default_factory=dict)
    vetoes: dict[str, dict[VisitKey, str]] = field(default_factory=dict)
    purchases: dict[VisitKey, float] = field(default_factory=dict)
    begin: float | None = None
    end: float = 0.0

    def visited(self, contact: str, visit: int, at: float) -> None:
        """Something happened in a visit."""
        self.visits.add((contact, visit))
        self.begin = at if self.begin is None else self.begin
        self.end = at

    def bought(self, contact: str, visit: int, at: float) -> None:
        """A purchase; the last of a visit counts."""
        self.purchases[contact, visit] = at

    def hear(self, moment: Moment) -> None:
        """A rule's moment, and what became of it."""
        key = (moment.contact, moment.visit)
        if moment.cause is Cause.FIRES:
            self.fired.setdefault(moment.rule, {}).setdefault(key, moment)
        elif moment.cause is Cause.CONTROL:
            self.controls.setdefault(moment.rule, set()).add(key)
        elif moment.cause is not Cause.OFFERED:
            self.vetoes.setdefault(moment.rule, {})[key] = moment.cause

    def row(self, rule: str) -> Row:
        """The counts of one rule."""
        fired, controls = self.fired.get(rule, {}), self.controls.get(rule, set())
        vetoes = self.vetoes.get(rule, {})
        held = Counter(cause for key, cause in vetoes.items() if key not in fired and key not in controls)
        bought = sum(
            1 for key, moment in fired.items() if key in self.purchases and self.purchases[key] >= moment.at
        )
        times = [moment.after_s for moment in fired.values()]
        ordered = dict(sorted(held.items()))
        return Row(rule, len(fired), len(controls), ordered, bought, median(times) if times else None)

    def by_hour(self) -> dict[int, int]:
        """Offers in each hour since the recording began; hours without one are left out."""
        begin = self.begin or 0.0
        made = (moment for moments in self.fired.values() for moment in moments.values())
        return dict(sorted(Counter(int((moment.at - begin) // HOUR_S) for moment in made).items()))

    def firings(self, rule: str) -> set[VisitKey]:
        """The visits in which a rule fired."""
        return set(self.fired.get(rule, {}))
