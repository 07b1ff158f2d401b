"""The rows of the table: what is measured, against what, and the verdict."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks import ours
from benchmarks.crowd import Crowd, storm
from benchmarks.load import Load, Sample
from benchmarks.peers import Contender
from benchmarks.server import Server
from cobrowse.core.protocol import Limits

LINES_A_CART = 5
SYNC_WITHIN_S = 10.0


class Scale(NamedTuple):
    """How much is measured. The full one is the issue's; the quick one shows that everything still runs."""

    runs: int
    warm_s: float
    run_s: float
    pairs: int
    in_flight: int
    paced_s: float
    shoppers: int
    consoles: int
    idle_s: float
    few_rooms: int
    growth_s: float
    growth_per_s: float
    returning: int


FULL = Scale(3, 1.0, 3.0, 50, 4, 8.0, 9_000, 200, 20.0, 100, 10.0, 1_000.0, 5_000)
QUICK = Scale(1, 0.3, 1.0, 20, 4, 2.0, 500, 10, 3.0, 50, 2.0, 500.0, 300)


class Row(NamedTuple):
    """`reached`: None where the figure could not be measured here, and `note` says why."""

    figure: str
    target: str
    measured: str
    reached: bool | None
    value: float | None = None
    note: str = ""


class Rate(NamedTuple):
    """A contender's median of its runs."""

    name: str
    does: str
    per_s: float
    per_core_s: float
    server_busy: float
    generator_busy: float
    runs: tuple[float, ...]


@contextmanager
def running(start: Callable[[Path, int], Server], core: int) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, start(Path(folder), core) as server:
        yield server


class Timed(NamedTuple):
    sample: Sample
    server_cpu_s: float


def top_rate(contender: Contender, core: int, scale: Scale) -> Timed:
    """One run, flat out."""
    with running(contender.start, core) as server:
        load = Load(contender.pairs(server.port, scale.pairs), contender.counted)
        load.flat_out(scale.warm_s, scale.in_flight)
        before = server.cpu_s()
        sample = load.flat_out(scale.run_s, scale.in_flight)
        used = server.cpu_s() - before
        load.close()
        return Timed(sample, used)


def rates(contenders: list[Contender], core: int, scale: Scale, say: Callable[[str], None]) -> list[Rate]:
    """Every contender, one after the other, as often as `scale` says: what disturbs the machine disturbs them all."""
    timed: dict[str, list[Timed]] = {contender.name: [] for contender in contenders}
    for run in range(scale.runs):
        for contender in contenders:
            each = top_rate(contender, core, scale)
            timed[contender.name].append(each)
            say(f"run {run + 1}: {contender.name} {each.sample.per_s:,.0f}/s")
    return [_rate(contender, timed[contender.name]) for contender in contenders]


def _rate(contender: Contender, timed: list[Timed]) -> Rate:
    median = statistics.median
    return Rate(
        contender.name,
        contender.does,
        median(each.sample.per_s for each in timed),
        median(each.sample.ops / max(each.server_cpu_s, 0.01) for each in timed),
        median(each.server_cpu_s / each.sample.seconds for each in timed),
        median(each.sample.generator_busy for each in timed),
        tuple(round(each.sample.per_s) for each in timed),
    )


def against(all_rates: list[Rate], name: str, least: float) -> Row:
    """Our rate against a peer's."""
    by_name = {rate.name: rate for rate in all_rates}
    mine, theirs = by_name["Cobrowse"], by_name[name]
    ratio = mine.per_s / theirs.per_s
    measured = f"{ratio:.2f} times ({mine.per_s:,.0f} against {theirs.per_s:,.0f} a second)"
    note = f"by the server's own seconds of its core: {mine.per_core_s / theirs.per_core_s:.2f} times"
    figure = f"cart operations a second against {name}"
    return Row(figure, f"at least {least:g} times", measured, ratio >= least, ratio, note)


def latency(contender: Contender, core: int, scale: Scale, top_per_s: float) -> Row:
    """From the moment an operation is due at the shopper to its arrival at the CSA."""
    p50, p99 = [], []
    for _ in range(scale.runs):
        with running(contender.start, core) as server:
            load = Load(contender.pairs(server.port, scale.pairs), contender.counted)
            load.paced(scale.warm_s, top_per_s / 2)
            sample = load.paced(scale.paced_s, top_per_s / 2)
            load.close()
        p50.append(sample.percentile_ms(0.5))
        p99.append(sample.percentile_ms(0.99))
    worst = statistics.median(p99)
    measured = f"{worst:.1f} ms (median {statistics.median(p50):.1f} ms, at {top_per_s / 2:,.0f} a second)"
    return Row("operation to CSA, p99 at half of the top rate", "under 10 ms", measured, worst < 10, worst)


def crowded(core: int, scale: Scale) -> list[Row]:
    """Memory of a crowd, and what it costs while nobody does anything."""
    with running(ours.server, core) as server:
        cookie = ours.sign_in(server.port)
        before = server.resident_bytes()
        crowd = Crowd(server.port, cookie, scale.shoppers, scale.consoles)
        crowd.fill_carts(LINES_A_CART)
        crowd.rest(6.0, beats_every_s=Limits().heartbeat_s)  # all that was said is filed by then
        each_kib = (server.resident_bytes() - before) / scale.shoppers / 1024
        cpu = server.cpu_s()
        begun = time.monotonic()
        crowd.rest(scale.idle_s, beats_every_s=Limits().heartbeat_s)
        share = (server.cpu_s() - cpu) / (time.monotonic() - begun)
        crowd.close()
    everybody = scale.shoppers + scale.consoles
    return [
        Row(
            f"memory a connected shopper with a cart of {LINES_A_CART} lines, at {scale.shoppers:,} shoppers and"
            f" {scale.consoles} CSAs in one process",
            "at most 40 KiB",
            f"{each_kib:.1f} KiB",
            each_kib <= 40,
            each_kib,
            "resident memory of the process, the CSAs' part included",
        ),
        Row(
            f"a hub idle with {everybody:,} connections",
            "under 3 % of a core",
            f"{100 * share:.1f} %",
            share < 0.03,
            100 * share,
            f"everybody's heartbeat every {Limits().heartbeat_s:.0f} s included",
        ),
    ]


def growth(core: int, scale: Scale) -> Row:
    """The same total rate, in few rooms and in many."""
    costs_us = []
    for rooms in (scale.few_rooms, scale.shoppers):
        with running(ours.server, core) as server:
            crowd = Crowd(server.port, ours.sign_in(server.port), rooms, 10)
            crowd.spread(2.0, scale.growth_per_s)
            cpu = server.cpu_s()
            changes = crowd.spread(scale.growth_s, scale.growth_per_s)
            costs_us.append(1e6 * (server.cpu_s() - cpu) / changes)
            crowd.close()
    few, many = costs_us
    ratio = many / few
    return Row(
        f"cost as rooms grow from {scale.few_rooms} to {scale.shoppers:,} at the same total rate",
        "flat within 20 %",
        f"{ratio:.2f} times ({few:.0f} and {many:.0f} microseconds an operation, {scale.growth_per_s:,.0f} a second)",
        ratio <= 1.2,
        ratio,
        "all of the process's time, divided by the operations",
    )


def coming_back(core: int, scale: Scale) -> Row:
    """Everybody's connection is cut in the middle of an operation, and everybody comes back in the same moment."""
    with running(ours.server, core) as server:
        seconds, in_sync, faults = storm(server.port, scale.returning, 6 * SYNC_WITHIN_S)
    measured = f"{in_sync:,} in {seconds:.1f} s, {len(faults)} gaps or duplicates"
    good = in_sync == scale.returning and not faults and seconds <= SYNC_WITHIN_S
    target = "all in sync within 10 s, no gap, no duplicate"
    return Row(
        f"{scale.returning:,} clients cut and coming back at once",
        target,
        measured,
        good,
        seconds,
        "".join(faults[:1]),
    )
