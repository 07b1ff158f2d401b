"""Who could take a chat now, in which team, and how long chats wait: what the rules know of the CSAs. SPEC rule.2."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from statistics import median
from typing import Protocol

from cobrowse.core.chat import is_live
from cobrowse.core.messages import Author, Card
from cobrowse.core.rules.hours import ALWAYS, Hours
from cobrowse.core.visitor import Around
from cobrowse.live.neighbours import Neighbours, free_places, talks_of
from cobrowse.live.room import Room

WAITS = 10
"""Chats whose wait is looked at: enough to tell a slow hour from one slow chat."""

FIGURES_EVERY_S = 5.0
"""How often a changed wait or number of free CSAs is news by itself: every room is asked about for it."""

TeamsOf = Callable[[str], Collection[str]]
"""The teams of an agent, by the agent's id."""


class Console(Protocol):
    """A CSA's connection."""

    author: Author
    available: bool


class Staffing:
    """Counted when something of it has changed, not each time that somebody asks.

    With `neighbours` the CSAs and chats of all nodes count; `cards` are those of this node's rooms and the others'.
    """

    def __init__(
        self,
        consoles: Collection[Console],
        chats_per_csa: int,
        teams_of: TeamsOf,
        hours: Mapping[str, Hours],
        neighbours: Neighbours | None,
        cards: Callable[[], Iterable[Card]],
    ) -> None:
        self._consoles = consoles
        self._chats_per_csa = chats_per_csa
        self._teams_of = teams_of
        self._hours = hours
        self._neighbours = neighbours
        self._cards = cards
        self._talking: dict[str, Room] = {}
        self._waiting: dict[str, float] = {}
        self._waits: deque[float] = deque(maxlen=WAITS)
        self._counted: Around | None = None
        self._told: Around | None = None
        self._told_at = -FIGURES_EVERY_S

    def around(self, site: str) -> Around:
        """What rules may know of a site beyond its rooms."""
        counted = self._count()
        hours = self._hours.get(site, ALWAYS)
        return Around(counted.available, counted.teams, counted.wait_s, hours)

    def free(self) -> int:
        """How many CSAs could take one more chat: available, and with fewer open chats than the bound.

        A chat whose shopper has gone takes nobody's time.
        """
        return self._count().available

    def changed(self) -> None:
        """A CSA has come or gone, or takes chats now or does not."""
        self._counted = None

    def is_news(self, now: float, *, figures: bool) -> bool:
        """Whether rules are to be asked for the CSAs' sake: since this last said so, somebody is free and nobody was or
        the other way round, all in all or in a team. With `figures` also when chats wait longer or less, or more or
        fewer CSAs are free; that is news at most every five seconds.
        """
        if self._neighbours is not None:
            self._counted = None
        after, before = self._count(), self._told
        if before is None:
            self._told = after
            return False
        free = (before.available > 0, before.teams.keys()) != (after.available > 0, after.teams.keys())
        told = figures and before != after and now - self._told_at >= FIGURES_EVERY_S
        if not (free or told):
            return False
        self._told, self._told_at = after, now
        return True

    def note(self, room: Room, now: float) -> None:
        """Looks at how the room's conversation stands."""
        key, talk = room.state.room, room.state.conversation
        if talk.status == "waiting":
            self._waiting[key] = talk.opened_at
        elif (since := self._waiting.pop(key, None)) is not None and talk.status == "open":
            self._waits.append(max(now - since, 0.0))
            self._counted = None
        if is_live(talk):
            self._talking[key] = room
            self._counted = None
        elif self._talking.pop(key, None) is not None:
            self._counted = None

    def _count(self) -> Around:
        if self._counted is None:
            members: dict[str, set[str]] = {}
            agents = {console.author.id for console in self._consoles if console.available}
            for agent in agents:
                for team in self._teams_of(agent):
                    members.setdefault(team, set()).add(agent)
            talks = list(self._talks())
            if self._neighbours is not None:
                self._neighbours.say_staff(
                    sorted(agents), {team: sorted(ids) for team, ids in members.items()}
                )
                agents |= self._neighbours.agents
                for team, ids in self._neighbours.teams():
                    members.setdefault(team, set()).update(ids)
            free = free_places(talks, agents, self._chats_per_csa)
            places = {
                team: min(free, free_places(talks, ids, self._chats_per_csa)) for team, ids in members.items()
            }
            teams = {team: n for team, n in sorted(places.items()) if n}
            self._counted = Around(free, teams, round(median(self._waits)) if self._waits else 0)
        return self._counted

    def _talks(self) -> Iterable[str]:
        """Who has each live chat whose shopper is here, "" for one that waits."""
        if self._neighbours is not None:
            return talks_of(self._cards())
        talks = (room.state.conversation for room in self._talking.values() if room.has_shopper())
        return (talk.taken_by.id if talk.taken_by and talk.status == "open" else "" for talk in talks)
