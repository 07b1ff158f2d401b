"""`python -m benchmarks`: the hub's table, with --quick one short run of it; `mirror` or `hostile` first: those."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks import hostile, mirror, nodes, report, rows, rules
from benchmarks.install import environment
from benchmarks.peers import Peers
from benchmarks.rows import FULL, QUICK, Row
from benchmarks.server import ROOT, cores

LEAST = {"socket.io": 0.8, "Hocuspocus": 3.0, "pycrdt-websocket": 5.0, "python-socketio": 5.0}


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--quick", action="store_true", help="one short run; writes nothing into docs/")
    options.add_argument(
        "--peers", type=Path, default=ROOT / "benchmarks" / ".peers", help="where the peers live"
    )
    given = options.parse_args()
    scale = QUICK if given.quick else FULL
    server_core, generator_core = cores()
    contenders = Peers(environment(given.peers)).all()
    os.sched_setaffinity(0, {generator_core})
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {text}", flush=True)

    rates = rows.rates(contenders, server_core, scale, say)
    table = [rows.against(rates, name, least) for name, least in LEAST.items()]
    say("latency at half of the top rate")
    table.append(rows.latency(contenders[0], server_core, scale, rates[0].per_s))
    say(f"{scale.shoppers:,} shoppers and {scale.consoles} consoles")
    table += rows.crowded(server_core, scale)
    say(f"{scale.returning:,} clients cut and coming back")
    table.append(rows.coming_back(server_core, scale))
    say("the same rate in few rooms and in many")
    table.append(rows.growth(server_core, scale))
    say("two nodes over Redis")
    table.append(nodes.two_nodes(server_core, scale, rates[0].per_s))
    load = os.getloadavg()[1] / (os.cpu_count() or 1)
    print("\n" + report.markdown(rates, table, load) + "\n")
    if not given.quick:
        report.write_json(ROOT / "docs" / "benchmarks.json", rates, table)
        report.write_plot(ROOT / "docs" / "images" / "benchmarks.svg", rates)
        report.write_page(ROOT / "docs" / "benchmarks.md", report.markdown(rates, table, load))
    table += rules.run(given.peers, quick=given.quick, say=say)
    _say_short(table)


def _say_short(table: list[Row]) -> None:
    short = [row.figure for row in table if row.reached is False]
    print("Falls short: " + "; ".join(short) if short else "Every figure is reached.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["mirror"]:
        mirror.main(sys.argv[2:])
    elif sys.argv[1:2] == ["hostile"]:
        hostile.main(sys.argv[2:])
    else:
        main()
