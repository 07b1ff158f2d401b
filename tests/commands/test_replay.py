"""Replay of recordings: against a query written independently, against a room that follows its log, and the command."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import msgspec
import pytest
from click.testing import CliRunner

from cobrowse.__main__ import main
from cobrowse.commands.rules import PAGES, play, read_recorded
from cobrowse.core.items import nothing_known
from cobrowse.core.messages import Author, Entry, SiteView
from cobrowse.core.recorded import Follower, in_time
from cobrowse.core.room import RoomState, Terms, apply, decide, last_counter, next_entry
from cobrowse.core.rules.engine import Book
from cobrowse.core.rules.limits import Cause, Limits
from cobrowse.core.rules.replay import Moment, Replay
from cobrowse.core.rules.rule import Rule
from cobrowse.core.rules.tally import Tally
from cobrowse.rulebook import SHIPPED, load
from cobrowse.settings import Settings
from cobrowse.simulate import shopper
from cobrowse.simulate.stream import Event as Recorded
from cobrowse.simulate.stream import read_events
from cobrowse.storage.engine import open_database
from cobrowse.storage.journal import LogRow, append
from tests.core.rules.drafts import draft, rule

SAMPLES = [Path(__file__).parents[1] / "simulate" / f"{name}_sample.csv.gz" for name in ("otto", "synthetic")]
"""Recordings that may be copied; COBROWSE_DATA may name a folder of more."""

FILES = SAMPLES + sorted(Path(os.environ.get("COBROWSE_DATA", "nowhere")).glob("*.csv.gz"))
FREE = Limits(cooldown_s=0.0, cap=0)

# The first time in each visit that a cart of two or more items has been left alone for T seconds. An item is in the
# cart if its last add or remove since the shopper's last purchase is an add; a remove of one that is not is no change.
# Checkout, purchase, the next change, or the next visit in time: no firing; nor while a page of checkout is on screen.
# A visit ends with its session, or with
# half an hour of silence.
QUERY = """
WITH rows AS (
  SELECT row_number() OVER () AS n, session_id AS session, user_id AS who, event, coalesce(item_id, '') AS item,
         epoch(CAST(ts AS TIMESTAMPTZ)) AS t
  FROM read_csv(?, all_varchar = true)
), visits AS (
  SELECT *, sum(fresh) OVER (PARTITION BY who ORDER BY n) AS visit FROM (
    SELECT *, CASE WHEN session = lag(session) OVER w AND t - lag(t) OVER w <= 1800 THEN 0 ELSE 1 END AS fresh
    FROM rows WINDOW w AS (PARTITION BY who ORDER BY n))
), carts AS (
  SELECT *, coalesce(sum(CASE WHEN event = 'purchase' THEN 1 ELSE 0 END) OVER (
    PARTITION BY who ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS cart FROM visits
), touched AS (
  SELECT *, lag(event) OVER (PARTITION BY who, cart, item ORDER BY n) AS before FROM carts
  WHERE event IN ('add_to_cart', 'remove_from_cart') AND item <> ''
), changes AS (
  SELECT *, sum(CASE WHEN event = 'remove_from_cart' THEN -1 WHEN before IS NOT DISTINCT FROM 'add_to_cart' THEN 0
                ELSE 1 END) OVER (PARTITION BY who, cart ORDER BY n) AS items
  FROM touched WHERE event = 'add_to_cart' OR before = 'add_to_cart'
)
SELECT who, visit, min(t + $2) FROM changes AS c
WHERE items >= 2
  AND NOT EXISTS (SELECT 1 FROM changes AS d WHERE d.who = c.who AND d.n > c.n AND d.t <= c.t + $2)
  AND NOT EXISTS (SELECT 1 FROM visits AS v WHERE v.who = c.who AND v.n > c.n AND v.t <= c.t + $2
                  AND (v.visit <> c.visit OR v.event IN ('begin_checkout', 'purchase')))
  AND 'begin_checkout' IS DISTINCT FROM (
    SELECT max_by(event, n) FROM rows AS p WHERE p.who = c.who AND p.t <= c.t + $2
    AND CASE WHEN item = '' THEN event IN ($pages) ELSE event = 'view_item' END)
GROUP BY who, visit
"""


def idle_basket(minutes: int) -> Rule:
    """The rule that the query is about: its offers are over at once, so that they do not hold one another back."""
    made = rule(rule_id="idle", when="cart.distinct_items >= 2", idle=f"{minutes} min")
    return replace(made, expires_s=0.0, chance_s=0.0)


def replayed(book: Book, events: list[Recorded]) -> list[Moment]:
    moments: list[Moment] = []
    replay = Replay(book, 10_000, moments.append)
    play(replay, Tally(), events)
    replay.finish()
    return moments


@pytest.mark.parametrize("minutes", [2, 5, 10, 15, 30])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_rule14_firings_of_the_idle_basket_equal_an_independent_query(path: Path, minutes: int) -> None:
    moments = replayed(Book([idle_basket(minutes)], FREE), read_events(path))
    found = {(each.contact, each.visit, each.at) for each in moments if each.cause is Cause.FIRES}
    connection = duckdb.connect()
    pages = ", ".join(f"'{name}'" for name in PAGES)
    query = QUERY.replace("?", "$1").replace("$pages", pages)
    expected = set(connection.execute(query, [str(path), minutes * 60.0]).fetchall())
    assert expected or "multicategory" in path.name  # nobody there puts two things into a cart
    assert found == expected


# A room that follows its log, as the server has it, against the light track of a replay.

SITE = SiteView("shop", "Shop", "GBP", "ask")


class Live:
    """One room: operations become entries, as a server does it."""

    def __init__(self, room: str) -> None:
        self.state = RoomState(room, "shop", "e")
        self.entries: list[Entry] = []

    def do(self, op: object, at: float) -> None:
        state, author = self.state, Author("shopper", self.state.room)
        c = last_counter(state, 1) + 1
        fact = decide(state, author, 1, c, op, at, at, Terms(SITE, nothing_known, b"s" * 32))  # type: ignore[arg-type]
        entry = next_entry(state, author, 1, c, fact, at, msgspec.msgpack.encode(fact))
        apply(state, entry)
        self.entries.append(entry)


def as_log(events: list[Recorded]) -> list[tuple[str, Entry]]:
    """The recording as rooms' logs. Each session has a room of its own: rooms tell visits by silence alone."""
    rooms: dict[str, Live] = {}
    for event in events:
        live = rooms.setdefault(event.session, Live(event.session))
        op = shopper.session_event(event, "GBP")
        live.do(op, event.at_s)
        change = shopper.cart_change(event, live.state.cart)
        if change is not None:
            live.do(change, event.at_s)
    return [(room, entry) for room, live in rooms.items() for entry in live.entries]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_rule14_a_room_that_follows_its_log_fires_as_the_replay_does(path: Path) -> None:
    events = [replace(event, shopper=event.session) for event in read_events(path)]
    more = "after:\n  - events: view_item\n    times: 3\n    within: 5 min\n    unless: purchase\n"
    rules = [
        *load(SHIPPED)[0],
        rule(rule_id="quick", when="cart.distinct_items >= 2 && cart.value < 5000", idle="20 s"),
        rule(
            rule_id="looks",
            when='page.kind == "product" && page.time_s > 5',
            idle="",
            more=more + "hold: 9 s\n",
        ),
        rule(rule_id="long", when="visit.pages >= 6 && visit.idle_s >= 40 && cart.quantity > 1", idle=""),
    ]
    expected = replayed(Book(rules), events)
    moments: list[Moment] = []
    replay = Replay(Book(rules), 10_000, moments.append)
    follower = Follower(replay, Tally())
    for at, room, entry in in_time(as_log(events)):
        follower.follow(at, room, entry)
    replay.finish()
    assert {each.rule for each in expected if each.cause is Cause.FIRES} & {"quick", "looks", "long"}
    key = [(each.at, each.contact, each.rule, each.cause) for each in expected]
    assert sorted((each.at, each.contact, each.rule, each.cause) for each in moments) == sorted(key)


def test_pages_of_a_recording_are_those_that_simulate_shows() -> None:
    assert {name: (kind, path) for name, (path, kind) in shopper.PAGES.items()} == PAGES


def test_the_command_prints_a_row_a_rule_and_draws_a_chart(tmp_path: Path) -> None:
    chart = tmp_path / "chart.html"
    words = ["rules", "replay", str(SAMPLES[1]), "--against", str(SHIPPED), "--chart", str(chart)]
    result = CliRunner().invoke(main, words, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "1,817 visits considered" in result.output
    row = next(line for line in result.output.splitlines() if "abandoned-basket" in line)
    assert "+0 / -0" in row
    assert "15,751 events of 1,817 visits" in result.output
    page = chart.read_text()
    assert page.count("<svg") == 2
    assert "abandoned-basket" in page
    assert CliRunner().invoke(main, [*words[:3], "--chart", str(tmp_path / "chart.svg")]).exit_code == 0
    picture = ElementTree.parse(tmp_path / "chart.svg").getroot()
    labels = [part.get("aria-label") for part in picture.iter("{http://www.w3.org/2000/svg}svg")]
    assert labels == [None, "Visits by rule", "Offers an hour against what CSAs can take"]


def test_the_commands_say_what_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text("id: a\n")
    runner = CliRunner()
    assert (
        "a.yaml:1:1: the key title is missing" in runner.invoke(main, ["rules", "check", str(folder)]).output
    )
    assert runner.invoke(main, ["rules", "test", str(folder)]).exit_code == 1
    assert runner.invoke(main, ["rules", "replay"]).exit_code == 2
    assert runner.invoke(main, ["rules", "replay", "nowhere.csv"]).exit_code == 1
    for name, words in (("a.pdf", "ends in .html or .svg"), ("none/a.svg", "a folder that is there")):
        failed = runner.invoke(main, ["rules", "replay", str(SAMPLES[1]), "--chart", str(tmp_path / name)])
        assert failed.exit_code == 1
        assert words in failed.output
    tried = runner.invoke(main, ["rules", "test"])
    assert (tried.exit_code, tried.output) == (0, "Scenarios as expected: 25 of 25.\n")


def test_the_servers_own_log_is_replayed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    events = [replace(event, shopper=event.session) for event in read_events(SAMPLES[0])]

    async def record() -> None:
        engine = await open_database(url)
        async with engine.begin() as conn:
            await append(
                conn,
                [
                    LogRow(room, e.offset, e.hash, e.at, e.replica, e.c, msgspec.msgpack.encode(e))
                    for room, e in as_log(events)
                ],
            )
        await engine.dispose()

    asyncio.run(record())
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "quick.yaml").write_text(draft(rule_id="quick", when="cart.distinct_items >= 2", idle="20 s"))
    result = CliRunner().invoke(
        main,
        ["rules", "replay", "--recorded", "--rules", str(rules), "--csas", "1000"],
        env={"COLUMNS": "200", "COBROWSE_DATABASE_URL": url},
    )
    assert result.exit_code == 0, result.output
    book = Book(load(rules)[0])
    fired = sum(1 for moment in replayed(book, events) if moment.cause is Cause.FIRES)
    assert fired
    row = next(line for line in result.output.splitlines() if "quick" in line)
    assert [cell.strip() for cell in row.split("│")][2] == str(fired)
    begun = datetime.fromtimestamp(min(event.at_s for event in events), UTC)
    assert f"The log reaches back to {begun:%Y-%m-%d} (UTC)." in result.output
    assert "left out" not in result.output


def test_a_visitor_whose_beginning_is_deleted_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    entries = as_log([replace(event, shopper=event.session) for event in read_events(SAMPLES[0])])
    rooms = sorted({room for room, _ in entries})

    async def record() -> None:
        engine = await open_database(url)
        async with engine.begin() as conn:
            rows = [
                LogRow(room, e.offset, e.hash, e.at, e.replica, e.c, msgspec.msgpack.encode(e))
                for room, e in entries
                if e.offset > 1 or room not in rooms[:2]
            ]
            await append(conn, rows)
        await engine.dispose()

    asyncio.run(record())
    recorded, left_out = asyncio.run(read_recorded(Settings(database_url=url)))
    assert left_out == len({room for room, entry in entries if room in rooms[:2] and entry.offset > 1})
    assert left_out
    assert {room for room, _ in recorded} == set(rooms[2:])
    result = CliRunner().invoke(
        main, ["rules", "replay", "--recorded"], env={"COLUMNS": "200", "COBROWSE_DATABASE_URL": url}
    )
    assert f"{left_out} visitors are left out" in result.output
