"""What is durable and not in the tables yet, on SQLite: commits, and what their rooms' carts and visitors look like.

Before anybody hears of an entry its commit must be durable, and nothing else. The rows of the log, of carts and of
visitors cost several times as much when they are written with each commit as when they are written once a second.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from cobrowse.live.publication import Publication
from cobrowse.storage.journal import LogRow
from cobrowse.storage.unfiled import Commit

REST_S = 1.0
FILE_EVERY_S = 0.25
ROOMS_AT_ONCE = 64
"""Rooms whose rows one transaction writes: no operation waits long for it."""
ROWS_AT_ONCE = 128
"""Rows of the log, for the same reason."""
ROWS_A_ROUND = 8 * ROWS_AT_ONCE
"""Rows that are brought into their rooms' order together."""
MAX_PAUSE_S = 0.008
"""Between two transactions: commits come every 3 ms at most."""


class Shown(NamedTuple):
    """The last records of a room that change its cart's row and its visitor's; `since`: the first that waits."""

    since: float
    cart: Publication | None
    visit: Publication | None


class _Kept(NamedTuple):
    number: int
    at: float
    commit: Commit
    rooms: frozenset[str]


class Filing:
    """Commits in their order, and the rooms whose rows are behind, the longest waiting first. Times are of one
    monotonic clock.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Shown] = {}
        self._commits: deque[_Kept] = deque()

    def __contains__(self, room: str) -> bool:
        """Whether a commit of this room is not filed."""
        return any(room in kept.rooms for kept in self._commits)

    @property
    def empty(self) -> bool:
        """Whether everything is in the tables."""
        return not self._commits and not self._waiting

    # Rows of carts and visitors

    def show(self, batch: Sequence[Publication], now: float) -> None:
        """These records are durable; the rows of their carts and visitors are not written."""
        carts = {record.room: record for record in batch if record.cart is not None}
        visits = {record.room: record for record in batch if record.visit is not None}
        for room in {**carts, **visits}:
            since, cart, visit = self._waiting.get(room, (now, None, None))
            self._waiting[room] = Shown(since, carts.get(room, cart), visits.get(room, visit))

    def renew(self, batch: Sequence[Publication]) -> None:
        """The rows of these records have been written: what waits of their rooms must not put back older ones."""
        self.show([record for record in batch if record.room in self._waiting], 0.0)

    def rested(self, until: float) -> dict[str, Shown]:
        """Some of those that wait since `until` or longer; `forget` them when they are written."""
        found: dict[str, Shown] = {}
        for room, shown in self._waiting.items():
            if shown.since > until or len(found) >= ROOMS_AT_ONCE:
                break
            found[room] = shown
        return found

    def forget(self, rooms: Iterable[str]) -> None:
        for room in rooms:
            del self._waiting[room]

    def of(self, rooms: Iterable[str]) -> list[Shown]:
        """What waits of these rooms."""
        return [self._waiting[room] for room in rooms if room in self._waiting]

    # Rows of the log

    def keep(self, number: int, commit: Commit, now: float) -> None:
        """The commit is durable under this number; its rows are not in the log."""
        self._commits.append(_Kept(number, now, commit, frozenset([row.room for row in commit.rows])))

    def unfiled(self, until: float) -> dict[int, Commit]:
        """Some of the commits that are as old as `until` or older, by number, in order."""
        found: dict[int, Commit] = {}
        rows = 0
        for number, at, commit, _ in self._commits:
            if at > until or rows >= ROWS_A_ROUND:
                break
            found[number] = commit
            rows += len(commit.rows)
        return found

    def pause_s(self, until: float) -> float:
        """How long to wait between two transactions, so that what is old enough is filed before more of it is due."""
        rows = sum(len(kept.commit.rows) for kept in self._commits if kept.at <= until)
        return min(MAX_PAUSE_S, FILE_EVERY_S * ROWS_AT_ONCE / (2 * rows)) if rows else 0.0

    def filed(self, numbers: Iterable[int]) -> None:
        """These commits, the oldest, are in the log."""
        for _ in numbers:
            self._commits.popleft()


def parts(commits: Iterable[Commit]) -> Iterator[list[LogRow]]:
    """The commits' rows, each room's together and in order: few pages of the log's index for many rows."""
    rows = sorted([row for commit in commits for row in commit.rows], key=itemgetter(0))
    for first in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[first : first + ROWS_AT_ONCE]


def latest(batch: Sequence[Publication]) -> list[Shown]:
    """What these records show, a room once."""
    filing = Filing()
    filing.show(batch, 0.0)
    return list(filing._waiting.values())
