"""What a replay says in the end: a table of figures, and the differences one a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from cobrowse.simulate.compare import Difference
from cobrowse.simulate.replay import Outcome
from cobrowse.simulate.stream import Visit

MAX_LISTED = 200


def summary(name: str, visits: Sequence[Visit], outcome: Outcome, differences: Sequence[Difference]) -> Table:
    """The figures of one replay."""
    filled = sum(1 for cart in outcome.server.values() if cart)
    declined = ", ".join(f"{n} {code}" for code, n in sorted(outcome.declined.items())) or "none"
    table = Table(title=f"Replay of {name}", show_header=False, title_justify="left", min_width=48)
    table.add_column()
    table.add_column(justify="right")
    for label, figure in (
        ("Visits", f"{len(visits)}"),
        ("Shoppers", f"{len({visit.shopper for visit in visits})}"),
        ("Events", f"{sum(len(visit.events) for visit in visits)}"),
        ("Operations", f"{outcome.operations}"),
        ("Operations declined", declined),
        ("Carts compared", f"{len(outcome.rooms)} ({filled} with something in)"),
        ("Offers seen", f"{outcome.offers_seen}"),
        ("Seen live by a CSA", f"{outcome.watched} operations"),
        ("Operation to CSA, p50", _ms(outcome.p50_s)),
        ("Operation to CSA, p99", _ms(outcome.p99_s)),
        ("Connections cut", f"{outcome.cuts}"),
        ("Reconnects", f"{outcome.reconnects}"),
        ("Errors", f"{len(outcome.failures)}"),
        ("Time", f"{outcome.replay_s:.1f} s"),
        ("Carts", f"{len(differences)} lines differ" if differences else "all equal"),
    ):
        table.add_row(label, figure)
    return table


def difference_lines(differences: Sequence[Difference]) -> Iterator[str]:
    """One line a difference: the room, the product, and the pieces on each side."""
    for difference in differences[:MAX_LISTED]:
        where = f"room {difference.room or '(never opened)'} line {difference.line or '(whole cart)'}"
        sides = (("file", difference.file), ("server", difference.server), ("CSA", difference.csa))
        yield f"{where}: " + ", ".join(f"{side} {'no cart' if n is None else n}" for side, n in sides)
    if len(differences) > MAX_LISTED:
        yield f"... and {len(differences) - MAX_LISTED} more"


def _ms(time_s: float | None) -> str:
    return "-" if time_s is None else f"{time_s * 1000:.1f} ms"
