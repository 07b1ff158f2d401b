"""What a run leaves: a table to read, JSON to compare, a plot."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.rows import Rate, Row

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
BAR_PX, LEFT_PX, WIDTH_PX = 22, 150, 720


def verdict(row: Row) -> str:
    return {True: "reached", False: "falls short", None: "not measured"}[row.reached]


def machine() -> str:
    """What the figures were measured on."""
    said = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in said if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    linux = platform.release().partition("-")[0]
    return f"{os.cpu_count()} cores of {model}, Linux {linux}, Python {platform.python_version()}"


def markdown(rates: Sequence[Rate], rows: Sequence[Row], load_per_core: float) -> str:
    """The tables of docs/benchmarks.md."""
    lines = [
        f"Machine: {machine()}. While this ran, {load_per_core:.1f} processes waited for each core, ours included.",
        "",
        "| figure | target | measured | verdict |",
        "|---|---|---|---|",
        *(f"| {row.figure} | {row.target} | {_measured(row)} | {verdict(row)} |" for row in rows),
        "",
        "| server | what it does | operations a second | each run | an operation, of its core"
        " | server's core | generator's core |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {rate.name} | {rate.does} | {rate.per_s:,.0f} | {', '.join(f'{run:,.0f}' for run in rate.runs)} |"
            f" {1e6 / rate.per_core_s:.1f} µs | {100 * rate.server_busy:.0f} % | {100 * rate.generator_busy:.0f} % |"
            for rate in rates
        ),
    ]
    return "\n".join(lines)


def _measured(row: Row) -> str:
    return "; ".join(part for part in (row.measured, row.note) if part)


def write_page(path: Path, tables: str) -> None:
    """Puts the tables between the page's two marks."""
    page = path.read_text("utf-8")
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n\n{tables}\n\n{END}{tail}", "utf-8")


def write_json(path: Path, rates: Sequence[Rate], rows: Sequence[Row]) -> None:
    result = {
        "machine": machine(),
        "rates": [rate._asdict() for rate in rates],
        "rows": [row._asdict() for row in rows],
    }
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")


def write_plot(path: Path, rates: Sequence[Rate]) -> None:
    """A bar for each server: operations a second."""
    ranked = sorted(rates, key=lambda rate: -rate.per_s)
    most = ranked[0].per_s
    room_px = WIDTH_PX - LEFT_PX - 90
    parts = []
    for number, rate in enumerate(ranked):
        top, width = 44 + number * (BAR_PX + 10), max(rate.per_s / most * room_px, 2)
        kind = "ours" if rate.name == "Cobrowse" else "peer"
        parts += [
            f'<text x="{LEFT_PX - 10}" y="{top + 16}" text-anchor="end">{escape(rate.name)}</text>',
            f'<rect class="{kind}" x="{LEFT_PX}" y="{top}" width="{width:.0f}" height="{BAR_PX}" rx="3"/>',
            f'<text x="{LEFT_PX + width + 8:.0f}" y="{top + 16}">{rate.per_s:,.0f}</text>',
        ]
    height = 54 + len(ranked) * (BAR_PX + 10)
    style = (
        "text{font:14px system-ui,sans-serif;fill:#1d2733}.title{font-weight:600}.peer{fill:#9fb0bf}.ours{fill:#2a5748}"
        "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.peer{fill:#566573}.ours{fill:#5fb39b}}"
    )
    title = "Operations a second, one core, from one who changes to one who watches"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {height}" width="{WIDTH_PX}"'
        f' height="{height}" role="img" aria-label="{title}"><style>{style}</style>'
        f'<text class="title" x="12" y="24">{title}</text>' + "".join(parts) + "</svg>\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg, "utf-8")
