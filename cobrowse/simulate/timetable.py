"""When each visit begins and each of its events happens in a replay: recorded time, made shorter. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cobrowse.simulate.stream import Visit

DEFAULT_SPEED = 600.0
DEFAULT_IDLE_S = 2.0
DEFAULT_ARRIVAL_S = 0.05


@dataclass(frozen=True, slots=True)
class Departure:
    """A visit and its times: `start_s` from the replay's beginning, `after_s` from the visit's, one an event."""

    visit: Visit
    start_s: float
    after_s: tuple[float, ...]


def timetable(
    visits: Sequence[Visit],
    speed: float = DEFAULT_SPEED,
    idle_s: float = DEFAULT_IDLE_S,
    arrival_s: float = DEFAULT_ARRIVAL_S,
) -> list[Departure]:
    """A departure for each visit, in order: recorded gaps divided by `speed`, then cut to a longest one.

    `idle_s` is the longest gap between two events of a visit, `arrival_s` between the beginnings of two visits.
    Speed 0: no gaps at all.
    """
    departures: list[Departure] = []
    start_s = 0.0
    for index, visit in enumerate(visits):
        if index:
            start_s += _gap(visits[index - 1].at_s, visit.at_s, speed, arrival_s)
        after = [0.0]
        for earlier, later in pairwise(visit.events):
            after.append(after[-1] + _gap(earlier.at_s, later.at_s, speed, idle_s))
        departures.append(Departure(visit, start_s, tuple(after)))
    return departures


def _gap(earlier_s: float, later_s: float, speed: float, longest_s: float) -> float:
    """Seconds to wait; none where the file goes back in time."""
    return min(max(later_s - earlier_s, 0.0) / speed, longest_s) if speed else 0.0
