"""One run of `cobrowse simulate`: read, replay, compare, report; and the exit status."""

from __future__ import annotations

from rich.console import Console

from cobrowse.core.errors import CobrowseError
from cobrowse.simulate.compare import compare
from cobrowse.simulate.ideal import ideal_carts
from cobrowse.simulate.options import Options
from cobrowse.simulate.replay import replay
from cobrowse.simulate.report import difference_lines, summary
from cobrowse.simulate.stream import Event, StreamError, read_events, visits
from cobrowse.simulate.timetable import timetable

ALL_EQUAL, DIFFERENT, NOT_RUN = 0, 1, 2


async def simulate(options: Options) -> int:
    """The exit status: 0 if all carts are equal, 1 if not or a visit was not finished, 2 if nothing could be compared.

    Prints the summary and the differences on standard output, progress and errors on standard error.
    """
    out, err = Console(soft_wrap=True, highlight=False), Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        played = visits(read_events(options.file))[: options.limit]
        if not played:
            raise StreamError(f"{options.file}: expected at least one event, got none")
        events = _in_order([event for visit in played for event in visit.events])
        expected = read_events(options.against) if options.against is not None else events
        outcome = await replay(timetable(played, options.speed, options.idle_s), options, err)
    except CobrowseError as error:
        err.print(f"cobrowse simulate: {error}", markup=False)
        return NOT_RUN
    differences = compare(ideal_carts(expected), outcome.rooms, outcome.server, outcome.csa)
    out.print(summary(options.file.name, played, outcome, differences))
    for line in difference_lines(differences):
        out.print(line, markup=False)
    for failure in outcome.failures:
        err.print(failure, markup=False)
    return DIFFERENT if differences or outcome.failures else ALL_EQUAL


def _in_order(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event.row)
