"""The rules' rows: `python -m benchmarks.rules`, and part of `make bench`. Writes docs/benchmarks-rules.md."""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, cast

import msgspec

from benchmarks import report
from benchmarks.install import environment
from benchmarks.lateness import lateness_s
from benchmarks.rows import Row
from benchmarks.server import ROOT, cores
from cobrowse.commands.rules import play
from cobrowse.core.items import nothing_known
from cobrowse.core.messages import AnyOperation, Author, Event, Increment, Item, Page, SiteView
from cobrowse.core.room import RoomState, Terms
from cobrowse.core.rules.conditions import compile_condition, compile_test
from cobrowse.core.rules.engine import Book
from cobrowse.core.rules.facts import Facts
from cobrowse.core.rules.limits import Limits, Staff
from cobrowse.core.rules.memory import Memory
from cobrowse.core.rules.replay import Replay
from cobrowse.core.rules.rule import Rule
from cobrowse.core.rules.tally import Tally
from cobrowse.core.rules.timers import Timers
from cobrowse.core.visitor import Around, visitor_of, watch_of
from cobrowse.live.advisor import Advisor
from cobrowse.live.member import Peer
from cobrowse.live.publication import Publication
from cobrowse.live.room import Room
from cobrowse.rulebook import SHIPPED, load
from cobrowse.simulate.stream import Event as Recorded
from cobrowse.simulate.stream import read_events

SAMPLES = [ROOT / "tests" / "simulate" / f"{name}_sample.csv.gz" for name in ("synthetic", "otto")]
BASKET = 'cart.distinct_items >= 3 && page.kind != "checkout"'
RUST = "common-expression-language"
NOW = 1_800_000_000.0


class Scale(NamedTuple):
    """How much is measured."""

    runs: int
    share: float
    visitors: int
    timers: int
    waiting: int
    busy: int
    per_s: float


FULL = Scale(5, 1.0, 500, 100_000, 600, 100, 2_000.0)
QUICK = Scale(2, 0.1, 50, 10_000, 50, 10, 200.0)


def shipped() -> list[Rule]:
    rules, errors = load(SHIPPED)
    if errors:
        raise SystemExit("the shipped rules have mistakes")
    return rules


# The condition


def ours_ns(scale: Scale) -> float:
    """Processor time of asking the basket condition once, as the rules ask it: a compiled function over facts."""
    condition, _ = compile_condition(BASKET)
    assert condition is not None
    test = compile_test(condition.code, dict.fromkeys(condition.facts), condition.names)
    carts = [
        Facts(cart_distinct_items=n % 6, page_kind=("cart", "product", "checkout")[n % 3]) for n in range(12)
    ]
    rounds = int(20_000 * scale.share)

    def once() -> float:
        begun = time.process_time_ns()
        for _ in range(rounds):
            for each in carts:
                test(each, NOW)
        return (time.process_time_ns() - begun) / (rounds * len(carts))

    return min(once() for _ in range(5))


def conditions(python: Path, scale: Scale) -> tuple[Row, dict[str, float]]:
    """Ours against the fastest peer, turn and turn about; the least of each counts, as what disturbs only adds."""
    found: dict[str, list[float]] = {}
    for _ in range(scale.runs):
        found.setdefault("Cobrowse", []).append(ours_ns(scale))
        script = [str(python), str(ROOT / "benchmarks" / "peers" / "conditions.py"), str(scale.share)]
        told = subprocess.run(script, check=True, capture_output=True, text=True).stdout
        for name, ns in json.loads(told).items():
            found.setdefault(name, []).append(ns)
    least = {name: min(each) for name, each in found.items()}
    peers = {
        name: ns for name, ns in least.items() if name != "Cobrowse" and not name.endswith("made before")
    }
    fastest = min(peers, key=lambda name: peers[name])
    ratio = peers[fastest] / least["Cobrowse"]
    made_before = least[f"{RUST}, context made before"] / least["Cobrowse"]
    row = Row(
        "evaluating the basket condition against the fastest of cel-python, rule-engine, json-logic and"
        " the Rust CEL binding, each as its docs say",
        "at least 10 times",
        f"{ratio:.0f} times ({least['Cobrowse']:.0f} ns against {peers[fastest]:,.0f} ns of {fastest})",
        ratio >= 10,
        ratio,
        f"the Rust binding with a context that was made before, as if facts never changed: {made_before:.1f} times",
    )
    return row, least


# Replay


def replays(scale: Scale) -> list[Row]:
    """Recorded visits through the shipped rules, and through 200 rules; reading the file is not part of it."""
    events = sorted((event for path in SAMPLES for event in read_events(path)), key=lambda each: each.at_s)
    rules = shipped()
    many = [replace(rule, id=f"{rule.id}-{turn}") for turn in range(200 // len(rules) + 1) for rule in rules]
    return [
        _replayed(events, rules, "the shipped rules", 100_000, scale),
        _replayed(events, many[:200], "200 rules", 25_000, scale),
    ]


def _replayed(events: list[Recorded], rules: list[Rule], words: str, least: int, scale: Scale) -> Row:
    rates = []
    for _ in range(scale.runs):
        gc.collect()
        tally = Tally()
        replay = Replay(Book(rules), 10, tally.hear)
        begun = time.process_time()
        play(replay, tally, events)
        replay.finish()
        rates.append(len(events) / (time.process_time() - begun))
    rate = statistics.median(rates)
    return Row(
        f"replay of recorded visits with {words} on one core",
        f"at least {least:,} events a second",
        f"{rate:,.0f} a second ({len(events):,} events, {scale.runs} runs)",
        rate >= least,
        rate,
    )


# Live


class _Log:
    """A log that takes everything at once."""

    def admit(self) -> None:
        pass

    def append(self, record: Publication) -> None:
        pass

    def after_pending(self, callback: Callable[[], None]) -> None:
        callback()


class _Tab:
    """A shopper's tab that reads nothing: as much of a peer as asking the rules needs."""

    author = Author("shopper", "someone")
    origin = "http://shop.example"
    waiting_bytes = 0

    def send(self, frame: bytes) -> None:
        pass

    def close(self, code: int, reason: str) -> None:
        pass


def a_visit() -> list[tuple[float, AnyOperation]]:
    """A visit of 24 events over eight minutes: pages, products, a cart of four."""
    steps: list[tuple[float, AnyOperation]] = []
    for n in range(24):
        item = Item(f"sku-{n}", f"Thing {n}", price_minor=1_200 + n, currency="GBP", category=f"Kind {n % 3}")
        kind = ("category", "product", "product", "cart")[n % 4]
        page = Event("page_view", Page(f"/p/{n % 7}", f"Page {n}", kind))
        viewed = Event("view_item", items=[item], value_minor=1_200)
        steps.append((n * 20.0, Increment(item.line, 1) if n % 6 == 5 else viewed if n % 4 == 2 else page))
    return steps


def a_room(key: str) -> Room:
    site = SiteView("shop", "Shop", "GBP", "ask")
    room = Room(RoomState(key, "shop", "e"), [], Terms(site, nothing_known, b"s" * 32), _Log(), lambda: NOW)
    room.join(cast(Peer, _Tab()), room.take_replica(None), "", None)
    return room


def live(scale: Scale) -> Row:
    """What the rules add to an event of a visit: asking them, once for each event, each room on its own.

    The hub asks at most once in 50 ms a room, so of events that come together only the last pays.
    """
    advisor = Advisor(shipped(), lambda site: Around(3), Limits())
    timers = Timers()
    taken_us: list[float] = []
    rooms = [a_room(f"v{number}") for number in range(scale.visitors)]
    gc.collect()
    for c, (after_s, op) in enumerate(a_visit(), 1):
        for room in rooms:
            room.do(room.members[0], c, op, NOW + after_s, NOW + after_s)
            begun = time.perf_counter_ns()
            for key, due in advisor.consider([(room, NOW + after_s)], NOW + after_s).items():
                timers.set(key, due)
            taken_us.append((time.perf_counter_ns() - begun) / 1_000)
    median = statistics.median(taken_us)
    p99 = statistics.quantiles(taken_us, n=100)[98]
    return Row(
        "live: time that the shipped rules add to an event on the hub's path",
        "under 20 µs median",
        f"{median:.1f} µs (p99 {p99:.0f} µs)",
        median < 20,
        median,
        f"{len(taken_us):,} events of {scale.visitors} visits, every one asked about",
    )


def memory(scale: Scale) -> Row:
    """All that the rules keep of a visitor whose visit is full of events: memory, facts, ledger, watch and timer."""
    room = a_room("v")
    c = 0
    for turn in range(3):
        for after_s, op in a_visit():
            c += 1
            at = NOW + turn * 480 + after_s
            room.do(room.members[0], c, op, at, at)
    book, encoded = Book(shipped()), msgspec.msgpack.encode(room.state.memory)
    timers, kept = Timers(), []
    count = max(scale.visitors, 100)
    keys = [f"visitor-{number:014}" for number in range(count)]
    decode = msgspec.msgpack.Decoder(Memory).decode
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    now = NOW + 1_440
    for key in keys:
        room.state.memory = decode(encoded)
        visitor = visitor_of(room.state, watch_of(room.state), Around(3), now)
        due = book.ask(visitor, Staff(), now).due
        for rule in book.rules:  # all of them armed, whatever this visit makes true
            visitor.watch.since.setdefault(rule.id, now)
        timers.set(key, due or now + 60)
        kept.append(visitor)
    each = (tracemalloc.get_traced_memory()[0] - before) / count
    tracemalloc.stop()
    events = len(room.state.memory.names)
    return Row(
        "a visitor's rule state with all shipped rules armed",
        "under 4 KiB",
        f"{each / 1024:.1f} KiB (with {events} events remembered)",
        each < 4_096,
        each,
    )


def ticks(scale: Scale) -> Row:
    """What a tick costs when nothing is due, for few armed timers and for many."""

    def tick_ns(count: int) -> float:
        timers = Timers()
        for number in range(count):
            timers.set(f"visitor-{number}", NOW + 60 + number % 977)
        rounds = 100_000
        best = float("inf")
        for _ in range(scale.runs):
            begun = time.process_time_ns()
            for _ in range(rounds):
                timers.take_due(NOW)
            best = min(best, (time.process_time_ns() - begun) / rounds)
        return best

    few, many = tick_ns(100), tick_ns(scale.timers)
    ratio = many / few
    return Row(
        f"{scale.timers:,} visitors with armed timers: cost of a tick when none is due",
        "independent of their number",
        f"{many:.0f} ns, against {few:.0f} ns with 100",
        ratio < 1.5,
        ratio,
    )


def lateness(core: int, scale: Scale) -> Row:
    late = lateness_s(core, scale.waiting, scale.busy, scale.per_s)
    p99 = 1_000 * late[max(int(0.99 * len(late)) - 1, 0)]
    return Row(
        "timers: lateness p99 under load",
        "under 100 ms",
        f"{p99:.0f} ms (median {1_000 * statistics.median(late):.0f} ms)",
        p99 < 100,
        p99,
        f"{len(late)} timers, {scale.per_s:,.0f} other operations a second; to the browser, commit included",
    )


def run(peers: Path, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """All rows; writes docs/benchmarks-rules.md unless it was a quick run."""
    scale = QUICK if quick else FULL
    say("rules: the condition, ours and the peers'")
    row, least = conditions(environment(peers) / "venv" / "bin" / "python", scale)
    rows = [row]
    say("rules: replay, live, memory, ticks")
    rows += [*replays(scale), live(scale), memory(scale), ticks(scale)]
    say("rules: lateness of timers under load")
    rows.append(lateness(cores()[0], scale))
    load_per_core = os.getloadavg()[1] / (os.cpu_count() or 1)
    text = tables(rows, least, load_per_core)
    if not quick:
        report.write_page(ROOT / "docs" / "benchmarks-rules.md", text)
        result = {
            "machine": report.machine(),
            "conditions_ns": least,
            "rows": [each._asdict() for each in rows],
        }
        path = ROOT / "docs" / "benchmarks-rules.json"
        path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print("\n" + text + "\n")
    return rows


def tables(rows: list[Row], least: dict[str, float], load_per_core: float) -> str:
    """The tables of docs/benchmarks-rules.md."""
    mine = least["Cobrowse"]
    lines = [
        f"Machine: {report.machine()}. While this ran, {load_per_core:.1f} processes waited for each core.",
        "",
        "| figure | target | measured | verdict |",
        "|---|---|---|---|",
    ]
    for row in rows:
        measured = "; ".join(part for part in (row.measured, row.note) if part)
        lines.append(f"| {row.figure} | {row.target} | {measured} | {report.verdict(row)} |")
    lines += ["", "| the basket condition, asked once by | ns | times ours |", "|---|---|---|"]
    for name, ns in sorted(least.items(), key=lambda each: each[1]):
        lines.append(f"| {name} | {ns:,.0f} | {ns / mine:.1f} |")
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=__doc__)
    options.add_argument("--quick", action="store_true", help="one short run; writes nothing into docs/")
    options.add_argument(
        "--peers", type=Path, default=ROOT / "benchmarks" / ".peers", help="where the peers live"
    )
    given = options.parse_args()
    os.sched_setaffinity(0, {cores()[1]})
    rows = run(given.peers, quick=given.quick, say=print)
    short = [row.figure for row in rows if row.reached is False]
    print("Falls short: " + "; ".join(short) if short else "Every figure is reached.")


if __name__ == "__main__":
    main()
