"""`python -m benchmarks hostile`: what a hostile peer costs the others, beside what they have in quiet."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from benchmarks import ours, report
from benchmarks.attacks import KINDS
from benchmarks.load import Load, Pair, Sample
from benchmarks.rows import running
from benchmarks.server import ROOT, Server, cores
from benchmarks.wire import frame
from cobrowse.core.codec import encode
from cobrowse.core.messages import Beat
from cobrowse.settings import Settings

HEARTBEAT_S = 1.5
"""Short, so that the silent are let go within a run."""

AT_MOST = 2.0
QUIET = "nobody hostile"


class Scale(NamedTuple):
    """`parts` of `part_s` seconds are a run: between them everybody's heartbeat is sent."""

    runs: int
    pairs: int
    per_s: float
    warm_s: float
    part_s: float
    parts: int


FULL = Scale(3, 30, 300.0, 2.0, 1.0, 4)
QUICK = Scale(1, 10, 100.0, 1.0, 1.0, 1)


class Cost(NamedTuple):
    """The medians of all runs. `times`: the p99 with this peer against the quiet p99, the median over the runs."""

    kind: str
    p50_ms: float
    p99_ms: float
    times: float
    did: int
    server_busy: float
    each_p99_ms: tuple[float, ...]

    @property
    def reached(self) -> bool:
        return self.times <= AT_MOST


class Run(NamedTuple):
    p50_ms: float
    p99_ms: float
    did: int
    server_busy: float


def shipped(folder: Path, core: int) -> Server:
    """The server with the bounds that it ships with."""
    bounds = (
        "frames_per_s",
        "burst_frames",
        "max_connections_per_address",
        "connects_per_s",
        "burst_connects",
    )
    defaults = {name: str(Settings.__struct_defaults__[_index(name)]) for name in bounds}
    return ours.server(folder, core, heartbeat_s=str(HEARTBEAT_S), **defaults)


def _index(name: str) -> int:
    fields = Settings.__struct_fields__
    return fields.index(name) - (len(fields) - len(Settings.__struct_defaults__))


@contextmanager
def attacked(kind: str, port: int, cookie: str, rooms: list[str], did: list[int]) -> Iterator[None]:
    """A process of hostile peers, inside `with`; `did` gets how often they did what they do."""
    command = [sys.executable, "-m", "benchmarks.attacks", kind, str(port), cookie, *rooms]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield
        finally:
            said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the hostile peers gave up: {kind}")
    did.append(int(said))


def measure(server: Server, pairs: list[Pair], cookie: str, rooms: list[str], kind: str, scale: Scale) -> Run:
    """One run of the ordinary pairs, beside a hostile peer of this kind."""
    load, did = Load(pairs, ours.count_entries), [0]
    attack = nullcontext() if kind == QUIET else attacked(kind, server.port, cookie, rooms, did)
    samples: list[Sample] = []
    with attack:
        _beat(pairs)
        load.paced(scale.warm_s, scale.per_s)
        begun, cpu = time.perf_counter(), server.cpu_s()
        for _ in range(scale.parts):
            _beat(pairs)
            samples.append(load.paced(scale.part_s, scale.per_s))
        busy = (server.cpu_s() - cpu) / (time.perf_counter() - begun)
    latencies = tuple(one for sample in samples for one in sample.latencies_s)
    whole = Sample(len(latencies), 1.0, 0.0, latencies)
    return Run(whole.percentile_ms(0.5), whole.percentile_ms(0.99), did[-1], busy)


def _beat(pairs: list[Pair]) -> None:
    beat = frame(encode(Beat()))
    for pair in pairs:
        pair.watcher.socket.sendall(beat)


def costs(core: int, scale: Scale, say: Callable[[str], None]) -> list[Cost]:
    """Each kind in turn, and quiet before it, as often as `scale` says, each on a server of its own."""
    runs: dict[str, list[tuple[Run, float]]] = {kind: [] for kind in (QUIET, *KINDS)}
    for _ in range(scale.runs):
        for kind in KINDS:
            with running(shipped, core) as server:
                cookie = ours.sign_in(server.port)
                pairs, rooms = ours.pairs_in_rooms(server.port, scale.pairs)
                quiet = measure(server, pairs, cookie, rooms, QUIET, scale)
                beside = measure(server, pairs, cookie, rooms, kind, scale)
                for pair in pairs:
                    pair.sender.abort()
                    pair.watcher.abort()
            runs[QUIET].append((quiet, 1.0))
            runs[kind].append((beside, beside.p99_ms / quiet.p99_ms))
            say(f"{kind} ({beside.did:,}): p99 {beside.p99_ms:.1f} ms, in quiet {quiet.p99_ms:.1f} ms")
    return [_cost(kind, each) for kind, each in runs.items()]


def _cost(kind: str, each: list[tuple[Run, float]]) -> Cost:
    median = statistics.median
    return Cost(
        kind,
        median(run.p50_ms for run, _ in each),
        median(run.p99_ms for run, _ in each),
        median(times for _, times in each),
        round(median(run.did for run, _ in each)),
        median(run.server_busy for run, _ in each),
        tuple(round(run.p99_ms, 2) for run, _ in each),
    )


def markdown(table: list[Cost], load_per_core: float) -> str:
    lines = [
        f"Machine: {report.machine()}. While this ran, {load_per_core:.1f} processes waited for each core.",
        "",
        "| a peer that | connections it made | p50 | p99 | each run's p99, ms | of the quiet p99 | server's core |"
        " verdict |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(cost) for cost in table),
    ]
    return "\n".join(lines)


def _line(cost: Cost) -> str:
    each = ", ".join(f"{p99:.0f}" for p99 in cost.each_p99_ms)
    made, times, verdict = (
        f"{cost.did:,}",
        f"{cost.times:.2f} times",
        "within twice" if cost.reached else "falls short",
    )
    if cost.kind == QUIET:
        made = times = verdict = ""
    cells = (cost.kind, made, f"{cost.p50_ms:.1f} ms", f"{cost.p99_ms:.1f} ms", each, times)
    return f"| {' | '.join(cells)} | {100 * cost.server_busy:.0f} % | {verdict} |"


def run(*, quick: bool, say: Callable[[str], None]) -> list[Cost]:
    """Measures, prints, and unless it is quick writes the page. The kinds that cost more than they may."""
    server_core, generator_core = cores()
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {generator_core})
    try:
        table = costs(server_core, QUICK if quick else FULL, say)
    finally:
        os.sched_setaffinity(0, before)
    text = markdown(table, os.getloadavg()[1] / (os.cpu_count() or 1))
    print(f"\n{text}\n")
    if not quick:
        result = {"machine": report.machine(), "rows": [cost._asdict() for cost in table]}
        page = ROOT / "docs" / "benchmarks-hostile.md"
        page.with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
        report.write_page(page, text)
    return [cost for cost in table if not cost.reached]


def main(arguments: list[str]) -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks hostile", description=__doc__)
    options.add_argument("--quick", action="store_true", help="one short run; writes nothing into docs/")
    begun = time.monotonic()
    short = run(
        quick=options.parse_args(arguments).quick,
        say=lambda text: print(f"{time.monotonic() - begun:5.0f} s  {text}", flush=True),
    )
    if short:
        print("Falls short: " + "; ".join(cost.kind for cost in short))
    else:
        print("Every kind stays within twice.")
