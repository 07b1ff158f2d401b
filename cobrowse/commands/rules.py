"""`cobrowse rules check`, `test` and `replay`: rules tried before shoppers meet them. docs/rules.md."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import click
import msgspec
from rich.console import Console
from rich.progress import track as progress
from rich.table import Table

from cobrowse import rulebook
from cobrowse.commands.chart import draw, picture
from cobrowse.core.errors import CobrowseError
from cobrowse.core.messages import Entry
from cobrowse.core.recorded import Follower, in_time
from cobrowse.core.rules import scenarios, warnings
from cobrowse.core.rules.engine import Book
from cobrowse.core.rules.limits import DEFAULT_ODDS, Cause, Limits, span
from cobrowse.core.rules.replay import Replay
from cobrowse.core.rules.rule import Rule
from cobrowse.core.rules.tally import Row, Tally
from cobrowse.core.rules.track import Line
from cobrowse.settings import Settings
from cobrowse.simulate.stream import Event, read_events
from cobrowse.storage import journal
from cobrowse.storage.engine import open_database, reading

CHARTS = {".html": draw, ".svg": picture}
"""How a chart is drawn, by the ending of its file."""

PAGES = {
    "home": ("home", "/"),
    "page_view": ("content", "/"),
    "catalog": ("category", "/catalogue"),
    "view_item_list": ("category", "/catalogue"),
    "search": ("search", "/search"),
    "view_search_results": ("search", "/search"),
    "view_cart": ("cart", "/cart"),
    "begin_checkout": ("checkout", "/checkout"),
}
"""Events of a recording that show a page, with its kind and path, as `cobrowse simulate` has it."""


class RulesWrong(CobrowseError):
    """Rules or scenarios have mistakes; the message lists them all."""


def good_rules(folder: Path) -> list[Rule]:
    """The rules of a folder. Raises RulesWrong if a file has mistakes."""
    found, errors = rulebook.load(folder)
    if errors:
        raise RulesWrong("these rules have mistakes:\n" + rulebook.render_errors(errors).rstrip())
    return found


def check(folder: Path, visits: Path | None) -> int:
    """Prints every mistake and warning; the number of files with mistakes."""
    found, errors = rulebook.load(folder)
    stories, wrong = rulebook.scenarios(folder)
    errors += wrong
    click.echo(rulebook.render_errors(errors), nl=bool(errors), err=True)
    pages = [page_of(event) for event in read_events(visits)] if visits is not None else []
    paths = {page[1] for page in pages if page is not None}
    for warning in warnings.find(found, paths):
        click.echo(f"{warning.place}: warning: {warning.message}", err=True)
    click.echo(f"Good rules: {len(found)}. Files with mistakes: {len(errors)}. Scenarios: {len(stories)}.")
    return len(errors)


def test(folder: Path) -> int:
    """Runs every scenario; prints where rules do otherwise than expected, and how many scenarios do."""
    rules = {rule.id: rule for rule in good_rules(folder)}
    stories, errors = rulebook.scenarios(folder)
    if errors:
        raise RulesWrong("these scenarios have mistakes:\n" + rulebook.render_errors(errors).rstrip())
    failed = 0
    for story in stories:
        if (rule := rules.get(story.rule)) is None:
            mistakes = [f"{story.place}: {story.title}: there is no rule {story.rule}"]
        else:
            mistakes = [str(mistake) for mistake in scenarios.run(story, rule)]
        failed += bool(mistakes)
        for mistake in mistakes:
            click.echo(mistake, err=True)
    untried = sorted(set(rules) - {story.rule for story in stories})
    click.echo(f"Scenarios as expected: {len(stories) - failed} of {len(stories)}.")
    if untried:
        click.echo(f"Rules without a scenario: {', '.join(untried)}.")
    return failed


def replay(
    folder: Path,
    file: Path | None,
    settings: Settings | None,
    against: Path | None,
    csas: int,
    chart: Path | None,
) -> None:
    """Runs rules over a recording, the file or the server's log, and prints what they would have done.

    Raises CobrowseError if one of the files cannot be used.
    """
    if chart is not None:
        if chart.suffix not in CHARTS:
            raise CobrowseError(f"{chart}: expected a chart's name that ends in {' or '.join(CHARTS)}")
        if not chart.parent.is_dir():
            raise CobrowseError(f"{chart}: expected a name in a folder that is there")
    console = Console()
    limits = Limits()
    if settings is not None:
        limits = Limits(
            settings.rules_cooldown_s, settings.rules_cap, settings.rules_cap_days, settings.rules_holdout
        )
    recorded, left_out = asyncio.run(read_recorded(settings)) if settings is not None else ([], 0)
    events = read_events(file) if file is not None else []

    def run(rules: list[Rule], words: str) -> tuple[Tally, float]:
        begun = perf_counter()
        tally = Tally()
        player = Replay(Book(rules, limits), csas, tally.hear)
        if settings is not None:
            follower = Follower(player, tally)
            for at, room, entry in progress(list(in_time(recorded)), words, console=console, transient=True):
                follower.follow(at, room, entry)
        else:
            play(player, tally, progress(events, words, console=console, transient=True))
        player.finish()
        return tally, perf_counter() - begun

    rules = good_rules(folder)
    tally, took_s = run(rules, "Replaying")
    other = run(good_rules(against), "Replaying the other rules")[0] if against is not None else None
    rows = [tally.row(rule.id) for rule in rules]
    console.print(_table(rows, tally, other))
    _print_capacity(console, tally, csas)
    count = len(recorded) or len(events)
    console.print(
        f"{count:,} events of {len(tally.visits):,} visits in {took_s:.2f} s ({count / took_s:,.0f} a second)."
    )
    if recorded:
        begun = min(entry.at for _, entry in recorded)
        console.print(f"The log reaches back to {datetime.fromtimestamp(begun, UTC):%Y-%m-%d} (UTC).")
    if settings is not None and left_out:
        console.print(
            f"{left_out:,} visitors are left out: the beginning of their log is older than"
            f" `log_days` ({settings.log_days:g}) and has been deleted."
        )
    if chart is not None:
        try:
            chart.write_text(CHARTS[chart.suffix](rows, tally, csas), "utf-8")
        except OSError as error:
            raise CobrowseError(f"{chart}: cannot be written: {error.strerror}") from None
        console.print(f"The chart is in {chart}.")


def play(replay: Replay, tally: Tally, events: Iterable[Event]) -> None:
    """Feeds a replay from a recorded stream. Its sessions are visits, its shoppers contacts."""
    for event in events:
        track, at = replay.at(event.at_s, event.shopper)
        track.event(at, event.name, event.session, page_of(event))
        visit = track.visitor.facts.visit_number
        tally.visited(event.shopper, visit, at)
        name, item = event.name, event.item
        if name == "purchase":
            tally.bought(event.shopper, visit, at)
        if not item:
            continue
        if name == "add_to_cart":
            price_minor = round(event.price * 100) if event.price is not None else 0
            title = f"{event.brand} {item}".strip()
            track.add(at, item, Line(1, price_minor, title, event.category))
        elif name == "remove_from_cart":
            track.remove(at, item)
        elif name == "view_item":
            track.view(event.category)


def page_of(event: Event) -> tuple[str, str] | None:
    """The kind and path of the page that a row shows, None if it shows none."""
    if event.name == "view_item" and event.item:
        return "product", f"/products/{event.item}"
    return PAGES.get(event.name) if not event.item else None


async def read_recorded(settings: Settings) -> tuple[list[tuple[str, Entry]], int]:
    """The entries of all rooms whose log is whole, and how many rooms' is not."""
    engine = await open_database(settings.database_url)
    try:
        async with reading(engine) as conn:
            rows = await journal.recorded(conn)
    finally:
        await engine.dispose()
    decoder = msgspec.msgpack.Decoder(Entry)
    whole = {row.room for row in rows if row.offset == 1}
    left_out = {row.room for row in rows} - whole
    return [(row.room, decoder.decode(row.payload)) for row in rows if row.room in whole], len(left_out)


def _table(rows: list[Row], tally: Tally, other: Tally | None) -> Table:
    table = Table(title=f"{len(tally.visits):,} visits considered", pad_edge=False)
    # On a narrow screen words may stand below one another; a rule's name and a limit's stay whole.
    table.add_column("rule", no_wrap=True)
    for name in ("fired", "control"):
        table.add_column(name, justify="right")
    table.add_column(
        "held back by", min_width=len(Cause.OFFER_OPEN) if other is None else None, overflow="fold"
    )
    for name in ("bought later", "median time"):
        table.add_column(name, justify="right")
    if other is not None:
        table.add_column("more / fewer visits than the other rules", justify="right")
    for row in rows:
        held = ", ".join(f"{cause} {n}" for cause, n in row.held_back.items())
        bought = f"{row.bought} ({row.bought / row.fired:.0%})" if row.fired else "-"
        when = span(row.median_s) if row.median_s is not None else "-"
        cells = [row.rule, str(row.fired), str(row.control), held or "-", bought, when]
        if other is not None:
            mine, theirs = tally.firings(row.rule), other.firings(row.rule)
            cells.append(f"+{len(mine - theirs)} / -{len(theirs - mine)}")
        table.add_row(*cells)
    return table


def _print_capacity(console: Console, tally: Tally, csas: int) -> None:
    by_hour = tally.by_hour()
    if not by_hour or tally.begin is None:
        console.print("No offer would have been made.")
        return
    hours = max((tally.end - tally.begin) / 3_600, 1.0)
    total, most = sum(by_hour.values()), max(by_hour.values())
    console.print(
        f"Offers an hour: {total / hours:.1f} on average, {most} in the busiest. "
        f"If {DEFAULT_ODDS:.0%} are taken, that is {most * DEFAULT_ODDS:.1f} chats in the busiest hour for {csas} CSAs."
    )
