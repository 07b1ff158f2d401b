"""The server's own log as a recording: rooms followed entry by entry, with offers left to the rules that are tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cobrowse.core import chat
from cobrowse.core.messages import Entry, Happened
from cobrowse.core.room import RoomState, apply
from cobrowse.core.rules.facts import NEVER
from cobrowse.core.rules.replay import Replay
from cobrowse.core.rules.tally import Tally
from cobrowse.core.visitor import Around, update


def in_time(entries: Iterable[tuple[str, Entry]]) -> Iterator[tuple[float, str, Entry]]:
    """Entries of many rooms in the order of their times; each room's in its own, though its clock may have stepped."""
    latest: dict[str, float] = {}
    timed: list[tuple[float, str, int, Entry]] = []
    for room, entry in sorted(entries, key=lambda each: (each[0], each[1].offset)):
        at = latest[room] = max(entry.at, latest.get(room, 0.0))
        timed.append((at, room, entry.offset, entry))
    for at, room, _, entry in sorted(timed, key=lambda each: each[:3]):
        yield at, room, entry


class Follower:
    """Feeds a replay from rooms' entries."""

    def __init__(self, replay: Replay, tally: Tally) -> None:
        self._replay = replay
        self._tally = tally
        self._states: dict[str, RoomState] = {}
        teams = {rule.team: replay.csas for rule in replay.book.rules if rule.team}
        self._around = Around(replay.csas, teams, hours=replay.hours)

    def follow(self, at: float, room: str, entry: Entry) -> None:
        """One entry. What earlier rules offered leaves its conversation behind, and nothing else."""
        state = self._states.setdefault(room, RoomState(room, "", ""))
        track, now = self._replay.at(at, room)
        visit = state.visit.number
        apply(state, entry)
        visitor, ledger = track.visitor, track.visitor.ledger
        update(visitor, state, self._around, now)
        visitor.ledger, facts = ledger, visitor.facts
        facts.offers_made, facts.offers_open, facts.offers_dismissed = (
            len(ledger.made_at),
            ledger.open_offer,
            0,
        )
        facts.offers_last_at = ledger.made_at[-1] if ledger.made_at else NEVER
        ledger.chat_open = chat.is_live(state.conversation)
        ledger.cobrowse_open = bool(state.sharing.grants)
        if state.visit.number != visit:
            visitor.ledger.dismissed, visitor.ledger.offered = False, frozenset()
        if isinstance(entry.fact, Happened):
            self._tally.visited(room, visitor.facts.visit_number, now)
            if entry.fact.name == "purchase":
                self._tally.bought(room, visitor.facts.visit_number, now)
