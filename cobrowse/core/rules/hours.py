"""When a shop is open, and what the clock says where somebody is: facts that change by the calendar. SPEC rule.2."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final, NamedTuple

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400
MONDAY_S: Final = 4 * DAY_S
"""The first Monday of Unix time: the 5th of January 1970."""
WEEK_S: Final = 7 * DAY_S

_DAYS = "|".join(WEEKDAYS)
_SPAN = re.compile(rf"({_DAYS})(?:-({_DAYS}))? (\d\d):([0-5]\d)-(\d\d):([0-5]\d)")
EXAMPLE: Final = "mon-fri 09:00-18:00"


class Clock(NamedTuple):
    """What a clock on the wall shows: the hour from 0 to 23 and the day of the week; `until` then it does so."""

    hour: int
    weekday: str
    until: float


class Hours:
    """A shop's office hours in its own time zone, week after week. Without spans it is always open."""

    def __init__(self, zone: tzinfo = UTC, spans: Sequence[str] = ()) -> None:
        """Each span is such as "mon-fri 09:00-18:00"; its end is no longer in it. Raises ValueError."""
        self.zone = zone
        self._open = sorted(part for span in spans for part in _seconds(span))

    def is_open(self, now: float) -> tuple[bool, float]:
        """Whether the shop is open, and until when that may stay so (Unix, s), at most the next whole hour's turn."""
        local = now + self.offset_s(now)
        turn = clock(now, self.offset_s(now)).until
        if not self._open:
            return True, turn
        of_week = (local - MONDAY_S) % WEEK_S
        edges = [edge for span in self._open for edge in span if edge > of_week]
        until = min([turn, *(now + edge - of_week for edge in edges)])
        return any(begin <= of_week < end for begin, end in self._open), until

    def offset_s(self, now: float) -> float:
        """How far the shop's clock is ahead of UTC."""
        ahead = datetime.fromtimestamp(now, self.zone).utcoffset()
        return ahead.total_seconds() if ahead is not None else 0.0


def clock(now: float, offset_s: float) -> Clock:
    """What a clock shows that is so far ahead of UTC."""
    hours = (now + offset_s) // HOUR_S
    day = int((hours * HOUR_S - MONDAY_S) // DAY_S) % 7
    return Clock(int(hours) % 24, WEEKDAYS[day], (hours + 1) * HOUR_S - offset_s)


def _seconds(span: str) -> list[tuple[int, int]]:
    """The span as seconds of the week, one for each of its days."""
    match = _SPAN.fullmatch(span.strip().lower())
    if match is None:
        raise ValueError(f'expected days and hours such as "{EXAMPLE}" or "sat 10:00-14:00", got {span!r}')
    first = WEEKDAYS.index(match[1])
    last = WEEKDAYS.index(match[2]) if match[2] else first
    begin = int(match[3]) * HOUR_S + int(match[4]) * MINUTE_S
    end = int(match[5]) * HOUR_S + int(match[6]) * MINUTE_S
    if not begin < end <= DAY_S or last < first:
        raise ValueError(f'expected a span that ends after it begins, as "{EXAMPLE}", got {span!r}')
    return [(day * DAY_S + begin, day * DAY_S + end) for day in range(first, last + 1)]


ALWAYS: Final = Hours()
