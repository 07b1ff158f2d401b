from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cobrowse.storage import agents
from cobrowse.storage.agents import Agent, Session
from cobrowse.storage.engine import reading
from cobrowse.storage.errors import EmailTaken, Missing

GINNY = Agent("a1", "ginny@alcove.example", "Ginny", "$argon2id$one", "csa", 100.0)
OMAR = Agent("a2", "omar@alcove.example", "omar", "$argon2id$two", "admin", 200.0)
SESSION = Session("00ff", "a1", 1000.0, 1000.0, 2000.0)


async def test_an_agent_is_found_by_id_and_by_address_however_it_is_cased(conn: AsyncConnection) -> None:
    await agents.add(conn, replace(GINNY, email=" Ginny@Alcove.Example "))
    assert await agents.find(conn, "a1") == GINNY
    assert await agents.find_by_email(conn, "GINNY@alcove.EXAMPLE") == GINNY
    assert await agents.find_by_email(conn, "ginny@alcove") is None
    assert await agents.find_by_email(conn, "\0") is None
    assert await agents.find(conn, "a9") is None


async def test_an_address_in_another_alphabet_is_folded_too(conn: AsyncConnection) -> None:
    await agents.add(conn, replace(GINNY, email="JÖRG@Straße.example"))
    assert await agents.find_by_email(conn, "jo\u0308rg@STRASSE.example") is not None


async def test_a_second_agent_with_the_address_is_refused(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await agents.add(conn, GINNY)
    with pytest.raises(EmailTaken) as refused:
        async with engine.begin() as conn:
            await agents.add(conn, replace(OMAR, email="GINNY@alcove.example"))
    assert "ginny" not in str(refused.value).casefold()
    async with reading(engine) as conn:
        assert await agents.every(conn) == [GINNY]


async def test_agents_are_listed_by_name(conn: AsyncConnection) -> None:
    await agents.add(conn, OMAR)
    await agents.add(conn, GINNY)
    await agents.disable(conn, "a2", 300.0)
    assert await agents.every(conn) == [GINNY, replace(OMAR, disabled_at=300.0)]


async def test_a_session_lasts_until_it_expires(conn: AsyncConnection) -> None:
    await agents.add(conn, GINNY)
    await agents.create_session(conn, SESSION)
    assert await agents.find_session(conn, "00ff", 1999.9) == (SESSION, GINNY)
    assert await agents.find_session(conn, "00ff", 2000.0) is None
    assert await agents.find_session(conn, "00fe", 1500.0) is None


async def test_a_session_needs_an_agent(conn: AsyncConnection) -> None:
    with pytest.raises(Missing):
        await agents.create_session(conn, SESSION)


async def test_touching_a_session_moves_its_end_but_never_back_and_never_revives_it(
    conn: AsyncConnection,
) -> None:
    await agents.add(conn, GINNY)
    await agents.create_session(conn, SESSION)
    await agents.touch_session(conn, "00ff", 1500.0, 2500.0)
    await agents.touch_session(conn, "00ff", 1400.0, 2400.0)
    moved = replace(SESSION, seen_at=1500.0, expires_at=2500.0)
    assert await agents.find_session(conn, "00ff", 2400.0) == (moved, GINNY)
    await agents.touch_session(conn, "00ff", 2500.0, 3500.0)
    assert await agents.find_session(conn, "00ff", 2500.0) is None


async def test_signing_out_ends_one_session(conn: AsyncConnection) -> None:
    await agents.add(conn, GINNY)
    await agents.create_session(conn, SESSION)
    await agents.create_session(conn, replace(SESSION, id_hash="11"))
    await agents.delete_session(conn, "00ff")
    await agents.delete_session(conn, "00ff")
    assert await agents.find_session(conn, "00ff", 1500.0) is None
    assert await agents.find_session(conn, "11", 1500.0) is not None


async def test_expired_sessions_are_deleted(conn: AsyncConnection) -> None:
    await agents.add(conn, GINNY)
    await agents.create_session(conn, SESSION)
    await agents.create_session(conn, replace(SESSION, id_hash="11", expires_at=3000.0))
    assert await agents.delete_expired_sessions(conn, 2000.0) == 1
    assert await agents.delete_expired_sessions(conn, 2000.0) == 0
    assert await agents.find_session(conn, "11", 2000.0) is not None


async def test_a_new_password_and_being_disabled_end_all_sessions(conn: AsyncConnection) -> None:
    await agents.add(conn, GINNY)
    await agents.add(conn, OMAR)
    await agents.create_session(conn, replace(SESSION, id_hash="22", agent="a2"))
    await agents.create_session(conn, SESSION)
    await agents.set_password(conn, "a1", "$argon2id$new")
    assert await agents.find_session(conn, "00ff", 1500.0) is None
    await agents.create_session(conn, SESSION)
    await agents.rehash_password(conn, "a1", "$argon2id$stronger")
    found = await agents.find_session(conn, "00ff", 1500.0)
    assert found is not None
    assert found[1].password_hash == "$argon2id$stronger"
    await agents.disable(conn, "a1", 1500.0)
    await agents.enable(conn, "a1")
    assert await agents.find_session(conn, "00ff", 1500.0) is None
    assert await agents.find_session(conn, "22", 1500.0) is not None


async def test_a_disabled_agent_has_no_session_even_if_one_is_made(conn: AsyncConnection) -> None:
    await agents.add(conn, GINNY)
    await agents.disable(conn, "a1", 900.0)
    await agents.create_session(conn, SESSION)
    assert await agents.find_session(conn, "00ff", 1500.0) is None


async def test_changing_an_agent_who_is_not_there_says_so(conn: AsyncConnection) -> None:
    for change in (
        agents.set_password(conn, "a9", "x"),
        agents.rehash_password(conn, "a9", "x"),
        agents.disable(conn, "a9", 1.0),
        agents.enable(conn, "a9"),
    ):
        with pytest.raises(Missing):
            await change


def test_secrets_are_not_in_a_traceback() -> None:
    assert "argon2" not in repr(GINNY)
    assert "00ff" not in repr(SESSION)
