"""`python -m benchmarks mirror`: the mirror's table. --quick: one short run; --long: half an hour of a busy page."""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.install import environment
from benchmarks.mirror_load import beside_a_large_page, many_pages
from benchmarks.mirror_people import studio
from benchmarks.mirror_recorders import Cost, costs
from benchmarks.mirror_rows import FULL, QUICK, Scale, at_most, memory, pictures
from benchmarks.mirror_truth import control_after_stop, faithful
from benchmarks.report import machine, verdict, write_page
from benchmarks.rows import Row
from benchmarks.server import ROOT, cores

LONG_S = 1800.0
BAR_PX, LEFT_PX, WIDTH_PX = 14, 470, 900
DOCS = ROOT / "docs"
PEERS = ROOT / "benchmarks" / ".peers"


def main(arguments: Sequence[str]) -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks mirror", description=__doc__)
    options.add_argument("--quick", action="store_true", help="one short run; writes nothing into docs/")
    options.add_argument(
        "--long", action="store_true", help="30 minutes of a busy page, for the console's memory"
    )
    options.add_argument("--peers", type=Path, default=PEERS, help="where the peers live")
    given = options.parse_args(arguments)
    scale = QUICK if given.quick else FULL
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {text}", flush=True)

    recorders = costs(3_000, 2 * scale.runs + 1, environment(given.peers), say)
    with studio() as world:
        table = pictures(world, scale, say)
        table.append(control_after_stop(world, scale.runs, say))
        table += recorded(recorders[0])
        table.append(memory(world, LONG_S if given.long else scale.memory_s, say))
    table += faithful(given.quick, say)
    table += loaded(scale)
    load = os.getloadavg()[1] / (os.cpu_count() or 1)
    print("\n" + tables(table, recorders, load) + "\n")
    if not given.quick:
        result = {
            "machine": machine(),
            "waiting_for_a_core": round(load, 1),
            "rows": [row._asdict() for row in table],
            "recorders": [cost._asdict() for cost in recorders],
        }
        (DOCS / "benchmarks-mirror.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
        write_plot(DOCS / "images" / "benchmarks-mirror.svg", table)
        write_page(DOCS / "benchmarks-mirror.md", tables(table, recorders, load))
    short = [row.figure for row in table if row.reached is False]
    print("Falls short: " + "; ".join(short) if short else "Every figure is reached.")


def recorded(ours: Cost) -> list[Row]:
    """What the recorder costs the shopper's page."""
    worst = max(ours.thousand_ms.values())
    kinds = ", ".join(f"{kind} {spent:.1f}" for kind, spent in ours.thousand_ms.items())
    return [
        at_most("main-thread time to record 1,000 attribute, class or text changes", 4, "ms", [worst], kinds),
        at_most(
            "longest task while recording starts, 3,000 nodes",
            50,
            "ms",
            [ours.longest_ms],
            f"of the thread's own time; by the clock {ours.longest_wall_ms:.1f} ms",
        ),
    ]


def loaded(scale: Scale) -> list[Row]:
    server_core, generator_core = cores()
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {generator_core})
    try:
        return [
            many_pages(server_core, scale.pages, scale.load_s, scale.runs),
            beside_a_large_page(server_core, 1_800, scale.load_s / 2),
        ]
    finally:
        os.sched_setaffinity(0, mine)


def tables(rows: Sequence[Row], recorders: Sequence[Cost], load_per_core: float) -> str:
    lines = [
        f"Machine: {machine()}. While this ran, {load_per_core:.1f} processes waited for each core, ours included.",
        "",
        "| figure | target | measured | verdict |",
        "|---|---|---|---|",
        *(
            f"| {row.figure} | {row.target or '-'} | {'; '.join(part for part in (row.measured, row.note) if part)}"
            f" | {verdict(row) if row.target else '-'} |"
            for row in rows
        ),
        "",
        "| recorder | bundle, gzipped | longest task at the start | 1,000 texts | 1,000 classes | 1,000 attributes"
        " | first picture | descriptions in it as they are read |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {cost.name} | {cost.bundle_bytes:,} bytes | {cost.longest_ms:.1f} ms |"
            + "".join(f" {spent:.1f} ms |" for spent in cost.thousand_ms.values())
            + f" {cost.first_bytes / 1024:,.0f} KiB | {cost.plain_texts} |"
            for cost in recorders
        ),
    ]
    return "\n".join(lines)


def write_plot(path: Path, rows: Sequence[Row]) -> None:
    """A bar for each figure with a target: its share of what it may be, which is the line."""
    shares = [
        (row.figure, row.measured, row.value / limit)
        for row in rows
        if row.value is not None and (limit := _limit(row.target))
    ]
    room_px, at_px = WIDTH_PX - LEFT_PX - 110, 0.5
    parts = []
    for number, (figure, measured, share) in enumerate(shares):
        top, width = 40 + number * (BAR_PX + 10), max(min(share, 2) * at_px * room_px, 2)
        kind = "over" if share > 1 else "ours"
        parts += [
            f'<text x="{LEFT_PX - 10}" y="{top + 12}" text-anchor="end">{escape(figure[:72])}</text>',
            f'<rect class="{kind}" x="{LEFT_PX}" y="{top}" width="{width:.0f}" height="{BAR_PX}" rx="2"/>',
            f'<text x="{LEFT_PX + width + 8:.0f}" y="{top + 12}">{escape(measured)}</text>',
        ]
    height, line = 50 + len(shares) * (BAR_PX + 10), LEFT_PX + at_px * room_px
    style = (
        "text{font:12px system-ui,sans-serif;fill:#1d2733}.title{font-weight:600}.ours{fill:#2a5748}.over{fill:#b4552d}"
        "line{stroke:#1d2733;stroke-dasharray:4 3}@media (prefers-color-scheme:dark){text{fill:#e6edf3}"
        ".ours{fill:#5fb39b}.over{fill:#e08a5b}line{stroke:#e6edf3}}"
    )
    title = "The mirror's figures, each as a share of what it may be (the line)"
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {height}" width="{WIDTH_PX}"'
        f' height="{height}" role="img" aria-label="{title}"><style>{style}</style>'
        f'<text class="title" x="12" y="22">{title}</text>'
        f'<line x1="{line:.0f}" y1="32" x2="{line:.0f}" y2="{height - 8}"/>' + "".join(parts) + "</svg>\n",
        "utf-8",
    )


def _limit(target: str) -> float | None:
    found = re.search(r"[\d,]+(?:\.\d+)?", target)
    return float(found[0].replace(",", "")) or None if found else None
