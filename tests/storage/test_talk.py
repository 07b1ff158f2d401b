from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cobrowse.core.messages import OfferStatus
from cobrowse.storage import carts, conversations, messages, offers
from cobrowse.storage.carts import CartLine, CartView
from cobrowse.storage.conversations import Conversation, Summary
from cobrowse.storage.errors import Missing
from cobrowse.storage.offers import Offer
from tests.storage.samples import LEA_CONTACT, TALK, message, open_room

CART = CartView(
    "room",
    "shop",
    300.0,
    (CartLine("fairelane?finish=tan", 2, "Fairelane", "tan", 12_900), CartLine("pin", 4, "Shelf pin")),
    6,
    25_800,
    "GBP",
)
OFFER = Offer(
    "room/0.3", "room", "shop", "abandoned-basket", "9f2c", 400.0, "Can I help?", "basket idle 90 s"
)


async def test_a_conversation_begins_is_taken_released_and_closed_once(conn: AsyncConnection) -> None:
    await open_room(conn)
    assert await conversations.find(conn, TALK.id) == TALK
    for _ in range(2):
        await conversations.take(conn, TALK.id, "a1")
        assert await conversations.current(conn, "room") == replace(TALK, status="open", taken_by="a1")
    await conversations.take(conn, TALK.id, "a2")
    assert await conversations.find(conn, TALK.id) == replace(TALK, status="open", taken_by="a2")
    await conversations.release(conn, TALK.id)
    assert await conversations.find(conn, TALK.id) == TALK
    await conversations.take(conn, TALK.id, "a1")
    closed = replace(TALK, status="closed", taken_by="a1", closed_at=500.0)
    await conversations.close(conn, TALK.id, 500.0)
    await conversations.close(conn, TALK.id, 600.0)
    await conversations.take(conn, TALK.id, "a2")
    await conversations.release(conn, TALK.id)
    await conversations.begin(conn, TALK)
    assert await conversations.find(conn, TALK.id) == closed
    assert await conversations.current(conn, "room") is None


async def test_a_step_of_a_conversation_that_never_began_says_so(conn: AsyncConnection) -> None:
    for step in (
        conversations.take(conn, "x", "a1"),
        conversations.release(conn, "x"),
        conversations.close(conn, "x", 1.0),
    ):
        with pytest.raises(Missing):
            await step
    assert await conversations.find(conn, "x") is None


async def test_messages_come_in_the_order_of_the_log_and_once(conn: AsyncConnection) -> None:
    await open_room(conn)
    second = Conversation("room.2", "room", "shop", 900.0)
    await conversations.begin(conn, second)
    said = [message(n) for n in (10, 9, 2, 100)]
    for one in [*said, *said]:
        await messages.write(conn, one)
    later = message(101, "Hello again", talk=second)
    await messages.write(conn, later)
    await messages.write(conn, replace(later, text="changed on the way"))
    in_order = [*sorted(said, key=lambda one: one.offset), later]
    assert await messages.of_room(conn, "room", 0, 10) == in_order
    assert await messages.of_room(conn, "room", 9, 2) == in_order[2:4]
    assert await messages.of_conversation(conn, TALK.id, 0, 10) == in_order[:4]
    assert await messages.of_conversation(conn, TALK.id, 2, 1) == in_order[1:2]
    assert await messages.latest(conn, "room", 2) == in_order[-2:]
    assert await messages.of_room(conn, "elsewhere", 0, 10) == []


async def test_a_message_needs_its_conversation(engine: AsyncEngine) -> None:
    with pytest.raises(Missing, match="conversation"):
        async with engine.begin() as conn:
            await messages.write(conn, message(1))


async def test_a_list_shows_who_what_is_in_the_cart_and_the_last_words(conn: AsyncConnection) -> None:
    await open_room(conn)
    assert await conversations.by_status(conn, "shop", "waiting", 10) == [
        Summary(TALK, None, None, None, None, 0, None, None, None)
    ]
    await carts.save(conn, CART)
    await messages.write(conn, message(9, "Hello"), replace(LEA_CONTACT, name="Lea"))
    await messages.write(conn, message(10, "Hi Lea", role="csa"))
    held = replace(TALK, contact="c1")
    expected = Summary(held, "Lea", 6, 25_800, "GBP", 2, "Hi Lea", "csa", 210.0)
    assert await conversations.by_status(conn, "shop", "waiting", 10) == [expected]
    assert await conversations.by_status(conn, "shop", "open", 10) == []
    assert await conversations.by_status(conn, "other", "waiting", 10) == []


async def test_who_waits_longest_comes_first_and_who_was_closed_last(conn: AsyncConnection) -> None:
    times = {"a": 30.0, "b": 10.0, "c": 20.0, "d": 20.0}
    for key, at in times.items():
        await conversations.begin(conn, Conversation(key, f"room-{key}", "shop", at))

    async def pages(status: conversations.Status) -> list[str]:
        listed, last = [], None
        while page := await conversations.by_status(conn, "shop", status, 3, last):
            listed += [summary.conversation.id for summary in page]
            last = page[-1].conversation
        return listed

    assert await pages("waiting") == ["b", "c", "d", "a"]
    for key in times:
        await conversations.close(conn, key, 100.0)
    assert await pages("closed") == ["a", "d", "c", "b"]
    assert await pages("waiting") == []


async def test_the_history_of_a_contact_spans_rooms(conn: AsyncConnection) -> None:
    await open_room(conn)
    phone = Conversation("phone.1", "phone", "shop", 900.0)
    other = Conversation("other.1", "other", "shop", 950.0)
    for talk in (phone, other):
        await conversations.begin(conn, talk)
    await messages.write(conn, message(1, "From my desk"), LEA_CONTACT)
    await messages.write(conn, message(1, "From my phone", talk=phone), LEA_CONTACT)
    await messages.write(conn, message(1, "Somebody else", talk=other))
    history = await conversations.history(conn, "c1", 10)
    assert [(past.conversation.id, past.last_text) for past in history] == [
        ("phone.1", "From my phone"),
        ("room.1", "From my desk"),
    ]
    assert await conversations.history(conn, "c1", 1) == history[:1]
    assert await conversations.history(conn, "c9", 10) == []


async def test_a_cart_is_kept_as_last_seen(conn: AsyncConnection) -> None:
    assert await carts.find(conn, "room") is None
    await carts.save(conn, CART)
    await carts.save(conn, CART)
    assert await carts.find(conn, "room") == CART
    emptied = replace(CART, updated_at=301.0, lines=(), item_count=0, total_minor=0)
    await carts.save(conn, emptied)
    await carts.save(conn, CART)
    assert await carts.find(conn, "room") == emptied


async def test_a_total_may_be_larger_than_32_bits(conn: AsyncConnection) -> None:
    await carts.save(conn, replace(CART, total_minor=10**12))
    found = await carts.find(conn, "room")
    assert found is not None
    assert found.total_minor == 10**12


@pytest.mark.parametrize("status", ["accepted", "dismissed", "withdrawn", "expired"])
async def test_an_offer_is_settled_once(conn: AsyncConnection, status: OfferStatus) -> None:
    await offers.make(conn, OFFER)
    await offers.make(conn, replace(OFFER, text="changed on the way"))
    assert await offers.open_offer(conn, "room") == OFFER
    await offers.settle(conn, OFFER.id, status, 450.0)
    await offers.settle(conn, OFFER.id, status, 450.0)
    await offers.settle(conn, OFFER.id, "expired", 1000.0)
    await offers.make(conn, OFFER)
    assert await offers.find(conn, OFFER.id) == replace(OFFER, status=status, settled_at=450.0)
    assert await offers.open_offer(conn, "room") is None


async def test_an_offer_that_was_never_made_cannot_be_settled(conn: AsyncConnection) -> None:
    with pytest.raises(Missing):
        await offers.settle(conn, "x", "accepted", 1.0)
    assert await offers.find(conn, "x") is None


async def test_the_offers_of_a_room_are_listed_since_a_moment(conn: AsyncConnection) -> None:
    second = replace(OFFER, id="room/0.9", made_at=800.0)
    for offer in (second, OFFER, replace(OFFER, id="other/0.3", room="other")):
        await offers.make(conn, offer)
    assert await offers.of_room(conn, "room") == [OFFER, second]
    assert await offers.of_room(conn, "room", 800.0) == [second]
    assert await offers.of_room(conn, "room", 800.1) == []
    assert await offers.open_offer(conn, "room") == second
