"""Six digits that a shopper reads out on the telephone, and a CSA types in: one room, five minutes, once. SPEC code."""

from __future__ import annotations

import asyncio
import secrets
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from cobrowse.core.credentials import digest_code
from cobrowse.storage import audit, codes
from cobrowse.storage.audit import Deed
from cobrowse.storage.codes import Joined
from cobrowse.storage.engine import reading

DIGITS = 6
VALID_S = 300.0
"""Long enough to find the telephone's speaker; short enough that few of a million are ever open."""

WITHIN_S = 600.0
CODES_A_ROOM = 10
TRIES_A_CSA = 5
TRIES_OF_ALL = 50
"""Wrong tries within ten minutes: with 100 codes open at once, all of them together find one in 200 such windows."""

DRAWS = 8
KEPT_S = 86_400.0


class Code(NamedTuple):
    digits: str
    expires_at: float


class TooMany(Exception):
    """Not now: too many codes for one room, or too many wrong tries."""


class Codes:
    """The codes of all nodes: they stand in the database, as keyed digests."""

    def __init__(self, engine: AsyncEngine, secret: bytes) -> None:
        self._engine = engine
        self._secret = secret
        self._turn = asyncio.Lock()

    async def give(self, room: str, site: str, now: float) -> Code:
        """A new code for this room; the one before leads nowhere any more. Raises TooMany."""
        for _ in range(DRAWS):
            digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
            async with self._engine.begin() as conn:
                if await codes.given_since(conn, room, now - WITHIN_S) >= CODES_A_ROOM:
                    raise TooMany
                given = await codes.give(
                    conn, digest_code(self._secret, digits), room, site, now, now + VALID_S
                )
            if given:
                return Code(digits, now + VALID_S)
        raise TooMany

    async def use(self, agent: str, name: str, digits: str, now: float) -> Joined | None:
        """Where these digits lead, once; None for wrong ones, which count. Raises TooMany.

        The try is counted before it is weighed, in a transaction of its own: whoever sends many at once gains nothing,
        and holds up nothing but other tries.
        """
        async with self._turn:
            return await self._use(agent, name, digits, now)

    async def _use(self, agent: str, name: str, digits: str, now: float) -> Joined | None:
        key = secrets.token_urlsafe(12)
        await self._check_tries(agent, now, 1)
        async with self._engine.begin() as conn:
            await codes.begin_try(conn, key, agent, now)
        await self._check_tries(agent, now, 0)
        async with self._engine.begin() as conn:
            joined = await codes.use(conn, digest_code(self._secret, digits), now)
            if joined is not None:
                await codes.end_try(conn, key)
                who = ("csa", agent, name, agent, name)
                await audit.note(conn, Deed(key, now, joined.site, joined.room, "code_used", *who))
        return joined

    async def _check_tries(self, agent: str, now: float, more: int) -> None:
        """Raises TooMany when so many more tries would be too many."""
        async with reading(self._engine) as conn:
            own, every = await codes.tries_since(conn, agent, now - WITHIN_S)
        if own + more > TRIES_A_CSA or every + more > TRIES_OF_ALL:
            raise TooMany

    async def forget(self, now: float) -> None:
        """Deletes codes and tries of more than a day ago."""
        async with self._engine.begin() as conn:
            await codes.delete_before(conn, now - KEPT_S)
