"""Agents' accounts, for the command line: open the database, do one thing, close it."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.asgi.passwords import hash_password
from cobrowse.core.errors import CobrowseError
from cobrowse.storage import agents
from cobrowse.storage.agents import Agent, Role
from cobrowse.storage.engine import open_database


class UnknownAgent(CobrowseError):
    """No agent signs in with this e-mail address."""


async def add_agent(database_url: str, email: str, name: str, role: str, password: str) -> None:
    """Raises EmailTaken, PasswordRefused, and CobrowseError for what is no e-mail address."""
    if "@" not in email.strip("@") or len(email) > 254:
        raise CobrowseError("expected an e-mail address such as ginny@shop.example")
    agent = Agent(
        secrets.token_urlsafe(9), email, name, hash_password(password), cast(Role, role), time.time()
    )
    engine = await open_database(database_url)
    try:
        async with engine.begin() as conn:
            await agents.add(conn, agent)
    finally:
        await engine.dispose()


async def every_agent(database_url: str) -> list[Agent]:
    engine = await open_database(database_url)
    try:
        async with engine.connect() as conn:
            return await agents.every(conn)
    finally:
        await engine.dispose()


async def disable_agent(database_url: str, email: str) -> None:
    """Raises UnknownAgent."""
    async with _agent(database_url, email) as (conn, agent):
        await agents.disable(conn, agent.id, time.time())


async def enable_agent(database_url: str, email: str) -> None:
    """Raises UnknownAgent."""
    async with _agent(database_url, email) as (conn, agent):
        await agents.enable(conn, agent.id)


async def change_password(database_url: str, email: str, password: str) -> None:
    """Raises UnknownAgent, PasswordRefused."""
    password_hash = hash_password(password)
    async with _agent(database_url, email) as (conn, agent):
        await agents.set_password(conn, agent.id, password_hash)


@asynccontextmanager
async def _agent(database_url: str, email: str) -> AsyncIterator[tuple[AsyncConnection, Agent]]:
    """The agent with this address, in a transaction of its own. Raises UnknownAgent."""
    engine = await open_database(database_url)
    try:
        async with engine.begin() as conn:
            agent = await agents.find_by_email(conn, email)
            if agent is None:
                raise UnknownAgent("expected the e-mail address of an agent: see `cobrowse agent list`")
            yield conn, agent
    finally:
        await engine.dispose()
