"""The model of docs/scaling.md: what so many connected shoppers need, from what one node was measured to do.

`python docs/scaling.py` writes the page's table anew from docs/benchmarks.json; `--check` instead runs the model as a
simulation, second by second, with shoppers at random nodes who act at random. A test holds the page to the model, the
model to the simulation and to the bench.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE / "scaling.md"
BEGIN, END = "<!-- modelled -->\n\n", "\n<!-- /modelled -->"
SHOPPERS = (1_000, 10_000, 100_000, 1_000_000)

ACT_EVERY_S = 20.0
"""One operation of a shopper who shops: a page, a line of the cart, a word."""
HEARTBEAT_S = 15.0
ACROSS = 0.02
"""Share of the shoppers with a CSA at another node."""
USED = 0.5
"""Share of what was measured that a plan may use: the rest is for the evening and for a node that is gone."""
MAX_CONNECTIONS = 20_000
NODE_BASE_MIB = 150
REDIS_RATIO = 0.5
"""Operations with the log in Redis against those of one node alone, where the bench has not measured it: its target."""
REDIS_STEPS_PER_S = 30_000
"""Appends that one master takes with appendfsync always, many in one round trip: arithmetic, see the page."""
REDIS_ROOM_KIB = 25
ROOMS_A_SHOPPER = 2
"""Rooms that Redis holds for each one that is connected: those of two days."""
ROWS_PER_S = 20_000
"""What one PostgreSQL takes into the log table, beyond which it wants partitions."""
PARTITIONS = 16
CORE_EUR, GIB_EUR = 12.0, 3.5
"""A month of a rented core and of a GiB of memory, the middle of European hosters' lists; the reader's own go here."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one node on one core: operations a second, KiB a shopper, share of the core for each who only looks."""

    operations_per_s: float
    shopper_kib: float
    idle_share: float

    def words(self) -> str:
        """As the page says it; `read_words` reads it back."""
        return (
            f"A node does {self.operations_per_s:,.0f} operations a second with its log in Redis, spends "
            f"{self.idle_share * 1e6:.1f} microseconds of its core a second on each shopper who only looks, and "
            f"{self.shopper_kib:.1f} KiB on each."
        )


WORDS = re.compile(
    r"A node does ([\d,]+) operations .* spends ([\d.]+) microseconds .* and ([\d.]+) KiB on each"
)


def read_words(page: str) -> Measured:
    """The figures that the page stands on."""
    found = WORDS.search(page)
    assert found, "expected the sentence with the measured figures"
    return Measured(float(found[1].replace(",", "")), float(found[3]), float(found[2]) / 1e6)


@dataclass(frozen=True, slots=True)
class Plan:
    shoppers: int
    nodes: int
    nodes_gib: float
    operations_per_s: float
    redis_masters: int
    redis_gib: float
    rows_per_s: float
    eur_a_month: float


def measured(bench: Mapping[str, Any]) -> Measured:
    """What `make bench` found, as this model takes it."""
    rows = {row["figure"]: row["value"] for row in bench["rows"]}
    rate = next(rate["per_s"] for rate in bench["rates"] if rate["name"] == "Cobrowse")
    memory = next(value for name, value in rows.items() if name.startswith("memory a connected shopper"))
    idle, connections = next(
        (value, name) for name, value in rows.items() if name.startswith("a hub idle with")
    )
    count = int(connections.removeprefix("a hub idle with ").partition(" ")[0].replace(",", ""))
    two_nodes = next((value for name, value in rows.items() if name.startswith("two nodes over Redis")), None)
    return Measured(rate * (two_nodes or REDIS_RATIO), memory, idle / 100 / count)


def shoppers_a_node(found: Measured) -> int:
    """How many a node takes: its connections, or its core, idle beats and operations together."""
    share = found.idle_share + 1 / ACT_EVERY_S / found.operations_per_s
    return int(min(MAX_CONNECTIONS, USED / share) // 100 * 100)


def plan(shoppers: int, found: Measured) -> Plan:
    """What that many connected shoppers need, one node to spare."""
    nodes = math.ceil(shoppers / shoppers_a_node(found)) + 1
    operations = shoppers / ACT_EVERY_S
    nodes_gib = (shoppers * found.shopper_kib / 1024 + nodes * NODE_BASE_MIB) / 1024
    masters = math.ceil(operations / (REDIS_STEPS_PER_S * USED))
    redis_gib = shoppers * ROOMS_A_SHOPPER * REDIS_ROOM_KIB / 1024 / 1024
    databases = math.ceil(operations / ROWS_PER_S)
    cores = nodes + 2 * masters + 4 * databases
    eur = cores * CORE_EUR + (nodes_gib + 2 * redis_gib + 16 * databases) * GIB_EUR
    return Plan(shoppers, nodes, nodes_gib, operations, masters, redis_gib, operations, eur)


def table(found: Measured) -> str:
    """The page's table, in Markdown."""
    plans = [plan(shoppers, found) for shoppers in SHOPPERS]
    rows = [
        ("nodes, one core each, one to spare", [f"{p.nodes:,}" for p in plans]),
        ("memory of all nodes", [f"{p.nodes_gib:,.1f} GiB" for p in plans]),
        ("operations a second", [f"{p.operations_per_s:,.0f}" for p in plans]),
        ("Redis masters, each with a replica", [f"{p.redis_masters}" for p in plans]),
        ("memory of the masters", [f"{p.redis_gib:,.1f} GiB" for p in plans]),
        ("rows a second into PostgreSQL", [f"{p.rows_per_s:,.0f}" for p in plans]),
        ("EUR a month, machines alone", [f"{p.eur_a_month:,.0f}" for p in plans]),
    ]
    head = "| connected shoppers | " + " | ".join(f"{p.shoppers:,}" for p in plans) + " |"
    lines = [head, "|---|" + "---:|" * len(plans)]
    lines += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows]
    per_node = f"{found.words()} So it takes {shoppers_a_node(found):,} shoppers at {USED:.0%} of its core."
    return per_node + "\n\n" + "\n".join(lines) + "\n"


def simulate(shoppers: int, found: Measured, seconds: int, rng: random.Random) -> tuple[float, float]:
    """Lets shoppers act at random on nodes that are chosen at random; the mean operations a second, and the busiest
    node's share of its core in its worst second.
    """
    nodes = plan(shoppers, found).nodes - 1
    at = Counter(rng.randrange(nodes) for _ in range(shoppers))
    people = [at[node] for node in range(nodes)]
    total = 0
    worst = 0.0
    for _ in range(seconds):
        for held in people:
            acts = _binomial(rng, held, 1 / ACT_EVERY_S)
            total += acts
            worst = max(worst, held * found.idle_share + acts / found.operations_per_s)
    return total / seconds, worst


def _binomial(rng: random.Random, count: int, share: float) -> int:
    """How many of so many do it: by the normal law, which is close for the hundreds that a node has."""
    mean = count * share
    return max(round(rng.gauss(mean, math.sqrt(mean * (1 - share)))), 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        found = read_words(PAGE.read_text("utf-8"))
        for shoppers in SHOPPERS:
            rate, worst = simulate(shoppers, found, 60, random.Random(1))
            print(
                f"{shoppers:>9,} shoppers: {rate:,.0f} operations/s, busiest node {worst:.0%} in its worst second"
            )
    else:
        found = measured(json.loads((HERE / "benchmarks.json").read_text("utf-8")))
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(
            before + BEGIN + table(read_words(found.words())) + END + rest.partition(END)[2], "utf-8"
        )


if __name__ == "__main__":
    main()
