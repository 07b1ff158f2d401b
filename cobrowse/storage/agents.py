"""The people who sign in to the console, and the sessions that keep them signed in.

A session is found by the SHA-256 of its token: whoever reads this table cannot sign in with it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage.errors import EmailTaken, Missing
from cobrowse.storage.schema import agents, sessions
from cobrowse.storage.upsert import greatest, values_of

FOUND_AT_ONCE = 500

Role = Literal["csa", "supervisor", "admin"]


@dataclass(frozen=True, slots=True)
class Agent:
    """Someone who works in the console. `password_hash` is what `asgi.passwords.hash_password` made."""

    id: str
    email: str
    name: str
    password_hash: str = field(repr=False)
    role: Role
    created_at: float
    disabled_at: float | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser, until `expires_at`. `id_hash` is the SHA-256 of its token, in hexadecimal."""

    id_hash: str = field(repr=False)
    agent: str
    created_at: float
    seen_at: float
    expires_at: float


def fold_email(email: str) -> str:
    """The address as it is compared: no case, no surrounding space, one spelling for each accented letter."""
    return unicodedata.normalize("NFKC", email).replace("\0", "").strip().casefold()


async def add(conn: AsyncConnection, agent: Agent) -> None:
    """Keeps a new agent, with the address folded. Raises EmailTaken."""
    values = values_of(agent) | {"email": fold_email(agent.email)}
    try:
        await conn.execute(insert(agents).values(values))
    except IntegrityError:
        raise EmailTaken("expected an e-mail address that no other agent signs in with") from None


async def find(conn: AsyncConnection, agent_id: str) -> Agent | None:
    """The agent with this id, disabled ones too."""
    row = (await conn.execute(select(agents).where(agents.c.id == agent_id))).first()
    return None if row is None else Agent(**row._mapping)


async def find_by_email(conn: AsyncConnection, email: str) -> Agent | None:
    """The agent who signs in with this address, however it is cased; disabled ones too."""
    row = (await conn.execute(select(agents).where(agents.c.email == fold_email(email)))).first()
    return None if row is None else Agent(**row._mapping)


async def every(conn: AsyncConnection) -> list[Agent]:
    """All agents, disabled ones too, by name."""
    rows = await conn.execute(select(agents).order_by(func.lower(agents.c.name), agents.c.id))
    return [Agent(**row._mapping) for row in rows]


async def set_password(conn: AsyncConnection, agent_id: str, password_hash: str) -> None:
    """Replaces the password and ends all the agent's sessions. Raises Missing."""
    await _change(conn, agent_id, {"password_hash": password_hash})
    await conn.execute(delete(sessions).where(sessions.c.agent == agent_id))


async def rehash_password(conn: AsyncConnection, agent_id: str, password_hash: str) -> None:
    """Keeps a stronger hash of the same password; sessions go on. Raises Missing."""
    await _change(conn, agent_id, {"password_hash": password_hash})


async def disable(conn: AsyncConnection, agent_id: str, at: float) -> None:
    """Shuts the agent out and ends all the agent's sessions. Raises Missing."""
    await _change(conn, agent_id, {"disabled_at": at})
    await conn.execute(delete(sessions).where(sessions.c.agent == agent_id))


async def enable(conn: AsyncConnection, agent_id: str) -> None:
    """Lets a disabled agent sign in again. Raises Missing."""
    await _change(conn, agent_id, {"disabled_at": None})


async def _change(conn: AsyncConnection, agent_id: str, values: dict[str, object]) -> None:
    changed = await conn.execute(update(agents).where(agents.c.id == agent_id).values(values))
    if changed.rowcount == 0:
        raise Missing("expected an agent with this id")


async def create_session(conn: AsyncConnection, session: Session) -> None:
    """Keeps a new session. Raises Missing when there is no such agent."""
    if await find(conn, session.agent) is None:
        raise Missing("expected an agent with this id")
    await conn.execute(insert(sessions).values(values_of(session)))


async def find_session(conn: AsyncConnection, id_hash: str, now: float) -> tuple[Session, Agent] | None:
    """The session and its agent, while it has not expired at `now` and the agent is not disabled."""
    return (await find_sessions(conn, [id_hash], now)).get(id_hash)


async def find_sessions(
    conn: AsyncConnection, id_hashes: Sequence[str], now: float
) -> dict[str, tuple[Session, Agent]]:
    """Those of the sessions that `find_session` finds, by their `id_hash`."""
    found: dict[str, tuple[Session, Agent]] = {}
    for first in range(0, len(id_hashes), FOUND_AT_ONCE):
        rows = await conn.execute(
            select(sessions, agents)
            .join(agents, agents.c.id == sessions.c.agent)
            .where(
                sessions.c.id_hash.in_(id_hashes[first : first + FOUND_AT_ONCE]),
                sessions.c.expires_at > now,
                agents.c.disabled_at.is_(None),
            )
        )
        for row in rows:
            held = row._mapping
            session = Session(**{column.name: held[column] for column in sessions.c})
            found[session.id_hash] = (session, Agent(**{column.name: held[column] for column in agents.c}))
    return found


async def touch_session(conn: AsyncConnection, id_hash: str, now: float, expires_at: float) -> None:
    """Notes that the session is in use and moves its end, never backwards; an expired one stays expired."""
    own = sessions.c
    await conn.execute(
        update(sessions)
        .where(own.id_hash == id_hash, own.expires_at > now)
        .values(
            seen_at=greatest(own.seen_at, literal(now)),
            expires_at=greatest(own.expires_at, literal(expires_at)),
        )
    )


async def delete_session(conn: AsyncConnection, id_hash: str) -> None:
    """Signs this browser out; nothing happens when it was not signed in."""
    await conn.execute(delete(sessions).where(sessions.c.id_hash == id_hash))


async def delete_expired_sessions(conn: AsyncConnection, now: float) -> int:
    """Deletes what has expired at `now`. How many."""
    return (await conn.execute(delete(sessions).where(sessions.c.expires_at <= now))).rowcount
