"""How likely offers are to be taken: what is on show, and how earlier ones ended. SPEC rule.10."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from cobrowse.core.room import RoomState
from cobrowse.core.rules.limits import DEFAULT_ODDS

PRIOR_OFFERS = 4
"""The assumption of DEFAULT_ODDS weighs as much as the answers to so many offers."""


class _Shown(NamedTuple):
    site: str
    rule: str


class Odds:
    """The share of each rule's offers that are accepted, from those that this process has seen end."""

    def __init__(self) -> None:
        self._shown: dict[str, _Shown] = {}
        self._ended: Counter[str] = Counter()
        self._accepted: Counter[str] = Counter()

    def of(self, rule: str) -> float:
        """How likely this rule's next offer is to be taken."""
        return (self._accepted[rule] + DEFAULT_ODDS * PRIOR_OFFERS) / (self._ended[rule] + PRIOR_OFFERS)

    def note(self, state: RoomState) -> None:
        """Looks at how the room's latest offer stands."""
        before = self._shown.get(state.room)
        latest = state.offers[-1] if state.offers else None
        if latest is not None and latest.status == "open" and latest.rule:
            self._shown[state.room] = _Shown(state.site, latest.rule)
        elif before is not None:
            del self._shown[state.room]
            self._ended[before.rule] += 1
            self._accepted[before.rule] += latest is not None and latest.status == "accepted"

    def forget(self, room: str) -> None:
        """The room is no longer in memory: what was on show there takes nobody's time."""
        self._shown.pop(room, None)

    def expected(self, site: str) -> float:
        """Chats to expect of the offers on show on a site."""
        return sum(self.of(shown.rule) for shown in self._shown.values() if shown.site == site)
