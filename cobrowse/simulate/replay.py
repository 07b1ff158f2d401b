"""The replay: shoppers and CSAs over real connections, and in the end everybody's carts."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from rich.console import Console as Terminal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cobrowse.core.cart import project
from cobrowse.simulate.client import Client, first_of
from cobrowse.simulate.csa import Console, Stopwatch, fresh_carts, sign_in
from cobrowse.simulate.link import Stopped
from cobrowse.simulate.options import Options
from cobrowse.simulate.shopper import Shopper
from cobrowse.simulate.timetable import Departure

SHOPPERS_A_CSA = 500
WELCOME_WITHIN_S = 15.0
CUT_EVERY_S = (0.05, 0.3)
MAX_FAILURES = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened. Carts are pieces by line, by room; `rooms` is each shopper's."""

    rooms: Mapping[str, str]
    server: Mapping[str, Mapping[str, int]]
    csa: Mapping[str, Mapping[str, int]]
    operations: int
    declined: Mapping[str, int]
    offers_seen: int
    p50_s: float | None
    p99_s: float | None
    watched: int
    reconnects: int
    cuts: int
    failures: Sequence[str]
    replay_s: float


class _Replay:
    def __init__(self, options: Options, cookie: str, departures: Sequence[Departure]) -> None:
        self.options, self.cookie, self.departures = options, cookie, departures
        self.stopwatch = Stopwatch()
        people = dict.fromkeys(departure.visit.shopper for departure in departures)
        self.shoppers = {name: self._shopper() for name in people}
        shares = options.csas or math.ceil(len(people) / SHOPPERS_A_CSA)
        self.consoles = [
            Console(options.server, cookie, options.site, share, shares, self.stopwatch)
            for share in range(shares)
        ]
        self.failures: list[str] = []
        self.failed = 0
        self.visits = 0
        self.cuts = 0

    def _shopper(self) -> Shopper:
        options = self.options
        client = Client(options.server, options.origin, "shopper", site=options.site)
        return Shopper(client, self.stopwatch.sent)

    def clients(self) -> list[Client]:
        shoppers = [shopper.client for shopper in self.shoppers.values()]
        return [*shoppers, *(console.client for console in self.consoles)]

    async def open_consoles(self, stack: AsyncExitStack) -> None:
        for console in self.consoles:
            client = console.client
            await stack.enter_async_context(client.connected())
            await client.until(lambda client=client: client.link.live, WELCOME_WITHIN_S)  # type: ignore[misc]

    async def play(self, progress: Progress) -> None:
        """Plays every visit, at most `concurrency` at once, each not before its time."""
        bar = progress.add_task("Visits", total=len(self.departures))
        places = asyncio.Semaphore(self.options.concurrency)
        started_at = time.monotonic()

        async def play_one(departure: Departure) -> None:
            try:
                await self._visit(departure)
            finally:
                places.release()
                progress.advance(bar)

        async with asyncio.TaskGroup() as visits:
            for departure in self.departures:
                if (wait_s := started_at + departure.start_s - time.monotonic()) > 0:
                    await asyncio.sleep(wait_s)
                await places.acquire()
                visits.create_task(play_one(departure))

    async def _visit(self, departure: Departure) -> None:
        shopper, visit = self.shoppers[departure.visit.shopper], departure.visit
        self.visits += 1
        try:
            await shopper.visit(departure, paced=self.options.speed > 0)
        except Stopped as error:
            self.fail(f"line {visit.events[0].row}: this visit was not finished: {error}")
        except TimeoutError:
            self.fail(f"line {visit.events[0].row}: this visit was not finished: no answer in time")

    def fail(self, failure: str) -> None:
        self.failed += 1
        if len(self.failures) < MAX_FAILURES:
            self.failures.append(failure)

    async def disturb(self) -> None:
        """Cuts a random connection again and again, a shopper's or a CSA's."""
        while True:
            await asyncio.sleep(random.uniform(*CUT_EVERY_S))
            live = [client for client in self.clients() if client.link.live]
            if live:
                self.cuts += 1
                random.choice(live).link.cut()

    async def compared(self, replay_s: float) -> Outcome:
        """The carts of all three sides, and the figures."""
        rooms = {name: shopper.client.own.room for name, shopper in self.shoppers.items()}
        opened = [room for room in rooms.values() if room]
        server: dict[str, dict[str, int]] = {}
        offsets: dict[str, int] = {}
        for start in range(0, len(opened), SHOPPERS_A_CSA):
            carts, tops = await fresh_carts(
                self.options.server, self.cookie, opened[start : start + SHOPPERS_A_CSA]
            )
            server |= carts
            offsets |= tops
        csa: dict[str, dict[str, int]] = {}
        for console in self.consoles:
            await console.caught_up(offsets)
            for room, replica in console.client.rooms.items():
                if replica.position is not None:
                    csa[room] = project(replica.cart)
        declined: Counter[str] = Counter()
        for shopper in self.shoppers.values():
            declined += shopper.client.own.declined
            if shopper.unwatched:
                self.fail("a shopper's first visit began before any CSA came into the room")
        return Outcome(
            rooms,
            server,
            csa,
            sum(shopper.operations for shopper in self.shoppers.values()),
            declined,
            sum(shopper.client.own.offers_seen for shopper in self.shoppers.values()),
            self.stopwatch.percentile_s(0.50),
            self.stopwatch.percentile_s(0.99),
            len(self.stopwatch.taken_s),
            sum(client.link.connects for client in self.clients()) - self.visits - len(self.consoles),
            self.cuts,
            self.failures
            if self.failed <= MAX_FAILURES
            else [*self.failures, f"{self.failed} failures in all"],
            replay_s,
        )


async def replay(departures: Sequence[Departure], options: Options, terminal: Terminal) -> Outcome:
    """Plays the visits and returns what came of them. Raises NotSignedIn, Stopped (CSAs only), Unreachable."""
    cookie = await sign_in(options.server, options.email, options.password)
    run = _Replay(options, cookie, departures)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=terminal,
        disable=not terminal.is_terminal,
        transient=True,
    )
    try:
        async with AsyncExitStack() as stack:
            await run.open_consoles(stack)
            started_at = time.monotonic()
            with progress:
                async with asyncio.TaskGroup() as tasks:
                    chaos = tasks.create_task(run.disturb()) if options.chaos else None
                    await run.play(progress)
                    if chaos is not None:
                        chaos.cancel()
            return await run.compared(time.monotonic() - started_at)
    except BaseExceptionGroup as group:
        raise first_of(group) from None
