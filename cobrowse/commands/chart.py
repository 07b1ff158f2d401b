"""A replay as a picture: one HTML file with SVG in it, nothing to load, or the SVG alone. docs/rules.md."""

from __future__ import annotations

from html import escape

from cobrowse.core.rules.limits import DEFAULT_ODDS
from cobrowse.core.rules.tally import Row, Tally

WIDTH = 860
BAR = 22
ROW = BAR + 12
HOURS = 180
LABELS = 210
SHADES = (("fired", "#0b7a5b"), ("control", "#3867b8"), ("held back", "#c9a227"))

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Replay of rules</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: {width}px; padding: 0 1rem }}
svg {{ display: block; width: 100%; height: auto }}
text {{ font: 13px system-ui, sans-serif; fill: currentColor }}
.line {{ stroke: currentColor; stroke-width: 1; opacity: .35 }}
</style>
<h1>Replay of rules</h1>
<p>{summary}</p>
<h2>Visits by rule</h2>
<p>{legend}</p>
{bars}
<h2>Offers an hour</h2>
<p>The line is what {csas} CSAs could take if a quarter of offers are taken and a chat lasts a quarter of an hour.</p>
{hours}
</html>
"""

_PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<title>{summary}</title>
<style>
text {{ font: 13px system-ui, sans-serif; fill: #1d1c1a }}
.line {{ stroke: #1d1c1a; stroke-width: 1; opacity: .35 }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #f1f0ed }} .line {{ stroke: #f1f0ed }} }}
</style>
<text x="0" y="16">{summary} {legend}</text>
{parts}
</svg>
"""
_HEADER_PX = 32


def picture(rows: list[Row], tally: Tally, csas: int) -> str:
    """The SVG alone: what the page shows, one below the other."""
    legend = " ".join(f'<tspan fill="{shade}">&#9632;</tspan> {name}' for name, shade in SHADES)
    hours_px = len(rows) * ROW + _HEADER_PX
    parts = (_bars(rows, y=_HEADER_PX), _hours(tally.by_hour(), csas, y=hours_px + _HEADER_PX))
    return _PICTURE.format(
        width=WIDTH,
        height=hours_px + _HEADER_PX + HOURS,
        summary=_summary(rows, tally),
        legend=legend,
        parts="\n".join(parts),
    )


def _summary(rows: list[Row], tally: Tally) -> str:
    return f"{len(tally.visits):,} visits, {sum(row.fired for row in rows):,} offers."


def draw(rows: list[Row], tally: Tally, csas: int) -> str:
    """The page: bars by rule, and offers by hour against what the CSAs can take."""
    legend = " ".join(f'<span style="color:{shade}">&#9632;</span> {name}' for name, shade in SHADES)
    return _PAGE.format(
        width=WIDTH,
        summary=_summary(rows, tally),
        legend=legend,
        bars=_bars(rows),
        hours=_hours(tally.by_hour(), csas),
        csas=csas,
    )


def _bars(rows: list[Row], y: int = 0) -> str:
    most = max([row.fired + row.control + sum(row.held_back.values()) for row in rows] + [1])
    scale = (WIDTH - LABELS - 150) / most
    parts: list[str] = []
    for index, row in enumerate(rows):
        top, left = index * ROW, float(LABELS)
        held = sum(row.held_back.values())
        parts.append(f'<text x="0" y="{top + 16}">{escape(row.rule)}</text>')
        for (_, shade), count in zip(SHADES, (row.fired, row.control, held), strict=True):
            width = count * scale
            parts.append(
                f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{BAR}" fill="{shade}"/>'
            )
            left += width
        words = f"{row.fired} / {row.control} / {held}"
        parts.append(f'<text x="{left + 8:.1f}" y="{top + 16}">{words}</text>')
    return _svg(y, len(rows) * ROW, "Visits by rule", parts)


def _svg(y: int, height: int, label: str, parts: list[str]) -> str:
    box = f'y="{y}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    return f'<svg {box} role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _hours(by_hour: dict[int, int], csas: int, y: int = 0) -> str:
    height, chats_an_hour = HOURS, 4
    capacity = csas * chats_an_hour / DEFAULT_ODDS
    last = max(by_hour, default=0)
    step = max(1, -(-(last + 1) // 200))
    buckets: dict[int, int] = {}
    for hour, count in by_hour.items():
        buckets[hour // step] = max(buckets.get(hour // step, 0), count)
    most = max([*buckets.values(), capacity])
    width = WIDTH / (last // step + 1)
    parts = [
        f'<rect x="{bucket * width:.1f}" y="{height - count / most * height:.1f}" '
        f'width="{max(width - 1, 1):.1f}" height="{count / most * height:.1f}" fill="{SHADES[0][1]}"/>'
        for bucket, count in buckets.items()
    ]
    line = height - capacity / most * height
    parts.append(f'<line class="line" x1="0" x2="{WIDTH}" y1="{line:.1f}" y2="{line:.1f}"/>')
    parts.append(f'<text x="4" y="{line + 14:.1f}">{capacity:g} offers an hour</text>')
    label = "Offers an hour against what CSAs can take"
    return _svg(y, height, label, parts)
