"""Makes and takes back offers: asks the rules about rooms when something happened or is due. SPEC rule."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from cobrowse.broker.contract import Backlogged
from cobrowse.core import offers
from cobrowse.core.messages import Armed, Judged, Offer, Offered, OfferStatus, Operand, Settled
from cobrowse.core.rules.engine import Answer, Book, Judgement, Visitor
from cobrowse.core.rules.explain import Verdict, explain, operands
from cobrowse.core.rules.limits import Cause, Limits, Staff, no_room
from cobrowse.core.rules.rule import Rule, by_rank
from cobrowse.core.visitor import Around, update, visitor_of, watch_of
from cobrowse.live.odds import Odds
from cobrowse.live.room import Room

RETRY_AFTER_S = 1.0

logger = logging.getLogger(__name__)

Look = Callable[[str], Around]
"""What rules may know of a site beyond its rooms: who could take one more chat, how long chats wait, the hours."""


@dataclass(slots=True)
class _Asked:
    """A room that was asked about: what came of it, and when to come back."""

    room: Room
    visitor: Visitor
    answer: Answer
    due: float | None


class Advisor:
    """Decides for rooms; the rules may be replaced while it runs."""

    def __init__(self, rules: Sequence[Rule], look: Look, limits: Limits) -> None:
        self.book = Book(rules, limits)
        self.errors: list[str] = []
        self.bad_loads = 0
        self.faults: Counter[tuple[str, str]] = Counter()
        self.judged: Counter[tuple[str, str]] = Counter()
        self._look = look
        self._odds = Odds()
        self._visitors: WeakKeyDictionary[Room, tuple[Book, Visitor]] = WeakKeyDictionary()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force, in the order in which they are asked."""
        return self.book.rules

    def set_rules(self, rules: Sequence[Rule]) -> None:
        """From now on these rules decide. Waits of rules that have not changed go on."""
        self.book = Book(rules, self.book.limits)

    def consider(self, rooms: Iterable[tuple[Room, float]], now: float) -> dict[str, float | None]:
        """Makes, withdraws and expires offers in these rooms, each at its instant; when to come back to each.

        Where advisors cannot take all that could be offered, the rule that comes first by rank is first. What is
        not offered now is not kept: its moment may pass. SPEC rule.10.
        """
        asked: list[_Asked] = []
        due: dict[str, float | None] = {}
        around: dict[str, Around] = {}
        for room, at in rooms:
            site = room.state.site
            if site not in around:
                around[site] = self._look(site)
            try:
                found = self._ask(room, around[site], at, now)
            except Backlogged:
                due[room.state.room] = now + RETRY_AFTER_S
                continue
            asked.append(found)
            due[room.state.room] = found.due
        for each in sorted(asked, key=_rank):
            try:
                expires_at = self._tell(each, now)
            except Backlogged:
                due[each.room.state.room] = now + RETRY_AFTER_S
                self._unsay(each)
                continue
            if expires_at is not None:
                known = due[each.room.state.room]
                due[each.room.state.room] = expires_at if known is None else min(known, expires_at)
        return due

    def forget(self, key: str) -> None:
        """The room is no longer in memory."""
        self._odds.forget(key)

    def look_again(self, room: Room) -> None:
        """Another node wrote in the room, or took the place of what was written here: begins from its state."""
        self._visitors.pop(room, None)

    def why(self, room: Room, now: float) -> list[Verdict]:
        """A verdict on every rule for this room, as things stand."""
        visitor = self._visitor(room, self._look(room.state.site), now)
        return explain(self.book, visitor, self._staff(room.state.site), now)

    def _ask(self, room: Room, around: Around, at: float, now: float) -> _Asked:
        state = room.state
        self._odds.note(state)
        visitor = self._visitor(room, around, at)
        offer = offers.open_offer(state.offers)
        if offer is not None and (ended := self._ending(offer, visitor, now)) is not None:
            room.write(Settled(offer.id, ended), now)
            self._odds.note(state)
            update(visitor, state, around, at)
            offer = None
        if not room.has_shopper():
            due = offer.expires_at if offer is not None else None
            return _Asked(room, visitor, Answer(None, [], [], due), due)
        answer = self.book.ask(visitor, self._staff(state.site), at)
        for rule, message in answer.faults:
            if not self.faults[rule.id, message]:
                logger.warning("rule %s (%s): %s", rule.id, rule.version, message)
            self.faults[rule.id, message] += 1
        held = {
            rule.id: visitor.watch.since[rule.id]
            for rule in self.book.holding
            if rule.id in visitor.watch.since
        }
        if held != state.memory.held:
            room.write(Armed(held), now)
        expires_at = offer.expires_at if offer is not None else None
        times = [time for time in (answer.due, expires_at) if time is not None]
        return _Asked(room, visitor, answer, min(times, default=None))

    def _tell(self, asked: _Asked, now: float) -> float | None:
        """Writes what is newly to be said of the room's rules, an offer last; when that expires."""
        room, visitor, fires = asked.room, asked.visitor, asked.answer.fires
        if fires is not None:
            vetoed = no_room(fires.rule, visitor.facts, self._staff(room.state.site))
            if vetoed is not None:
                if self.book.stand_back(visitor, fires.rule, vetoed[0]):
                    self._write(asked, Judgement(fires.rule, vetoed[0], fires.arm, vetoed[1]), now)
                fires = None
        for judgement in asked.answer.news:
            if judgement.cause is not Cause.FIRES:
                self._write(asked, judgement, now)
        if fires is None:
            return None
        rule = fires.rule
        self._write(asked, fires, now)
        _, text = rule.wordings[fires.arm].render(room.state.visit.locale, visitor.facts, now)
        expires_at = now + rule.expires_s
        by = " (by phone)" if rule.channel == "phone" else ""
        team = f" (for {rule.team})" if rule.team else ""
        reason = f"{rule.title}{by}: {fires.reason}{team}"
        room.write(
            Offered(
                text, expires_at, rule.id, rule.version, reason, fires.arm, rule.team or "", rule.channel
            ),
            now,
        )
        self._odds.note(room.state)
        return expires_at

    def _write(self, asked: _Asked, said: Judgement, now: float) -> None:
        at = asked.visitor.watch.asked_at
        seen = [
            Operand(part.source, part.holds, list(part.values))
            for part in operands(said.rule, asked.visitor, at)
        ]
        self.judged[said.rule.id, said.cause] += 1
        rule = said.rule
        asked.room.write(Judged(rule.id, rule.version, said.cause, said.arm, said.reason, seen), now)

    def _unsay(self, asked: _Asked) -> None:
        """The rule has not fired after all: within its moment it may."""
        if (fires := asked.answer.fires) is not None:
            asked.visitor.watch.said[fires.rule.id][1].remove(Cause.FIRES)

    def _visitor(self, room: Room, around: Around, at: float) -> Visitor:
        """The room's visitor as they are now. The same one each time: only what has changed is worked out anew."""
        known = self._visitors.get(room)
        if known is None:
            visitor = visitor_of(room.state, watch_of(room.state), around, at)
            self._visitors[room] = self.book, visitor
            return visitor
        book, visitor = known
        if book is not self.book:
            visitor.watch = self.book.watch_after(visitor.watch, book)
            self._visitors[room] = self.book, visitor
        update(visitor, room.state, around, at)
        return visitor

    def _staff(self, site: str) -> Staff:
        return Staff(self._odds.expected(site), self._odds.of)

    def _ending(self, offer: Offer, visitor: Visitor, now: float) -> OfferStatus | None:
        """How the open offer ends now, if it does. SPEC rule.11."""
        if offer.expires_at <= now:
            return "expired"
        if not offer.rule:
            return "withdrawn" if visitor.ledger.chat_open else None
        return None if self.book.keeps(offer.rule, visitor, now) else "withdrawn"


def _rank(asked: _Asked) -> tuple[tuple[int, str], str]:
    """The rule that comes first, then the visitor's name: those for whom nothing fires are last."""
    fires = asked.answer.fires
    return by_rank(fires.rule) if fires is not None else (1, ""), asked.room.state.room
