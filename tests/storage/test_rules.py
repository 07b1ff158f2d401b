"""Overrides and history of rules; decisions, orders, and what a rule has earned by them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.core.messages import OfferStatus
from cobrowse.core.rules.results import Arm
from cobrowse.storage import conversations, decisions, offers, rules
from cobrowse.storage.conversations import Conversation
from cobrowse.storage.decisions import Decision, Earned, Order
from cobrowse.storage.rules import Change, Override
from cobrowse.storage.schema import decisions as decisions_table
from cobrowse.storage.schema import orders as orders_table
from tests.storage.samples import row_count

DAY_S = 86_400.0


def decision(
    room: str, at: float, *, cause: str = "fires", arm: str = "text", offset: int = 10, rule: str = "basket"
) -> Decision:
    return Decision(room, offset, "shop", at, rule, "v1", cause, arm, "left alone for 90 s", "[]")


async def make_offer(
    conn: AsyncConnection, room: str, at: float, status: OfferStatus, rule: str = "basket"
) -> str:
    offer = offers.Offer(f"{room}.0.{at:g}", room, "shop", rule, "v1", at, "May I help?", "left alone")
    await offers.make(conn, offer)
    if status != "open":
        await offers.settle(conn, offer.id, status, at + 1)
    return offer.id


# Overrides and history


async def test_an_override_that_changes_nothing_is_taken_away(conn: AsyncConnection) -> None:
    await rules.override(conn, Override("basket", off=True))
    await rules.override(conn, Override("basket", source="id: basket", based_on="v1"))
    assert await rules.overrides(conn) == {"basket": Override("basket", False, "id: basket", "v1")}
    await rules.override(conn, Override("basket"))
    assert await rules.overrides(conn) == {}


async def test_changes_are_numbered_by_rule_and_come_latest_first(conn: AsyncConnection) -> None:
    await rules.note(conn, Change("basket", 1.0, "file", "v1", "one"))
    await rules.note(conn, Change("other", 2.0, "file", "w1", "other"))
    await rules.note(conn, Change("basket", 3.0, "edit", "v2", "two", "a1", "Ginny"))
    assert [(each.number, each.version) for each in await rules.history(conn, "basket", 10)] == [
        (2, "v2"),
        (1, "v1"),
    ]
    assert [each.kind for each in await rules.history(conn, "basket", 1)] == ["edit"]
    assert await rules.file_versions(conn) == {"basket": "v1", "other": "w1"}
    await rules.note(conn, Change("basket", 4.0, "file", "v3", "three"))
    assert (await rules.file_versions(conn))["basket"] == "v3"


# Decisions


async def test_a_decision_is_kept_once_and_told_with_what_became_of_its_offer(conn: AsyncConnection) -> None:
    await decisions.make(conn, decision("r1", 100.0, cause="cooldown", offset=4))
    for _ in range(2):
        await decisions.make(conn, decision("r1", 200.0, offset=8))
    offer = await make_offer(conn, "r1", 200.0, "dismissed")
    await decisions.offered(conn, "r1", 8, "basket", offer)
    await decisions.offered(conn, "r1", 4, "another", offer)
    past = await decisions.of_room(conn, "r1", 1_000, 10)
    assert [(each.decision.offset, each.decision.offer, each.outcome) for each in past] == [
        (8, offer, "dismissed"),
        (4, None, None),
    ]
    assert await decisions.of_room(conn, "r1", 8, 10) == past[1:]
    assert await decisions.of_room(conn, "r2", 1_000, 10) == []


async def test_an_order_that_is_reported_again_is_one_order(conn: AsyncConnection) -> None:
    await decisions.buy(conn, Order("r1", 5, "shop", 100.0, 2_500, "A-1"))
    await decisions.buy(conn, Order("r1", 6, "shop", 160.0, 2_500, "A-1"))  # the last page was loaded again
    await decisions.buy(conn, Order("r1", 5, "shop", 100.0, 2_500, "A-1"))  # the entry was recorded again
    await decisions.buy(conn, Order("r1", 7, "shop", 200.0, 900))
    await decisions.buy(
        conn, Order("r1", 8, "shop", 210.0, 900)
    )  # without a number nothing says it is the same
    await decisions.buy(conn, Order("r2", 5, "shop", 100.0, 2_500, "A-1"))
    assert await row_count(conn, orders_table) == 4


async def test_causes_and_accepted_offers_are_counted_by_rule(conn: AsyncConnection) -> None:
    await decisions.make(conn, decision("r1", 50.0))
    await decisions.make(conn, decision("r1", 100.0, offset=11))
    await decisions.make(conn, decision("r2", 110.0, cause="no-csa"))
    await decisions.make(conn, decision("r3", 120.0, cause="control", arm="control", rule="coupon"))
    await make_offer(conn, "r1", 100.0, "accepted")
    await make_offer(conn, "r2", 100.0, "expired")
    assert await decisions.causes(conn, "shop", 100.0) == {
        "basket": {"fires": 1, "no-csa": 1},
        "coupon": {"control": 1},
    }
    assert await decisions.causes(conn, "another shop", 0.0) == {}
    assert await decisions.accepted(conn, "shop", 100.0) == {"basket": 1}


async def test_a_chat_counts_when_a_csa_took_it(conn: AsyncConnection) -> None:
    for room, status in (("r1", "accepted"), ("r2", "accepted"), ("r3", "dismissed")):
        offer = await make_offer(conn, room, 100.0, status)  # type: ignore[arg-type]
        if status == "accepted":
            await conversations.begin(conn, Conversation(f"{room}.1", room, "shop", 101.0, offer=offer))
    await conversations.take(conn, "r1.1", "a1")
    found = await decisions.tally(conn, "shop", "basket", 0.0)
    assert (found.outcomes, found.chats) == ({"accepted": 2, "dismissed": 1}, 1)


# What a rule has earned


async def test_result4_people_count_once_from_their_first_moment_and_for_the_window(
    conn: AsyncConnection,
) -> None:
    await decisions.make(conn, decision("r1", 1_000.0))
    await decisions.make(conn, decision("r1", 1_000.0 + 2 * DAY_S, offset=90))
    for offset, at, value_minor in (
        (1, 999.0, 1),  # before
        (11, 1_000.0 + 1, 2_000),
        (12, 1_000.0 + DAY_S, 500),  # the last instant
        (13, 1_000.0 + DAY_S + 1, 70_000),  # after
    ):
        await decisions.buy(conn, Order("r1", offset, "shop", at, value_minor))
    await decisions.make(conn, decision("r2", 1_000.0))
    await decisions.make(conn, decision("r3", 1_000.0, cause="control", arm="control"))
    await decisions.buy(conn, Order("r3", 11, "shop", 1_500.0, 900))
    await decisions.make(conn, decision("r4", 1_000.0, cause="cooldown"))  # neither shown nor held out
    await decisions.make(conn, decision("r5", 10.0))  # before the period
    assert await decisions.earned(conn, "shop", "basket", 500.0, DAY_S) == [
        Earned("control", "control", Arm(1, 1, 900, 810_000), 1),
        Earned("fires", "text", Arm(2, 1, 2_500, 6_250_000), 2),
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moments=st.lists(
        st.tuples(
            st.integers(0, 4),
            st.integers(0, 30),
            st.sampled_from(["fires", "control", "no-csa"]),
        ),
        max_size=20,
    ),
    bought=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 40), st.integers(0, 10**13)), max_size=20),
    since=st.integers(0, 20),
    window_s=st.integers(1, 20),
)
async def test_result4_the_database_counts_as_one_does_by_hand(
    conn: AsyncConnection,
    moments: list[tuple[int, int, str]],
    bought: list[tuple[int, int, int]],
    since: int,
    window_s: int,
) -> None:
    """The sums of the query equal a slow count, person by person, order by order."""
    await conn.execute(decisions_table.delete())
    await conn.execute(orders_table.delete())
    moments = sorted(moments, key=lambda moment: moment[1])
    for offset, (person, at, cause) in enumerate(moments):
        arm = "control" if cause == "control" else "text"
        await decisions.make(conn, decision(f"r{person}", at, cause=cause, arm=arm, offset=offset))
    for offset, (person, at, value_minor) in enumerate(bought):
        await decisions.buy(conn, Order(f"r{person}", offset, "shop", at, value_minor))

    people: dict[str, dict[int, list[int]]] = {"fires": {}, "control": {}}
    for person in range(5):
        chosen = [(at, cause) for who, at, cause in moments if who == person and at >= since]
        chosen = [moment for moment in chosen if moment[1] != "no-csa"]
        if chosen:
            at, cause = chosen[0]
            people[cause][person] = [
                value for who, when, value in bought if who == person and at < when <= at + window_s
            ]
    found = {each.cause: each for each in await decisions.earned(conn, "shop", "basket", since, window_s)}
    for cause, orders_of in people.items():
        spent = [sum(values) for values in orders_of.values() if values]
        wanted = Arm(len(orders_of), len(spent), sum(spent), sum(each * each for each in spent))
        if orders_of:
            assert (found[cause].people, found[cause].orders) == (wanted, sum(map(len, orders_of.values())))
        else:
            assert cause not in found


@pytest.mark.parametrize("rule", ["", "nothing-yet"])
async def test_a_rule_that_never_fell_due_has_earned_nothing(conn: AsyncConnection, rule: str) -> None:
    assert await decisions.earned(conn, "shop", rule, 0.0, DAY_S) == []
    assert (await decisions.tally(conn, "shop", rule, 0.0)).outcomes == {}
