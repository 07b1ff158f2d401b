from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cobrowse.storage import contacts, conversations, messages, visitors
from cobrowse.storage.contacts import Contact
from cobrowse.storage.engine import reading
from cobrowse.storage.errors import ExternalIdTaken, Missing
from cobrowse.storage.schema import metadata
from tests.storage.samples import LEA, LEA_CONTACT, TALK, message, open_room, row_count

CONTACTS = metadata.tables["contacts"]


async def test_a_visitor_is_kept_once(conn: AsyncConnection) -> None:
    assert await visitors.find(conn, "v1") is None
    await visitors.save(conn, LEA)
    await visitors.save(conn, LEA)
    assert await visitors.find(conn, "v1") == LEA


async def test_visitors_who_are_saved_together_keep_each_their_own(conn: AsyncConnection) -> None:
    ada = replace(LEA, id="v2", visits=7, referrer=None, device=None, locale="de")
    await visitors.save(conn, LEA)
    await visitors.save(conn, ada, replace(LEA, last_seen=999.0), replace(ada, id="v3", locale=None))
    assert await visitors.find(conn, "v1") == replace(LEA, last_seen=999.0)
    assert await visitors.find(conn, "v2") == ada
    assert await visitors.find(conn, "v3") == replace(ada, id="v3", locale=None)


async def test_what_is_known_of_a_visitor_only_widens(conn: AsyncConnection) -> None:
    await visitors.save(conn, LEA)
    await visitors.save(
        conn, replace(LEA, first_seen=150.0, last_seen=900.0, visits=3, referrer="x", locale="de")
    )
    await visitors.save(
        conn, replace(LEA, first_seen=90.0, last_seen=95.0, visits=1, device=None, locale=None)
    )
    assert await visitors.find(conn, "v1") == replace(
        LEA, first_seen=90.0, last_seen=900.0, visits=3, locale="de"
    )


async def test_a_contact_is_made_by_the_first_message_and_by_nothing_else(conn: AsyncConnection) -> None:
    await open_room(conn)
    await messages.write(conn, message(1, "Can I help?", role="csa"))
    await contacts.describe(conn, "c1", name="Lea", email="lea@example.org")
    assert await row_count(conn, CONTACTS) == 0
    await messages.write(conn, message(2), LEA_CONTACT)
    assert await contacts.find(conn, "c1") == LEA_CONTACT
    assert await contacts.find_by_visitor(conn, "v1") == LEA_CONTACT
    talk = await conversations.find(conn, TALK.id)
    assert talk is not None
    assert talk.contact == "c1"


async def test_no_contact_comes_with_a_message_that_no_shopper_wrote(conn: AsyncConnection) -> None:
    await open_room(conn)
    for offset, role in ((1, "csa"), (2, "server")):
        with pytest.raises(ValueError, match=role):
            await messages.write(conn, message(offset, role=role), LEA_CONTACT)  # type: ignore[arg-type]
    assert await row_count(conn, CONTACTS) == 0
    assert await messages.of_room(conn, "room", 0, 10) == []


async def test_a_contact_whose_message_cannot_be_kept_is_not_kept_either(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await visitors.save(conn, LEA)
    with pytest.raises(Missing, match="conversation"):
        async with engine.begin() as conn:
            await messages.write(conn, message(1), LEA_CONTACT)
    async with reading(engine) as conn:
        assert await contacts.find(conn, "c1") is None


async def test_a_contact_needs_its_visitor(conn: AsyncConnection) -> None:
    await conversations.begin(conn, TALK)
    with pytest.raises(Missing, match="visitor"):
        await messages.write(conn, message(1), LEA_CONTACT)


async def test_later_messages_complete_a_contact_and_take_nothing_from_it(conn: AsyncConnection) -> None:
    await open_room(conn)
    await messages.write(conn, message(1), LEA_CONTACT)
    await messages.write(conn, message(2), replace(LEA_CONTACT, created_at=999.0, name="Lea Brandt"))
    await messages.write(conn, message(3), replace(LEA_CONTACT, email="lea@example.org"))
    await messages.write(conn, message(1), LEA_CONTACT)
    whole = replace(LEA_CONTACT, name="Lea Brandt", email="lea@example.org")
    assert await contacts.find(conn, "c1") == whole
    assert await contacts.search(conn, "shop", "brandt example", 10) == [whole]
    assert await row_count(conn, CONTACTS) == 1


async def test_one_customer_of_the_shop_is_one_contact(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await open_room(conn)
        await messages.write(conn, message(1), replace(LEA_CONTACT, external_id="k-7"))
        await messages.write(conn, message(2), replace(LEA_CONTACT, id="c2"))
    with pytest.raises(ExternalIdTaken):
        async with engine.begin() as conn:
            await contacts.describe(conn, "c2", external_id="k-7")
    with pytest.raises(ExternalIdTaken) as refused:
        async with engine.begin() as conn:
            await messages.write(conn, message(3), replace(LEA_CONTACT, id="c3", external_id="k-7"))
    assert "k-7" not in str(refused.value)
    async with engine.begin() as conn:
        await messages.write(conn, message(3), replace(LEA_CONTACT, id="c4", site="other", external_id="k-7"))
        found = await contacts.find_by_external_id(conn, "shop", "k-7")
        assert found is not None
        assert found.id == "c1"
        assert await contacts.find_by_external_id(conn, "shop", "k-8") is None


async def test_equal_names_and_addresses_never_join_two_contacts(conn: AsyncConnection) -> None:
    await open_room(conn)
    same = {"name": "Lea", "email": "lea@example.org"}
    for offset, key in ((1, "c1"), (2, "c2")):
        await messages.write(conn, message(offset), Contact(key, "shop", "v1", 200.0 + offset, **same))
    assert [contact.id for contact in await contacts.search(conn, "shop", "lea", 10)] == ["c2", "c1"]
    latest = await contacts.find_by_visitor(conn, "v1")
    assert latest is not None
    assert latest.id == "c2"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("omer", ["c3"]),
        ("ÖMER", ["c3"]),
        ("o\u0308mer", ["c3"]),
        ("strasse", ["c2"]),
        ("STRAßE", ["c2"]),
        ("100%", ["c1"]),
        ("%", ["c1"]),
        ("_", []),
        ("\\", []),
        ("/", []),
        ("om\0er", ["c3"]),
        ("example ann", ["c1"]),
        ("", ["c3", "c2", "c1"]),
        ("nobody", []),
    ],
)
async def test_contacts_are_found_by_any_part_of_their_name(
    conn: AsyncConnection, text: str, found: list[str]
) -> None:
    await open_room(conn)
    people = {"c1": ("Ann 100%", "ann@example.org"), "c2": ("Max Straße", None), "c3": ("Ömer", None)}
    for offset, (key, (name, email)) in enumerate(people.items(), 1):
        await messages.write(
            conn, message(offset), Contact(key, "shop", "v1", 300.0 + offset, name=name, email=email)
        )
    await messages.write(conn, message(9), Contact("c9", "other", "v1", 900.0, name="Ömer Straße 100%"))
    assert [contact.id for contact in await contacts.search(conn, "shop", text, 10)] == found
    assert [contact.id for contact in await contacts.search(conn, "shop", text, 1)] == found[:1]


async def test_describing_a_contact_sets_what_is_given_and_leaves_the_rest(conn: AsyncConnection) -> None:
    await open_room(conn)
    await messages.write(conn, message(1), replace(LEA_CONTACT, name="Lea"))
    await contacts.describe(conn, "c1", email="lea@example.org", external_id="k-7")
    await contacts.describe(conn, "c1")
    assert await contacts.find(conn, "c1") == replace(
        LEA_CONTACT, name="Lea", email="lea@example.org", external_id="k-7"
    )
    assert len(await contacts.search(conn, "shop", "lea example", 10)) == 1
