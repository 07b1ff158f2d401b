"""What the rules decided in each room, and what was bought: the rows that "Why?" and the results are read from."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.core.messages import OfferStatus
from cobrowse.core.rules.results import Arm
from cobrowse.storage.schema import conversations, decisions, offers, orders
from cobrowse.storage.upsert import insert_into, values_of

TREATED, CONTROL = "fires", "control"
"""The causes that put somebody into an arm; every other one is a limit that held the rule back."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided when a rule fell due. `trace` is JSON: the operands with their values."""

    room: str
    offset: int
    site: str
    at: float
    rule: str
    version: str
    cause: str
    arm: str
    reason: str
    trace: str
    offer: str | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A decision of the past, and what became of its offer."""

    decision: Decision
    outcome: OfferStatus | None


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase as the shop's page reported it. `reference` is the shop's number of it, None without one."""

    room: str
    offset: int
    site: str
    at: float
    value_minor: int
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What a rule's offers came to in a period: offers by how they ended, and how many chats a CSA took."""

    outcomes: dict[OfferStatus, int]
    chats: int


@dataclass(frozen=True, slots=True)
class Earned:
    """One arm of a rule, or one wording within it: the people, and the orders they placed."""

    cause: str
    arm: str
    people: Arm
    orders: int


async def make(conn: AsyncConnection, decision: Decision) -> None:
    """Keeps a decision; one from this entry that is there already stays as it is."""
    statement = insert_into(conn, decisions).values(values_of(decision))
    await conn.execute(
        statement.on_conflict_do_nothing(index_elements=[decisions.c.room, decisions.c.offset])
    )


async def offered(conn: AsyncConnection, room: str, offset: int, rule: str, offer: str) -> None:
    """Says which offer came of the decision at `offset`."""
    await conn.execute(
        update(decisions)
        .where(decisions.c.room == room, decisions.c.offset == offset, decisions.c.rule == rule)
        .values(offer=offer)
    )


async def buy(conn: AsyncConnection, order: Order) -> None:
    """Keeps an order; the same one reported again, as by a reload of the last page, is one order."""
    statement = insert_into(conn, orders).values(values_of(order))
    await conn.execute(statement.on_conflict_do_nothing())


async def of_room(conn: AsyncConnection, room: str, before: int, limit: int) -> list[Past]:
    """The room's decisions before an offset, the latest first."""
    rows = await conn.execute(
        select(decisions, offers.c.status.label("outcome"))
        .outerjoin(offers, offers.c.id == decisions.c.offer)
        .where(decisions.c.room == room, decisions.c.offset < before)
        .order_by(decisions.c.offset.desc())
        .limit(limit)
    )
    found = []
    for row in rows:
        values = dict(row._mapping)
        outcome = values.pop("outcome")
        found.append(Past(Decision(**values), outcome))
    return found


async def versions(conn: AsyncConnection, site: str, rule: str, since: float) -> list[tuple[str, float]]:
    """The versions of a rule whose moment came since then, the latest first, with their first times."""
    began = func.min(decisions.c.at)
    rows = await conn.execute(
        select(decisions.c.version, began)
        .where(decisions.c.site == site, decisions.c.rule == rule, decisions.c.at >= since)
        .group_by(decisions.c.version)
        .order_by(began.desc())
    )
    return [(row[0], row[1]) for row in rows]


async def causes(
    conn: AsyncConnection, site: str, since: float, version: str | None = None
) -> dict[str, dict[str, int]]:
    """How often each rule of a site fell due since then, by what came of it: {rule: {cause: count}}."""
    rows = await conn.execute(
        select(decisions.c.rule, decisions.c.cause, func.count())
        .where(decisions.c.site == site, decisions.c.at >= since, *_of(decisions.c.version, version))
        .group_by(decisions.c.rule, decisions.c.cause)
    )
    counted: dict[str, dict[str, int]] = {}
    for rule, cause, count in rows:
        counted.setdefault(rule, {})[cause] = count
    return counted


async def accepted(conn: AsyncConnection, site: str, since: float) -> dict[str, int]:
    """How many offers of each rule of a site, made since then, were accepted."""
    rows = await conn.execute(
        select(offers.c.rule, func.count())
        .where(offers.c.site == site, offers.c.made_at >= since, offers.c.status == "accepted")
        .group_by(offers.c.rule)
    )
    return {row[0]: row[1] for row in rows}


async def tally(
    conn: AsyncConnection, site: str, rule: str, since: float, version: str | None = None
) -> Tally:
    """What became of the offers that the rule made since then, in all its versions or in one."""
    made = (
        offers.c.site == site,
        offers.c.rule == rule,
        offers.c.made_at >= since,
        *_of(offers.c.rule_version, version),
    )
    ended = await conn.execute(select(offers.c.status, func.count()).where(*made).group_by(offers.c.status))
    chats = await conn.execute(
        select(func.count())
        .select_from(conversations)
        .join(offers, offers.c.id == conversations.c.offer)
        .where(*made, conversations.c.taken_by.is_not(None))
    )
    return Tally({row[0]: row[1] for row in ended}, chats.scalar_one())


async def earned(
    conn: AsyncConnection, site: str, rule: str, since: float, window_s: float, version: str | None = None
) -> list[Earned]:
    """Both arms of a rule, each wording by itself: whoever the rule chose since then, once, by the first time.

    What they ordered within `window_s` seconds of that moment counts, in either arm, whatever came between. Of one
    `version`, the first time that it chose them.
    """
    first = (
        select(decisions.c.room, func.min(decisions.c.offset).label("offset"))
        .where(
            decisions.c.site == site,
            decisions.c.rule == rule,
            decisions.c.at >= since,
            decisions.c.cause.in_((TREATED, CONTROL)),
            *_of(decisions.c.version, version),
        )
        .group_by(decisions.c.room)
        .subquery()
    )
    chosen = (
        select(decisions.c.room, decisions.c.at, decisions.c.cause, decisions.c.arm)
        .join(first, (decisions.c.room == first.c.room) & (decisions.c.offset == first.c.offset))
        .subquery()
    )
    people = await conn.execute(
        select(chosen.c.cause, chosen.c.arm, func.count()).group_by(chosen.c.cause, chosen.c.arm)
    )
    bought = await conn.execute(
        select(chosen.c.cause, chosen.c.arm, func.count(), func.sum(orders.c.value_minor))
        .join(
            orders,
            (orders.c.room == chosen.c.room)
            & (orders.c.at > chosen.c.at)
            & (orders.c.at <= chosen.c.at + window_s),
        )
        .group_by(chosen.c.room, chosen.c.cause, chosen.c.arm)
    )
    spent: dict[tuple[str, str], list[int]] = {}
    count: dict[tuple[str, str], int] = {}
    for cause, arm, placed, value_minor in bought:
        spent.setdefault((cause, arm), []).append(int(value_minor))
        count[cause, arm] = count.get((cause, arm), 0) + placed
    return [
        Earned(cause, arm, _arm(n, spent.get((cause, arm), [])), count.get((cause, arm), 0))
        for cause, arm, n in sorted(tuple(row) for row in people)
    ]


def _of(column: Column[str], version: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if version is None else (column == version,)


def _arm(people: int, spent_minor: list[int]) -> Arm:
    """The arm of so many people, of whom these spent so much each."""
    # Squares of large orders pass what a database's whole numbers hold: Python's do not end.
    return Arm(people, len(spent_minor), sum(spent_minor), sum(spent * spent for spent in spent_minor))
