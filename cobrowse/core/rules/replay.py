"""Rules over a recording: the same book asks at the same instants as it would live. SPEC rule.14.

Contacts are followed together in the recording's time, so that their offers compete for the same CSAs. Nobody is
there to answer: every offer stays until it expires or loses its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from cobrowse.core.rules.engine import Answer, Book, Judgement
from cobrowse.core.rules.facts import NEVER, tell_time
from cobrowse.core.rules.hours import ALWAYS, Hours
from cobrowse.core.rules.limits import DEFAULT_ODDS, Cause, Staff, no_room
from cobrowse.core.rules.rule import by_rank
from cobrowse.core.rules.timers import Timers
from cobrowse.core.rules.track import Track


class Moment(NamedTuple):
    """A rule's moment, and what became of it. `visit` counts the contact's; `after_s`: since the visit began."""

    at: float
    contact: str
    visit: int
    rule: str
    cause: Cause
    arm: str
    reason: str
    after_s: float


@dataclass(slots=True)
class _Open:
    """How many offers are on show, over all contacts."""

    offers: int = 0


class Replay:
    """Follows contacts through a recording. Events come in the order of their times; one that is late counts as now.

    What happens at one instant is taken together: the rules look after the last of it.
    """

    def __init__(self, book: Book, csas: int, heard: Callable[[Moment], None], hours: Hours = ALWAYS) -> None:
        self.book = book
        self.hours = hours
        self.csas = csas
        self.tracks: dict[str, Track] = {}
        self.now = 0.0
        self._heard = heard
        self._timers = Timers()
        self._touched: dict[str, Track] = {}
        self._open = _Open()

    def at(self, at: float, contact: str) -> tuple[Track, float]:
        """The contact, to be told what happens now, and the time that it counts as."""
        if at > self.now:
            self.advance(at)
        track = self.tracks.get(contact)
        if track is None:
            track = self.tracks[contact] = Track(contact)
            self.staff(track)
        self._touched[contact] = track
        return track, self.now

    def staff(self, track: Track) -> None:
        """Tells the contact's facts how many CSAs are free: in every team, for a recording knows of none."""
        facts = track.visitor.facts
        facts.csas_available = self.csas
        facts.csas_teams = (
            {rule.team: self.csas for rule in self.book.rules if rule.team} if self.csas else {}
        )

    def advance(self, at: float) -> None:
        """Time goes on to `at`: all that is due before it happens."""
        self.look()
        while (due := self._timers.take_before(at)) is not None:
            key, self.now = due
            self._ask([self.tracks[key], *self._due_now()])
        self.now = at

    def finish(self) -> None:
        """The recording is over: what is due still happens, and nothing else."""
        self.advance(NEVER)

    def look(self) -> None:
        """The rules look at everybody to whom something has happened at this instant, or whose time has come."""
        if self._touched:
            touched, self._touched = self._touched, {}
            others = [track for track in self._due_now() if track.contact not in touched]
            self._ask([*touched.values(), *others])

    def _due_now(self) -> list[Track]:
        return [self.tracks[key] for key, _ in self._timers.take_due(self.now)]

    def _staff(self) -> Staff:
        return Staff(self._open.offers * DEFAULT_ODDS)

    def _ask(self, tracks: list[Track]) -> None:
        """Asks about these contacts at one instant. The rule that comes first gets the last place. SPEC rule.10."""
        now = self.now
        for track in tracks:
            self._close(track, now)
        asked = [(track, self.book.ask(track.visitor, self._staff(), now)) for track in tracks]
        for track, answer in sorted(asked, key=_rank) if len(asked) > 1 else asked:
            self._tell(track, answer, now)

    def _close(self, track: Track, now: float) -> None:
        """Ends the contact's offer, if it is over or its reason has gone."""
        visitor = track.visitor
        until = visitor.facts.calendar_until
        if self.book.by_calendar and (now >= until or until == NEVER):
            tell_time(visitor.facts, self.hours, visitor.utc_min, now)
        if track.open_rule and (
            track.expires_at <= now or not self.book.keeps(track.open_rule, visitor, now)
        ):
            track.settled()
            self._open.offers -= 1

    def _tell(self, track: Track, answer: Answer, now: float) -> None:
        visitor, fires = track.visitor, answer.fires
        vetoed = no_room(fires.rule, visitor.facts, self._staff()) if fires is not None else None
        for said in answer.news:
            if said.cause is Cause.FIRES and vetoed is not None:
                if not self.book.stand_back(visitor, said.rule, vetoed[0]):
                    continue
                said = Judgement(said.rule, vetoed[0], said.arm, vetoed[1])
            self._hear(track, said, now)
            if said.cause is Cause.CONTROL:
                track.counted(said.rule.id, now)
        if fires is not None and vetoed is None:
            track.offered(fires.rule.id, now, now + fires.rule.expires_s)
            self._open.offers += 1
            answer = self.book.ask(visitor, self._staff(), now)
        due = answer.due if track.expires_at == NEVER else min(answer.due or NEVER, track.expires_at)
        self._timers.set(track.contact, due)

    def _hear(self, track: Track, said: Judgement, now: float) -> None:
        facts = track.visitor.facts
        after_s = now - facts.visit_started_at
        self._heard(
            Moment(
                now,
                track.contact,
                facts.visit_number,
                said.rule.id,
                said.cause,
                said.arm,
                said.reason,
                after_s,
            )
        )


def _rank(asked: tuple[Track, Answer]) -> tuple[tuple[int, str], str]:
    """The rule that comes first, then the contact's name: those for whom nothing fires are last."""
    track, answer = asked
    return by_rank(answer.fires.rule) if answer.fires is not None else (1, ""), track.contact
